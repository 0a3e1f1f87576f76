"""The two shells that carry out a run: they ask the model, call the tools, and return the events.

They do not know who follows the events: when nobody does any more, their generators end, and let go of the connection.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from chat_completions._streaming.events.event_stream import AsyncChatCompletionStream, ChatCompletionStream
from chat_completions.errors import StructuredOutputError
from chat_completions.toolkit.events import ToolCallDoneEvent, ToolRunEvent
from chat_completions.toolkit.loop import CallModel, Rounds, Work
from chat_completions.toolkit.tool_calls import Job
from chat_completions.toolkit.tool_run import ToolCallResult
from chat_completions.toolkit.toolset import ASYNC_IN_SYNC

if TYPE_CHECKING:
    import asyncio

    from chat_completions._transport.call import CallResult
    from chat_completions.models import ChatCompletion


class Turns:
    """Carries out a run.

    Args:
        create: `Completions.create`.
        rounds: The run.
        open_stream: Sends a request for a stream; None to get the model's answers without streaming.
    """

    def __init__(
        self,
        create: Callable[..., Any],
        rounds: Rounds,
        open_stream: Callable[..., tuple[CallResult, str]] | None,
    ) -> None:
        self._create, self._rounds, self._open_stream = create, rounds, open_stream

    def events(self) -> Generator[ToolRunEvent, None, None]:
        """Carry out the run, and yield its events as they happen."""
        steps, answer = self._rounds.steps(), None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration:
                return
            answer = None
            if isinstance(step, CallModel):
                answer = yield from self._ask(step.arguments)
            elif isinstance(step, Work):
                yield from self._work(step.jobs)
            else:
                yield step

    def _ask(self, arguments: dict[str, Any]) -> Generator[ToolRunEvent, None, ChatCompletion]:
        if self._open_stream is None:
            completion: ChatCompletion = self._create(**arguments)
            return completion
        with ChatCompletionStream(*self._open_stream(**arguments), self._rounds.asked) as stream:
            # The rounds know whether it matters.
            with suppress(StructuredOutputError):
                yield from stream
        return stream.current_completion_snapshot

    def _work(self, jobs: list[Job]) -> Generator[ToolRunEvent, None, None]:
        for job in jobs:
            self._rounds.time_left()
            yield job.begin()
            yield ToolCallDoneEvent(self._result(job))

    def _result(self, job: Job) -> ToolCallResult:
        if job.run is None:
            return self._rounds.mistaken(job)
        value, error = job.attempt()
        if inspect.isawaitable(value):
            if inspect.iscoroutine(value):
                value.close()
            return self._rounds.failed(job, TypeError(f"it {ASYNC_IN_SYNC}"), is_misuse=True)
        return self._rounds.returned(job, value) if error is None else self._rounds.failed(job, error)


class AsyncTurns:
    """Carries out a run; see `Turns`.

    Args:
        max_concurrency: How many calls of one answer may be under way at once.

    Raises:
        ValueError: Not even one may be.
    """

    def __init__(
        self,
        create: Callable[..., Any],
        rounds: Rounds,
        open_stream: Callable[..., Awaitable[tuple[CallResult, str]]] | None,
        *,
        max_concurrency: int,
    ) -> None:
        if not isinstance(max_concurrency, int) or max_concurrency < 1:
            raise ValueError(f"max_concurrency is {max_concurrency!r}; one call at least has to be under way")
        self._create, self._rounds, self._open_stream = create, rounds, open_stream
        self._max_concurrency = max_concurrency
        self._answer: ChatCompletion | None = None

    async def events(self) -> AsyncGenerator[ToolRunEvent, None]:
        """Carry out the run, and yield its events as they happen."""
        steps, answer = self._rounds.steps(), None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration:
                return
            self._answer = None
            if isinstance(step, CallModel):
                inner = self._ask(step.arguments)
            elif isinstance(step, Work):
                inner = self._work(step.jobs)
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
        async with AsyncChatCompletionStream(*opened, self._rounds.asked) as stream:
            # The rounds know whether it matters.
            with suppress(StructuredOutputError):
                async for event in stream:
                    yield event
        self._answer = stream.current_completion_snapshot

    async def _work(self, jobs: list[Job]) -> AsyncGenerator[ToolRunEvent, None]:
        import asyncio

        # What begins and what ends, in the order in which it does.
        happened: asyncio.Queue[Any] = asyncio.Queue()
        limit = asyncio.Semaphore(self._max_concurrency)
        tasks = [asyncio.create_task(self._result(job, limit, happened.put_nowait)) for job in jobs]
        for task in tasks:
            task.add_done_callback(happened.put_nowait)
        try:
            left = len(tasks)
            while left:
                try:
                    async with asyncio.timeout(self._rounds.time_left()):
                        event = await happened.get()
                except TimeoutError:
                    continue  # and the rounds say that the deadline passed
                if isinstance(event, asyncio.Task):
                    left -= 1
                    event = ToolCallDoneEvent(event.result())
                yield event
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _result(self, job: Job, limit: asyncio.Semaphore, emit: Callable[[Any], None]) -> ToolCallResult:
        import asyncio

        async with limit:
            emit(job.begin())
            if job.run is None:
                return self._rounds.mistaken(job)
            try:
                # Of a function that is not async nobody knows how long it takes: the event loop goes on meanwhile.
                value, error = job.attempt() if job.is_async else await asyncio.to_thread(job.attempt)
                value = await value if inspect.isawaitable(value) else value
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                error = RuntimeError("it cancelled itself")
            except Exception as raised:
                error = raised
            return self._rounds.returned(job, value) if error is None else self._rounds.failed(job, error)
