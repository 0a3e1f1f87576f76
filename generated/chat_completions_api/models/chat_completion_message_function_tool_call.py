# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model, new

if TYPE_CHECKING:
    from .function import Function

_Function = LazyModel("function", "Function")


# Source: #/components/schemas/ChatCompletionMessageToolCall
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionMessageFunctionToolCall(Model):
    """A request by the model to run a function."""

    function: Function
    """The function to run and the arguments for it."""

    id: str
    """Id of this function call, to be repeated in tool_call_id of the answer."""

    type: Literal["function"] = "function"
    """Always function; tells this call from a custom tool call."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "function": "function",
        "id": "id",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionMessageToolCall"
    _nested: ClassVar[tuple[str, ...]] = ("function",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "function": _Function.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("function")
        if value is not None:
            decoded.function = _Function.from_dict(value) if isinstance(value, dict) else value
        decoded.id = get("id")
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
