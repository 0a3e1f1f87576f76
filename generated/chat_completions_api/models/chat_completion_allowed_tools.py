# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import Model, new

if TYPE_CHECKING:
    from .chat_completion_allowed_tools_mode import ChatCompletionAllowedToolsMode


# Source: #/components/schemas/ChatCompletionAllowedTools
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionAllowedTools(Model):
    """A subset of the declared tools, which can vary by request without changing the tools list."""

    mode: ChatCompletionAllowedToolsMode
    """With auto the model may also reply in text, with required it must call at least one of these tools."""

    tools: list[dict[str, Any]]
    """References to the allowed tools, all of them declared in tools."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "mode": "mode",
        "tools": "tools",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionAllowedTools"
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "tools": list,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.mode = get("mode")
        value = get("tools")
        if value is not None:
            decoded.tools = value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
