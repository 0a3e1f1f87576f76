# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/ChatCompletionRequestMessageContentPartAudio/properties/input_audio/properties/format
InputAudioFormat = Literal["mp3", "wav"]
"""Encoding of the recording in data."""
