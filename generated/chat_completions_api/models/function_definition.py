# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model, new


# Source: #/components/schemas/FunctionObject
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class FunctionDefinition(Model):
    """Definition of a function that the model can call."""

    description: str | None = UNSET
    """What the function does, so that the model can tell when and how to call it."""

    name: str
    """Name of the function, up to 64 letters, digits, underscores and dashes."""

    parameters: dict[str, Any] | None = UNSET
    """JSON Schema of the arguments; leave out for a function that takes none."""

    strict: bool | None = UNSET
    """Whether the arguments must match the parameters schema exactly; needs a schema in the supported subset."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "description": "description",
        "name": "name",
        "parameters": "parameters",
        "strict": "strict",
    }
    _source: ClassVar[str] = "#/components/schemas/FunctionObject"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.description = get("description")
        decoded.name = get("name")
        decoded.parameters = get("parameters")
        decoded.strict = get("strict")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
