# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/ModerationInputType
ModerationInputType = Literal["image", "text"]
"""Kind of content that a moderation model looked at."""
