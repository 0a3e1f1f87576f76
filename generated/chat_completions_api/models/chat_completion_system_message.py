# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .chat_completion_content_part_text import ChatCompletionContentPartText

_ChatCompletionContentPartText = LazyModel("chat_completion_content_part_text", "ChatCompletionContentPartText")


# Source: #/components/schemas/ChatCompletionRequestSystemMessage
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionSystemMessage(Model):
    """Instructions that set the behavior of the model; for o1 and newer models prefer a developer message."""

    content: str | list[ChatCompletionContentPartText]
    """The system instructions, as a string or as text parts."""

    name: str | None = UNSET
    """Optional name to tell apart several system authors."""

    role: Literal["system"] = "system"
    """Always system; tells this message from the others."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "content": "content",
        "name": "name",
        "role": "role",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionRequestSystemMessage"
    _nested: ClassVar[tuple[str, ...]] = ("content",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.content = value = get("content")
        if value is not None:
            decoded.content = (
                [_ChatCompletionContentPartText.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.name = get("name")
        decoded.role = get("role")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
