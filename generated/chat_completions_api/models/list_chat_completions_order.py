# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/paths/~1chat~1completions/get/parameters/4/schema
ListChatCompletionsOrder = Literal["asc", "desc"]
