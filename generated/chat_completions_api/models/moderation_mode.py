# Written by `make generate`; do not edit.
from typing import Literal

ModerationMode = Literal["block", "score"]
"""Moderation mode; score only reports the results, block also stops content that is flagged."""
