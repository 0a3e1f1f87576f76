# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import LazyModel, Model, Variants, new

if TYPE_CHECKING:
    from .chat_completion_moderation_error import ChatCompletionModerationError
    from .chat_completion_moderation_results import ChatCompletionModerationResults

_ChatCompletionModerationResults = LazyModel("chat_completion_moderation_results", "ChatCompletionModerationResults")
_ChatCompletionModerationError = LazyModel("chat_completion_moderation_error", "ChatCompletionModerationError")
_input_variants = Variants(
    "type",
    {"moderation_results": _ChatCompletionModerationResults, "error": _ChatCompletionModerationError},
    (
        (frozenset(["model", "results"]), _ChatCompletionModerationResults),
        (frozenset(["code", "message"]), _ChatCompletionModerationError),
    ),
)
_output_variants = Variants(
    "type",
    {"moderation_results": _ChatCompletionModerationResults, "error": _ChatCompletionModerationError},
    (
        (frozenset(["model", "results"]), _ChatCompletionModerationResults),
        (frozenset(["code", "message"]), _ChatCompletionModerationError),
    ),
)


# Source: #/components/schemas/ChatCompletionModeration
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionModeration(Model):
    """Outcome of moderation for both sides of the exchange."""

    input: ChatCompletionModerationResults | ChatCompletionModerationError
    """Outcome for the messages sent, either results or an error."""

    output: ChatCompletionModerationResults | ChatCompletionModerationError
    """Outcome for the generated reply, either results or an error."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "input": "input",
        "output": "output",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionModeration"
    _nested: ClassVar[tuple[str, ...]] = (
        "input",
        "output",
    )
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "input": _input_variants.empty,
        "output": _output_variants.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("input")
        if value is not None:
            decoded.input = _input_variants.from_dict(value) if isinstance(value, dict) else value
        value = get("output")
        if value is not None:
            decoded.output = _output_variants.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
