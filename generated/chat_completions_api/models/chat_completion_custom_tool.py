# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model, new

if TYPE_CHECKING:
    from .chat_completion_custom_tool_custom import ChatCompletionCustomToolCustom

_ChatCompletionCustomToolCustom = LazyModel("chat_completion_custom_tool_custom", "ChatCompletionCustomToolCustom")


# Source: #/components/schemas/CustomToolChatCompletions
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionCustomTool(Model):
    """A tool that takes free text in place of JSON arguments."""

    custom: ChatCompletionCustomToolCustom
    """Name, purpose and input format of the custom tool."""

    type: Literal["custom"] = "custom"
    """Always custom; tells this tool from a function tool."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "custom": "custom",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/CustomToolChatCompletions"
    _nested: ClassVar[tuple[str, ...]] = ("custom",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "custom": _ChatCompletionCustomToolCustom.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("custom")
        if value is not None:
            decoded.custom = _ChatCompletionCustomToolCustom.from_dict(value) if isinstance(value, dict) else value
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
