# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/ChatCompletionToolChoiceOption/oneOf/0
ToolChoiceMode = Literal["auto", "none", "required"]
