# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model, new


# Source: #/components/schemas/ResponseFormatJsonSchema/properties/json_schema
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class JSONSchema(Model):
    """The schema together with its name and strictness."""

    description: str | None = UNSET
    """What the format is for, which helps the model to fill it in."""

    name: str
    """Name of the format, up to 64 letters, digits, underscores and dashes."""

    schema: dict[str, Any] | None = UNSET
    """The JSON Schema that the reply has to follow."""

    strict: bool | None = UNSET
    """Whether the reply must match the schema exactly; strict mode supports a subset of JSON Schema."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "description": "description",
        "name": "name",
        "schema": "schema",
        "strict": "strict",
    }
    _source: ClassVar[str] = "#/components/schemas/ResponseFormatJsonSchema/properties/json_schema"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.description = get("description")
        decoded.name = get("name")
        decoded.schema = get("schema")
        decoded.strict = get("strict")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
