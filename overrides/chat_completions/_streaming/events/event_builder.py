"""Chunks in, events out: what `.stream()` yields for each chunk. No I/O.

- Events follow the accumulated completion: a delta is what was added to a part, so the deltas add up to it.
- The events of a chunk are: the chunk; what it adds, choice by choice; what it completes.
- Each part is done once: reasoning when anything else begins, before that event. Content, refusal and log
  probabilities are done when tool calls begin; a function call's arguments when another call begins, if they are JSON
  by then. All of a choice is done when it finishes, or at `[DONE]`. If the server continues a done part, more deltas
  follow, and continued arguments are done again.
- A chunk that only added a piece to a text, as nearly all do, has the same two events as the last one: the chunk and
  a delta of the same kind. Nothing else is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Any

from chat_completions._streaming.accumulated_choice import is_half, joined, text_in
from chat_completions._streaming.accumulator import Accumulator
from chat_completions._streaming.call_pieces import arguments_of, read_arguments
from chat_completions._streaming.events import events as kinds
from chat_completions._streaming.events import logprobs_events
from chat_completions._streaming.received_chunk import ReceivedChunk

if TYPE_CHECKING:
    from chat_completions._streaming.accumulated_choice import AccumulatedChoice
    from chat_completions._streaming.events.events import ChatCompletionStreamEvent


# Where reasoning is: two fields of the delta, or (Mistral's thinking models) parts of this type among the content's.
REASONING = ("reasoning_content", "reasoning", "thinking")
CALLS: dict[str, tuple[Any, Any]] = {
    "function": (kinds.FunctionToolCallArgumentsDeltaEvent, kinds.FunctionToolCallArgumentsDoneEvent),
    "custom": (kinds.CustomToolCallInputDeltaEvent, kinds.CustomToolCallInputDoneEvent),
}
LOGPROBS: dict[str, tuple[Any, Any]] = {
    "content": (logprobs_events.LogprobsContentDeltaEvent, logprobs_events.LogprobsContentDoneEvent),
    "refusal": (logprobs_events.LogprobsRefusalDeltaEvent, logprobs_events.LogprobsRefusalDoneEvent),
}


class EventBuilder:
    """The state of one stream of events.

    Args:
        to_snapshot: Makes a snapshot of a completion.

    Attributes:
        accumulator: The completion so far, which each chunk is added to before its events are built.
        completion: Returns a snapshot of the completion so far; None before the first chunk.
    """

    __slots__ = ("_choices", "_plain_delta", "accumulator", "completion")

    def __init__(self, to_snapshot: Callable[[Any], Any] | None = None) -> None:
        self.accumulator = Accumulator()
        # A function of its own: events keep it, and must not keep the builder.
        self.completion: Callable[[], Any] = partial(_completion, self.accumulator, to_snapshot)
        self._choices: dict[int, _ChoiceProgress] = {}
        self._plain_delta: DeltaEventFactory | None = None  # None after a chunk of another kind

    def events_of(self, chunk: ReceivedChunk) -> list[ChatCompletionStreamEvent]:
        """Return the events of the chunk that was added to the completion last."""
        text, piece, factory = chunk.text, chunk.piece, self._plain_delta
        if text is not None and factory is not None and factory.text is text and (end := factory.advance(piece)):
            return [kinds.ChunkEvent(chunk.model(), self.completion), factory.make(piece, text, end)]
        events = self._all_events_of(chunk)
        self._plain_delta = None if text is None else _delta_event_factory(events, self._choices, text)
        return events

    def _all_events_of(self, chunk: ReceivedChunk) -> list[ChatCompletionStreamEvent]:
        value, model = chunk.value, chunk.model()
        events: list[ChatCompletionStreamEvent] = [kinds.ChunkEvent(model, self.completion)]
        choices = found if isinstance(found := value.get("choices"), list) else []
        for position, choice in enumerate(choices):
            if isinstance(choice, dict):
                index = index if type(index := choice.get("index")) is int else position
                if (progress := self._choices.get(index)) is None:
                    # The choices of a chunk that is nested too deeply may not have been added.
                    if index not in self.accumulator.choices:
                        continue
                    progress = self._choices[index] = _ChoiceProgress(self.accumulator.choices[index])
                progress.add(choice, events, model.choices[0] if len(choices) == 1 else None)
        return events

    def last_events(self) -> list[ChatCompletionStreamEvent[Any]]:
        """Return the events of what is done because the server sent `[DONE]`."""
        events: list[ChatCompletionStreamEvent] = []
        for progress in self._choices.values():
            progress.finish(events)
        return events


def _completion(accumulator: Accumulator, to_snapshot: Callable[[Any], Any] | None) -> Any:
    completion = accumulator.completion()
    return completion if completion is None or to_snapshot is None else to_snapshot(completion)


class _ChoiceProgress:
    """How much of a choice is in events: the length of each part, and which are done; tool calls are keyed by place."""

    __slots__ = ("_call", "_calls", "_choice", "_done", "_left", "_places", "_reasoning", "_texts", "lengths")

    def __init__(self, choice: AccumulatedChoice) -> None:
        self._choice = choice
        self.lengths: dict[str | int, int] = {}
        self._done: set[str | int] = set()
        self._texts: dict[str, StringIO] = {}  # of content that is accumulated in parts
        self._reasoning: str | None = None  # the first field that had any; some servers send it in two
        self._calls: Any = None  # the accumulated tool calls, in order of appearance
        self._places: dict[int, int] = {}  # by id(), because servers may give two calls the same index
        self._call: dict[str, Any] | None = None  # the one that arguments arrive for
        self._left: set[int] = set()  # the places of calls that another one has followed

    def add(self, choice: Mapping[str, Any], events: list[ChatCompletionStreamEvent], model: Any) -> None:
        """Add the events of a choice of the chunk that was added last.

        Args:
            choice: Its JSON object.
            events: The events of the chunk.
            model: Its model; None if the chunk has several choices.
        """
        calls: list[dict[str, Any]] = []
        if isinstance(delta := choice.get("delta"), dict):
            if len(delta) == 1 and self._reasoning is None and type(content := delta.get("content")) is str:
                # Nearly all chunks: a piece of content and nothing else.
                events.append(kinds.ContentDeltaEvent(self._choice.index, *self._new_text("content", content)))
            else:
                self._add_texts(delta, events)
            if deltas := delta.get("tool_calls"):
                calls = self._add_calls(deltas, events)
        if isinstance(message := choice.get("message"), dict):
            # It repeats the whole message; only what the accumulated one has gained from it is new.
            self._add_texts({key: rest for key in message if (rest := self._remaining(key))}, events)
            if message.get("tool_calls"):
                calls += self._add_calls(None, events)
        if choice.get("logprobs"):
            self._add_tokens(choice["logprobs"], events, getattr(model, "logprobs", None))
        for call in calls:
            if call is not self._call:
                self._finish_texts(events)
                if self._call is not None:
                    self._leave(self._call, events)
                self._call = call
        if self._choice.finish_reason:
            self.finish(events)

    def finish(self, events: list[ChatCompletionStreamEvent]) -> None:
        """Add the events of what is done at the end of the choice, each unless it has been added before."""
        self._finish_texts(events)
        if self._calls is not None:
            for call in self._calls:
                if id(call) in self._places and call["index"] not in self._calls.left_out:
                    self._finish_call(call, arguments_of(call), events)

    def _finish_texts(self, events: list[ChatCompletionStreamEvent]) -> None:
        index = self._choice.index
        self._finish_reasoning(events)
        # Messages of tool calls begin with an empty content, which has no event.
        if self.lengths.get("content") and self._mark_done("content"):
            events.append(kinds.ContentDoneEvent(index, self._text_so_far("content")))
        if "refusal" in self.lengths and self._mark_done("refusal"):
            events.append(kinds.RefusalDoneEvent(index, self._text_so_far("refusal")))
        for part, (_, done_event) in LOGPROBS.items():
            if (tokens := self._tokens(part)) is not None and self._mark_done(f"logprobs.{part}"):
                events.append(done_event(index, tokens, self.lengths.get(f"logprobs.{part}", 0)))

    def _leave(self, call: dict[str, Any], events: list[ChatCompletionStreamEvent]) -> None:
        """Add the event of a call that another one follows, if its arguments are whole; else they may go on."""
        if "function" in call and (place := self._places[id(call)]) not in self._left:
            self._left.add(place)  # asked once, however often the pieces of calls take turns
            arguments = read_arguments(arguments_of(call), self._calls.snapshots.get(call["index"]))
            if arguments is not None:
                self._finish_call(call, arguments, events)

    def _finish_call(self, call: dict[str, Any], arguments: str, events: list[ChatCompletionStreamEvent]) -> None:
        if (written := _written(call)) and self._mark_done(self._places[id(call)]):
            kind, name, _ = written
            event_type = CALLS[kind][1]
            events.append(event_type(self._choice.index, name, call["index"], arguments))

    @property
    def place(self) -> int:
        """The place of the tool call that arguments arrive for."""
        return self._places[id(self._call)]

    def _mark_done(self, part: str | int) -> bool:
        """Mark a part as done, and return whether it was not yet."""
        if part in self._done:
            return False
        self._done.add(part)
        return True

    def _add_texts(self, delta: Mapping[str, Any], events: list[ChatCompletionStreamEvent]) -> None:
        index = self._choice.index
        content, refusal = delta.get("content"), delta.get("refusal")
        if isinstance(content, list):
            delta = {**delta, "thinking": text_in(content, "thinking")}
            content = text_in(content, "text")
        has_reasoning = False
        for name in REASONING:
            piece = delta.get(name)
            if piece and isinstance(piece, str) and self._reasoning in (None, name):
                self._reasoning, has_reasoning = name, True
                events.append(kinds.ReasoningDeltaEvent(index, *self._new_text(name, piece), name))
        if not has_reasoning and (content or refusal or delta.get("tool_calls")):
            self._finish_reasoning(events)
        if isinstance(content, str):
            events.append(kinds.ContentDeltaEvent(index, *self._new_text("content", content)))
        if isinstance(refusal, str):
            events.append(kinds.RefusalDeltaEvent(index, *self._new_text("refusal", refusal)))

    def _finish_reasoning(self, events: list[ChatCompletionStreamEvent]) -> None:
        if (name := self._reasoning) is not None and self._mark_done(name):
            events.append(kinds.ReasoningDoneEvent(self._choice.index, self._text_so_far(name), name))

    def _text(self, part: str) -> StringIO:
        """Return the buffer of a text; for content in parts, one that is kept here."""
        text = self._choice.message.get(part)
        if type(text) is StringIO:
            return text
        if part not in self._texts:
            source = self._choice.message.get("content") if part == "thinking" else text
            self._texts[part] = StringIO()
            self._texts[part].write(text_in(source, "thinking" if part == "thinking" else "text") or "")
        return self._texts[part]

    def _text_so_far(self, part: str) -> str:
        """Return a text up to its last delta; it is longer if a chunk has the same choice twice."""
        return joined(self._text(part).getvalue()[: self.lengths[part]])

    def _new_text(self, part: str, piece: str) -> tuple[str, StringIO, int]:
        """Return what a piece added to a text, the text's buffer, and its length."""
        text = self._choice.message.get(part)
        if type(text) is not StringIO:
            if part in self._texts:
                self._texts[part].write(piece)
            text = self._text(part)
        start, end = self.lengths.get(part, 0), text.tell()
        if piece and start + len(piece) == end and not is_half(piece[-1]):
            self.lengths[part] = end
            return piece, text, end
        self.lengths[part] = end = _end(text)
        return _slice(text, start, end), text, end

    def _remaining(self, part: str) -> str:
        """Return the part of a text that no delta has had."""
        text = self._choice.message.get(part)
        return _slice(text, self.lengths.get(part, 0), text.tell()) if type(text) is StringIO else ""

    def _add_calls(self, deltas: Any, events: list[ChatCompletionStreamEvent]) -> list[dict[str, Any]]:
        """Add the deltas of tool calls, and return these calls; if they cannot be identified, all that have grown."""
        calls: Any = self._choice.message.get("tool_calls")
        if (named := getattr(calls, "named", None)) is None:
            return []
        if calls is not self._calls:
            # A whole message has repeated them: there are other objects in the same places.
            place = len(calls) if self._call is None else self.place
            self._calls, self._places = calls, {}
            self._call = calls[place] if place < len(calls) else None
        fresh = calls[len(self._places) :]
        self._places |= {id(call): place for place, call in enumerate(fresh, len(self._places))}
        is_certain = False
        if not isinstance(deltas, list):
            found = calls
        elif is_certain := len(deltas) == 1 and isinstance(deltas[0], dict):
            found = [named[None]]
        else:
            # Which delta belongs to which call is not known; a call that has not grown is not meant.
            names = [name for new in deltas if isinstance(new, dict) for name in (new.get("index"), new.get("id"))]
            found = [named[name] for name in names if isinstance(name, int | str) and name in named]
            found = sorted([*found, *calls[: len(deltas)], *fresh], key=lambda call: self._places[id(call)])
        grown = []
        for call in found:
            place, (kind, name, text) = self._places[id(call)], _written(call) or ("", "", None)
            start, end = self.lengths.get(place), _end(text) if text else 0
            if is_certain or start is None or end > start:
                grown.append(call)
                self.lengths[place] = end
                if end > (start or 0):
                    self._done.discard(place)
                if text:
                    piece, index = _slice(text, start or 0, end), self._choice.index
                    events.append(CALLS[kind][0](index, name, call["index"], piece, text, end))
        return grown

    def _tokens(self, part: str) -> list[Any] | None:
        logprobs = self._choice.extras.get("logprobs")
        tokens = logprobs.get(part) if isinstance(logprobs, dict) else None
        return tokens if isinstance(tokens, list) else None

    def _add_tokens(self, logprobs: Any, events: list[ChatCompletionStreamEvent], model: Any) -> None:
        for part, (delta_event, _) in LOGPROBS.items():
            if tokens := self._tokens(part):
                start, end = self.lengths.get(f"logprobs.{part}", 0), len(tokens)
                if end > start:
                    self.lengths[f"logprobs.{part}"] = end
                    of_chunk = model if logprobs_events.are_new_tokens(logprobs, part, end - start) else None
                    events.append(delta_event(self._choice.index, tokens, end, start, of_chunk, part))


def _written(call: Mapping[str, Any]) -> tuple[str, str, StringIO] | None:
    """Return an accumulated tool call's kind, name, and arguments or input; None for a call of no known kind."""
    for kind, part in (("function", "arguments"), ("custom", "input")):
        if isinstance(holder := call.get(kind), dict):
            name, text = holder.get("name"), holder.get(part)
            return kind, name if isinstance(name, str) else "", text if isinstance(text, StringIO) else StringIO()
    return None


def _slice(text: StringIO, start: int, end: int) -> str:
    """Return the end of a text, from start to end, at a cost that does not grow with the text."""
    if end <= start:
        return ""
    text.seek(start)
    return joined(text.read()[: end - start])  # read to the end, where the text goes on


def _end(text: StringIO) -> int:
    """Return the length of a text without the first half of a character whose second half is still to come."""
    end = text.tell()
    if end == 0:
        return 0
    text.seek(end - 1)
    return end - 1 if is_half(text.read()) else end


class DeltaEventFactory:
    """Creates the delta events of chunks that only add to one text.

    Attributes:
        text: The accumulated text.
        make: Makes the event of a piece; called with the piece, the text, and its length.
    """

    __slots__ = ("_lengths", "_part", "make", "text")

    def __init__(
        self, text: StringIO, lengths: dict[str | int, int], part: str | int, make: Callable[..., Any]
    ) -> None:
        self.text, self.make = text, make
        self._lengths, self._part = lengths, part

    def advance(self, piece: str) -> int:
        """Return the length of the text after a piece, and record it; 0 if more than the piece was added.

        The text may have grown by more, or the piece may end within a character.
        """
        end = self.text.tell()
        if end - self._lengths[self._part] != len(piece) or "\ud800" <= piece[-1:] < "\udc00":
            return 0
        self._lengths[self._part] = end
        return end


def _delta_event_factory(
    events: list[ChatCompletionStreamEvent], choices: Mapping[int, _ChoiceProgress], text: StringIO
) -> DeltaEventFactory | None:
    """Return a factory for events like those of a chunk that only added to a text; None if they say more."""
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
            event_type = kinds.FunctionToolCallArgumentsDeltaEvent
            make = partial(event_type, event.choice_index, event.name, event.index)
        case _:
            return None
    lengths = choices[event.choice_index].lengths
    return DeltaEventFactory(text, lengths, part, make) if event._text is text else None
