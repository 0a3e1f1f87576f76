"""`run_tools` of the completions, sync and async: the loop of model and tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from chat_completions._frames import forgetful

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Unpack

    from chat_completions._arguments import ParseRunToolsArguments, RunToolsArguments
    from chat_completions._client import AsyncClient, Client
    from chat_completions._response_format import ResponseFormatT
    from chat_completions.toolkit.run import ToolRun
    from chat_completions.toolkit.running import AsyncToolRunStream, ToolRunStream


class RunTools:
    """What `Completions` has for tools."""

    if TYPE_CHECKING:
        _client: Client

        @property
        def create(self) -> Callable[..., Any]: ...

    @overload
    def run_tools(
        self, *, stream: Literal[True], **arguments: Unpack[ParseRunToolsArguments[ResponseFormatT]]
    ) -> ToolRunStream[ResponseFormatT]: ...
    @overload
    def run_tools(self, *, stream: Literal[True], **arguments: Unpack[RunToolsArguments]) -> ToolRunStream[None]: ...
    @overload
    def run_tools(
        self, *, stream: Literal[False] = False, **arguments: Unpack[ParseRunToolsArguments[ResponseFormatT]]
    ) -> ToolRun[ResponseFormatT]: ...
    @overload
    def run_tools(self, *, stream: Literal[False] = False, **arguments: Unpack[RunToolsArguments]) -> ToolRun[None]: ...
    @forgetful
    def run_tools(self, *, stream: bool = False, **arguments: Any) -> Any:
        """Ask a model, call the tools that it calls, tell it their results, and so on until it answers.

        Args:
            stream: Whether to get the events of the run as they happen.
            arguments: Those of `create`, of which `tools` may hold functions (see `function_tool`), and
                `response_format` a type, as `parse` takes it. `deadline` counts for the whole run. Beside them
                `max_rounds` (how often the model may answer, 10 by default), and `on_tool_error`: "tell" tells the
                model what a tool raised, "raise" ends the run with it, a function gives the text to tell.

        Returns:
            The run: the answer, the transcript, and what was called; with `stream=True`, a context manager that gives
            its events.

        Raises:
            TypeError: A tool is none, or is async.
            ToolRoundsError: The model still called tools in the last round.
            ToolFailedError: A tool raised, with `on_tool_error="raise"`.
            StructuredOutputError: The answer was cut off in its tool calls, or is no value of the type.
            APIError: A call of the API failed. All errors that end a run have it as `.run`, as far as it came.
        """
        from chat_completions.toolkit.running import ToolRunStream, rounds_of
        from chat_completions.toolkit.turns import Turns

        rounds = rounds_of(arguments, self._client._settings.deadline, runs_async=False)
        run = ToolRunStream[Any](Turns(self.create, rounds, streams=bool(stream)), rounds)
        return run if stream else run.get_final_run()


class AsyncRunTools:
    """What `AsyncCompletions` has for tools."""

    if TYPE_CHECKING:
        _client: AsyncClient

        @property
        def create(self) -> Callable[..., Any]: ...

    @overload
    def run_tools(
        self,
        *,
        stream: Literal[True],
        max_concurrency: int = ...,
        **arguments: Unpack[ParseRunToolsArguments[ResponseFormatT]],
    ) -> AsyncToolRunStream[ResponseFormatT]: ...
    @overload
    def run_tools(
        self, *, stream: Literal[True], max_concurrency: int = ..., **arguments: Unpack[RunToolsArguments]
    ) -> AsyncToolRunStream[None]: ...
    @overload
    def run_tools(
        self,
        *,
        stream: Literal[False] = False,
        max_concurrency: int = ...,
        **arguments: Unpack[ParseRunToolsArguments[ResponseFormatT]],
    ) -> Coroutine[Any, Any, ToolRun[ResponseFormatT]]: ...
    @overload
    def run_tools(
        self, *, stream: Literal[False] = False, max_concurrency: int = ..., **arguments: Unpack[RunToolsArguments]
    ) -> Coroutine[Any, Any, ToolRun[None]]: ...
    @forgetful
    def run_tools(self, *, stream: bool = False, max_concurrency: int = 10, **arguments: Any) -> Any:
        """Ask a model, call the tools that it calls, and so on until it answers; see `Completions.run_tools`.

        Tools may be async; others run in threads. The calls of one answer run at the same time.

        Args:
            stream: Whether to get the events of the run as they happen.
            max_concurrency: How many calls may be under way at once.
            arguments: Those of `Completions.run_tools`.

        Returns:
            What can be awaited for the run; with `stream=True`, an async context manager that gives its events.
        """
        from chat_completions.toolkit.running import AsyncToolRunStream, rounds_of
        from chat_completions.toolkit.turns import AsyncTurns

        rounds = rounds_of(arguments, self._client._settings.deadline, runs_async=True)
        turns = AsyncTurns(self.create, rounds, streams=bool(stream), max_concurrency=max_concurrency)
        run = AsyncToolRunStream[Any](turns, rounds)
        return run if stream else run.get_final_run()
