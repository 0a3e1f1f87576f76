"""The events of log probabilities. Nothing is decoded twice, and what the fold holds only where it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import attrs
from attrs import frozen

from chat_completions._types import publish

if TYPE_CHECKING:
    from chat_completions.models import ChatCompletionTokenLogprob, ChoiceLogprobs


@frozen(eq=False)
class _TokensEvent:
    choice_index: int
    _tokens: list[Any] = attrs.field(repr=False)
    _end: int = attrs.field(repr=False)

    def _decoded(self, start: int = 0) -> list[ChatCompletionTokenLogprob]:
        from chat_completions._streaming.accumulated_choice import copied
        from chat_completions.models import ChoiceLogprobs

        return ChoiceLogprobs.from_dict({"content": copied(self._tokens[start : self._end])}).content or []


@frozen(eq=False)
class _TokensDeltaEvent(_TokensEvent):
    _start: int = attrs.field(repr=False)
    _of_chunk: list[ChatCompletionTokenLogprob] | None = attrs.field(repr=False)  # None where they are others

    @property
    def snapshot(self) -> list[ChatCompletionTokenLogprob]:
        """The tokens up to these; decoded at each reading, at a cost that grows with their number."""
        return self._decoded()

    def _gained(self) -> list[ChatCompletionTokenLogprob]:
        return self._decoded(self._start) if self._of_chunk is None else self._of_chunk


@frozen(eq=False)
class LogprobsContentDeltaEvent(_TokensDeltaEvent):
    """Log probabilities of further tokens of a choice's content came.

    Attributes:
        choice_index: The choice that it is of.
    """

    type: ClassVar[Literal["logprobs.content.delta"]] = "logprobs.content.delta"

    @property
    def content(self) -> list[ChatCompletionTokenLogprob]:
        """The new tokens: those of the chunk."""
        return self._gained()


@frozen(eq=False)
class LogprobsContentDoneEvent(_TokensEvent):
    """The log probabilities of a choice's content are complete.

    Attributes:
        choice_index: The choice that it is of.
    """

    type: ClassVar[Literal["logprobs.content.done"]] = "logprobs.content.done"

    @property
    def content(self) -> list[ChatCompletionTokenLogprob]:
        """All tokens; decoded at each reading."""
        return self._decoded()


@frozen(eq=False)
class LogprobsRefusalDeltaEvent(_TokensDeltaEvent):
    """Log probabilities of further tokens of a choice's refusal came.

    Attributes:
        choice_index: The choice that it is of.
    """

    type: ClassVar[Literal["logprobs.refusal.delta"]] = "logprobs.refusal.delta"

    @property
    def refusal(self) -> list[ChatCompletionTokenLogprob]:
        """The new tokens: those of the chunk."""
        return self._gained()


@frozen(eq=False)
class LogprobsRefusalDoneEvent(_TokensEvent):
    """The log probabilities of a choice's refusal are complete.

    Attributes:
        choice_index: The choice that it is of.
    """

    type: ClassVar[Literal["logprobs.refusal.done"]] = "logprobs.refusal.done"

    @property
    def refusal(self) -> list[ChatCompletionTokenLogprob]:
        """All tokens; decoded at each reading."""
        return self._decoded()


def gained_tokens(
    logprobs: Any, model: ChoiceLogprobs | None, part: str, count: int
) -> list[ChatCompletionTokenLogprob] | None:
    """Return a chunk's tokens, if they are what the fold has gained, which merges those that have an index; else None.

    Args:
        logprobs: The object that has them, as it came.
        model: Its model; None if it is not the only one of its chunk.
        part: The name of their list.
        count: How many the fold has gained.
    """
    told = logprobs.get(part) if isinstance(logprobs, dict) else None
    if not isinstance(told, list) or len(told) != count:
        return None
    if not all(isinstance(token, dict) and "index" not in token for token in told):
        return None
    return getattr(model, part, None)


publish(LogprobsContentDeltaEvent, LogprobsContentDoneEvent, LogprobsRefusalDeltaEvent, LogprobsRefusalDoneEvent)
