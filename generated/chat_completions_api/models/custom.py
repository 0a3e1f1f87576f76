# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import Model, new


# Source: #/components/schemas/ChatCompletionMessageCustomToolCall/properties/custom
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class Custom(Model):
    """The custom tool to run and the input for it."""

    input: str
    """Text the model wrote as the tool's input."""

    name: str
    """Name of the custom tool to run."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "input": "input",
        "name": "name",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionMessageCustomToolCall/properties/custom"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.input = get("input")
        decoded.name = get("name")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
