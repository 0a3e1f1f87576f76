"""The sync and the async runner of a tool loop: they call the model, call the tools, and yield the events.

When the consumer of the events stops, the generators end and close the connection.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from chat_completions._streaming.events.event_stream import AsyncChatCompletionStream, ChatCompletionStream
from chat_completions.errors import StructuredOutputError
from chat_completions.toolkit.events import ToolCallDoneEvent, ToolRunEvent
from chat_completions.toolkit.loop import CallModel, CallTools, ToolLoop
from chat_completions.toolkit.tool import ASYNC_IN_SYNC
from chat_completions.toolkit.tool_calls import PendingCall
from chat_completions.toolkit.tool_run import ToolCallResult

if TYPE_CHECKING:
    import asyncio

    from chat_completions._transport.call import CallResult
    from chat_completions.models import ChatCompletion


class ToolRunner:
    """Runs a tool loop.

    Args:
        create: `Completions.create`.
        loop: The plan of the run.
        open_stream: Sends a request for a stream; None to get the model's answers without streaming.
    """

    def __init__(
        self,
        create: Callable[..., Any],
        loop: ToolLoop,
        open_stream: Callable[..., tuple[CallResult, str]] | None,
    ) -> None:
        self._create, self._loop, self._open_stream = create, loop, open_stream

    def events(self) -> Generator[ToolRunEvent, None, None]:
        """Execute the run, and yield its events as they happen."""
        steps, answer = self._loop.steps(), None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration:
                return
            answer = None
            if isinstance(step, CallModel):
                answer = yield from self._ask(step.arguments)
            elif isinstance(step, CallTools):
                yield from self._call_tools(step.calls_to_make)
            else:
                yield step

    def _ask(self, arguments: dict[str, Any]) -> Generator[ToolRunEvent, None, ChatCompletion]:
        if self._open_stream is None:
            completion: ChatCompletion = self._create(**arguments)
            return completion
        with ChatCompletionStream(*self._open_stream(**arguments), self._loop.output_spec) as stream:
            # The loop decides whether it matters.
            with suppress(StructuredOutputError):
                yield from stream
        return stream.current_completion_snapshot

    def _call_tools(self, calls_to_make: list[PendingCall]) -> Generator[ToolRunEvent, None, None]:
        for call in calls_to_make:
            self._loop.time_left()
            yield call.begin()
            yield ToolCallDoneEvent(self._result(call))

    def _result(self, call: PendingCall) -> ToolCallResult:
        if call.run is None:
            return self._loop.invalid(call)
        value, error = call.attempt()
        if inspect.isawaitable(value):
            if inspect.iscoroutine(value):
                value.close()
            return self._loop.failed(call, TypeError(f"it {ASYNC_IN_SYNC}"), is_misuse=True)
        return self._loop.returned(call, value) if error is None else self._loop.failed(call, error)


class AsyncToolRunner:
    """Runs a tool loop; see `ToolRunner`.

    Args:
        max_concurrency: How many calls of one reply may run at once.

    Raises:
        ValueError: It is less than 1.
    """

    def __init__(
        self,
        create: Callable[..., Any],
        loop: ToolLoop,
        open_stream: Callable[..., Awaitable[tuple[CallResult, str]]] | None,
        *,
        max_concurrency: int,
    ) -> None:
        if not isinstance(max_concurrency, int) or max_concurrency < 1:
            raise ValueError(f"max_concurrency is {max_concurrency!r}; at least one call must be allowed at a time")
        self._create, self._loop, self._open_stream = create, loop, open_stream
        self._max_concurrency = max_concurrency
        self._answer: ChatCompletion | None = None

    async def events(self) -> AsyncGenerator[ToolRunEvent, None]:
        """Execute the run, and yield its events as they happen."""
        steps, answer = self._loop.steps(), None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration:
                return
            self._answer = None
            if isinstance(step, CallModel):
                inner = self._ask(step.arguments)
            elif isinstance(step, CallTools):
                inner = self._call_tools(step.calls_to_make)
            else:
                yield step
                continue
            async with aclosing(inner):
                async for event in inner:
                    yield event
            answer = self._answer

    async def _ask(self, arguments: dict[str, Any]) -> AsyncGenerator[ToolRunEvent, None]:
        if self._open_stream is None:
            self._answer = await self._create(**arguments)
            return
        opened = await self._open_stream(**arguments)
        async with AsyncChatCompletionStream(*opened, self._loop.output_spec) as stream:
            # The loop decides whether it matters.
            with suppress(StructuredOutputError):
                async for event in stream:
                    yield event
        self._answer = stream.current_completion_snapshot

    async def _call_tools(self, calls_to_make: list[PendingCall]) -> AsyncGenerator[ToolRunEvent, None]:
        import asyncio

        # Beginnings and ends of calls, in the order in which they happen.
        queue: asyncio.Queue[Any] = asyncio.Queue()
        limit = asyncio.Semaphore(self._max_concurrency)
        tasks = [asyncio.create_task(self._result(call, limit, queue.put_nowait)) for call in calls_to_make]
        for task in tasks:
            task.add_done_callback(queue.put_nowait)
        try:
            left = len(tasks)
            while left:
                try:
                    async with asyncio.timeout(self._loop.time_left()):
                        event = await queue.get()
                except TimeoutError:
                    continue  # the loop then raises, because the deadline passed
                if isinstance(event, asyncio.Task):
                    left -= 1
                    event = ToolCallDoneEvent(event.result())
                yield event
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _result(self, call: PendingCall, limit: asyncio.Semaphore, emit: Callable[[Any], None]) -> ToolCallResult:
        import asyncio

        async with limit:
            emit(call.begin())
            if call.run is None:
                return self._loop.invalid(call)
            try:
                # A sync function may block for long, so it runs in a thread.
                value, error = call.attempt() if call.is_async else await asyncio.to_thread(call.attempt)
                value = await value if inspect.isawaitable(value) else value
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                error = RuntimeError("it cancelled itself")
            except Exception as raised:
                error = raised
            return self._loop.returned(call, value) if error is None else self._loop.failed(call, error)
