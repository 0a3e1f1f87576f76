"""Runs as they are followed: by their events, or to their end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Generic, Self

from chat_completions._traceback_locals import forgetful
from chat_completions._types import NotGiven, ResponseFormatT, publish
from chat_completions.errors import ChatCompletionsError
from chat_completions.toolkit.events import ToolRunDoneEvent, ToolRunEvent
from chat_completions.toolkit.loop import Rounds
from chat_completions.toolkit.runners import AsyncTurns, Turns
from chat_completions.toolkit.tool_run import ToolRun

DEFAULT_MAX_ROUNDS = 10


def rounds_of(arguments: Mapping[str, Any], deadline: float | None, *, runs_async: bool) -> Rounds:
    """Return the run that the arguments of `run_tools` are for.

    Args:
        arguments: What the caller gave.
        deadline: The client's, in seconds; None for none.
        runs_async: Whether async functions can be called.
    """
    given = {name: value for name, value in arguments.items() if not isinstance(value, NotGiven)}
    return Rounds(
        given,
        max_rounds=given.pop("max_rounds", DEFAULT_MAX_ROUNDS),
        on_tool_error=given.pop("on_tool_error", "tell"),
        deadline=deadline,
        runs_async=runs_async,
    )


class _BaseRunStream(Generic[ResponseFormatT]):
    """What the two have in common: the run as far as it came, and how it ended."""

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds
        self._run: ToolRun[ResponseFormatT] | None = None
        self._fault: ChatCompletionsError | None = None

    @property
    def current_run_snapshot(self) -> ToolRun[ResponseFormatT]:
        """The run as far as it has come."""
        return self._rounds.run() if self._run is None else self._run

    def _passed(self, event: ToolRunEvent) -> ToolRunEvent:
        if isinstance(event, ToolRunDoneEvent):
            self._run = event.run
        return event

    def _fail(self, error: ChatCompletionsError) -> None:
        self._rounds.ended_by(error)
        self._fault = error

    def _final_run(self) -> ToolRun[ResponseFormatT]:
        if self._run is not None:
            return self._run
        raise self._fault or ChatCompletionsError("the run of tools was closed before its end")


class ToolRunStream(_BaseRunStream[ResponseFormatT]):
    """The events of a run of model and tools, as they happen.

    Iterate it once. Leaving the `with` lets go of the connection, wherever the iteration was left.

    Raises:
        ChatCompletionsError: What ended the run before its end; `.run` is how far it came.
    """

    def __init__(self, turns: Turns, rounds: Rounds) -> None:
        super().__init__(rounds)
        self._events = turns.events()

    def __iter__(self) -> Iterator[ToolRunEvent]:
        return self

    @forgetful
    def __next__(self) -> ToolRunEvent:
        try:
            return self._passed(next(self._events))
        except ChatCompletionsError as error:
            self._fail(error)
            raise

    def until_done(self) -> Self:
        """Consume what is left, and return the stream."""
        for _ in self:
            pass
        return self

    def get_final_run(self) -> ToolRun[ResponseFormatT]:
        """Consume what is left, and return the run.

        Raises:
            ChatCompletionsError: What ended the run before its end, now or before.
        """
        return self.until_done()._final_run()

    def text_deltas(self) -> Iterator[str]:
        """Iterate the run as the pieces of text of the model's answers."""
        for event in self:
            if event.type == "content.delta" and event.choice_index == 0 and event.delta:
                yield event.delta

    def close(self) -> None:
        """End the run, and let go of the connection; closing twice is fine."""
        self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class AsyncToolRunStream(_BaseRunStream[ResponseFormatT]):
    """The events of a run of model and tools, as they happen; see `ToolRunStream`."""

    def __init__(self, turns: AsyncTurns, rounds: Rounds) -> None:
        super().__init__(rounds)
        self._events = turns.events()

    def __aiter__(self) -> AsyncIterator[ToolRunEvent]:
        return self

    @forgetful
    async def __anext__(self) -> ToolRunEvent:
        try:
            return self._passed(await anext(self._events))
        except ChatCompletionsError as error:
            self._fail(error)
            raise

    async def until_done(self) -> Self:
        """Consume what is left, and return the stream."""
        async for _ in self:
            pass
        return self

    async def get_final_run(self) -> ToolRun[ResponseFormatT]:
        """Consume what is left, and return the run; see `ToolRunStream.get_final_run`."""
        try:
            return (await self.until_done())._final_run()
        finally:
            # Cancelled between two events, a generator would end only when it is collected.
            await self.close()

    async def text_deltas(self) -> AsyncIterator[str]:
        """Iterate the run as the pieces of text of the model's answers."""
        async for event in self:
            if event.type == "content.delta" and event.choice_index == 0 and event.delta:
                yield event.delta

    async def close(self) -> None:
        """End the run: cancel the tools, and let go of the connection; closing twice is fine."""
        await self._events.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


publish(ToolRunStream, AsyncToolRunStream)
