# Written by `make generate`; do not edit.
from typing import Literal

ListChatCompletionsOrder = Literal["asc", "desc"]
