# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/CreateChatCompletionRequest/properties/audio/properties/format
ChatCompletionAudioOptionsFormat = Literal["aac", "flac", "mp3", "opus", "pcm16", "wav"]
"""Encoding of the audio that comes back."""
