# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model, new

if TYPE_CHECKING:
    from .chat_completion_custom_tool_custom_format_grammar_grammar import (
        ChatCompletionCustomToolCustomFormatGrammarGrammar,
    )

_ChatCompletionCustomToolCustomFormatGrammarGrammar = LazyModel(
    "chat_completion_custom_tool_custom_format_grammar_grammar", "ChatCompletionCustomToolCustomFormatGrammarGrammar"
)


# Source: #/components/schemas/CustomToolChatCompletions/properties/custom/properties/format/oneOf/1
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionCustomToolCustomFormatGrammar(Model):
    """Input that has to follow a grammar."""

    grammar: ChatCompletionCustomToolCustomFormatGrammarGrammar
    """The grammar and the language it is written in."""

    type: Literal["grammar"] = "grammar"
    """Always grammar; binds the input to the grammar beside it."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "grammar": "grammar",
        "type": "type",
    }
    _source: ClassVar[str] = (
        "#/components/schemas/CustomToolChatCompletions/properties/custom/properties/format/oneOf/1"
    )
    _nested: ClassVar[tuple[str, ...]] = ("grammar",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "grammar": _ChatCompletionCustomToolCustomFormatGrammarGrammar.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("grammar")
        if value is not None:
            decoded.grammar = (
                _ChatCompletionCustomToolCustomFormatGrammarGrammar.from_dict(value)
                if isinstance(value, dict)
                else value
            )
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
