# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model

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
    _nested: ClassVar[tuple[str, ...]] = ("custom",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = cls.__new__(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.custom = value = get("custom")
        if value is not None:
            decoded.custom = _ChatCompletionCustomToolCustom.from_dict(value) if isinstance(value, dict) else value
        decoded.type = get("type")
        decoded._keys = tuple(src_dict)
        known = cls._known
        decoded._extra = None if known.issuperset(src_dict) else {k: src_dict[k] for k in src_dict if k not in known}
        return self
