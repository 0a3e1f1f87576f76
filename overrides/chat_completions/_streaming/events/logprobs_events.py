"""The events of log probabilities. Tokens are decoded at most once per chunk, or only when they are read."""

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
    # The chunk's; None where its tokens are not the new ones.
    _of_chunk: ChoiceLogprobs | None = attrs.field(repr=False)
    _part: str = attrs.field(repr=False)

    @property
    def snapshot(self) -> list[ChatCompletionTokenLogprob]:
        """All tokens up to these; decoded each time they are read, at a cost that grows with their number."""
        return self._decoded()

    def _new_tokens(self) -> list[ChatCompletionTokenLogprob]:
        if self._of_chunk is None:
            return self._decoded(self._start)
        tokens: list[ChatCompletionTokenLogprob] = getattr(self._of_chunk, self._part)
        return tokens


@publish()
@frozen(eq=False)
class LogprobsContentDeltaEvent(_TokensDeltaEvent):
    """Log probabilities of further tokens of a choice's content arrived.

    Attributes:
        choice_index: The index of the choice.
    """

    type: ClassVar[Literal["logprobs.content.delta"]] = "logprobs.content.delta"

    @property
    def content(self) -> list[ChatCompletionTokenLogprob]:
        """The new tokens, which are those of the chunk."""
        return self._new_tokens()


@publish()
@frozen(eq=False)
class LogprobsContentDoneEvent(_TokensEvent):
    """The log probabilities of a choice's content are complete.

    Attributes:
        choice_index: The index of the choice.
    """

    type: ClassVar[Literal["logprobs.content.done"]] = "logprobs.content.done"

    @property
    def content(self) -> list[ChatCompletionTokenLogprob]:
        """All tokens; decoded each time they are read."""
        return self._decoded()


@publish()
@frozen(eq=False)
class LogprobsRefusalDeltaEvent(_TokensDeltaEvent):
    """Log probabilities of further tokens of a choice's refusal arrived.

    Attributes:
        choice_index: The index of the choice.
    """

    type: ClassVar[Literal["logprobs.refusal.delta"]] = "logprobs.refusal.delta"

    @property
    def refusal(self) -> list[ChatCompletionTokenLogprob]:
        """The new tokens, which are those of the chunk."""
        return self._new_tokens()


@publish()
@frozen(eq=False)
class LogprobsRefusalDoneEvent(_TokensEvent):
    """The log probabilities of a choice's refusal are complete.

    Attributes:
        choice_index: The index of the choice.
    """

    type: ClassVar[Literal["logprobs.refusal.done"]] = "logprobs.refusal.done"

    @property
    def refusal(self) -> list[ChatCompletionTokenLogprob]:
        """All tokens; decoded each time they are read."""
        return self._decoded()


def are_new_tokens(logprobs: Any, part: str, count: int) -> bool:
    """Return whether a chunk's tokens were added as they are; tokens with an index were merged.

    Args:
        logprobs: The JSON object that has them.
        part: The name of their list.
        count: How many were added to the completion.
    """
    tokens = logprobs.get(part) if isinstance(logprobs, dict) else None
    if not isinstance(tokens, list) or len(tokens) != count:
        return False
    return all(isinstance(token, dict) and "index" not in token for token in tokens)
