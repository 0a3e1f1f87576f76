# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import Model, new

if TYPE_CHECKING:
    from .chat_completion_custom_tool_custom_format_grammar_grammar_syntax import (
        ChatCompletionCustomToolCustomFormatGrammarGrammarSyntax,
    )


# Source: #/components/schemas/CustomToolChatCompletions/properties/custom/properties/format/oneOf/1/properties/grammar
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionCustomToolCustomFormatGrammarGrammar(Model):
    """The grammar and the language it is written in."""

    definition: str
    """Text of the grammar."""

    syntax: ChatCompletionCustomToolCustomFormatGrammarGrammarSyntax
    """Language of the grammar, either Lark or a regular expression."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "definition": "definition",
        "syntax": "syntax",
    }
    _source: ClassVar[str] = (
        "#/components/schemas/CustomToolChatCompletions/properties/custom/properties/format/oneOf/1/properties/grammar"
    )

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.definition = get("definition")
        decoded.syntax = get("syntax")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
