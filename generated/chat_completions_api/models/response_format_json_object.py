# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define

from ..types import Model, new


# Source: #/components/schemas/ResponseFormatJsonObject
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ResponseFormatJSONObject(Model):
    """Older JSON mode, valid JSON of any shape; the prompt must ask for JSON too, and json_schema is the better
    choice."""

    type: Literal["json_object"] = "json_object"
    """Always json_object; tells this response format from text and json_schema."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ResponseFormatJsonObject"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
