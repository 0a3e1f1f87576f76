# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import LazyModel, Model

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
    _nested: ClassVar[tuple[str, ...]] = ("voice",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = cls.__new__(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.format = get("format")
        decoded.voice = value = get("voice")
        if value is not None:
            decoded.voice = _CustomVoice.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = tuple(src_dict)
        known = cls._known
        decoded._extra = None if known.issuperset(src_dict) else {k: src_dict[k] for k in src_dict if k not in known}
        return self
