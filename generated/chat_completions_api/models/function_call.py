# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import Model, new


# Source: #/components/schemas/ChatCompletionRequestAssistantMessage/properties/function_call/anyOf/0
# Source: #/components/schemas/ChatCompletionResponseMessage/properties/function_call
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class FunctionCall(Model):
    """Deprecated, use tool_calls; the function the model wants you to run."""

    arguments: str
    """Arguments for the function as JSON text, possibly invalid, so check before use."""

    name: str
    """Name of the function the model wants you to run."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "arguments": "arguments",
        "name": "name",
    }
    _source: ClassVar[str] = (
        "#/components/schemas/ChatCompletionRequestAssistantMessage/properties/function_call/anyOf/0"
    )

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
