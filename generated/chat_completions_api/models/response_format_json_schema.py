# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model, new

if TYPE_CHECKING:
    from .json_schema import JSONSchema

_JSONSchema = LazyModel("json_schema", "JSONSchema")


# Source: #/components/schemas/ResponseFormatJsonSchema
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ResponseFormatJSONSchema(Model):
    """JSON that follows a schema you supply (structured outputs)."""

    json_schema: JSONSchema
    """The schema together with its name and strictness."""

    type: Literal["json_schema"] = "json_schema"
    """Always json_schema; tells this response format from text and json_object."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "json_schema": "json_schema",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ResponseFormatJsonSchema"
    _nested: ClassVar[tuple[str, ...]] = ("json_schema",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "json_schema": _JSONSchema.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("json_schema")
        if value is not None:
            decoded.json_schema = _JSONSchema.from_dict(value) if isinstance(value, dict) else value
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
