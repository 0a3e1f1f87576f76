"""The protocol of one stream: bytes in, chunks out, and how the stream ended. No I/O.

- A stream is complete if the server sent `[DONE]` after a choice, or if every choice has a finish reason: as many as
  the request's `n`. In the second case it ends with its body, its connection, or the time for what may follow.
- Every fault becomes a StreamError that carries the completion accumulated so far. The chunks that arrived before the
  fault in the same bytes come first: the fault waits in `fault` until it is taken.
- A chunk is added to the completion when it is taken, so the completion is up to date however many chunks
  one read brings.
- An event that says nothing, such as a ping, is neither a chunk nor a fault; only `idle_timeout` notices it.
- A body that is one JSON value is read as such, whatever its content type: servers that do not stream, and gateways
  that fail early, reply this way.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chat_completions._contract import json_reader
from chat_completions._failures import failure_of, message_of
from chat_completions._streaming.accumulator import OTHER_RULE, Accumulator
from chat_completions._streaming.fast_path import FastPath
from chat_completions._streaming.received_chunk import ReceivedChunk
from chat_completions._transport.error_mapping import connection_error, error_value, words_of
from chat_completions.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ChatCompletionsError,
    EventStreamError,
    IncompleteStreamError,
    StreamConnectionError,
    StreamError,
    StreamTimeoutError,
)
from chat_completions.sse import Decoder, Event

if TYPE_CHECKING:
    from chat_completions._contract.unknown_values import UnknownReporter
    from chat_completions_api.models import ChatCompletion

DONE = "[DONE]"
MAX_JSON_BYTES = 64 * 1024 * 1024  # of a reply that turned out to be one JSON value
_QUOTED_CHARS = 200  # of an event in a message
_EARLY = 0.05  # seconds by which the timer of a library may ring before the time is up
_PINGS = frozenset({"heartbeat", "keep-alive", "keepalive", "ping"})  # names of events that say nothing

Item = TypeVar("Item")

_name_of, _data_of = itemgetter(0), itemgetter(1)


class ChunkDecoder(Generic[Item]):
    """The state of one stream.

    Args:
        make_item: Makes what is yielded for a chunk.
        accumulator: What the chunks are added to; None for a new one.
        content_type: The response's content type, for messages.
        request_id: The id under which the server logged the request.
        redacted_url: The base URL, for messages.
        ends_at: The deadline of the call, on the clock; None for no limit.
        idle_timeout: Seconds without an event after which the stream fails; None for no limit.
        done_timeout: Seconds without a further chunk after which the stream ends once every choice has finished; None
            for no limit.
        choices: How many choices the request asks for.
        wants_usage: Whether it asks for the usage.
        watch: What reports unknown fields and values; None for nothing.
        clock: Returns the seconds of a steady clock.

    Attributes:
        done: Whether the server sent `[DONE]`.
        ended: Whether no more bytes are read: the body ended, reading failed, or the fault was taken.
        fault: The error to raise once all chunks before it are taken; None if there is none.
    """

    def __init__(
        self,
        make_item: Callable[[ReceivedChunk], Item],
        accumulator: Accumulator | None = None,
        *,
        content_type: str = "",
        request_id: str | None = None,
        redacted_url: str = "the base URL",
        ends_at: float | None = None,
        idle_timeout: float | None = None,
        done_timeout: float | None = None,
        choices: int = 1,
        wants_usage: bool = False,
        watch: UnknownReporter | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make_item = make_item
        self.accumulator = Accumulator() if accumulator is None else accumulator
        self.accumulator.expected = choices
        self._content_type = content_type
        self.request_id = request_id
        self._redacted_url = redacted_url
        self._ends_at = ends_at
        self._idle_timeout, self._done_timeout = idle_timeout, done_timeout
        self._wants_usage = wants_usage
        self._watch = watch
        self.clock = clock
        self.last_event_at = clock()
        # When the wait for the next event began; None while the caller is busy with the last one.
        self._waits_from: float | None = self.last_event_at
        # When the wait for what follows the last chunk of a complete stream began, and how many chunks there were.
        self._complete_from: tuple[float, int] | None = None
        self._decoder = Decoder(read_other=partial(_events_of_other_lines, self.accumulator))
        self._load_json = json_reader.reader()
        self._fast_path = FastPath(self.accumulator)
        self._json: bytearray | None = None  # the body so far, if it is one JSON value
        self._remark: Any = None  # what an event with a message that is neither a chunk nor a failure said last
        self._begun = False  # whether a byte other than white space arrived, which tells the two kinds of body apart
        self.done = False
        self.ended = False
        self.fault: StreamError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the server sent `[DONE]`, or a finish reason for every choice."""
        return self.done or self.accumulator.is_complete

    def feed(self, data: bytes) -> Iterator[Item]:
        """Yield the items of the chunks that the next bytes of the body complete; exhaust it before reading on."""
        if not self._begun:
            start = data.lstrip(b" \t\r\n\xef\xbb\xbf")[:1]
            self._begun = bool(start)
            if start in (b"{", b"["):
                self._json = bytearray()
            elif start == b"<":
                self._fail(
                    f"{self._redacted_url} returned HTML instead of a stream; check base_url",
                    body=data.decode("utf-8", "replace"),
                )
        if self._json is not None:
            self._json += data
            if len(self._json) > MAX_JSON_BYTES:
                self._fail(f"the reply is a JSON value larger than {MAX_JSON_BYTES} bytes")
            return iter(())
        if self.fault is not None or self.done:
            return iter(())
        try:
            texts, events = self._decoder.feed_apart(data)
        except EventStreamError as error:
            self._fail_decoding(error)
            return iter(())
        if texts or events:
            self.last_event_at, self._waits_from = self.clock(), None
        items, fault = self._items(texts, "message"), self._decoder.fault
        return items if not events and fault is None else self._then(items, events, fault)

    def end(self) -> Iterator[Item]:
        """Record that the body ended, and yield the remaining items."""
        self.ended, self.last_event_at = True, self.clock()
        if self.fault is not None or self.done:
            return
        if self._json is not None:
            yield from self._from_json(bytes(self._json))
            return
        try:
            # The last event may lack its blank line (22 of 1,247 recorded streams); half an event may not count.
            events = [
                event
                for event in self._decoder.close()
                if event.data.strip() == DONE or json_reader.is_json(event.data)
            ]
        except EventStreamError as error:
            self._fail_decoding(error)
            return
        yield from self._items_of(events, None)
        if self.fault is None and not self.is_complete:
            self.fault = self._incomplete_error()

    def map_read_error(self, failure: Exception) -> Exception | None:
        """Return the error for an exception while reading the body; None if the stream is complete."""
        self.ended = True
        error = connection_error(failure, self._redacted_url)
        if error is None:
            return failure
        broke = isinstance(error, APIConnectionError) and error.is_retryable
        if broke and self.accumulator.is_complete and self.fault is None:
            self._end_without_done(words_of(failure))
            return None
        left = self.time_left()
        if isinstance(error, APITimeoutError) and left is not None and left <= _EARLY:
            # The time limit of the read was the time that was left.
            return self.end_late()
        kind: type[StreamError] = StreamError
        what = error.message
        if isinstance(error, APITimeoutError):
            kind = StreamTimeoutError
            what = f"no more data arrived in time ({type(failure).__name__}); retry, or increase timeout"
        elif isinstance(error, APIConnectionError):
            kind, what = StreamConnectionError, words_of(failure) if broke else error.message
        fault = kind(f"the stream broke: {what}", partial=self.accumulator.completion(), request_id=self.request_id)
        fault._may_pass = error._may_pass
        fault.__cause__ = failure
        return fault

    def may_resend(self, error: Exception) -> bool:
        """Return whether the request may be resent after its body broke.

        It may if the connection was cut before there was a chunk to yield: what was yielded cannot be taken back.
        """
        return type(error) is StreamConnectionError and error.is_retryable and not self.accumulator.chunks

    def lost_error(self, error: Exception, reason: ChatCompletionsError) -> Exception:
        """Return the error for a stream that broke, and whose request could not be sent again.

        Args:
            error: How it broke.
            reason: Why the call failed then.
        """
        if reason is error:
            return error
        kind = StreamTimeoutError if isinstance(reason, APITimeoutError) else StreamConnectionError
        lost = kind(f"{error}; then: {reason}", partial=self.accumulator.completion(), request_id=self.request_id)
        if isinstance(reason, APIError):
            lost.attempts, lost.elapsed = reason.attempts, reason.elapsed
        lost.__cause__ = reason
        return lost

    def wait(self) -> float | None:
        """Return the seconds until the stream is out of time, None for no limit, now that the next bytes are read.

        The time that the caller took for the last event is not silence; comments are.
        """
        if self._done_timeout is not None and self.accumulator.finished and self.accumulator.is_complete:
            chunks = self.accumulator.chunks
            if self._complete_from is None or self._complete_from[1] != chunks:
                self._complete_from = self.clock(), chunks
        else:
            self._complete_from = None  # another choice may have begun
            if self._ends_at is None and self._idle_timeout is None:
                return None
        if self._waits_from is None:
            self._waits_from = self.clock()
        return self.time_left()

    def time_left(self) -> float | None:
        """Return the seconds until the stream is out of time at the earliest, None for no limit."""
        now = self.clock()
        limits = [] if self._ends_at is None else [self._ends_at - now]
        if self._idle_timeout is not None:
            waits_from = self._waits_from
            limits.append(self._idle_timeout - (0 if waits_from is None else now - waits_from))
        if self._done_timeout is not None and (complete_from := self._complete_from) is not None:
            limits.append(self._done_timeout - (now - complete_from[0]))
        return min(limits, default=None)

    def end_late(self) -> StreamError | None:
        """End a stream that is out of time, and return the error to raise; None if it was complete."""
        self.ended = True
        if self.accumulator.is_complete:
            self._end_without_done("nothing more arrived in time")
            return None
        if self._ends_at is not None and self.clock() >= self._ends_at - _EARLY:
            what = "the deadline passed before the stream was complete"
        else:
            what = f"no event arrived for {self._idle_timeout:g} s"
        self._fail(what, kind=StreamTimeoutError)
        fault, self.fault = self.fault, None
        assert fault is not None
        return fault

    def _end_without_done(self, reason: str) -> None:
        """Record that a stream whose choices have all finished ended without a proper end."""
        self.accumulator.record("no_done", f"all choices had finished, then: {reason}")
        if self._wants_usage and self.accumulator.usage is None:
            self.accumulator.record("no_usage", "usage was requested")

    def _then(self, items: Iterator[Item], events: list[Event], fault: EventStreamError | None) -> Iterator[Item]:
        yield from items
        if not self.done and self.fault is None:
            yield from self._items_of(events, fault)

    def _items_of(self, events: list[Event], fault: EventStreamError | None) -> Iterator[Item]:
        for name, group in itertools.groupby(events, _name_of):
            yield from self._items(map(_data_of, group), name)
            if self.done or self.fault is not None:
                break
        if fault is not None:
            self._fail_decoding(fault)

    def _items(self, texts: Iterable[str], name: str) -> Iterator[Item]:
        """Yield the items of the chunks in the data of events of one name, up to the end or the first fault."""
        accumulator, watch, make_item = self.accumulator, self._watch, self._make_item
        load, add_plain, is_error = self._load_json, accumulator.add_plain, name == "error"
        fast_path = self._fast_path
        chunk = ReceivedChunk({})
        try:
            value: Any
            for text in texts:
                if is_error or (value := fast_path.read(text)) is None:
                    if text == DONE:
                        self._end_by_done()
                        break
                    try:
                        value = load(text)
                    except (ValueError, RecursionError) as failure:
                        value = failure
                    rule = add_plain(value, text) if type(value) is dict and not is_error else None
                    if rule is None or rule is OTHER_RULE:
                        fast_path.forget()
                    else:
                        fast_path.learn(text, value, rule)
                    if rule is None and (value := self._add_other(text, value, name)) is None:
                        if self.done or self.fault is not None:
                            break
                        continue
                    if watch is not None:
                        watch.chunk(value, self.request_id)
                elif watch is not None and fast_path.changes:
                    watch.chunk(value, self.request_id)
                chunk.value, chunk.text, chunk.piece = value, accumulator.grown, accumulator.piece
                yield make_item(chunk)
        except Exception as failure:
            self._fail_unexpectedly(failure)

    def _add_other(self, text: str, value: Any, name: str) -> dict[str, Any] | None:
        """Add the chunk of an event that may be of any kind to the completion.

        Args:
            text: The data of the event.
            value: Its JSON value, or the error of reading it.
            name: The name of the event.

        Returns:
            The object of the chunk; None for an event that is not a chunk: the end, a fault, or one that says nothing.
        """
        is_lenient = False
        if isinstance(value, Exception):
            try:
                value, is_lenient = json_reader.loads_leniently(text) if text else None, True
            except (ValueError, RecursionError) as error:
                if text.strip() == DONE:
                    self._end_by_done()
                elif name == "error":
                    self._fail_with(text)
                elif failure_of(last := _value_of(text.rpartition("\n")[2])) is not None:
                    self._fail_with(last)  # an event that broke off, and the error in its place
                elif name not in _PINGS and text.strip():
                    self._fail(f"an event is not JSON ({error}): {text[:_QUOTED_CHARS]!r}", body=text)
                return None
        if name == "error" or failure_of(value) is not None:
            if isinstance(value, dict) and value.get("choices"):
                self.accumulator.add(value)
            self._fail_with(text if value is None else value)
            return None
        if not isinstance(value, dict):
            if value is not None and name not in _PINGS:
                self._fail(f"an event is not a JSON object: {text[:_QUOTED_CHARS]!r}", body=value)
            return None
        if "choices" not in value and value.get("object") != "chat.completion.chunk" and not value.get("usage"):
            if isinstance(message := message_of(value), str) and message.strip():
                self._remark = value
            return None
        nulls = null_reasons(value) if '"null"' in text else []
        self.accumulator.add_other(value)
        if is_lenient:
            self.accumulator.record("control_character", json_reader.CONTROL_CHARACTER)
        for position in nulls:
            self.accumulator.record("wrong_type", "'null'", f"/choices/{position}/finish_reason")
        return value

    def _end_by_done(self) -> None:
        choices = self.accumulator.choices.values()
        if not choices:
            self.fault = self._incomplete_error("[DONE] arrived before any choice")
        elif self._remark is not None and any(choice.finish_reason is None for choice in choices):
            self.fault = self._incomplete_error("[DONE] arrived before a finish reason for every choice")
        else:
            self.done = True
            self.accumulator.finish()

    def _from_json(self, body: bytes) -> Iterator[Item]:
        """Yield the item of a body that is one JSON value, or those of JSON lines, which may be mixed with events."""
        try:
            value, is_lenient = _read_json(json.loads, body)
        except (ValueError, RecursionError):
            yield from self._items_of(self._events_in(body), None)
            if self.fault is None and not self.accumulator.chunks:
                kind = self._content_type or "none"
                self._fail(f"the reply is neither a stream nor JSON (content type {kind}); check base_url")
            elif self.fault is None and not self.is_complete:
                self.fault = self._incomplete_error()
            return
        choices = value.get("choices") if isinstance(value, dict) else None
        failure = failure_of(value)
        if isinstance(choices, list) and (failure is None or choices):
            null_reasons(value)
            if self._watch is not None and failure is None:
                self._watch.completion(value, self.request_id)
            try:
                chunk = _as_chunk(value)
                self.accumulator.add(chunk)
                if is_lenient:
                    self.accumulator.record("control_character", json_reader.CONTROL_CHARACTER)
                item = self._make_item(ReceivedChunk(chunk))
            except Exception as error:
                self._fail_unexpectedly(error)
                return
            if failure is None:
                yield item
        if failure is not None:
            self._fail_with(value)
        elif not isinstance(choices, list):
            message = error_value(value)[1]
            self._fail(f"the reply is neither a stream nor a completion: {message}", body=value)
        elif not self.accumulator.is_complete:
            self.fault = self._incomplete_error()

    def _events_in(self, body: bytes) -> list[Event]:
        try:
            return [*self._decoder.feed(body), *self._decoder.close()]
        except EventStreamError:
            return []

    def _fail_unexpectedly(self, failure: Exception) -> None:
        """Fail with a StreamError, whatever the server sent."""
        self._fail(f"an event cannot be read: {type(failure).__name__}: {failure}")
        assert self.fault is not None
        self.fault.__cause__ = failure

    def _fail_decoding(self, error: EventStreamError) -> None:
        if self.fault is None and not self.done:
            self._fail(str(error))
            assert self.fault is not None
            self.fault.__cause__ = error

    def _fail_with(self, value: Any) -> None:
        """Fail with an error that the server sent."""
        body, message = error_value(value)
        self._fail(f"the server reported an error inside the stream: {message}", body=body)

    def _fail(self, message: str, *, body: Any = None, kind: type[StreamError] = StreamError) -> None:
        partial = self.accumulator.completion()
        self.fault = kind(message, partial=partial, body=body, request_id=self.request_id)

    def closed_error(self) -> StreamError:
        """Return the error for reading from a stream that was closed before its end."""
        return StreamError(
            "the stream was closed before it was complete; .partial has what arrived",
            partial=self.accumulator.completion(),
            request_id=self.request_id,
        )

    def _incomplete_error(
        self, reason: str = "the stream ended without [DONE] and without a finish reason for every choice"
    ) -> IncompleteStreamError:
        partial = self.accumulator.completion()
        what = ".partial has what arrived" if self.accumulator.choices else "nothing arrived"
        body = message = None
        if self._remark is not None:
            body, message = error_value(self._remark)
        return IncompleteStreamError(
            f"{reason}; {what}" + (f"; the server said: {message}" if message else ""),
            partial=partial,
            body=body,
            request_id=self.request_id,
        )

    def completion(self) -> ChatCompletion | None:
        """Return the completion so far; None before the first chunk."""
        return self.accumulator.completion()


def null_reasons(value: Mapping[str, Any]) -> list[int]:
    """Set finish reasons that are the text "null" to null, and return the positions of their choices."""
    choices = value.get("choices")
    positions = []
    for position, choice in enumerate(choices if isinstance(choices, list) else ()):
        if isinstance(choice, dict) and choice.get("finish_reason") == "null":
            choice["finish_reason"] = None
            positions.append(position)
    return positions


def _events_of_other_lines(accumulator: Accumulator, text: str) -> list[Event]:
    """Return the events for lines that the standard does not define.

    llama.cpp, until September 2025, sent errors in a field `error`; gateways write JSON without any field.

    Args:
        accumulator: Where the repair is recorded.
        text: The lines.
    """
    lines = text.split("\n")
    events = []
    for line in lines if not json_reader.is_json(text) else [text]:
        name, _, data = line.partition(":")
        value = _value_of(line if line[:1] == "{" else data)
        if name == "error" and isinstance(value, (dict, str)) and failure_of({"error": value}) is not None:
            events.append(Event("error", data.strip(), "", None))
        elif line[:1] == "{" and isinstance(value, dict) and (failure_of(value) is not None or value.get("choices")):
            accumulator.record("no_field", "an event without a data field")
            events.append(Event("message", line, "", None))
    return events


def _value_of(text: str) -> Any:
    """Return the JSON value of a text; the text itself if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()


def _read_json(load: Callable[[Any], Any], text: str | bytes) -> tuple[Any, bool]:
    """Return the value of a JSON text, and whether its strings hold control characters.

    Raises:
        ValueError: The text is not JSON.
        RecursionError: It is nested too deeply.
    """
    try:
        return load(text), False
    except ValueError:
        return json_reader.loads_leniently(text), True


def _as_chunk(completion: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole completion as the one chunk that says the same."""
    choices = []
    for choice in completion["choices"]:
        if isinstance(choice, dict):
            rest = {key: value for key, value in choice.items() if key != "message"}
            message = choice.get("message")
            if isinstance(message, dict) and isinstance(message.get("tool_calls"), list):
                calls = [{"index": i, **c} if isinstance(c, dict) else c for i, c in enumerate(message["tool_calls"])]
                message = {**message, "tool_calls": calls}
            choice = {**rest, "delta": message if message is not None else choice.get("delta")}
        choices.append(choice)
    return {**completion, "object": "chat.completion.chunk", "choices": choices}
