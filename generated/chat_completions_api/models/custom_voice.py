# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import Model, new


# Source: #/components/schemas/VoiceIdsOrCustomVoice/anyOf/1
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class CustomVoice(Model):
    """A custom voice of your own."""

    id: str
    """Id of the custom voice."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "id": "id",
    }
    _source: ClassVar[str] = "#/components/schemas/VoiceIdsOrCustomVoice/anyOf/1"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.id = get("id")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
