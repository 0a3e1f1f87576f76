# Written by `make generate`; do not edit.
from typing import Literal

ChatCompletionAudioOptionsFormat = Literal["aac", "flac", "mp3", "opus", "pcm16", "wav"]
"""Encoding of the audio that comes back."""
