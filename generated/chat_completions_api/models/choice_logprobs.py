# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .chat_completion_token_logprob import ChatCompletionTokenLogprob

_ChatCompletionTokenLogprob = LazyModel("chat_completion_token_logprob", "ChatCompletionTokenLogprob")


# Source: #/components/schemas/CreateChatCompletionResponse/properties/choices/items/properties/logprobs/anyOf/0
# Source: #/components/schemas/CreateChatCompletionStreamResponse/properties/choices/items/properties/logprobs
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChoiceLogprobs(Model):
    """Log probabilities of one choice."""

    content: list[ChatCompletionTokenLogprob] | None = UNSET
    """One entry for each token of the reply's content."""

    refusal: list[ChatCompletionTokenLogprob] | None = UNSET
    """One entry for each token of the refusal."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "content": "content",
        "refusal": "refusal",
    }
    _source: ClassVar[str] = (
        "#/components/schemas/CreateChatCompletionResponse/properties/choices/items/properties/logprobs/anyOf/0"
    )
    _nested: ClassVar[tuple[str, ...]] = (
        "content",
        "refusal",
    )

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.content = value = get("content")
        if value is not None:
            decoded.content = (
                [_ChatCompletionTokenLogprob.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.refusal = value = get("refusal")
        if value is not None:
            decoded.refusal = (
                [_ChatCompletionTokenLogprob.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
