"""The sync shell of a stream: reads bytes, passes them to the decoder, yields its items, closes the connection."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from chat_completions._streaming.accumulated_choice import is_half, joined, text_in
from chat_completions._streaming.accumulator import Accumulator
from chat_completions._streaming.received_chunk import decode
from chat_completions._streaming.stream_decoder import ChunkDecoder
from chat_completions._streaming.timings import ChunkTimer
from chat_completions._traceback_locals import forget_locals
from chat_completions._transport.call import info_of, names_of_tools
from chat_completions._types import publish
from chat_completions.errors import ChatCompletionsError, StreamError

if TYPE_CHECKING:
    import httpx

    from chat_completions._response_info import Anomaly
    from chat_completions._streaming.received_chunk import ReceivedChunk
    from chat_completions._streaming.timings import StreamTimings
    from chat_completions._transport.call import CallResult
    from chat_completions.models import ChatCompletion, ChatCompletionChunk

# After [DONE] a body has at most a few bytes left; once they are read, its connection can be reused.
DRAIN_BYTES = 64 * 1024
DRAIN_SECONDS = 1.0

T_co = TypeVar("T_co", covariant=True)

_inherited: list[Any] = []


class _BaseStream(Generic[T_co]):
    """What this shell and the async one have in common.

    Args:
        answer: The response whose body is the stream.
        redacted_url: The base URL, for messages.
        make_item: Makes what the stream yields for a chunk.
        accumulator: What the chunks are added to; None for a new one.
    """

    _decoder: ChunkDecoder[T_co]

    def __init__(
        self,
        answer: CallResult,
        redacted_url: str,
        make_item: Callable[[ReceivedChunk], T_co],
        accumulator: Accumulator | None = None,
    ) -> None:
        self._redacted_url, self._make_item = redacted_url, make_item
        self._accumulator = Accumulator() if accumulator is None else accumulator
        self._ready: Iterator[T_co] = iter(())  # the items of the bytes that were read last
        self._process = os.getpid()
        self._open(answer)
        self._closed = False

    def _open(self, answer: CallResult) -> None:
        """Begin to read the response of a call, or of another attempt at it."""
        self._answer = answer
        self._info = self._accumulator.info = info_of(answer)
        self._accumulator.find_tools = partial(names_of_tools, answer)
        self._response = answer.response
        self._decoder = ChunkDecoder(
            self._make_item,
            self._accumulator,
            content_type=self._info.headers.get("content-type", ""),
            request_id=self._info.request_id,
            redacted_url=self._redacted_url,
            ends_at=answer.ends_at,
            idle_timeout=answer.idle_timeout,
            done_timeout=answer.done_timeout,
            choices=answer.call.choices,
            wants_usage=answer.call.wants_usage,
            watch=answer.unknown_reporter,
        )
        self._timer = ChunkTimer(answer)
        self._operation = answer.operation
        self._bytes = self._open_body()

    def _open_body(self) -> Any:
        """Return the iterator over the bytes of the body."""
        raise NotImplementedError

    @property
    def response(self) -> httpx.Response:
        """The HTTP response; its body is read by the stream."""
        return self._response

    @property
    def request_id(self) -> str | None:
        """The id under which the server logged the request."""
        return self._info.request_id

    @property
    def completion(self) -> ChatCompletion | None:
        """The completion accumulated from the chunks so far; None before the first one."""
        return self._decoder.completion()

    @property
    def anomalies(self) -> list[Anomaly]:
        """Where the server deviated from the specification, and how it was repaired."""
        return self._decoder.accumulator.anomalies

    @property
    def timings(self) -> StreamTimings:
        """How long the parts took so far, such as the time to the first token; also after the end or a failure."""
        decoder = self._decoder
        self._timer.record(decoder.last_event_at, decoder.accumulator)
        return self._timer.timings(decoder.accumulator.usage)

    def __repr__(self) -> str:
        chunks, request_id = self._decoder.accumulator.chunks, self._info.request_id
        return f"{type(self).__name__}(state={self._state!r}, chunks={chunks}, request_id={request_id!r})"

    @property
    def _state(self) -> str:
        """The state for people: `open`, `complete`, `failed`, or `closed` before its end."""
        decoder = self._decoder
        over = decoder.ended or self._closed
        if decoder.done or (over and decoder.fault is None and decoder.is_complete):
            return "complete"
        if decoder.fault is not None or decoder.ended:
            return "failed"
        return "closed" if self._closed else "open"

    def _on_end(self, error: BaseException | None = None) -> None:
        """Record once that the stream ended, failed, or was abandoned."""
        if error is not None:
            forget_locals(error)
        if isinstance(error, StreamError):
            error._take_request(self._response)
        decoder, timer = self._decoder, self._timer
        if timer.ended_at is None:
            timer.record(decoder.last_event_at, decoder.accumulator)
            # The items of a body that was read to its end may have been taken much later.
            is_read = decoder.done or decoder.fault is not None or (decoder.ended and error is None)
            timer.ended_at = decoder.last_event_at if is_read else decoder.clock()
            if self._operation is not None:
                is_left = isinstance(error, GeneratorExit)
                self._operation.on_stream_end(decoder, timer, decoder.fault if is_left or error is None else error)

    def _broken(self, failure: Exception) -> tuple[Exception, Callable[[CallResult, Exception], Any]] | None:
        """Return the error for a body that broke, and what resends the request; raise it if nothing may.

        None for a complete stream, which this ends.
        """
        error, resend = self._decoder.map_read_error(failure), self._answer.resend
        if error is None:
            return None
        if resend is None or not self._decoder.may_resend(error):
            if error is failure:
                raise failure
            raise error from failure
        return error, resend

    def _take_fault(self) -> Exception | None:
        """Return the error to raise now that all items are taken; None while more bytes may arrive, and at the end."""
        decoder = self._decoder
        fault, decoder.fault = decoder.fault, None
        if fault is not None:
            decoder.ended = True
            fault._hide_credentials(self._response)
        elif self._closed and not (decoder.done or decoder.ended):
            decoder.ended = True
            return decoder.closed_error()
        return fault

    def _is_inherited(self) -> bool:
        """Return whether this process is a fork of the stream's: the connection and the locks are the parent's."""
        if self._process == os.getpid():
            return False
        _inherited.append(self._bytes)  # kept, because it closes the connection when it is deleted
        return True


@publish()
class Stream(_BaseStream[T_co]):
    """The chunks of a completion, as they arrive.

    Iterate it once. It closes its connection at its end, at a failure, and when the iteration is left; use `with` or
    `close()` to close it in any case. If the connection is cut before the first chunk, the request is sent again, as
    far as `max_retries` allows, and `response` and `request_id` are those of the last attempt.

    Raises:
        IncompleteStreamError: The stream ended before the completion was complete; `.partial` is what arrived.
        StreamError: The stream failed, or the server reported an error in it; `.partial` is what arrived.
    """

    def _open_body(self) -> Iterator[bytes]:
        self._is_guarded = False
        if self._answer.ends_at is not None or self._answer.idle_timeout is not None:
            self._guard()
        return self._response.iter_bytes()

    def _guard(self) -> None:
        """Let reads end when the time is up; call it again once all choices have finished, which leaves less time."""
        if not self._is_guarded or self._decoder.accumulator.is_complete:
            from chat_completions._transport.watchdog import guard

            self._is_guarded = True
            guard(self._response, self._decoder.time_left)

    def __iter__(self) -> Iterator[T_co]:
        # A generator, so that `break` deletes it, and its end closes the connection.
        try:
            while True:
                # Not `yield from`: when the iteration is left, the items that remain can still be taken.
                for item in self._ready:  # noqa: UP028
                    yield item
                if not self._read_on():
                    return
        except BaseException as error:
            self._on_end(error)
            raise
        finally:
            self.close()

    def __next__(self) -> T_co:
        try:
            while True:
                for item in self._ready:
                    return item
                if not self._read_on():
                    raise StopIteration
        except BaseException as error:
            self._on_end(error)
            self.close()
            raise

    def _read_on(self) -> bool:
        """Read until there may be items; return False at the end of the stream."""
        decoder = self._decoder
        if self._is_inherited():
            raise decoder.closed_error()
        self._timer.record(decoder.last_event_at, decoder.accumulator)
        if (decoder.fault is not None or self._closed) and (fault := self._take_fault()) is not None:
            raise fault
        if decoder.done or decoder.ended:
            self._on_end()
            self._drain()
            self.close()
            return False
        left = decoder.wait()
        if left is not None:
            if left <= 0:
                if (late := decoder.end_late()) is not None:
                    raise late
                return True
            self._guard()
        try:
            data = next(self._bytes, None)
        except Exception as failure:
            self._resend(failure)
            return True
        self._ready = decoder.end() if data is None else decoder.feed(data)
        return True

    def _resend(self, failure: Exception) -> None:
        """Open the response of another attempt if the body broke before anything was yielded; else raise."""
        if (broken := self._broken(failure)) is None:
            return
        error, resend = broken
        self._response.close()
        try:
            answer = resend(self._answer, error)
        except ChatCompletionsError as reason:
            lost = self._decoder.lost_error(error, reason)
            raise lost from lost.__cause__
        if self._closed:
            answer.response.close()
            raise self._decoder.closed_error()
        self._open(answer)

    def _drain(self) -> None:
        """Read briefly what is left after `[DONE]`; errors there no longer matter."""
        response = self._response
        if self._closed or self._decoder.ended or "network_stream" not in response.extensions:
            return  # a transport of the caller's has no time limit that is known here
        if response.http_version == "HTTP/2":
            return  # its connection is reused in any case
        try:
            # The time limit of a read is looked up when the iteration of a body begins. The connection is this stream's
            # until the response is closed; unlike the end of `iter_bytes`, the end of the body does not close it.
            response.request.extensions["timeout"]["read"] = DRAIN_SECONDS
            until, left = time.monotonic() + DRAIN_SECONDS, DRAIN_BYTES
            for data in cast("Iterator[bytes]", response.stream):
                left -= len(data)
                if left < 0 or time.monotonic() > until:
                    break
        except Exception:
            pass

    def text_deltas(self) -> Iterator[str]:
        """Yield the pieces of text of the first choice."""
        pieces = TextPieces()
        for chunk in self:
            yield from pieces.of(chunk)

    def close(self) -> None:
        """Close the connection; closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        if self._is_inherited():
            return
        self._on_end()
        self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            self.close()


def chunk_stream(answer: CallResult, redacted_url: str) -> Stream[ChatCompletionChunk]:
    """Return the stream of the chunks of a response."""
    return Stream(answer, redacted_url, decode)


class TextPieces:
    """Takes the pieces of text of the first choice from chunks, and joins characters that were split."""

    def __init__(self) -> None:
        self._half = ""

    def of(self, chunk: Any) -> Iterator[str]:
        """Yield the pieces of a chunk."""
        choices = chunk.choices
        for choice in choices if isinstance(choices, list) else ():
            content = getattr(getattr(choice, "delta", None), "content", None)  # neither need be an object
            if content and (choice.index or 0) == 0 and (text := text_in(content, "text")):
                if self._half or is_half(text[-1]):
                    text = joined(self._half + text)
                    self._half = text[-1] if is_half(text[-1]) else ""
                    text = text.removesuffix(self._half)
                if text:
                    yield text
