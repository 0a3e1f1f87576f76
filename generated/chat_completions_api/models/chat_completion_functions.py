# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model, new


# Source: #/components/schemas/ChatCompletionFunctions
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionFunctions(Model):
    """Deprecated, use a function tool; a function the model may call."""

    description: str | None = UNSET
    """What the function does, for the model to go by."""

    name: str
    """Name to call the function by, up to 64 letters, digits, underscores and dashes."""

    parameters: dict[str, Any] | None = UNSET
    """JSON Schema of the arguments; without it the function takes none."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "description": "description",
        "name": "name",
        "parameters": "parameters",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionFunctions"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.description = get("description")
        decoded.name = get("name")
        decoded.parameters = get("parameters")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
