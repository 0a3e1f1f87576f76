"""The two shells of a stream: they read bytes, hand them to the core, give what it makes of them, and let go."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from chat_completions._response_info import info_of
from chat_completions._stream_core import StreamCore
from chat_completions.errors import StreamError

if TYPE_CHECKING:
    import httpx

    from chat_completions._exchange import Answer
    from chat_completions._fold import Anomaly
    from chat_completions.models import ChatCompletion

# After [DONE] a body has a few bytes left at most; reading them is what lets its connection be used again.
DRAIN_BYTES = 64 * 1024
DRAIN_SECONDS = 1.0

T_co = TypeVar("T_co", covariant=True)


class _Shared(Generic[T_co]):
    """What the two shells have in common: the view of the core."""

    def __init__(self, answer: Answer, shown_url: str) -> None:
        self._info = info_of(answer)
        self._response = answer.response
        self._core = StreamCore(
            content_type=self._info.headers.get("content-type", ""),
            request_id=self._info.request_id,
            shown_url=shown_url,
            ends_at=answer.ends_at,
            idle_timeout=answer.idle_timeout,
        )
        self._ready: deque[Any] = deque()
        self._closed = False

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

    def _next_ready(self) -> Any:
        """Give the next chunk, None if more bytes are needed; raise the core's fault in its turn."""
        if self._ready:
            return self._ready.popleft()
        fault = self._core.fault
        if fault is not None:
            self._core.fault, self._core.ended = None, True
            raise fault
        return None

    @property
    def _over(self) -> bool:
        return self._closed or self._core.done or self._core.ended


class Stream(_Shared[T_co]):
    """The chunks of a completion, as they arrive.

    Iterate it once. It closes itself at its end, at a fault, and when the iteration is left; `with` or `close()` do so
    in any case.

    Raises:
        IncompleteStreamError: The stream ended before the completion was complete; `.partial` is what had arrived.
        StreamError: The stream failed, or the server reported an error in it; `.partial` is what had arrived.
    """

    def __init__(self, answer: Answer, shown_url: str) -> None:
        super().__init__(answer, shown_url)
        self._bytes = self._response.iter_bytes()

    def __iter__(self) -> Iterator[T_co]:
        return self

    def __next__(self) -> T_co:
        try:
            while True:
                chunk = self._next_ready()
                if chunk is not None:
                    return cast(T_co, chunk)
                if self._over:
                    break
                self._advance()
        except BaseException:
            self.close()
            raise
        self._drain()
        self.close()
        raise StopIteration

    def _advance(self) -> None:
        left = self._core.time_left()
        if left is not None and left <= 0:
            raise self._core.out_of_time()
        try:
            data = next(self._bytes, None)
        except Exception as failure:
            raise self._core.cut(failure) from failure
        self._ready += self._core.end() if data is None else self._core.feed(data)

    def _drain(self) -> None:
        """Read what is left after `[DONE]`, briefly; whatever goes wrong there is no longer of interest."""
        network = self._response.extensions.get("network_stream")
        if self._closed or self._core.ended or network is None or self._response.http_version != "HTTP/1.1":
            return
        read = network.read
        # The time limit of a read is fixed when the request is sent; here it has to be shorter.
        until = time.monotonic() + DRAIN_SECONDS
        network.read = lambda size, timeout=None: read(size, timeout=max(until - time.monotonic(), 0.001))
        try:
            left = DRAIN_BYTES
            for data in self._bytes:
                left -= len(data)
                if left < 0 or time.monotonic() > until:
                    break
        except Exception:
            pass
        finally:
            del network.read

    def text_deltas(self) -> Iterator[str]:
        """Iterate the stream as the pieces of text of its first choice."""
        for chunk in self:
            yield from _texts(chunk)

    def close(self) -> None:
        """Let go of the connection; closing twice is fine."""
        if not self._closed:
            self._closed = True
            self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            self.close()


class AsyncStream(_Shared[T_co]):
    """The chunks of a completion, as they arrive; see `Stream`."""

    def __init__(self, answer: Answer, shown_url: str) -> None:
        super().__init__(answer, shown_url)
        self._bytes = self._response.aiter_bytes()

    def __aiter__(self) -> AsyncIterator[T_co]:
        return self

    async def __anext__(self) -> T_co:
        try:
            while True:
                chunk = self._next_ready()
                if chunk is not None:
                    return cast(T_co, chunk)
                if self._over:
                    break
                await self._advance()
        except BaseException:
            await self.close()
            raise
        await self._drain()
        await self.close()
        raise StopAsyncIteration

    async def _advance(self) -> None:
        left = self._core.time_left()
        try:
            if left is None:
                data = await anext(self._bytes, None)
            else:
                import anyio

                with anyio.move_on_after(max(left, 0)) as limit:
                    data = await anext(self._bytes, None)
                if limit.cancelled_caught:
                    raise self._core.out_of_time()
        except StreamError:
            raise
        except Exception as failure:
            raise self._core.cut(failure) from failure
        self._ready += self._core.end() if data is None else self._core.feed(data)

    async def _drain(self) -> None:
        """Read what is left after `[DONE]`, briefly; whatever goes wrong there is no longer of interest."""
        if self._closed or self._core.ended:
            return
        import anyio

        left = DRAIN_BYTES
        try:
            with anyio.move_on_after(DRAIN_SECONDS):
                async for data in self._bytes:
                    left -= len(data)
                    if left < 0:
                        break
        except Exception:
            pass

    async def text_deltas(self) -> AsyncIterator[str]:
        """Iterate the stream as the pieces of text of its first choice."""
        async for chunk in self:
            for text in _texts(chunk):
                yield text

    async def close(self) -> None:
        """Let go of the connection; closing twice is fine."""
        if not self._closed:
            self._closed = True
            await self._response.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


def _texts(chunk: Any) -> Iterator[str]:
    for choice in chunk.choices or ():
        if (choice.index or 0) == 0 and choice.delta and isinstance(choice.delta.content, str) and choice.delta.content:
            yield choice.delta.content
