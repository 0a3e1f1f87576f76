"""Read the body of a response within limits of size and time.

httpx decompresses each piece of a body at once, however large the result is: a few hundred bytes of brotli can become
gigabytes. So it gets a compressed body in slices, each small enough to become 32 MiB at most, and the reader counts
the result and can stop before the next slice.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeVar, cast

from chat_completions.errors import APIResponseValidationError, APITimeoutError, ResponseTooLargeError

T = TypeVar("T")

# How many bytes of a compressed body are decompressed at once. A byte of deflate gives 1,032 at most; a block of zstd
# takes at least four bytes and gives up to 128 KiB; a brotli command may give 16 MiB, and so may deflate in deflate.
_SLICES = {"gzip": 4096, "x-gzip": 4096, "deflate": 4096, "zstd": 256}
_SMALLEST_SLICE = 16
_TWICE = frozenset(
    {"gzip", "x-gzip", "deflate"}
)  # with other codings, 16 bytes may contain a whole bomb for the second one


def slice_body(response: Any) -> None:
    """Feed the body of a response to the decompressor in slices, or refuse it if no slice is small enough."""
    if "content-encoding" not in response.headers:
        return
    names = [name.strip().lower() for name in response.headers["content-encoding"].split(",")]
    codings = [name for name in names if name not in ("", "identity")]
    if not codings:
        return
    body = wrapped(response)
    if len(codings) > 2 or (len(codings) == 2 and not _TWICE.issuperset(codings)):
        said = ", ".join(codings)[:100]
        body.refusal = f"the response is compressed {len(codings)} times ({said}), which is not supported"
    else:
        body.slice_size = _SLICES.get(codings[0], _SMALLEST_SLICE) if len(codings) == 1 else _SMALLEST_SLICE


class Body:
    """The raw body of a response, in slices, with a deadline if it has one.

    Attributes:
        slice_size: The size of a slice in bytes; None for pieces as they arrive.
        refusal: Why the body is not read; None if it is.
        connection: The socket of a body that a thread reads and the watchdog may end; None for others.
        time_left: Returns the seconds left to read it, None for no limit.
        on_close: Called with the body when it is closed.
    """

    slice_size: int | None = None
    refusal: str | None = None
    connection: Any = None
    time_left: Callable[[], float | None]
    on_close: Callable[[Any], None] | None = None

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        # `close()` releases the connection. The lock makes sure that it is shut down only before that.
        self._lock = threading.Lock()
        self._closed = self._ended = False

    def end(self) -> None:
        """Shut down the connection and so a read that blocks; not after `close()`, when others may use it."""
        with self._lock:
            if not self._closed:
                self._ended = True
                with contextlib.suppress(OSError):
                    # Closing alone wakes no reader. The method of a TLS socket would discard state that a read uses.
                    socket.socket.shutdown(self.connection, socket.SHUT_RDWR)

    def _closes(self) -> None:
        with self._lock:
            self._closed = True
        if self.on_close is not None:
            self.on_close(self)

    def _check(self) -> None:
        if self.refusal is not None:
            raise APIResponseValidationError(self.refusal)

    def _slices(self, data: bytes) -> Iterator[bytes]:
        size = self.slice_size or len(data) or 1
        return (data[start : start + size] for start in range(0, len(data), size))


class _SyncBody(Body):
    def __iter__(self) -> Iterator[bytes]:
        self._check()
        try:
            for data in self._stream:
                yield from self._slices(data)
        except Exception as failure:
            if self._ended:
                raise _late() from failure
            raise
        if self._ended:
            raise _late()  # a body that ends with its connection looks complete

    def close(self) -> None:
        self._closes()
        self._stream.close()


class _AsyncBody(Body):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._check()
        async for data in self._stream:
            for piece in self._slices(data):
                yield piece

    async def aclose(self) -> None:
        self._closes()
        await self._stream.aclose()


def _late() -> APITimeoutError:
    return APITimeoutError("the deadline passed before the body arrived")


def wrapped(response: Any) -> Any:
    """Return the body of a response as a `Body`, wrapped on the first call."""
    if not isinstance(response.stream, Body):
        response.stream = _kind_for(cast(Any, type(response.stream)))(response.stream)
    return response.stream


@functools.cache
def _kind_for(kind: Any) -> Any:
    """Return a `Body` class that a stream's HTTP library accepts as its own."""
    for base in kind.__mro__:
        if base.__name__ in ("SyncByteStream", "AsyncByteStream"):
            ours = _SyncBody if base.__name__ == "SyncByteStream" else _AsyncBody
            return type(ours.__name__, (ours, base), {})
    return _SyncBody if hasattr(kind, "__iter__") else _AsyncBody


class _Reading:
    """One reading of a body: its limits, and the exception that ended it."""

    failure: Exception | None = None

    def __init__(self, response: Any, limit: int, ends_at: float | None, cut: bool) -> None:
        self._response, self._limit, self._ends_at, self._cut = response, limit, ends_at, cut
        self._left = limit
        announced = response.headers.get("content-length", "")
        size = int(announced[:30]) if announced.isascii() and announced.isdigit() else None
        if not cut and size is not None and size > limit:
            raise self._too_large()
        # No need to count: the HTTP library reads no more than `content-length`, which is within the limit.
        self.is_plain = not cut and size is not None and ends_at is None and not isinstance(response.stream, Body)

    def taken(self, piece: bytes) -> bytes:
        """Return the part of a piece that is within the limits."""
        if self._ends_at is not None and time.monotonic() >= self._ends_at:
            raise _late()
        self._left -= len(piece)
        if self._left >= 0:
            return piece
        if not self._cut:
            raise self._too_large()
        return piece[: self._left]

    @property
    def is_full(self) -> bool:
        return self._left < 0

    def broke(self, failure: Exception) -> None:
        if not self._cut:
            raise failure
        self.failure = failure

    def _too_large(self) -> ResponseTooLargeError:
        return ResponseTooLargeError(
            f"the response is larger than {self._limit} bytes; increase max_response_bytes if that is expected",
            response=self._response,
        )


def read_body(response: Any, limit: int, ends_at: float | None = None, *, cut: bool = False) -> Exception | None:
    """Read the body of a response and close it; afterwards `content` holds the body.

    Args:
        response: A response whose body has not been read.
        limit: The largest size in bytes, decompressed.
        ends_at: The deadline in seconds of `time.monotonic`; None for no limit.
        cut: Whether to keep what arrived of a body that is too large or breaks off.

    Returns:
        With `cut`, the exception that ended the body early, else None.

    Raises:
        ResponseTooLargeError: The body is too large, and `cut` is false.
    """
    iter_bytes = response.iter_bytes

    def pieces(chunk_size: int | None = None) -> Iterator[bytes]:
        try:
            for piece in iter_bytes(chunk_size):
                yield reading.taken(piece)
                if reading.is_full:
                    return
        except Exception as failure:
            reading.broke(failure)

    try:
        reading = _Reading(response, limit, ends_at, cut)
        if not reading.is_plain:
            response.iter_bytes = pieces  # `read()` joins the pieces of this public method and keeps the result
        response.read()
    finally:
        vars(response).pop("iter_bytes", None)
        with contextlib.suppress(Exception):
            response.close()  # httpx closes it at its end, but the aiohttp transport does not if it breaks off
    return reading.failure


async def aread_body(response: Any, limit: int, ends_at: float | None = None, *, cut: bool = False) -> Exception | None:
    """Read the body of a response of an async client; see `read_body`."""
    aiter_bytes = response.aiter_bytes

    async def pieces(chunk_size: int | None = None) -> AsyncIterator[bytes]:
        try:
            async for piece in pieces_by(ends_at, aiter_bytes(chunk_size)):
                yield reading.taken(piece)
                if reading.is_full:
                    return
        except Exception as failure:
            reading.broke(failure)

    try:
        reading = _Reading(response, limit, ends_at, cut)
        if not reading.is_plain:
            response.aiter_bytes = pieces
        await response.aread()
    finally:
        vars(response).pop("aiter_bytes", None)
        with contextlib.suppress(Exception):
            await response.aclose()
    return reading.failure


async def pieces_by(ends_at: float | None, pieces: AsyncIterator[T]) -> AsyncIterator[T]:
    """Yield the items of an iterator until the deadline; see `awaited_by`."""
    end: Any = object()
    while (piece := await awaited_by(ends_at, anext(pieces, end))) is not end:
        yield piece


async def awaited_by(ends_at: float | None, work: Awaitable[T]) -> T:
    """Await and return a result, unless it takes too long.

    Args:
        ends_at: The deadline in seconds of `time.monotonic`; None for no limit.
        work: The awaitable; it is canceled at the deadline.

    Raises:
        APITimeoutError: The deadline passed.
    """
    if ends_at is None:
        return await work
    import anyio

    with anyio.move_on_after(max(0.0, ends_at - time.monotonic())):
        return await work
    raise APITimeoutError("the deadline passed")
