"""Runs of model and tools: iterated as events, or consumed to their end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Generic, Self

from chat_completions._traceback_locals import forgetful
from chat_completions._types import ResponseFormatT, publish, without_omitted
from chat_completions.errors import ChatCompletionsError
from chat_completions.toolkit.events import ToolRunDoneEvent, ToolRunEvent
from chat_completions.toolkit.loop import ToolLoop
from chat_completions.toolkit.runners import AsyncToolRunner, ToolRunner
from chat_completions.toolkit.tool_run import ToolRun

DEFAULT_MAX_ROUNDS = 10


def tool_loop_for(arguments: Mapping[str, Any], deadline: float | None, *, runs_async: bool) -> ToolLoop:
    """Return the loop for the arguments of `run_tools`.

    Args:
        arguments: The caller's arguments.
        deadline: The client's, in seconds; None for none.
        runs_async: Whether async functions can be called.
    """
    given = without_omitted(arguments)
    return ToolLoop(
        given,
        max_rounds=given.pop("max_rounds", DEFAULT_MAX_ROUNDS),
        on_tool_error=given.pop("on_tool_error", "tell"),
        deadline=deadline,
        runs_async=runs_async,
    )


class _BaseRunStream(Generic[ResponseFormatT]):
    """What both streams share: the run so far, and how it ended."""

    def __init__(self, loop: ToolLoop) -> None:
        self._loop = loop
        self._run: ToolRun[ResponseFormatT] | None = None
        self._error: ChatCompletionsError | None = None

    @property
    def current_run_snapshot(self) -> ToolRun[ResponseFormatT]:
        """The run so far."""
        return self._loop.run() if self._run is None else self._run

    def _recorded(self, event: ToolRunEvent) -> ToolRunEvent:
        if isinstance(event, ToolRunDoneEvent):
            self._run = event.run
        return event

    def _fail(self, error: ChatCompletionsError) -> None:
        self._loop.attach_run(error)
        self._error = error

    def _final_run(self) -> ToolRun[ResponseFormatT]:
        if self._run is not None:
            return self._run
        raise self._error or ChatCompletionsError("the tool run was closed before it ended")


@publish()
class ToolRunStream(_BaseRunStream[ResponseFormatT]):
    """The events of a run of model and tools, as they happen.

    Iterate it once. Leaving the `with` closes the connection, wherever the iteration stopped.

    Raises:
        ChatCompletionsError: The run failed; `.run` is the run so far.
    """

    def __init__(self, runner: ToolRunner, loop: ToolLoop) -> None:
        super().__init__(loop)
        self._events = runner.events()

    def __iter__(self) -> Iterator[ToolRunEvent]:
        return self

    @forgetful
    def __next__(self) -> ToolRunEvent:
        try:
            return self._recorded(next(self._events))
        except ChatCompletionsError as error:
            self._fail(error)
            raise

    def until_done(self) -> Self:
        """Consume the remaining events, and return the stream."""
        for _ in self:
            pass
        return self

    def get_final_run(self) -> ToolRun[ResponseFormatT]:
        """Consume the remaining events, and return the run.

        Raises:
            ChatCompletionsError: The run failed, now or earlier.
        """
        return self.until_done()._final_run()

    def text_deltas(self) -> Iterator[str]:
        """Yield the text of the model's replies, piece by piece."""
        for event in self:
            if event.type == "content.delta" and event.choice_index == 0 and event.delta:
                yield event.delta

    def close(self) -> None:
        """Close the run and its connection; closing twice is fine."""
        self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@publish()
class AsyncToolRunStream(_BaseRunStream[ResponseFormatT]):
    """The events of a run of model and tools, as they happen; see `ToolRunStream`."""

    def __init__(self, runner: AsyncToolRunner, loop: ToolLoop) -> None:
        super().__init__(loop)
        self._events = runner.events()

    def __aiter__(self) -> AsyncIterator[ToolRunEvent]:
        return self

    @forgetful
    async def __anext__(self) -> ToolRunEvent:
        try:
            return self._recorded(await anext(self._events))
        except ChatCompletionsError as error:
            self._fail(error)
            raise

    async def until_done(self) -> Self:
        """Consume the remaining events, and return the stream."""
        async for _ in self:
            pass
        return self

    async def get_final_run(self) -> ToolRun[ResponseFormatT]:
        """Consume the remaining events, and return the run; see `ToolRunStream.get_final_run`."""
        try:
            return (await self.until_done())._final_run()
        finally:
            # Cancelled between two events, a generator would end only when it is collected.
            await self.close()

    async def text_deltas(self) -> AsyncIterator[str]:
        """Yield the text of the model's replies, piece by piece."""
        async for event in self:
            if event.type == "content.delta" and event.choice_index == 0 and event.delta:
                yield event.delta

    async def close(self) -> None:
        """Cancel the tools, and close the run and its connection; closing twice is fine."""
        await self._events.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()
