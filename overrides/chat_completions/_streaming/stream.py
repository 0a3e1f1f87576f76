"""The sync shell of a stream: it reads bytes, hands them to the core, gives what it makes of them, and lets go."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from chat_completions._streaming.stream_decoder import ChunkDecoder
from chat_completions._streaming.timings import ChunkTimer
from chat_completions._traceback_locals import forget_locals
from chat_completions._transport.call import info_of

if TYPE_CHECKING:
    import httpx

    from chat_completions._streaming.anomalies import Anomaly
    from chat_completions._streaming.timings import StreamTimings
    from chat_completions._transport.call import CallResult
    from chat_completions.models import ChatCompletion

# After [DONE] a body has a few bytes left at most; reading them is what lets its connection be used again.
DRAIN_BYTES = 64 * 1024
DRAIN_SECONDS = 1.0

T_co = TypeVar("T_co", covariant=True)

_of_parents: list[Any] = []


class StreamView(Generic[T_co]):
    """What this shell and the async one have in common: the view of the core."""

    _bytes: Any

    def __init__(self, answer: CallResult, redacted_url: str) -> None:
        self._info = info_of(answer)
        self._response = answer.response
        self._core = ChunkDecoder(
            content_type=self._info.headers.get("content-type", ""),
            request_id=self._info.request_id,
            redacted_url=redacted_url,
            ends_at=answer.ends_at,
            idle_timeout=answer.idle_timeout,
            watch=answer.watch,
        )
        self._ready: Iterator[Any] = iter(())  # the chunks of the bytes that were read last
        self._arrivals = ChunkTimer(answer)
        self._operation = answer.operation
        self._closed = False
        self._process = os.getpid()

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
        """The completion folded from the chunks so far; None before the first one."""
        completion = self._core.completion()
        if completion is not None:
            completion._info = self._info
        return completion

    @property
    def anomalies(self) -> list[Anomaly]:
        """What the server did that the specification does not say, and how it was understood."""
        return self._core.fold.anomalies

    @property
    def timings(self) -> StreamTimings:
        """How long what took so far, as the time to the first token; also after the end, a fault or `close()`."""
        core = self._core
        self._arrivals.note(core._last_event_at, core.fold)
        return self._arrivals.timings(core.fold._top.get("usage"))

    def _over(self, error: BaseException | None = None) -> None:
        """Take note, once, that the stream is over: it ended, it failed, or it was left."""
        if error is not None:
            forget_locals(error)
        core, arrivals = self._core, self._arrivals
        if arrivals.ended_at is None:
            arrivals.note(core._last_event_at, core.fold)
            # What was read to its end may have been given late.
            read = core.done or core.fault is not None or (core.ended and error is None)
            arrivals.ended_at = core._last_event_at if read else core._clock()
            if self._operation is not None:
                left = isinstance(error, GeneratorExit)
                self._operation.on_stream_end(core, arrivals, core.fault if left or error is None else error)

    def _fault(self) -> Exception | None:
        """Return what is to be raised now that all chunks are given; None while more bytes may come, or at the end."""
        core = self._core
        fault, core.fault = core.fault, None
        if fault is not None:
            core.ended = True
            fault._hide_credentials(self._response)
        elif self._closed and not self._finished:
            core.ended = True
            return core.closed_early()
        return fault

    def _is_inherited(self) -> bool:
        """Return whether a fork has brought this stream here: its connection is its parent's, and so are the locks."""
        if self._process == os.getpid():
            return False
        _of_parents.append(self._bytes)  # it closes the connection when it goes
        return True

    @property
    def _finished(self) -> bool:
        return self._core.done or self._core.ended


class Stream(StreamView[T_co]):
    """The chunks of a completion, as they arrive.

    Iterate it once. It closes itself at its end, at a fault, and when the iteration is left; `with` or `close()` do so
    in any case.

    Raises:
        IncompleteStreamError: The stream ended before the completion was complete; `.partial` is what had arrived.
        StreamError: The stream failed, or the server reported an error in it; `.partial` is what had arrived.
    """

    def __init__(self, answer: CallResult, redacted_url: str) -> None:
        super().__init__(answer, redacted_url)
        self._bytes = self._response.iter_bytes()
        if answer.ends_at is not None or answer.idle_timeout is not None:
            from chat_completions._transport.watchdog import guard

            guard(self._response, self._core.time_left)

    def __iter__(self) -> Iterator[T_co]:
        # A generator, so that `break` lets go of it, and its end of the connection.
        try:
            while True:
                for chunk in self._ready:
                    yield cast(T_co, chunk)
                if not self._read_on():
                    return
        except BaseException as error:
            self._over(error)
            raise
        finally:
            self.close()

    def __next__(self) -> T_co:
        try:
            while True:
                for chunk in self._ready:
                    return cast(T_co, chunk)
                if not self._read_on():
                    raise StopIteration
        except BaseException as error:
            self._over(error)
            self.close()
            raise

    def _read_on(self) -> bool:
        """Read until there may be chunks; False at the end of the stream."""
        core = self._core
        if self._is_inherited():
            raise core.closed_early()
        self._arrivals.note(core._last_event_at, core.fold)
        if (core.fault is not None or self._closed) and (fault := self._fault()) is not None:
            raise fault
        if core.done or core.ended:
            self._over()
            self._drain()
            self.close()
            return False
        left = core.wait()
        if left is not None and left <= 0:
            raise core.out_of_time()
        try:
            data = next(self._bytes, None)
        except Exception as failure:
            raise core.cut(failure) from failure
        self._ready = core.chunks_at_end() if data is None else core.chunks_of(data)
        return True

    def _drain(self) -> None:
        """Read what is left after `[DONE]`, briefly; whatever goes wrong there is no longer of interest."""
        response = self._response
        if self._closed or self._core.ended or "network_stream" not in response.extensions:
            return  # a transport of the caller's may wait for as long as it likes
        if response.http_version == "HTTP/2":
            return  # its connection is used again in any case
        try:
            # The time limit of a read is looked up when the iteration of a body begins. The connection is this stream's
            # until the response is closed, which the body's end does not do, other than that of `iter_bytes`.
            response.request.extensions["timeout"]["read"] = DRAIN_SECONDS
            until, left = time.monotonic() + DRAIN_SECONDS, DRAIN_BYTES
            for data in cast("Iterator[bytes]", response.stream):
                left -= len(data)
                if left < 0 or time.monotonic() > until:
                    break
        except Exception:
            pass

    def text_deltas(self) -> Iterator[str]:
        """Iterate the stream as the pieces of text of its first choice."""
        for chunk in self:
            yield from texts_of(chunk)

    def close(self) -> None:
        """Close the connection; closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        if self._is_inherited():
            return
        self._over()
        self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            self.close()


def texts_of(chunk: Any) -> Iterator[str]:
    for choice in chunk.choices or ():
        if (choice.index or 0) == 0 and choice.delta and isinstance(choice.delta.content, str) and choice.delta.content:
            yield choice.delta.content
