# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model, new

if TYPE_CHECKING:
    from .chat_completion_allowed_tools import ChatCompletionAllowedTools

_ChatCompletionAllowedTools = LazyModel("chat_completion_allowed_tools", "ChatCompletionAllowedTools")


# Source: #/components/schemas/ChatCompletionAllowedToolsChoice
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionAllowedToolChoice(Model):
    """Narrows the choice to some of the declared tools."""

    allowed_tools: ChatCompletionAllowedTools
    """Which tools are allowed, and whether one must be called."""

    type: Literal["allowed_tools"] = "allowed_tools"
    """Always allowed_tools; tells this tool choice from the others."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "allowed_tools": "allowed_tools",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionAllowedToolsChoice"
    _nested: ClassVar[tuple[str, ...]] = ("allowed_tools",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "allowed_tools": _ChatCompletionAllowedTools.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("allowed_tools")
        if value is not None:
            decoded.allowed_tools = _ChatCompletionAllowedTools.from_dict(value) if isinstance(value, dict) else value
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
