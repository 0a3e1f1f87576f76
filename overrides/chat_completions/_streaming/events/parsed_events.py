"""The events of a stream whose reply has types: the same ones, which know the values that their texts say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from chat_completions.structured.output_spec import CUT_OFF, OutputSpec, cut_off, invalid

if TYPE_CHECKING:
    from chat_completions._streaming.events.events import ChatCompletionStreamEvent
    from chat_completions._streaming.fast_path import FastPath
    from chat_completions.models import ChatCompletionChunk
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


class SnapshotEventCore(EventBuilder):
    """The state of one stream of events, whose completions have a place for values."""

    __slots__ = ("_asked",)

    def __init__(self, info: Any, asked: OutputSpec) -> None:
        super().__init__(info)
        self._asked = asked.anew()

    def completion(self) -> ParsedChatCompletion[Any] | None:
        """Return the completion so far, with the values so far; None before the first chunk."""
        completion = super().completion()
        return None if completion is None else self._asked.snapshot(completion)

    def final_completion(self) -> ParsedChatCompletion[Any] | None:
        """Return the completion, which is whole, with its values; None if no chunk came.

        Raises:
            StructuredOutputError: It lacks a value that was asked for.
        """
        return self.completion()

    def judge(self) -> None:
        """Raise, as `final_completion` does, if there is anything to lack."""


class ParsedEventBuilder(SnapshotEventCore):
    """The state of one stream of events, whose reply has types."""

    __slots__ = ()

    def events_of(
        self, value: Mapping[str, Any], chunk: ChatCompletionChunk | None = None
    ) -> list[ChatCompletionStreamEvent[Any]]:
        return [self._with_value(event) for event in super().events_of(value, chunk)]

    def ordinary_events(self, ordinary: FastPath) -> list[ChatCompletionStreamEvent[Any]]:
        return [self._with_value(event) for event in super().ordinary_events(ordinary)]

    def last_events(self) -> list[ChatCompletionStreamEvent[Any]]:
        return [self._with_value(event) for event in super().last_events()]

    def final_completion(self) -> ParsedChatCompletion[Any] | None:
        completion = EventBuilder.completion(self)
        return None if completion is None else self._asked.completion(completion)

    def judge(self) -> None:
        self.final_completion()

    def value(self, loader: Loader, index: int, part: str, text: str) -> Any:
        """Return the value of a text that is complete.

        Args:
            loader: What reads it.
            index: The choice that it is of.
            part: Where it is in the choice's message, as `content`.
            text: The text.

        Raises:
            StructuredOutputError: The choice was cut off, or the text is no value of its type.
        """
        choice = self.fold.choices[index]
        if choice.finish_reason in CUT_OFF and (completion := self.completion()) is not None:
            raise cut_off(choice.finish_reason, index, completion)
        if part == "content" and choice.message.get("refusal"):
            return None
        is_aside = part == "content" and choice.message.get("tool_calls")
        where = f"/choices/{index}/message/{part}"
        outcome = self._asked.outcome(loader, where, text)
        if outcome.error is not None and not is_aside and (completion := self.completion()) is not None:
            raise invalid(loader, where, text, outcome.error, completion) from outcome.error
        return outcome.value

    def _with_value(self, event: Any) -> Any:
        """Return an event as the one that knows its value, if there is a type for it; that one stays."""
        kind = type(event)
        if kind not in _KINDS:
            return event
        made, is_content, fields = _KINDS[kind]
        loader = self._asked.adapter if is_content else self._asked.tools.get(event.name)
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


def event_core(info: Any, asked: OutputSpec) -> SnapshotEventCore:
    """Return the state of a stream of events that has not begun; what has no types costs nothing more."""
    return ParsedEventBuilder(info, asked) if asked.has_types else SnapshotEventCore(info, asked)
