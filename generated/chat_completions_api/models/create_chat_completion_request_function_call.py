# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/CreateChatCompletionRequest/properties/function_call/oneOf/0
CreateChatCompletionRequestFunctionCall = Literal["auto", "none"]
