# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/VoiceIdsShared/anyOf/1
VoiceName = Literal["alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse"]
"""Name of a built-in voice, a known one or any other string the API accepts."""
