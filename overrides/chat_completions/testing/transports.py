"""Between an HTTP client and its real transport: record exchanges, or replay them from a file.

It works with httpx and httpx2, whose classes have the same names: the library of each request is used. `patched` does
so for every client of the process, for code that creates its own.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .exchanges import Exchange, Failure
from .tape import Tape, UnknownRequestError

if TYPE_CHECKING:
    from .tape import Tape

# Marks a request that a cassette's transport already handles, for a patched transport below it.
HANDLED = "chat_completions_cassette"


class CassetteTransport:
    """A sync and async transport that records the exchanges of another one, or replays them.

    Args:
        tape: The exchanges to add to or to replay.
        inner: The transport that sends; None for a replay.
    """

    def __init__(self, tape: Tape, inner: Any) -> None:
        self._tape = tape
        self._inner = inner

    def handle_request(self, request: Any) -> Any:
        """Send a request and record the response, or answer it from the file."""
        request.read()
        if not self._tape.is_recording:
            return replay_response(self._tape, request)
        recording = Recording(self._tape, request)
        try:
            response = self._inner.handle_request(recording.sent)
        except Exception as error:
            recording.record_error(error)
            raise
        return recording.record_response(response)

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request and record the response, or answer it from the file."""
        await request.aread()
        if not self._tape.is_recording:
            return replay_response(self._tape, request)
        recording = Recording(self._tape, request)
        try:
            response = await self._inner.handle_async_request(recording.sent)
        except Exception as error:
            recording.record_error(error)
            raise
        return recording.record_response(response)

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()

    async def aclose(self) -> None:
        if self._inner is not None:
            await self._inner.aclose()

    def __enter__(self) -> Self:
        if self._inner is not None:
            self._inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._inner is not None:
            self._inner.__exit__(kind, error, traceback)

    async def __aenter__(self) -> Self:
        if self._inner is not None:
            await self._inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._inner is not None:
            await self._inner.__aexit__(kind, error, traceback)


class Recording:
    """One exchange while it happens.

    Attributes:
        exchange: What has been recorded so far.
        sent: The request to send; it asks for an uncompressed body, so that the file is readable.
    """

    def __init__(self, tape: Tape, request: Any) -> None:
        self._tape = tape
        self._library = library_of(request)
        headers = [(name, value) for name, value in _pairs(request.headers) if name.lower() != "accept-encoding"]
        self.exchange = tape._begin(request.method, str(request.url), headers, request.content)
        self.sent = self._library.Request(
            request.method,
            request.url,
            headers=[*headers, ("accept-encoding", "identity")],
            content=request.content,
            extensions={**request.extensions, HANDLED: True},
        )
        self._last = time.monotonic()

    def record_response(self, response: Any) -> Any:
        """Record the status and headers of a response, and return it with a body that is recorded as it is read."""
        exchange = self.exchange
        exchange.status = response.status_code
        exchange.headers = _pairs(response.headers)
        exchange.seconds = self._since()
        exchange.left = True
        self._tape._learn_headers(exchange.headers)
        response.stream = _streams(self._library)[0](self, response.stream)
        return response

    def record_data(self, data: bytes) -> None:
        """Record a piece of the body."""
        self.exchange.pieces.append((self._since(), data))

    def record_end(self) -> None:
        """Record that the body is complete."""
        self.exchange.left = False
        encoding = [pair for pair in self.exchange.headers if pair[0].lower() == "content-encoding"]
        if encoding:  # although the request did not accept it
            raw = b"".join(data for _, data in self.exchange.pieces)
            try:
                decoded = self._library.Response(200, headers=encoding, content=raw).content
            except self._library.DecodingError:
                return
            self.exchange.pieces = [(0.0, decoded)]
            self.exchange.headers = [pair for pair in self.exchange.headers if pair not in encoding]

    def record_close(self) -> None:
        """Record that the client stopped reading, unless `[DONE]` was the last data."""
        pieces = self.exchange.pieces
        if self.exchange.left and pieces and pieces[-1][1].rstrip().endswith(b"data: [DONE]"):
            self.record_end()

    def record_error(self, error: Exception) -> None:
        """Record the error that the library raised."""
        self.exchange.left = False
        self.exchange.failure = Failure(type(error).__name__, str(error))

    def _since(self) -> float:
        before, self._last = self._last, time.monotonic()
        return self._last - before


class _Replay:
    """The body of a recorded response, and the error that ended it."""

    def __init__(self, exchange: Exchange, speed: float | None, request: Any) -> None:
        self._exchange = exchange
        self._speed = speed
        self._request = request

    def pieces(self) -> Iterator[tuple[float, bytes]]:
        """Yield the seconds to wait and the next bytes; at the end, raise the recorded error."""
        seconds = self._exchange.seconds
        for after, data in self._exchange.pieces:
            seconds += after
            yield seconds / self._speed if self._speed else 0.0, data
            seconds = 0.0
        if self._exchange.failure is not None:
            raise recorded_error(self._exchange.failure, self._request)
        if self._exchange.left:
            raise UnknownRequestError(
                f"the recording of {self._exchange!r} ends here, where the client stopped reading"
            )


def replay_response(tape: Tape, request: Any) -> Any:
    """Return the recorded response to a request.

    Raises:
        UnknownRequestError: If there is none.
        Exception: The error that the HTTP library raised when it was recorded.
    """
    exchange = tape._find(request.method, str(request.url), _pairs(request.headers), request.content)
    if exchange.status is None:
        raise recorded_error(exchange.failure or Failure("TransportError", "no response was recorded"), request)
    headers = list(exchange.headers)
    if not exchange.is_stream and exchange.failure is None:
        headers.append(("content-length", str(sum(len(data) for _, data in exchange.pieces))))
    library = library_of(request)
    stream = _streams(library)[1](_Replay(exchange, tape.speed, request))
    return library.Response(exchange.status, headers=headers, stream=stream, request=request)


def recorded_error(failure: Failure, request: Any) -> Exception:
    """Return a recorded error as an exception of the request's HTTP library."""
    library = library_of(request)
    kind = getattr(library, failure.type, None)
    if not (isinstance(kind, type) and issubclass(kind, library.RequestError)):
        kind = library.TransportError
    error: Exception = kind(failure.message, request=request)
    return error


def library_of(request: Any) -> Any:
    """Return the module, httpx or httpx2, of a request."""
    return sys.modules[type(request).__module__.partition(".")[0]]


def _pairs(headers: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.multi_items()]


@functools.cache
def _streams(library: Any) -> tuple[Any, Any]:
    """Return the two classes of response bodies as subclasses of an HTTP library's streams, which it requires."""

    class RecordedStream(library.SyncByteStream, library.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, recording: Recording, inner: Any) -> None:
            self._recording = recording
            self._inner = inner

        def __iter__(self) -> Iterator[bytes]:
            try:
                for data in self._inner:
                    self._recording.record_data(data)
                    yield data
            except Exception as error:
                self._recording.record_error(error)
                raise
            self._recording.record_end()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                async for data in self._inner:
                    self._recording.record_data(data)
                    yield data
            except Exception as error:
                self._recording.record_error(error)
                raise
            self._recording.record_end()

        def close(self) -> None:
            self._recording.record_close()
            self._inner.close()

        async def aclose(self) -> None:
            self._recording.record_close()
            await self._inner.aclose()

    class ReplayedStream(library.SyncByteStream, library.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, replay: _Replay) -> None:
            self._replay = replay

        def __iter__(self) -> Iterator[bytes]:
            for seconds, data in self._replay.pieces():
                if seconds:
                    time.sleep(seconds)
                yield data

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for seconds, data in self._replay.pieces():
                if seconds:
                    import asyncio

                    await asyncio.sleep(seconds)
                yield data

    return RecordedStream, ReplayedStream


# The transports that send, by the library that has them.
_SENDERS = {
    "httpx": ("HTTPTransport", "AsyncHTTPTransport"),
    "httpx2": ("HTTPTransport", "AsyncHTTPTransport"),
    "httpx_aiohttp": ("AiohttpTransport",),
}
_PATH_END = "/chat/completions"


@contextmanager
def patched(tape: Tape) -> Iterator[None]:
    """Replace the sending methods of the installed libraries, and restore them at the end."""
    originals = []
    for name, kinds in _SENDERS.items():
        try:
            library = import_module(name)
        except ImportError:
            continue
        for kind in (getattr(library, each) for each in kinds):
            is_sync = hasattr(kind, "handle_request")
            method = "handle_request" if is_sync else "handle_async_request"
            original = getattr(kind, method)
            originals.append((kind, method, original))
            setattr(kind, method, (_sync_patch if is_sync else _async_patch)(tape, original))
    try:
        yield
    finally:
        for kind, method, original in reversed(originals):
            setattr(kind, method, original)


def _is_for_tape(request: Any) -> bool:
    return str(request.url.path).endswith(_PATH_END) and HANDLED not in request.extensions


def _sync_patch(tape: Tape, original: Any) -> Any:
    def handle_request(self: Any, request: Any) -> Any:
        if not _is_for_tape(request):
            return original(self, request)
        return CassetteTransport(tape, _Bound(self, original)).handle_request(request)

    return handle_request


def _async_patch(tape: Tape, original: Any) -> Any:
    async def handle_async_request(self: Any, request: Any) -> Any:
        if not _is_for_tape(request):
            return await original(self, request)
        return await CassetteTransport(tape, _Bound(self, original)).handle_async_request(request)

    return handle_async_request


class _Bound:
    """A transport with its original, unpatched method."""

    def __init__(self, transport: Any, original: Any) -> None:
        self._transport = transport
        self._original = original

    def handle_request(self, request: Any) -> Any:
        return self._original(self._transport, request)

    async def handle_async_request(self, request: Any) -> Any:
        return await self._original(self._transport, request)
