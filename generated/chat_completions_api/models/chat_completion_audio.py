# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import Model, new


# Source: #/components/schemas/ChatCompletionResponseMessage/properties/audio/anyOf/0
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionAudio(Model):
    """A spoken reply and its transcript."""

    data: str
    """The audio as base64 text, in the format the request asked for."""

    expires_at: int
    """When the server forgets this audio and its id stops working, in unix seconds."""

    id: str
    """Id by which a later assistant message can refer to this audio."""

    transcript: str
    """What is said in the audio, as text."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "data": "data",
        "expires_at": "expires_at",
        "id": "id",
        "transcript": "transcript",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionResponseMessage/properties/audio/anyOf/0"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.data = get("data")
        decoded.expires_at = get("expires_at")
        decoded.id = get("id")
        decoded.transcript = get("transcript")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
