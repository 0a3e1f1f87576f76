# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model, new

if TYPE_CHECKING:
    from .custom import Custom

_Custom = LazyModel("custom", "Custom")


# Source: #/components/schemas/ChatCompletionMessageCustomToolCall
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionMessageCustomToolCall(Model):
    """A request by the model to run a custom tool."""

    custom: Custom
    """The custom tool to run and the input for it."""

    id: str
    """Id of this custom tool call, to be repeated in tool_call_id of the answer."""

    type: Literal["custom"] = "custom"
    """Always custom; tells this call from a function call."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "custom": "custom",
        "id": "id",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionMessageCustomToolCall"
    _nested: ClassVar[tuple[str, ...]] = ("custom",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "custom": _Custom.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("custom")
        if value is not None:
            decoded.custom = _Custom.from_dict(value) if isinstance(value, dict) else value
        decoded.id = get("id")
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
