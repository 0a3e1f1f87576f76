# Written by `make generate`; do not edit.
from typing import Literal

InputAudioFormat = Literal["mp3", "wav"]
"""Encoding of the recording in data."""
