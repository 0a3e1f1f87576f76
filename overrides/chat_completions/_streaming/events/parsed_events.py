"""The events of a stream whose reply has types: the same ones, with the values of their texts."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import attrs
from attrs import frozen

from chat_completions._streaming.events.event_builder import EventBuilder
from chat_completions._streaming.events.events import (
    ContentDeltaEvent,
    ContentDoneEvent,
    FunctionToolCallArgumentsDeltaEvent,
    FunctionToolCallArgumentsDoneEvent,
)
from chat_completions._types import ResponseFormatT
from chat_completions.errors import ChatCompletionsError
from chat_completions.structured.output_spec import CUT_OFF, OutputSpec, cut_off, invalid

if TYPE_CHECKING:
    from chat_completions._response_info import Anomaly
    from chat_completions._streaming.events.events import ChatCompletionStreamEvent
    from chat_completions._streaming.received_chunk import ReceivedChunk
    from chat_completions.models.parsed import ParsedChatCompletion
    from chat_completions.structured.arguments import Loader


@frozen(eq=False)
class ParsedContentDeltaEvent(ContentDeltaEvent):
    _loader: Loader = attrs.field(repr=False)
    _state: ParsedEventBuilder = attrs.field(repr=False)

    @property
    def parsed(self) -> Any:
        return self._loader.partial(self.snapshot)


@frozen(eq=False)
class ParsedContentDoneEvent(ContentDoneEvent[ResponseFormatT]):
    _loader: Loader = attrs.field(repr=False)
    _state: ParsedEventBuilder = attrs.field(repr=False)

    @property
    def parsed(self) -> ResponseFormatT | None:
        value: ResponseFormatT | None = self._state.value(self._loader, self.choice_index, "content", self.content)
        return value


@frozen(eq=False)
class ParsedArgumentsDeltaEvent(FunctionToolCallArgumentsDeltaEvent):
    _loader: Loader = attrs.field(repr=False)
    _state: ParsedEventBuilder = attrs.field(repr=False)

    @property
    def parsed_arguments(self) -> Any:
        return self._loader.partial(self.arguments)


@frozen(eq=False)
class ParsedArgumentsDoneEvent(FunctionToolCallArgumentsDoneEvent):
    _loader: Loader = attrs.field(repr=False)
    _state: ParsedEventBuilder = attrs.field(repr=False)

    @property
    def parsed_arguments(self) -> Any:
        part = f"tool_calls/{self.index}/function/arguments"
        return self._state.value(self._loader, self.choice_index, part, self.arguments)


class SnapshotEventBuilder(EventBuilder):
    """The state of one stream of events whose completions have a place for parsed values."""

    __slots__ = ("_spec",)

    def __init__(self, spec: OutputSpec) -> None:
        self._spec = spec.copy_for_reply()
        super().__init__(self._spec.snapshot)

    def snapshot(self) -> Any:
        """Return the completion so far.

        Raises:
            ChatCompletionsError: No chunk has arrived yet.
        """
        if (completion := self.completion()) is None:
            raise ChatCompletionsError("there is no completion yet: no chunk has arrived; iterate the stream first")
        return completion

    def final_completion(self) -> ParsedChatCompletion[Any] | None:
        """Return the whole completion with its values; None if there was no chunk.

        Raises:
            StructuredOutputError: It lacks a value that the request requires.
        """
        completion: ParsedChatCompletion[Any] | None = self.completion()
        return completion

    def check(self) -> None:
        """Raise what `final_completion` raises, if anything can be missing."""

    @property
    def anomalies(self) -> list[Anomaly]:
        """What was repaired in the chunks and in their joined texts."""
        return [*self.accumulator.anomalies, *self._spec.anomalies]


class ParsedEventBuilder(SnapshotEventBuilder):
    """The state of one stream of events whose reply has types."""

    __slots__ = ()

    def events_of(self, chunk: ReceivedChunk) -> list[ChatCompletionStreamEvent[Any]]:
        return [self._with_value(event) for event in super().events_of(chunk)]

    def last_events(self) -> list[ChatCompletionStreamEvent[Any]]:
        return [self._with_value(event) for event in super().last_events()]

    def final_completion(self) -> ParsedChatCompletion[Any] | None:
        completion = self.accumulator.completion()
        return None if completion is None else self._spec.completion(completion)

    def check(self) -> None:
        self.final_completion()

    def value(self, loader: Loader, index: int, part: str, text: str) -> Any:
        """Return the value of a text that is complete.

        Args:
            loader: What parses it.
            index: The choice that it is part of.
            part: Where it is in the choice's message, such as `content`.
            text: The text.

        Raises:
            StructuredOutputError: The choice was cut off, or the text is not a value of its type.
        """
        choice = self.accumulator.choices[index]
        if choice.finish_reason in CUT_OFF and (completion := self.completion()) is not None:
            raise cut_off(choice.finish_reason, index, completion)
        if part == "content" and choice.message.get("refusal"):
            return None
        is_aside = part == "content" and choice.message.get("tool_calls")
        where = f"/choices/{index}/message/{part}"
        outcome = self._spec.outcome(loader, where, text)
        if outcome.error is not None and not is_aside and (completion := self.completion()) is not None:
            raise invalid(loader, where, outcome.fenced or text, outcome.error, completion) from outcome.error
        return outcome.value

    def _with_value(self, event: Any) -> Any:
        """Return the event that has the value, if there is a type for it; else the same event."""
        kind = type(event)
        if kind not in _KINDS:
            return event
        made, is_content, fields = _KINDS[kind]
        loader = self._spec.adapter if is_content else self._spec.tools.get(event.name)
        return event if loader is None else made(*fields(event), loader, self)


def _maker(kind: type, made: type) -> tuple[type, bool, Callable[[Any], tuple[Any, ...]]]:
    fields = [field.name for field in attrs.fields(kind)]
    return made, "name" not in fields, attrgetter(*fields)


_KINDS = {
    kind: _maker(kind, made)
    for kind, made in (
        (ContentDeltaEvent, ParsedContentDeltaEvent),
        (ContentDoneEvent, ParsedContentDoneEvent),
        (FunctionToolCallArgumentsDeltaEvent, ParsedArgumentsDeltaEvent),
        (FunctionToolCallArgumentsDoneEvent, ParsedArgumentsDoneEvent),
    )
}


def event_builder(spec: OutputSpec) -> SnapshotEventBuilder:
    """Return the state of a new stream of events; without types it costs nothing extra."""
    return ParsedEventBuilder(spec) if spec.has_types else SnapshotEventBuilder(spec)
