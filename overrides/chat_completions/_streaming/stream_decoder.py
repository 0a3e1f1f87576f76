"""The protocol of one stream: bytes in, chunks out, and how the stream ended. No I/O.

- A stream is complete if the server sent `[DONE]`, or if every choice has a finish reason.
- Every fault becomes a StreamError that carries the completion accumulated so far. The chunks that arrived before the
  fault in the same bytes come first: the fault waits in `fault` until it is taken.
- A chunk is added to the completion when it is taken, so that the completion is that of the moment however many chunks
  one read has brought.
- A body that is one JSON value is read as such, whatever its content type: servers that do not stream, and gateways
  that fail early, reply this way.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chat_completions._contract import json_reader
from chat_completions._streaming.accumulator import Accumulator
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
        ends_at: When the deadline of the call is, on the clock; None for never.
        idle_timeout: Seconds without an event after which the stream fails; None for no limit.
        watch: What reports unknown fields and values; None for nothing.
        clock: Returns the seconds of a steady clock.

    Attributes:
        done: Whether the server sent `[DONE]`.
        ended: Whether no more bytes are read: the body has ended, reading has failed, or the fault was taken.
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
        watch: UnknownReporter | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make_item = make_item
        self.accumulator = Accumulator() if accumulator is None else accumulator
        self._content_type = content_type
        self.request_id = request_id
        self._redacted_url = redacted_url
        self._ends_at = ends_at
        self._idle_timeout = idle_timeout
        self._watch = watch
        self.clock = clock
        self.last_event_at = clock()
        # When the wait for the next event began; None while the caller is busy with the last one.
        self._waits_from: float | None = self.last_event_at
        self._decoder = Decoder()
        self._load_json = json_reader.reader()
        self._fast_path = FastPath(self.accumulator)
        self._json: bytearray | None = None  # the body so far, if it is one JSON value
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
        if self.fault is None and not self.done and (text := self._decoder.lone_data(data)) is not None:
            self.last_event_at, self._waits_from = self.clock(), None
            return self._items((text,), "message")
        if not self._begun:
            start = data.lstrip(b" \t\r\n\xef\xbb\xbf")[:1]
            self._begun = bool(start)
            if start in (b"{", b"["):
                self._json = bytearray()
            elif start == b"<":
                self._fail(
                    f"{self._redacted_url} responded with HTML, not with a stream of chunks; is base_url right?",
                    body=data.decode("utf-8", "replace"),
                )
        if self._json is not None:
            self._json += data
            if len(self._json) > MAX_JSON_BYTES:
                self._fail(f"the reply is one JSON value of more than {MAX_JSON_BYTES} bytes")
            return iter(())
        if self.fault is not None or self.done:
            return iter(())
        try:
            events = self._decoder.feed(data)
        except EventStreamError as error:
            self._fail_decoding(error)
            return iter(())
        if events:
            self.last_event_at, self._waits_from = self.clock(), None
        return self._items_of(events, self._decoder.fault)

    def end(self) -> Iterator[Item]:
        """Record that the body has ended, and yield the items that were still to come."""
        self.ended, self.last_event_at = True, self.clock()
        if self.fault is not None or self.done:
            return
        if self._json is not None:
            yield from self._from_json(bytes(self._json))
            return
        try:
            # The last event may lack its blank line (22 of 1,247 recorded streams); half an event may not count.
            events = [event for event in self._decoder.close() if event.data == DONE or _is_json(event.data)]
        except EventStreamError as error:
            self._fail_decoding(error)
            return
        yield from self._items_of(events, None)
        if self.fault is None and not self.is_complete:
            self.fault = self._incomplete_error()

    def map_read_error(self, failure: Exception) -> Exception:
        """Return the error to raise for an exception that was raised while reading the body."""
        self.ended = True
        error = connection_error(failure, self._redacted_url)
        if error is None:
            return failure
        left = self.time_left()
        if isinstance(error, APITimeoutError) and left is not None and left <= 0:
            # The time limit of the read was the time that was left.
            return self.timeout_error()
        kind: type[StreamError] = StreamError
        what = error.message
        if isinstance(error, APITimeoutError):
            kind = StreamTimeoutError
        elif isinstance(error, APIConnectionError):
            kind, what = StreamConnectionError, words_of(failure)
        fault = kind(f"the stream broke: {what}", partial=self.accumulator.completion(), request_id=self.request_id)
        fault.__cause__ = failure
        return fault

    def may_resend(self, error: Exception) -> bool:
        """Return whether another request may take the place of one whose body could not be read on.

        It may where the connection was cut before there was a chunk to yield; what is yielded cannot be taken back.
        """
        return type(error) is StreamConnectionError and not self.accumulator.chunks

    def lost_error(self, error: Exception, reason: ChatCompletionsError) -> Exception:
        """Return the error for a stream that broke, and whose request could not be sent again.

        Args:
            error: How it broke.
            reason: Why the call failed then.
        """
        if reason is error:
            return error
        kind = StreamTimeoutError if isinstance(reason, APITimeoutError) else StreamConnectionError
        lost = kind(f"{error}; after that: {reason}", partial=self.accumulator.completion(), request_id=self.request_id)
        if isinstance(reason, APIError):
            lost.attempts, lost.elapsed = reason.attempts, reason.elapsed
        lost.__cause__ = reason
        return lost

    def wait(self) -> float | None:
        """Return the seconds until the stream is out of time, None for no limit, now that the next bytes are read.

        The time that the caller took for the last event does not count as silence; comments do.
        """
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
        return min(limits, default=None)

    def timeout_error(self) -> StreamError:
        """Return the error for a stream that is out of time, which has thereby ended."""
        self.ended = True
        if self._ends_at is not None and self.clock() >= self._ends_at:
            what = "the deadline passed before the stream was complete"
        else:
            what = f"no event arrived for {self._idle_timeout:g} s"
        self._fail(what, kind=StreamTimeoutError)
        fault, self.fault = self.fault, None
        assert fault is not None
        return fault

    def _items_of(self, events: list[Event], fault: EventStreamError | None) -> Iterator[Item]:
        for name, group in itertools.groupby(events, _name_of):
            yield from self._items(map(_data_of, group), name)
            if self.done or self.fault is not None:
                break
        if fault is not None:
            self._fail_decoding(fault)

    def _items(self, texts: Iterable[str], name: str) -> Iterator[Item]:
        """Yield the items of the chunks in the data of events of one name, up to the end or the first fault."""
        watch, make_item, fast_path, parse = self._watch, self._make_item, self._fast_path, self._parse
        try:
            for text in texts:
                chunk = fast_path.read(text, parse) if name != "error" else parse(text, is_error_event=True)
                if chunk is None:
                    break
                if watch is not None and chunk.text is None:  # where it is not None, nothing but a text has grown
                    watch.chunk(chunk.value(), self.request_id)
                yield make_item(chunk)
        except Exception as failure:
            self._fail_unexpectedly(failure)

    def _parse(self, text: str, *, is_error_event: bool = False) -> ReceivedChunk | None:
        """Parse the data of an event, and add its chunk to the completion; return None at the end and at a fault."""
        if text == DONE:
            self.done = True
            self.accumulator.finish()
            return None
        try:
            value, is_lenient = _read_json(self._load_json, text)
        except (ValueError, RecursionError) as error:
            if is_error_event:
                self._fail_with(text)
            else:
                self._fail(f"an event is not JSON ({error}): {text[:_QUOTED_CHARS]!r}", body=text)
            return None
        if not isinstance(value, dict):
            self._fail(f"an event is not a JSON object: {text[:_QUOTED_CHARS]!r}", body=value)
            return None
        if is_error_event or _is_error(value):
            if value.get("choices"):
                self.accumulator.add(value)
            self._fail_with(value)
            return None
        self.accumulator.add(value)
        if is_lenient:
            self.accumulator.record("control_character", json_reader.CONTROL_CHARACTER)
        return ReceivedChunk(value)

    def _from_json(self, body: bytes) -> list[Item]:
        try:
            value, is_lenient = _read_json(json.loads, body)
        except (ValueError, RecursionError):
            kind = self._content_type or "none"
            self._fail(f"the reply is neither a stream nor JSON (content type {kind}); is base_url right?")
            return []
        choices = value.get("choices") if isinstance(value, dict) and not value.get("error") else None
        if choices and isinstance(choices, list):
            if self._watch is not None:
                self._watch.completion(value, self.request_id)
            try:
                chunk = _as_chunk(value)
                self.accumulator.add(chunk)
                if is_lenient:
                    self.accumulator.record("control_character", json_reader.CONTROL_CHARACTER)
                item = self._make_item(ReceivedChunk(chunk))
            except Exception as failure:
                self._fail_unexpectedly(failure)
                return []
            if not self.accumulator.is_complete:
                self.fault = self._incomplete_error()
            return [item]
        self._fail_with(value)
        return []

    def _fail_unexpectedly(self, failure: Exception) -> None:
        """Fail with a StreamError, whatever it was that a server sent."""
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
        if isinstance(body, Mapping) and isinstance(choices := body.get("choices"), list):
            body = next((c["error"] for c in choices if isinstance(c, dict) and c.get("error")), body)
            message = error_value(body)[1]
        self._fail(f"the server reported an error inside the stream: {message}", body=body)

    def _fail(self, message: str, *, body: Any = None, kind: type[StreamError] = StreamError) -> None:
        partial = self.accumulator.completion()
        self.fault = kind(message, partial=partial, body=body, request_id=self.request_id)

    def closed_error(self) -> StreamError:
        """Return the error for asking a stream for more after it was closed before its end."""
        return StreamError(
            "the stream was closed before it was complete; what had arrived is in .partial",
            partial=self.accumulator.completion(),
            request_id=self.request_id,
        )

    def _incomplete_error(self) -> IncompleteStreamError:
        partial = self.accumulator.completion()
        what = "nothing had arrived" if partial is None else "what had arrived is in .partial"
        return IncompleteStreamError(
            f"the stream ended without [DONE] and without a finish reason for every choice; {what}",
            partial=partial,
            request_id=self.request_id,
        )

    def completion(self) -> ChatCompletion | None:
        """Return the completion so far; None before the first chunk."""
        return self.accumulator.completion()


def _is_error(value: dict[str, Any]) -> bool:
    if value.get("error") or value.get("object") == "error":
        return True
    if isinstance(choices := value.get("choices"), list):
        for choice in choices:
            if isinstance(choice, dict) and choice.get("finish_reason") == "error":
                return True
    return False


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


def _is_json(text: str) -> bool:
    try:
        json_reader.loads_leniently(text)
    except (ValueError, RecursionError):
        return False
    return True


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
