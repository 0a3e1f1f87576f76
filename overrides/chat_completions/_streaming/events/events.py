"""The events of `.stream()`: what each chunk adds, typed, under the official SDK's names.

They are immutable, and cheap where they are many: nothing is joined or copied unless it is read. A delta's snapshot
refers to the text that goes on growing, and remembers how far it had come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeAlias, cast

import attrs
from attrs import frozen

from chat_completions._streaming.events.logprobs_events import (
    LogprobsContentDeltaEvent,
    LogprobsContentDoneEvent,
    LogprobsRefusalDeltaEvent,
    LogprobsRefusalDoneEvent,
)
from chat_completions._types import ResponseFormatT, publish

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import StringIO

    from chat_completions.models import ChatCompletionChunk, ParsedChatCompletion


@frozen(eq=False)
class ChunkEvent:
    """A chunk came; the events of what it adds follow.

    Attributes:
        chunk: The chunk, as `create(stream=True)` gives it.
    """

    type: ClassVar[Literal["chunk"]] = "chunk"
    chunk: ChatCompletionChunk
    _make_snapshot: Callable[[], Any] = attrs.field(repr=False)

    @property
    def snapshot(self) -> ParsedChatCompletion[Any]:
        """The completion so far when this is read: up to this chunk while the event is the stream's last.

        It is made anew at each reading, at a cost that grows with the completion. Where the reply has a type, `parsed`
        is its value once the choice is finished, and before that the plain JSON that its text says so far.
        """
        return cast("ParsedChatCompletion[Any]", self._make_snapshot())


@frozen(eq=False)
class _TextEvent:
    choice_index: int
    delta: str
    _text: StringIO = attrs.field(repr=False)
    _end: int = attrs.field(repr=False)

    @property
    def snapshot(self) -> str:
        """The text up to this delta; joined at each reading, at a cost that grows with the text."""
        return self._text.getvalue()[: self._end]


@frozen(eq=False)
class ContentDeltaEvent(_TextEvent):
    """A choice's content goes on.

    Attributes:
        choice_index: The choice that it is of.
        delta: What came.
    """

    type: ClassVar[Literal["content.delta"]] = "content.delta"

    @property
    def parsed(self) -> Any:
        """The plain JSON that the text says so far, if the reply has a type and there is any; else None.

        The text up to this delta is parsed at each reading, at a cost that grows with it.
        """
        return None


@frozen(eq=False)
class ContentDoneEvent(Generic[ResponseFormatT]):
    """A choice's content is complete: the choice finished, or its tool calls began.

    Attributes:
        choice_index: The choice that it is of.
        content: All of it.
    """

    type: ClassVar[Literal["content.done"]] = "content.done"
    choice_index: int
    content: str

    @property
    def parsed(self) -> ResponseFormatT | None:
        """The value of the type asked for; None without a type, after a refusal, and beside tool calls without one.

        Raises:
            StructuredOutputError: The choice was cut off, or its content is no such value; the stream ends with the
                same error.
        """
        return None


@frozen(eq=False)
class RefusalDeltaEvent(_TextEvent):
    """A choice's refusal goes on.

    Attributes:
        choice_index: The choice that it is of.
        delta: What came.
    """

    type: ClassVar[Literal["refusal.delta"]] = "refusal.delta"


@frozen(eq=False)
class RefusalDoneEvent:
    """A choice's refusal is complete.

    Attributes:
        choice_index: The choice that it is of.
        refusal: All of it.
    """

    type: ClassVar[Literal["refusal.done"]] = "refusal.done"
    choice_index: int
    refusal: str


@frozen(eq=False)
class ReasoningDeltaEvent(_TextEvent):
    """A choice's reasoning goes on.

    Attributes:
        choice_index: The choice that it is of.
        delta: What came.
        field: The name that the server has for it: `reasoning_content`, `reasoning` or `thinking`.
    """

    type: ClassVar[Literal["reasoning.delta"]] = "reasoning.delta"
    field: str


@frozen(eq=False)
class ReasoningDoneEvent:
    """A choice's reasoning is complete: something else began, or the choice finished.

    Attributes:
        choice_index: The choice that it is of.
        reasoning: All of it.
        field: The name that the server has for it.
    """

    type: ClassVar[Literal["reasoning.done"]] = "reasoning.done"
    choice_index: int
    reasoning: str
    field: str


@frozen(eq=False)
class FunctionToolCallArgumentsDeltaEvent:
    """The arguments of a tool call go on.

    Attributes:
        choice_index: The choice that it is of.
        name: The function's name.
        index: The place of the call among the message's.
        arguments_delta: What came, a piece of JSON text.
    """

    type: ClassVar[Literal["tool_calls.function.arguments.delta"]] = "tool_calls.function.arguments.delta"
    choice_index: int
    name: str
    index: int
    arguments_delta: str
    _text: StringIO = attrs.field(repr=False)
    _end: int = attrs.field(repr=False)

    @property
    def arguments(self) -> str:
        """The JSON text up to this delta; joined at each reading, at a cost that grows with the text."""
        return self._text.getvalue()[: self._end]

    @property
    def parsed_arguments(self) -> Any:
        """The plain JSON that the text says so far, if the tool's type is known or it is strict; else None.

        The text up to this delta is parsed at each reading, at a cost that grows with it.
        """
        return None


@frozen(eq=False)
class FunctionToolCallArgumentsDoneEvent:
    """The arguments of a tool call are complete.

    Attributes:
        choice_index: The choice that it is of.
        name: The function's name.
        index: The place of the call among the message's.
        arguments: All of them, a JSON text.
    """

    type: ClassVar[Literal["tool_calls.function.arguments.done"]] = "tool_calls.function.arguments.done"
    choice_index: int
    name: str
    index: int
    arguments: str

    @property
    def parsed_arguments(self) -> Any:
        """The value of the arguments, if the tool's type is known; their plain JSON if it is strict; else None.

        Raises:
            StructuredOutputError: The choice was cut off, or they are no such value; the stream ends with the same
                error.
        """
        return None


ChatCompletionStreamEvent: TypeAlias = (
    ChunkEvent
    | ContentDeltaEvent
    | ContentDoneEvent[ResponseFormatT]
    | RefusalDeltaEvent
    | RefusalDoneEvent
    | ReasoningDeltaEvent
    | ReasoningDoneEvent
    | FunctionToolCallArgumentsDeltaEvent
    | FunctionToolCallArgumentsDoneEvent
    | LogprobsContentDeltaEvent
    | LogprobsContentDoneEvent
    | LogprobsRefusalDeltaEvent
    | LogprobsRefusalDoneEvent
)


publish(
    ChunkEvent,
    ContentDeltaEvent,
    ContentDoneEvent,
    RefusalDeltaEvent,
    RefusalDoneEvent,
    ReasoningDeltaEvent,
    ReasoningDoneEvent,
    FunctionToolCallArgumentsDeltaEvent,
    FunctionToolCallArgumentsDoneEvent,
)
