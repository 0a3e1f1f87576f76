# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import Model, new

if TYPE_CHECKING:
    from .input_audio_format import InputAudioFormat


# Source: #/components/schemas/ChatCompletionRequestMessageContentPartAudio/properties/input_audio
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class InputAudio(Model):
    """The recording and its encoding."""

    data: str
    """The recording as base64 text."""

    format: InputAudioFormat
    """Encoding of the recording in data."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "data": "data",
        "format": "format",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionRequestMessageContentPartAudio/properties/input_audio"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.data = get("data")
        decoded.format = get("format")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
