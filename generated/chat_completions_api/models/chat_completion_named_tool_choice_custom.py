# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model

if TYPE_CHECKING:
    from .chat_completion_named_tool_choice_custom_custom import ChatCompletionNamedToolChoiceCustomCustom

_ChatCompletionNamedToolChoiceCustomCustom = LazyModel(
    "chat_completion_named_tool_choice_custom_custom", "ChatCompletionNamedToolChoiceCustomCustom"
)


# Source: #/components/schemas/ChatCompletionNamedToolChoiceCustom
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionNamedToolChoiceCustom(Model):
    """Makes the model call one particular custom tool."""

    custom: ChatCompletionNamedToolChoiceCustomCustom
    """The custom tool that has to be called."""

    type: Literal["custom"] = "custom"
    """Always custom; tells this tool choice from the others."""

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
            decoded.custom = (
                _ChatCompletionNamedToolChoiceCustomCustom.from_dict(value) if isinstance(value, dict) else value
            )
        decoded.type = get("type")
        decoded._keys = tuple(src_dict)
        known = cls._known
        decoded._extra = None if known.issuperset(src_dict) else {k: src_dict[k] for k in src_dict if k not in known}
        return self
