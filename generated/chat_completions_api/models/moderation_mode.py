# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/ModerationMode
ModerationMode = Literal["block", "score"]
"""Moderation mode; score only reports the results, block also stops content that is flagged."""
