# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import Model, new


# Source: #/components/schemas/ChatCompletionNamedToolChoiceCustom/properties/custom
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionNamedToolChoiceCustomCustom(Model):
    """The custom tool that has to be called."""

    name: str
    """Name of the custom tool to force, as declared in tools."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "name": "name",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionNamedToolChoiceCustom/properties/custom"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.name = get("name")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
