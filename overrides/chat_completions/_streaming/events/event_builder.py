"""Chunks in, events out: what `.stream()` tells of each chunk. No I/O.

- Events mirror the fold: a delta is what a part of the folded completion has gained, so that the deltas join to it.
- Of each chunk come: the chunk; what it adds, choice by choice; what is done with it.
- Done, once each: reasoning when anything else begins, and before that is told; content, refusal and log probabilities
  when tool calls begin; a call's arguments when another call begins; all of a choice when it finishes, or at `[DONE]`.
  A server may go on with what is done: its deltas are told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Any

from chat_completions._contract import generated
from chat_completions._streaming.accumulator import Accumulator
from chat_completions._streaming.events import events as kinds
from chat_completions._streaming.events import logprobs_events

if TYPE_CHECKING:
    from chat_completions._streaming.accumulated_choice import AccumulatedChoice
    from chat_completions._streaming.events.events import ChatCompletionStreamEvent
    from chat_completions._streaming.fast_path import FastPath
    from chat_completions.models import ChatCompletion, ChatCompletionChunk


# Where reasoning is: two fields of the delta, or (Mistral's thinking models) parts of this type among the content's.
REASONING = ("reasoning_content", "reasoning", "thinking")
LOGPROBS: dict[str, Any] = {
    "content": logprobs_events.LogprobsContentDeltaEvent,
    "refusal": logprobs_events.LogprobsRefusalDeltaEvent,
}


class EventBuilder:
    """The state of one stream of events.

    Args:
        info: What the completions made here tell of their origin.
    """

    __slots__ = ("_choices", "_decode", "_flow", "_info", "fold")

    def __init__(self, info: Any = None) -> None:
        self._info = info
        self._decode = generated.decode_chunk()
        self._choices: dict[int, _ChoiceProgress] = {}
        self._flow: Flow | None = None  # of the ordinary chunk; None after any other
        self.fold = Accumulator()

    def add(self, value: Mapping[str, Any]) -> list[ChatCompletionStreamEvent]:
        """Fold the JSON object of the next chunk, and return its events."""
        self.fold.add(value)
        return self.events_of(value)

    def finish(self) -> list[ChatCompletionStreamEvent]:
        """Record that the server said the stream is done, and return the events of what is done by that."""
        self.fold.finish()
        return self.last_events()

    def events_of(
        self, value: Mapping[str, Any], chunk: ChatCompletionChunk | None = None
    ) -> list[ChatCompletionStreamEvent]:
        """Return the events of the chunk that was folded last, which is decoded here if it has not been."""
        self._flow = None
        if chunk is None:
            chunk = self._decode(value)
        events: list[ChatCompletionStreamEvent] = [kinds.ChunkEvent(chunk, self)]
        choices = found if isinstance(found := value.get("choices"), list) else []
        for position, choice in enumerate(choices):
            if isinstance(choice, dict):
                index = index if type(index := choice.get("index")) is int else position
                if (told := self._choices.get(index)) is None:
                    # Of a chunk that is nested too deeply, the fold may not have reached the choices.
                    if index not in self.fold.choices:
                        continue
                    told = self._choices[index] = _ChoiceProgress(self.fold.choices[index])
                told.add(choice, events, chunk.choices[0] if len(choices) == 1 else None)
        return events

    def ordinary_events(self, ordinary: FastPath) -> list[ChatCompletionStreamEvent]:
        """Return the events of the chunk that was folded last, and that was read as the ordinary one."""
        chunk = ordinary.chunk()
        if ordinary.tokens is not None:
            return self.events_of(ordinary.value(), chunk)
        flow, text, piece = self._flow, ordinary.grows, ordinary.piece
        if flow is not None and flow.text is text and (end := flow.advance(len(piece))):
            return [kinds.ChunkEvent(chunk, self), flow.make(piece, text, end)]
        events = self.events_of(ordinary.value(), chunk)
        self._flow = flow_of(events, self._choices, text)
        return events

    def last_events(self) -> list[ChatCompletionStreamEvent]:
        """Return the events of what is done because the server said that the stream is."""
        events: list[ChatCompletionStreamEvent] = []
        for told in self._choices.values():
            told.finish(events)
        return events

    def completion(self) -> ChatCompletion | None:
        """Return the completion so far; None before the first chunk."""
        completion = self.fold.completion()
        if completion is not None:
            completion._info = self._info
        return completion


class _ChoiceProgress:
    """What has been told of one choice: the length of each part, and what is done; a tool call goes by its place."""

    __slots__ = ("_call", "_calls", "_done", "_folded", "_places", "_reasoning", "_texts", "lengths")

    def __init__(self, folded: AccumulatedChoice) -> None:
        self._folded = folded
        self.lengths: dict[str | int, int] = {}
        self._done: set[str | int] = set()
        self._texts: dict[str, StringIO] = {}  # of content that the fold keeps in parts
        self._reasoning: str | None = None  # the first of the fields that had any; some servers send it in two
        self._calls: Any = None  # the folded tool calls, in order of appearance
        self._places: dict[int, int] = {}  # by id(): servers give two calls the same index
        self._call: dict[str, Any] | None = None  # the one that goes on

    def add(self, choice: Mapping[str, Any], events: list[ChatCompletionStreamEvent], model: Any) -> None:
        """Add the events of a choice of the chunk that the fold has just taken; its model, if it is the only one."""
        calls: list[dict[str, Any]] = []
        if isinstance(delta := choice.get("delta"), dict):
            if len(delta) == 1 and self._reasoning is None and type(content := delta.get("content")) is str:
                # The ordinary chunk: a piece of content and nothing else.
                events.append(kinds.ContentDeltaEvent(self._folded.index, *self._gain("content", content)))
            else:
                self._add_texts(delta, events)
            if news := delta.get("tool_calls"):
                calls = self._add_calls(news, events)
        if isinstance(message := choice.get("message"), dict):
            # It tells the whole again, which counts as far as the fold took news from it.
            self._add_texts({key: rest for key in message if (rest := self._rest(key))}, events)
            if message.get("tool_calls"):
                calls += self._add_calls(None, events)
        if choice.get("logprobs"):
            self._add_tokens(choice["logprobs"], events, getattr(model, "logprobs", None))
        for call in calls:
            if call is not self._call:
                self.finish(events)
                self._call = call
        if self._folded.finish_reason:
            self.finish(events)

    def finish(self, events: list[ChatCompletionStreamEvent]) -> None:
        """Add the events of what is done now, unless they have been told."""
        index = self._folded.index
        self._finish_reasoning(events)
        # An empty content is none: it is how a message of tool calls begins.
        if self.lengths.get("content") and self._is_news("content"):
            events.append(kinds.ContentDoneEvent(index, self._so_far("content")))
        if "refusal" in self.lengths and self._is_news("refusal"):
            events.append(kinds.RefusalDoneEvent(index, self._so_far("refusal")))
        if (tokens := self._tokens("content")) is not None and self._is_news("logprobs.content"):
            events.append(
                logprobs_events.LogprobsContentDoneEvent(index, tokens, self.lengths.get("logprobs.content", 0))
            )
        if (tokens := self._tokens("refusal")) is not None and self._is_news("logprobs.refusal"):
            events.append(
                logprobs_events.LogprobsRefusalDoneEvent(index, tokens, self.lengths.get("logprobs.refusal", 0))
            )
        if (call := self._call) and (function := _function(call)) and self._is_news(place := self.place):
            name, arguments = function[0], function[1].getvalue()[: self.lengths[place]]
            events.append(kinds.FunctionToolCallArgumentsDoneEvent(index, name, call["index"], arguments))

    @property
    def place(self) -> int:
        """The place of the tool call that goes on."""
        return self._places[id(self._call)]

    def _is_news(self, part: str | int) -> bool:
        """Note a part as done, and tell whether it was not."""
        if part in self._done:
            return False
        self._done.add(part)
        return True

    def _add_texts(self, delta: Mapping[str, Any], events: list[ChatCompletionStreamEvent]) -> None:
        index = self._folded.index
        content, refusal = delta.get("content"), delta.get("refusal")
        if isinstance(content, list):
            delta = {**delta, "thinking": _text_in(content, "thinking")}
            content = _text_in(content, "text")
        reasons = False
        for name in REASONING:
            piece = delta.get(name)
            if piece and isinstance(piece, str) and self._reasoning in (None, name):
                self._reasoning, reasons = name, True
                events.append(kinds.ReasoningDeltaEvent(index, *self._gain(name, piece), name))
        if not reasons and (content or refusal or delta.get("tool_calls")):
            self._finish_reasoning(events)
        if isinstance(content, str):
            events.append(kinds.ContentDeltaEvent(index, *self._gain("content", content)))
        if isinstance(refusal, str):
            events.append(kinds.RefusalDeltaEvent(index, *self._gain("refusal", refusal)))

    def _finish_reasoning(self, events: list[ChatCompletionStreamEvent]) -> None:
        if (name := self._reasoning) is not None and self._is_news(name):
            events.append(kinds.ReasoningDoneEvent(self._folded.index, self._so_far(name), name))

    def _text(self, part: str) -> StringIO:
        """Return the buffer of a text; of content in parts, one of our own."""
        text = self._folded.message.get(part)
        if type(text) is StringIO:
            return text
        if part not in self._texts:
            source = self._folded.message.get("content") if part == "thinking" else text
            self._texts[part] = StringIO()
            self._texts[part].write(_text_in(source, "thinking" if part == "thinking" else "text") or "")
        return self._texts[part]

    def _so_far(self, part: str) -> str:
        """Return what has been told of a text; the fold is ahead if a chunk has the same choice twice."""
        return self._text(part).getvalue()[: self.lengths[part]]

    def _gain(self, part: str, piece: str) -> tuple[str, StringIO, int]:
        """Return what a text has gained, its buffer and its length, after the fold took a piece."""
        text = self._folded.message.get(part)
        if type(text) is not StringIO:
            if part in self._texts:
                self._texts[part].write(piece)
            text = self._text(part)
        start, end = self.lengths.get(part, 0), text.tell()
        self.lengths[part] = end
        return piece if end - start == len(piece) else _slice(text, start, end), text, end

    def _rest(self, part: str) -> str:
        """Return what the fold has of a text beyond what has been told."""
        text = self._folded.message.get(part)
        return _slice(text, self.lengths.get(part, 0), text.tell()) if type(text) is StringIO else ""

    def _add_calls(self, news: Any, events: list[ChatCompletionStreamEvent]) -> list[dict[str, Any]]:
        """Add the deltas of tool calls, and return these calls; if there is no telling which, of all that gained."""
        calls: Any = self._folded.message.get("tool_calls")
        if (named := getattr(calls, "named", None)) is None:
            return []
        if calls is not self._calls:
            # A whole message has told them again: other objects in the same places.
            place = len(calls) if self._call is None else self.place
            self._calls, self._places = calls, {}
            self._call = calls[place] if place < len(calls) else None
        fresh = calls[len(self._places) :]
        self._places |= {id(call): place for place, call in enumerate(fresh, len(self._places))}
        is_certain = False
        if not isinstance(news, list):
            found = calls
        elif is_certain := len(news) == 1 and isinstance(news[0], dict):
            found = [named[None]]
        else:
            # Which is whose the fold does not tell; a call that has gained nothing is not meant.
            names = [name for new in news if isinstance(new, dict) for name in (new.get("index"), new.get("id"))]
            found = [named[name] for name in names if isinstance(name, int | str) and name in named]
            found = sorted([*found, *calls[: len(news)], *fresh], key=lambda call: self._places[id(call)])
        gained = []
        for call in found:
            place, (name, text) = self._places[id(call)], _function(call) or ("", None)
            start, end = self.lengths.get(place), text.tell() if text else 0
            if is_certain or start is None or end > start:
                gained.append(call)
                self.lengths[place] = end
                if text:
                    piece, index = _slice(text, start or 0, end), self._folded.index
                    event = kinds.FunctionToolCallArgumentsDeltaEvent(index, name, call["index"], piece, text, end)
                    events.append(event)
        return gained

    def _tokens(self, part: str) -> list[Any] | None:
        logprobs = self._folded.extras.get("logprobs")
        tokens = logprobs.get(part) if isinstance(logprobs, dict) else None
        return tokens if isinstance(tokens, list) else None

    def _add_tokens(self, logprobs: Any, events: list[ChatCompletionStreamEvent], model: Any) -> None:
        for part, event in LOGPROBS.items():
            if tokens := self._tokens(part):
                start, end = self.lengths.get(f"logprobs.{part}", 0), len(tokens)
                if end > start:
                    self.lengths[f"logprobs.{part}"] = end
                    gained = logprobs_events.gained_tokens(logprobs, model, part, end - start)
                    events.append(event(self._folded.index, tokens, end, start, gained))


def _function(call: Mapping[str, Any]) -> tuple[str, StringIO] | None:
    """Return a folded tool call's name and arguments; None for a call of another kind."""
    function = call.get("function")
    if not isinstance(function, dict):
        return None
    name, text = function.get("name"), function.get("arguments")
    return name if isinstance(name, str) else "", text if isinstance(text, StringIO) else StringIO()


def _slice(text: StringIO, start: int, end: int) -> str:
    """Return the end of a text, at a cost that does not grow with the text."""
    if end <= start:
        return ""
    text.seek(start)
    return text.read()


def _text_in(content: Any, kind: str) -> str | None:
    """Join the parts of one type in a content; None if there is none."""
    if not isinstance(content, list):
        text = content.getvalue() if isinstance(content, StringIO) else content
        return text if isinstance(text, str) else None
    found = [part.get(kind) for part in content if isinstance(part, dict) and part.get("type") == kind]
    # Reasoning is in parts again; text that is no text is left out.
    texts = [_text_in(text, "text") for text in found if kind == "thinking" or not isinstance(text, list)]
    return "".join(text or "" for text in texts) if found else None


class Flow:
    """What ordinary chunks go on with: the text that they are pieces of, and how to make its events.

    Attributes:
        make: Makes the event of a piece; called with the piece, the text, and its length.
    """

    __slots__ = ("_lengths", "_part", "make", "text")

    def __init__(
        self, text: StringIO, lengths: dict[str | int, int], part: str | int, make: Callable[..., Any]
    ) -> None:
        self.text, self.make = text, make
        self._lengths, self._part = lengths, part

    def advance(self, size: int) -> int:
        """Count a piece as told, and return the length of the text; 0 if it has not grown by the piece alone."""
        end = self.text.tell()
        if end - self._lengths[self._part] != size:
            return 0
        self._lengths[self._part] = end
        return end


def flow_of(events: list[ChatCompletionStreamEvent], choices: Mapping[int, Any], text: StringIO) -> Flow | None:
    """Return what the events of an ordinary chunk say that it goes on with; None if they say more than that."""
    part: str | int
    make: Callable[..., Any]
    match events:
        case [_, kinds.ContentDeltaEvent() as event]:
            part, make = "content", partial(kinds.ContentDeltaEvent, event.choice_index)
        case [_, kinds.RefusalDeltaEvent() as event]:
            part, make = "refusal", partial(kinds.RefusalDeltaEvent, event.choice_index)
        case [_, kinds.ReasoningDeltaEvent() as event]:
            part, make = event.field, partial(kinds.ReasoningDeltaEvent, event.choice_index, field=event.field)
        case [_, kinds.FunctionToolCallArgumentsDeltaEvent() as event]:
            part = choices[event.choice_index].place
            event_of = kinds.FunctionToolCallArgumentsDeltaEvent
            make = partial(event_of, event.choice_index, event.name, event.index)
        case _:
            return None
    told = choices[event.choice_index]
    return Flow(text, told.lengths, part, make) if event._text is text else None
