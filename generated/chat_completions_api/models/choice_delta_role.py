# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/ChatCompletionStreamResponseDelta/properties/role
ChoiceDeltaRole = Literal["assistant", "developer", "system", "tool", "user"]
"""Author of the message, sent with its first piece."""
