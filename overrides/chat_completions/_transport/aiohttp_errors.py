"""Make the body of an aiohttp response end as it does over httpx.

Once aiohttp cannot parse a body, it waits forever, in spite of all timeouts; when a body breaks off, it withholds what
arrived but was not read yet.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx


def mend_body(response: Any) -> None:
    """Replace the body of a response, if aiohttp reads it, with one that ends as it should."""
    stream = response.stream
    # There is no public way to aiohttp's response; without it, the body stays as aiohttp reads it.
    while stream is not None and not hasattr(stream, "_aiohttp_response"):
        stream = getattr(stream, "_stream", None)
    if stream is not None:
        response.stream = _Body(response.stream, stream._aiohttp_response)


class _Body(httpx.AsyncByteStream):
    """The raw body of a response.

    Args:
        stream: The body, as httpx returns it.
        response: The response, as aiohttp returns it.
    """

    def __init__(self, stream: Any, response: Any) -> None:
        self._stream = stream
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content, closed = self._response.content, self._closed()

        def end(_: Any = None) -> None:
            if not content.is_eof() and content.exception() is None:
                content.set_exception(_lost(self._protocol()))

        if closed is not None:
            closed.add_done_callback(end)
        elif self._protocol() is not None:
            end()
        try:
            try:
                # What the two libraries above aiohttp would do costs as much as aiohttp itself.
                while data := await content.readany():
                    yield data
            except Exception:
                async for data in self._stream:  # which raises the same as httpx's exception
                    yield data
                raise
        except Exception:
            if rest := _rest(content):
                yield rest
            raise
        finally:
            if closed is not None:
                closed.remove_done_callback(end)

    def _protocol(self) -> Any:
        return getattr(self._response.connection, "protocol", None)

    def _closed(self) -> Any:
        """Return the future that is done when the connection is lost; None if it was lost, or if that is unknown."""
        closed = getattr(self._protocol(), "closed", None)
        if closed is not None:
            closed.remove_done_callback(_seen)
            closed.add_done_callback(_seen)
        return closed

    async def aclose(self) -> None:
        await self._stream.aclose()


def _seen(closed: Any) -> None:
    """Retrieve the exception of a lost connection, so that asyncio does not warn about it."""
    if not closed.cancelled():
        closed.exception()


def _lost(protocol: Any) -> Exception:
    from aiohttp import ClientPayloadError

    reason = protocol.exception() if protocol is not None else None
    what = getattr(reason, "message", None) or str(reason or "") or "the connection was lost"
    failure = ClientPayloadError(f"Response payload is not completed: {what}")
    failure.__cause__ = reason
    return failure


def _rest(content: Any) -> bytes:
    """Return what had arrived of a body that broke off and was not read."""
    with suppress(Exception):
        content.set_exception(None)
        rest: bytes = content.read_nowait(-1)
        return rest
    return b""
