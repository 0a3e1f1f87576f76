# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, Variants, new

if TYPE_CHECKING:
    from .chat_completion_custom_tool_custom_format_grammar import ChatCompletionCustomToolCustomFormatGrammar
    from .chat_completion_custom_tool_custom_format_text import ChatCompletionCustomToolCustomFormatText

_ChatCompletionCustomToolCustomFormatText = LazyModel(
    "chat_completion_custom_tool_custom_format_text", "ChatCompletionCustomToolCustomFormatText"
)
_ChatCompletionCustomToolCustomFormatGrammar = LazyModel(
    "chat_completion_custom_tool_custom_format_grammar", "ChatCompletionCustomToolCustomFormatGrammar"
)
_format_variants = Variants(
    "type",
    {"text": _ChatCompletionCustomToolCustomFormatText, "grammar": _ChatCompletionCustomToolCustomFormatGrammar},
    (
        (frozenset(["grammar"]), _ChatCompletionCustomToolCustomFormatGrammar),
        (frozenset([]), _ChatCompletionCustomToolCustomFormatText),
    ),
)


# Source: #/components/schemas/CustomToolChatCompletions/properties/custom
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionCustomToolCustom(Model):
    """Name, purpose and input format of the custom tool."""

    description: str | None = UNSET
    """What the custom tool does, so that the model can tell when to use it."""

    format: ChatCompletionCustomToolCustomFormatText | ChatCompletionCustomToolCustomFormatGrammar | None = UNSET
    """What the tool's input may look like, any text at all or text that follows a grammar."""

    name: str
    """Name of the custom tool, as it will appear in tool calls."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "description": "description",
        "format": "format",
        "name": "name",
    }
    _source: ClassVar[str] = "#/components/schemas/CustomToolChatCompletions/properties/custom"
    _nested: ClassVar[tuple[str, ...]] = ("format",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.description = get("description")
        decoded.format = value = get("format")
        if value is not None:
            decoded.format = _format_variants.from_dict(value) if isinstance(value, dict) else value
        decoded.name = get("name")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
