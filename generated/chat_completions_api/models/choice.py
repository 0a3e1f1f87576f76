# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .chat_completion_message import ChatCompletionMessage
    from .choice_finish_reason import ChoiceFinishReason
    from .choice_logprobs import ChoiceLogprobs

_ChoiceLogprobs = LazyModel("choice_logprobs", "ChoiceLogprobs")
_ChatCompletionMessage = LazyModel("chat_completion_message", "ChatCompletionMessage")


# Source: #/components/schemas/CreateChatCompletionResponse/properties/choices/items
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class Choice(Model):
    """One generated reply."""

    finish_reason: ChoiceFinishReason
    """Why generation ended; length means a token limit cut it off, tool_calls means the model awaits tool results."""

    index: int
    """Position of this choice among the choices, from 0."""

    logprobs: ChoiceLogprobs | None = UNSET
    """Log probabilities of the reply's tokens, or null if logprobs was not requested."""

    message: ChatCompletionMessage
    """The reply itself."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "finish_reason": "finish_reason",
        "index": "index",
        "logprobs": "logprobs",
        "message": "message",
    }
    _source: ClassVar[str] = "#/components/schemas/CreateChatCompletionResponse/properties/choices/items"
    _nested: ClassVar[tuple[str, ...]] = (
        "logprobs",
        "message",
    )
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "message": _ChatCompletionMessage.empty,
    }
    _extensions: ClassVar[frozenset[str]] = frozenset(
        (
            "content_filter_results",
            "native_finish_reason",
            "stop_reason",
        )
    )

    if TYPE_CHECKING:
        # Fields that many servers send and the specification does not know. To assign one, use model["name"] = value.

        @property
        def content_filter_results(self) -> dict[str, Any] | None:
            """Azure: what the content filters found in the reply."""

        @property
        def native_finish_reason(self) -> str | None:
            """OpenRouter: the provider's own finish reason."""

        @property
        def stop_reason(self) -> Any:
            """vLLM: the stop sequence or the token id that ended the reply."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.finish_reason = get("finish_reason")
        decoded.index = get("index")
        decoded.logprobs = value = get("logprobs")
        if value is not None:
            decoded.logprobs = _ChoiceLogprobs.from_dict(value) if isinstance(value, dict) else value
        value = get("message")
        if value is not None:
            decoded.message = _ChatCompletionMessage.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
