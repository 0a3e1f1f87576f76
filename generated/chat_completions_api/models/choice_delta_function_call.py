# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model, new


# Source: #/components/schemas/ChatCompletionStreamResponseDelta/properties/function_call
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChoiceDeltaFunctionCall(Model):
    """Deprecated, use tool_calls; a piece of the function call."""

    arguments: str | None = UNSET
    """The next stretch of the function's arguments, as JSON text."""

    name: str | None = UNSET
    """Name of the function, sent with the first piece of the call."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "arguments": "arguments",
        "name": "name",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionStreamResponseDelta/properties/function_call"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.arguments = get("arguments")
        decoded.name = get("name")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
