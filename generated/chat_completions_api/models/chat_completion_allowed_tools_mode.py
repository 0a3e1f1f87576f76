# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/ChatCompletionAllowedTools/properties/mode
ChatCompletionAllowedToolsMode = Literal["auto", "required"]
"""With auto the model may also reply in text, with required it must call at least one of these tools."""
