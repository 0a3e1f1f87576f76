"""A stream as a protocol: bytes in, chunks out, and the truth about how it ended. No I/O.

- Complete is a stream that said `[DONE]`, or in which every choice has a finish reason.
- Every fault becomes a StreamError that carries the completion folded so far. What arrived before the fault in the
  same bytes is given first: the fault waits in `fault` until it is asked for.
- A chunk is folded when it is taken, so that the completion is of its moment however many chunks came with one read.
- A reply that is one JSON value is read as such, whatever its content type: servers that do not stream, and gateways
  that fail early, answer so.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from chat_completions._contract import generated, json_reader
from chat_completions._streaming.accumulator import Accumulator
from chat_completions._streaming.fast_path import FastPath, arguments_grown
from chat_completions._transport.error_mapping import connection_error, error_value, words_of
from chat_completions.errors import (
    APIConnectionError,
    APITimeoutError,
    EventStreamError,
    IncompleteStreamError,
    StreamConnectionError,
    StreamError,
    StreamTimeoutError,
)
from chat_completions.sse import Decoder, Event

if TYPE_CHECKING:
    from chat_completions._contract.unknown_values import UnknownReporter
    from chat_completions._streaming.events.event_builder import EventBuilder
    from chat_completions_api.models import ChatCompletion, ChatCompletionChunk

DONE = "[DONE]"
MAX_JSON_BYTES = 64 * 1024 * 1024  # of a reply that turned out to be one JSON value
_SHOWN_BYTES = 200

_name_of, _data_of = itemgetter(0), itemgetter(1)


class ChunkDecoder:
    """The state of one stream.

    Args:
        content_type: The response's content type, for messages.
        request_id: The id under which the server logged the request.
        redacted_url: The base URL, for messages.
        ends_at: When the call's whole budget of time ends, on the clock; None for never.
        idle_timeout: Seconds without an event after which the stream counts as dead; None for no limit.
        watch: Who looks at what arrives; None for nobody.
        clock: Gives the seconds of a steady clock.
    """

    def __init__(
        self,
        *,
        content_type: str = "",
        request_id: str | None = None,
        redacted_url: str = "the base URL",
        ends_at: float | None = None,
        idle_timeout: float | None = None,
        watch: UnknownReporter | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._content_type = content_type
        self.request_id = request_id
        self._shown_url = redacted_url
        self._ends_at = ends_at
        self._idle_timeout = idle_timeout
        self._watch = watch
        self._clock = clock
        self._last_event_at = clock()
        # When the wait for the next event began, None while the caller is busy with the last one.
        self._waits_from: float | None = self._last_event_at
        self._decoder = Decoder()
        # What makes of a chunk what is given for it: of any chunk, and of one that was read as the ordinary one.
        self._make: Callable[[Mapping[str, Any]], Any] = generated.decode_chunk()
        self._make_ordinary: Callable[[FastPath], Any] = FastPath.chunk
        self._read = json_reader.reader()
        self._ordinary = FastPath()
        self._json: bytearray | None = None  # the body so far, if it is one JSON value
        self._begun = False  # whether a byte other than white space came, by which the two kinds of body are told apart
        self.fold = Accumulator()
        self.done = False
        self.ended = False
        self.fault: StreamError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the server said all that it had to say: `[DONE]`, or a finish reason for every choice."""
        return self.done or self.fold.is_complete

    def give(self, events: EventBuilder) -> None:
        """Return the events of each chunk in place of the chunk."""
        events.fold = self.fold
        self._make, self._make_ordinary = events.events_of, events.ordinary_events

    def feed(self, data: bytes) -> list[ChatCompletionChunk]:
        """Take the next bytes of the body, and return the chunks that they complete."""
        return list(self.chunks_of(data))

    def end(self) -> list[ChatCompletionChunk]:
        """Record that the body has ended, and return what was still to come."""
        return list(self.chunks_at_end())

    def chunks_of(self, data: bytes) -> Iterator[ChatCompletionChunk]:
        """Take the next bytes of the body, and iterate the chunks that they complete; end that before reading on."""
        if self.fault is None and not self.done and (text := self._decoder.lone_data(data)) is not None:
            self._last_event_at, self._waits_from = self._clock(), None
            return self._chunks((text,), "message")
        if not self._begun:
            start = data.lstrip(b" \t\r\n\xef\xbb\xbf")[:1]
            self._begun = bool(start)
            if start in (b"{", b"["):
                self._json = bytearray()
            elif start == b"<":
                self._fail(
                    f"{self._shown_url} answered with HTML, not with a stream of chunks; is base_url right?",
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
            self._last_event_at, self._waits_from = self._clock(), None
        return self._chunks_in(events, self._decoder.fault)

    def chunks_at_end(self) -> Iterator[ChatCompletionChunk]:
        """Record that the body has ended, and iterate what was still to come."""
        self.ended, self._last_event_at = True, self._clock()
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
        yield from self._chunks_in(events, None)
        if self.fault is None and not self.is_complete:
            self.fault = self._incomplete()

    def cut(self, failure: Exception) -> Exception:
        """Return what to raise for an exception that reading the body raised."""
        self.ended = True
        error = connection_error(failure, self._shown_url)
        if error is None:
            return failure
        left = self.time_left()
        if isinstance(error, APITimeoutError) and left is not None and left <= 0:
            # A read's own limit was set by the time that was left, and it is the one that rang.
            return self.out_of_time()
        kind: type[StreamError] = StreamError
        what = error.message
        if isinstance(error, APITimeoutError):
            kind = StreamTimeoutError
        elif isinstance(error, APIConnectionError):
            kind, what = StreamConnectionError, words_of(failure)
        fault = kind(f"the stream broke: {what}", partial=self.fold.completion(), request_id=self.request_id)
        fault.__cause__ = failure
        return fault

    def wait(self) -> float | None:
        """Return the seconds until the stream is out of time, None for no limit, now that the next bytes are read.

        The time that the caller took for the last event does not count as silence; comments do.
        """
        if self._ends_at is None and self._idle_timeout is None:
            return None
        if self._waits_from is None:
            self._waits_from = self._clock()
        return self.time_left()

    def time_left(self) -> float | None:
        """Return the seconds until the stream is out of time at the earliest, None for no limit."""
        now = self._clock()
        limits = [] if self._ends_at is None else [self._ends_at - now]
        if self._idle_timeout is not None:
            waits_from = self._waits_from
            limits.append(self._idle_timeout - (0 if waits_from is None else now - waits_from))
        return min(limits, default=None)

    def out_of_time(self) -> StreamError:
        """Return the error for a stream that is out of time."""
        self.ended = True
        if self._ends_at is not None and self._clock() >= self._ends_at:
            what = "the deadline passed before the stream was complete"
        else:
            what = f"no event came for {self._idle_timeout:g} s"
        self._fail(what, kind=StreamTimeoutError)
        fault, self.fault = self.fault, None
        assert fault is not None
        return fault

    def _chunks_in(self, events: list[Event], fault: EventStreamError | None) -> Iterator[ChatCompletionChunk]:
        for name, group in itertools.groupby(events, _name_of):
            yield from self._chunks(map(_data_of, group), name)
            if self.done or self.fault is not None:
                break
        if fault is not None:
            self._fail_decoding(fault)

    def _chunks(self, texts: Iterable[str], name: str) -> Iterator[ChatCompletionChunk]:
        """Yield the chunks that the data of events of one name hold, up to the end or the first fault."""
        watch, fold, ordinary, read = self._watch, self.fold, self._ordinary, self._read
        try:
            for data in texts:
                if name != "error" and ordinary.read(data):
                    fold.add_piece(ordinary.piece, ordinary.grows)
                    if watch is not None and ordinary.tokens is not None:
                        # All else in it was looked at when it was learnt.
                        watch.chunk(ordinary.value(), self.request_id)
                    yield self._make_ordinary(ordinary)
                    continue
                if data == DONE:
                    self.done = True
                    fold.finish()
                    break
                try:
                    value = read(data)
                except (ValueError, RecursionError) as error:
                    if name == "error":
                        self._fail_with(data)
                    else:
                        self._fail(f"an event holds no JSON ({error}): {data[:_SHOWN_BYTES]!r}", body=data)
                    break
                if name != "error" and fold.add_plain_delta(value):
                    ordinary.learn(data, value, fold.grows)
                else:
                    ordinary.forget()
                    if not isinstance(value, dict):
                        self._fail(f"an event holds no object: {data[:_SHOWN_BYTES]!r}", body=value)
                        break
                    if name == "error" or _is_error(value):
                        if value.get("choices"):
                            fold.add(value)
                        self._fail_with(value)
                        break
                    fold.add_other(value)
                    if fold.take_tokens is not None:
                        ordinary.learn(data, value, fold.grows, fold.take_tokens)
                    elif (arguments := arguments_grown(fold, value)) is not None:
                        ordinary.learn(data, value, arguments)
                if watch is not None:
                    watch.chunk(value, self.request_id)
                yield self._make(value)
        except Exception as failure:
            self._fail_over(failure)

    def _from_json(self, body: bytes) -> list[ChatCompletionChunk]:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            kind = self._content_type or "none"
            self._fail(f"the reply is neither a stream nor JSON (content type {kind}); is base_url right?")
            return []
        choices = value.get("choices") if isinstance(value, dict) and not value.get("error") else None
        if choices and isinstance(choices, list):
            if self._watch is not None:
                self._watch.completion(value, self.request_id)
            try:
                chunk = as_chunk(value)
                self.fold.add(chunk)
                made = self._make(chunk)
            except Exception as failure:
                self._fail_over(failure)
                return []
            if not self.fold.is_complete:
                self.fault = self._incomplete()
            return [made]
        self._fail_with(value)
        return []

    def _fail_over(self, failure: Exception) -> None:
        """Fail over what nobody expects: whatever a server sends, a stream fails with an error of ours."""
        self._fail(f"an event cannot be taken: {type(failure).__name__}: {failure}")
        assert self.fault is not None
        self.fault.__cause__ = failure

    def _fail_decoding(self, error: EventStreamError) -> None:
        if self.fault is None and not self.done:
            self._fail(str(error))
            assert self.fault is not None
            self.fault.__cause__ = error

    def _fail_with(self, value: Any) -> None:
        body, message = error_value(value)
        if isinstance(body, Mapping) and isinstance(choices := body.get("choices"), list):
            body = next((c["error"] for c in choices if isinstance(c, dict) and c.get("error")), body)
            message = error_value(body)[1]
        self._fail(f"the server reported an error inside the stream: {message}", body=body)

    def _fail(self, message: str, *, body: Any = None, kind: type[StreamError] = StreamError) -> None:
        partial = self.fold.completion()
        self.fault = kind(message, partial=partial, body=body, request_id=self.request_id)

    def closed_early(self) -> StreamError:
        """Return the error for asking a stream for more after it was closed before its end."""
        return StreamError(
            "the stream was closed before it was complete; what had arrived is in .partial",
            partial=self.fold.completion(),
            request_id=self.request_id,
        )

    def _incomplete(self) -> IncompleteStreamError:
        partial = self.fold.completion()
        what = "nothing had arrived" if partial is None else "what had arrived is in .partial"
        return IncompleteStreamError(
            f"the stream ended without [DONE] and without a finish reason for every choice; {what}",
            partial=partial,
            request_id=self.request_id,
        )

    def completion(self) -> ChatCompletion | None:
        """Return the completion folded so far, None if nothing has arrived."""
        return self.fold.completion()


def _is_error(value: dict[str, Any]) -> bool:
    if value.get("error") or value.get("object") == "error":
        return True
    choices = value.get("choices")
    return isinstance(choices, list) and any(
        isinstance(choice, dict) and choice.get("finish_reason") == "error" for choice in choices
    )


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def as_chunk(completion: Mapping[str, Any]) -> dict[str, Any]:
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
