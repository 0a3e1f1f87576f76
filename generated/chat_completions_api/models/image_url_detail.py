# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/ChatCompletionRequestMessageContentPartImage/properties/image_url/properties/detail
ImageURLDetail = Literal["auto", "high", "low"]
"""Resolution at which the model sees the image; low uses fewer tokens, high catches fine print."""
