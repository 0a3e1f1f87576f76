# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/CreateChatCompletionResponse/properties/choices/items/properties/finish_reason
# Source: #/components/schemas/CreateChatCompletionStreamResponse/properties/choices/items/properties/finish_reason
ChoiceFinishReason = Literal["content_filter", "function_call", "length", "stop", "tool_calls"]
"""Why generation ended; length means a token limit cut it off, tool_calls means the model awaits tool results."""
