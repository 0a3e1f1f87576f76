"""The events of `.stream()`: what each chunk adds, typed, under the official SDK's names.

They are immutable, and cheap to make: nothing is joined or copied unless it is read. A delta refers to the text, which
continues to grow, and remembers its length at the time; the snapshot is made from both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeAlias, cast

import attrs
from attrs import frozen

from chat_completions._streaming.accumulated_choice import joined
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


@publish()
@frozen(eq=False)
class ChunkEvent:
    """A chunk arrived; the events of what it adds follow.

    Attributes:
        chunk: The chunk, as `create(stream=True)` yields it.
    """

    type: ClassVar[Literal["chunk"]] = "chunk"
    chunk: ChatCompletionChunk
    _make_snapshot: Callable[[], Any] = attrs.field(repr=False)

    @property
    def snapshot(self) -> ParsedChatCompletion[Any]:
        """The completion at the time of reading: up to this chunk as long as the event is the stream's last.

        It is created each time it is read, at a cost that grows with the completion. If the reply has a type,
        `parsed` is its value once the choice is finished, and before that the plain JSON of its text so far.
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
        """The text up to this delta; joined each time it is read, at a cost that grows with the text."""
        return joined(self._text.getvalue()[: self._end])


@publish()
@frozen(eq=False)
class ContentDeltaEvent(_TextEvent):
    """A choice's content continues.

    Attributes:
        choice_index: The index of the choice.
        delta: The new piece.
    """

    type: ClassVar[Literal["content.delta"]] = "content.delta"

    @property
    def parsed(self) -> Any:
        """The plain JSON of the text so far, if the reply has a type and the text has begun; else None.

        The text up to this delta is parsed each time this is read, at a cost that grows with it.
        """
        return None


@publish()
@frozen(eq=False)
class ContentDoneEvent(Generic[ResponseFormatT]):
    """A choice's content is complete: the choice finished, or its tool calls began.

    Attributes:
        choice_index: The index of the choice.
        content: All of it.
    """

    type: ClassVar[Literal["content.done"]] = "content.done"
    choice_index: int
    content: str

    @property
    def parsed(self) -> ResponseFormatT | None:
        """The value of the requested type; None without a type, after a refusal, and for other text with tool calls.

        Raises:
            StructuredOutputError: The choice was cut off, or its content is not such a value; the stream ends with the
                same error.
        """
        return None


@publish()
@frozen(eq=False)
class RefusalDeltaEvent(_TextEvent):
    """A choice's refusal continues.

    Attributes:
        choice_index: The index of the choice.
        delta: The new piece.
    """

    type: ClassVar[Literal["refusal.delta"]] = "refusal.delta"


@publish()
@frozen(eq=False)
class RefusalDoneEvent:
    """A choice's refusal is complete.

    Attributes:
        choice_index: The index of the choice.
        refusal: All of it.
    """

    type: ClassVar[Literal["refusal.done"]] = "refusal.done"
    choice_index: int
    refusal: str


@publish()
@frozen(eq=False)
class ReasoningDeltaEvent(_TextEvent):
    """A choice's reasoning continues.

    Attributes:
        choice_index: The index of the choice.
        delta: The new piece.
        field: The server's name for it: `reasoning_content`, `reasoning` or `thinking`.
    """

    type: ClassVar[Literal["reasoning.delta"]] = "reasoning.delta"
    field: str


@publish()
@frozen(eq=False)
class ReasoningDoneEvent:
    """A choice's reasoning is complete: something else began, or the choice finished.

    Attributes:
        choice_index: The index of the choice.
        reasoning: All of it.
        field: The server's name for it.
    """

    type: ClassVar[Literal["reasoning.done"]] = "reasoning.done"
    choice_index: int
    reasoning: str
    field: str


@publish()
@frozen(eq=False)
class FunctionToolCallArgumentsDeltaEvent:
    """The arguments of a tool call continue.

    Attributes:
        choice_index: The index of the choice.
        name: The function's name.
        index: The position of the call among those of the message.
        arguments_delta: The new piece of JSON text.
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
        """The JSON text up to this delta; joined each time it is read, at a cost that grows with the text."""
        return joined(self._text.getvalue()[: self._end])

    @property
    def parsed_arguments(self) -> Any:
        """The plain JSON of the text so far, if the tool's type is known or it is strict; else None.

        The text up to this delta is parsed each time this is read, at a cost that grows with it.
        """
        return None


@publish()
@frozen(eq=False)
class FunctionToolCallArgumentsDoneEvent:
    """The arguments of a tool call are complete.

    Attributes:
        choice_index: The index of the choice.
        name: The function's name.
        index: The position of the call among those of the message.
        arguments: All of them, as JSON text.
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
            StructuredOutputError: The choice was cut off, or they are not such a value; the stream ends with the same
                error.
        """
        return None


@publish()
@frozen(eq=False)
class CustomToolCallInputDeltaEvent:
    """The input of a custom tool's call continues.

    Attributes:
        choice_index: The index of the choice.
        name: The tool's name.
        index: The position of the call among those of the message.
        input_delta: The new piece of text.
    """

    type: ClassVar[Literal["tool_calls.custom.input.delta"]] = "tool_calls.custom.input.delta"
    choice_index: int
    name: str
    index: int
    input_delta: str
    _text: StringIO = attrs.field(repr=False)
    _end: int = attrs.field(repr=False)

    @property
    def input(self) -> str:
        """The text up to this delta; joined each time it is read, at a cost that grows with the text."""
        return joined(self._text.getvalue()[: self._end])


@publish()
@frozen(eq=False)
class CustomToolCallInputDoneEvent:
    """The input of a custom tool's call is complete.

    Attributes:
        choice_index: The index of the choice.
        name: The tool's name.
        index: The position of the call among those of the message.
        input: All of it.
    """

    type: ClassVar[Literal["tool_calls.custom.input.done"]] = "tool_calls.custom.input.done"
    choice_index: int
    name: str
    index: int
    input: str


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
    | CustomToolCallInputDeltaEvent
    | CustomToolCallInputDoneEvent
    | LogprobsContentDeltaEvent
    | LogprobsContentDoneEvent
    | LogprobsRefusalDeltaEvent
    | LogprobsRefusalDoneEvent
)
