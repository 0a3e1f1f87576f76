# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .choice_delta_tool_call_function import ChoiceDeltaToolCallFunction

_ChoiceDeltaToolCallFunction = LazyModel("choice_delta_tool_call_function", "ChoiceDeltaToolCallFunction")


# Source: #/components/schemas/ChatCompletionMessageToolCallChunk
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChoiceDeltaToolCall(Model):
    """A piece of a tool call in a stream; join the pieces that have the same index."""

    function: ChoiceDeltaToolCallFunction | None = UNSET
    """What this piece adds to the call."""

    id: str | None = UNSET
    """Id of the tool call, sent with its first piece."""

    index: int
    """Position of the tool call that this piece belongs to."""

    type: Literal["function"] | None = UNSET
    """Always function; sent with the first piece of a call."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "function": "function",
        "id": "id",
        "index": "index",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionMessageToolCallChunk"
    _nested: ClassVar[tuple[str, ...]] = ("function",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.function = value = get("function")
        if value is not None:
            decoded.function = _ChoiceDeltaToolCallFunction.from_dict(value) if isinstance(value, dict) else value
        decoded.id = get("id")
        decoded.index = get("index")
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
