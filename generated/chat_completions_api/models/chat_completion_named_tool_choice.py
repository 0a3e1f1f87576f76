# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model, new

if TYPE_CHECKING:
    from .chat_completion_named_tool_choice_function import ChatCompletionNamedToolChoiceFunction

_ChatCompletionNamedToolChoiceFunction = LazyModel(
    "chat_completion_named_tool_choice_function", "ChatCompletionNamedToolChoiceFunction"
)


# Source: #/components/schemas/ChatCompletionNamedToolChoice
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionNamedToolChoice(Model):
    """Makes the model call one particular function."""

    function: ChatCompletionNamedToolChoiceFunction
    """The function that has to be called."""

    type: Literal["function"] = "function"
    """Always function; tells this tool choice from the others."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "function": "function",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionNamedToolChoice"
    _nested: ClassVar[tuple[str, ...]] = ("function",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "function": _ChatCompletionNamedToolChoiceFunction.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("function")
        if value is not None:
            decoded.function = (
                _ChatCompletionNamedToolChoiceFunction.from_dict(value) if isinstance(value, dict) else value
            )
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
