"""The async shell of a stream; see `_streams`. What differs: how it waits, and how it is let go of while it waits."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from chat_completions._streaming.stream import DRAIN_BYTES, DRAIN_SECONDS, StreamView, texts_of
from chat_completions.errors import StreamError

if TYPE_CHECKING:
    from chat_completions._transport.call import CallResult

T_co = TypeVar("T_co", covariant=True)


class AsyncStream(StreamView[T_co]):
    """The chunks of a completion, as they arrive; see `Stream`."""

    def __init__(self, answer: CallResult, redacted_url: str) -> None:
        super().__init__(answer, redacted_url)
        self._bytes = self._response.aiter_bytes()

    def __aiter__(self) -> AsyncIterator[T_co]:
        return _Iteration(self)

    async def __anext__(self) -> T_co:
        try:
            while True:
                for chunk in self._ready:
                    return cast(T_co, chunk)
                if not await self._read_on():
                    raise StopAsyncIteration
        except StopAsyncIteration:
            raise
        except BaseException as error:
            self._over(error)
            await self.close()
            raise

    async def _read_on(self) -> bool:
        """Read until there may be chunks; False at the end of the stream."""
        core = self._core
        self._arrivals.note(core._last_event_at, core.fold)
        if (core.fault is not None or self._closed) and (fault := self._fault()) is not None:
            raise fault
        if core.done or core.ended:
            await self._release(drain=True)
            return False
        left = core.wait()
        try:
            if left is None:
                data = await anext(self._bytes, None)
            else:
                import anyio

                with anyio.move_on_after(max(left, 0)) as limit:
                    data = await anext(self._bytes, None)
                if limit.cancelled_caught:
                    raise core.out_of_time()
        except StreamError:
            raise
        except Exception as failure:
            raise core.cut(failure) from failure
        self._ready = core.chunks_at_end() if data is None else core.chunks_of(data)
        return True

    async def _drain(self) -> None:
        """Read what is left after `[DONE]`, briefly; whatever goes wrong there is no longer of interest."""
        if self._core.ended:
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
            for text in texts_of(chunk):
                yield text

    async def close(self) -> None:
        """Close the connection; closing twice is fine."""
        await self._release(drain=False)

    async def _release(self, *, drain: bool) -> None:
        """Close the connection, perhaps after the rest of the body; being cancelled meanwhile does not stop it."""
        if self._closed:
            return
        self._closed = True
        self._over()

        async def release() -> None:
            if drain:
                await self._drain()
            # A task that is reading has the generator running; it is the response that it waits for.
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
        # httpcore's own shield holds against anyio's cancelling, not against `task.cancel()`: cut off in the middle of
        # closing, it would count the connection as busy for ever.
        task = loop.create_task(release())
        _closing.add(task)
        task.add_done_callback(_closing.discard)
        await asyncio.shield(task)  # type: ignore[union-attr]

    def _abandon(self) -> None:
        """Close from where nothing can be awaited: in a task, if an event loop of asyncio is running here."""
        self._over()
        # Also called while the interpreter shuts down, when nothing can be imported any more.
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
    """One `async for` over a stream: leaving it lets go of the stream, as the end of a generator does in `for`."""

    __slots__ = ("__weakref__", "_stream")

    def __init__(self, stream: AsyncStream[T_co]) -> None:
        self._stream = stream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T_co:
        for chunk in self._stream._ready:
            return cast(T_co, chunk)
        return await self._stream.__anext__()

    def __del__(self) -> None:
        if hasattr(self, "_stream"):
            self._stream._abandon()


# The event loop holds its tasks only weakly.
_closing: set[Any] = set()
