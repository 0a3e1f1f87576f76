# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import LazyModel, Model, new

if TYPE_CHECKING:
    from .chat_completion_audio_options_format import ChatCompletionAudioOptionsFormat
    from .custom_voice import CustomVoice
    from .voice_name import VoiceName

_CustomVoice = LazyModel("custom_voice", "CustomVoice")


# Source: #/components/schemas/CreateChatCompletionRequest/properties/audio
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionAudioOptions(Model):
    """Voice and encoding of spoken output; required when modalities includes audio."""

    format: ChatCompletionAudioOptionsFormat
    """Encoding of the audio that comes back."""

    voice: str | VoiceName | CustomVoice
    """Voice that speaks the reply, a built-in name or a custom voice."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "format": "format",
        "voice": "voice",
    }
    _source: ClassVar[str] = "#/components/schemas/CreateChatCompletionRequest/properties/audio"
    _nested: ClassVar[tuple[str, ...]] = ("voice",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.format = get("format")
        decoded.voice = value = get("voice")
        if value is not None:
            decoded.voice = _CustomVoice.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
