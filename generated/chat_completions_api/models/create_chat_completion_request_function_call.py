# Written by `make generate`; do not edit.
from typing import Literal

CreateChatCompletionRequestFunctionCall = Literal["auto", "none"]
