# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .choice_delta import ChoiceDelta
    from .choice_finish_reason import ChoiceFinishReason
    from .choice_logprobs import ChoiceLogprobs

_ChoiceDelta = LazyModel("choice_delta", "ChoiceDelta")
_ChoiceLogprobs = LazyModel("choice_logprobs", "ChoiceLogprobs")


# Source: #/components/schemas/CreateChatCompletionStreamResponse/properties/choices/items
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChunkChoice(Model):
    """What this chunk adds to one choice."""

    delta: ChoiceDelta
    """The next piece of the reply."""

    finish_reason: ChoiceFinishReason | None = UNSET
    """Why generation ended; null until the last piece of the choice."""

    index: int
    """Position of the choice that this piece belongs to, from 0."""

    logprobs: ChoiceLogprobs | None = UNSET
    """Log probabilities of the tokens in this chunk, or null if not requested."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "delta": "delta",
        "finish_reason": "finish_reason",
        "index": "index",
        "logprobs": "logprobs",
    }
    _source: ClassVar[str] = "#/components/schemas/CreateChatCompletionStreamResponse/properties/choices/items"
    _nested: ClassVar[tuple[str, ...]] = (
        "delta",
        "logprobs",
    )
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "delta": _ChoiceDelta.empty,
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
        value = get("delta")
        if value is not None:
            decoded.delta = _ChoiceDelta.from_dict(value) if isinstance(value, dict) else value
        decoded.finish_reason = get("finish_reason")
        decoded.index = get("index")
        decoded.logprobs = value = get("logprobs")
        if value is not None:
            decoded.logprobs = _ChoiceLogprobs.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
