"""The async shell of a stream; see `stream`. What differs: how it waits, and how it is closed while it waits."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from chat_completions._streaming.received_chunk import decode
from chat_completions._streaming.stream import DRAIN_BYTES, DRAIN_SECONDS, TextPieces, _BaseStream
from chat_completions._types import publish
from chat_completions.errors import ChatCompletionsError, StreamError

if TYPE_CHECKING:
    from chat_completions._transport.call import CallResult
    from chat_completions.models import ChatCompletionChunk

T_co = TypeVar("T_co", covariant=True)


@publish()
class AsyncStream(_BaseStream[T_co]):
    """The chunks of a completion, as they arrive; see `Stream`."""

    def _open_body(self) -> AsyncIterator[bytes]:
        return self._response.aiter_bytes()

    def __aiter__(self) -> AsyncIterator[T_co]:
        return _Iteration(self)

    async def __anext__(self) -> T_co:
        try:
            while True:
                for item in self._ready:
                    return item
                if not await self._read_on():
                    raise StopAsyncIteration
        except StopAsyncIteration:
            raise
        except BaseException as error:
            self._on_end(error)
            await self.close()
            raise

    async def _read_on(self) -> bool:
        """Read until there may be items; return False at the end of the stream."""
        decoder = self._decoder
        self._timer.record(decoder.last_event_at, decoder.accumulator)
        if (decoder.fault is not None or self._closed) and (fault := self._take_fault()) is not None:
            raise fault
        if decoder.done or decoder.ended:
            await self._release(drain=True)
            return False
        left = decoder.wait()
        try:
            if left is None:
                data = await anext(self._bytes, None)
            else:
                import anyio

                with anyio.move_on_after(max(left, 0)) as limit:
                    data = await anext(self._bytes, None)
                if limit.cancelled_caught:
                    if (late := decoder.end_late()) is not None:
                        raise late
                    return True
        except StreamError:
            raise
        except Exception as failure:
            await self._resend(failure)
            return True
        self._ready = decoder.end() if data is None else decoder.feed(data)
        return True

    async def _resend(self, failure: Exception) -> None:
        """Open the response of another attempt if the body broke before anything was yielded; else raise."""
        if (broken := self._broken(failure)) is None:
            return
        error, resend = broken
        await self._response.aclose()
        try:
            answer = await resend(self._answer, error)
        except ChatCompletionsError as reason:
            lost = self._decoder.lost_error(error, reason)
            raise lost from lost.__cause__
        if self._closed:
            await answer.response.aclose()
            raise self._decoder.closed_error()
        self._open(answer)

    async def _drain(self) -> None:
        """Read briefly what is left after `[DONE]`; errors there no longer matter."""
        if self._decoder.ended:
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
        """Yield the pieces of text of the first choice."""
        pieces = TextPieces()
        async for chunk in self:
            for text in pieces.of(chunk):
                yield text

    async def close(self) -> None:
        """Close the connection; closing twice is fine."""
        await self._release(drain=False)

    async def aclose(self) -> None:
        """Close the connection, for `contextlib.aclosing`; the same as `close`."""
        await self.close()

    async def _release(self, *, drain: bool) -> None:
        """Close the connection, perhaps after draining the body; a cancellation does not stop this."""
        if self._closed:
            return
        self._closed = True
        self._on_end()

        async def release() -> None:
            if drain:
                await self._drain()
            # If another task is reading, the generator is running; closing the response ends its wait.
            with contextlib.suppress(RuntimeError):
                await self._bytes.aclose()
            await self._response.aclose()

        asyncio = sys.modules.get("asyncio")
        try:
            loop = asyncio.get_running_loop() if asyncio is not None else None
        except RuntimeError:
            loop = None
        if loop is None:
            import anyio

            with anyio.CancelScope(shield=True):
                await release()
            return
        # httpcore's own shield protects from cancellation by anyio, not from `task.cancel()`: if interrupted while it
        # closes the connection, it would count that as busy forever.
        task = loop.create_task(release())
        _closing.add(task)
        task.add_done_callback(_closing.discard)
        await asyncio.shield(task)  # type: ignore[union-attr]

    def _abandon(self) -> None:
        """Close where nothing can be awaited: in a task, if an asyncio event loop is running in this thread."""
        self._on_end()
        # Also called during the interpreter's shutdown, when nothing can be imported any more.
        asyncio = sys.modules.get("asyncio")
        if self._closed or asyncio is None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        task = loop.create_task(self.close())
        _closing.add(task)
        task.add_done_callback(_closing.discard)

    def __del__(self) -> None:
        if hasattr(self, "_closed"):
            self._abandon()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


class _Iteration(Generic[T_co]):
    """One `async for` over a stream: leaving it closes the stream, as the end of a generator does in `for`."""

    __slots__ = ("__weakref__", "_stream")

    def __init__(self, stream: AsyncStream[T_co]) -> None:
        self._stream = stream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T_co:
        for item in self._stream._ready:
            return item
        return await self._stream.__anext__()

    def __del__(self) -> None:
        if hasattr(self, "_stream"):
            self._stream._abandon()


def async_chunk_stream(answer: CallResult, redacted_url: str) -> AsyncStream[ChatCompletionChunk]:
    """Return the stream of the chunks of a response."""
    return AsyncStream(answer, redacted_url, decode)


# The event loop refers to its tasks only weakly.
_closing: set[Any] = set()
