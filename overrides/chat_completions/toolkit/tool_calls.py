"""One call that the model makes: what to run, and its result. No I/O."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from chat_completions._logging import LOGGER
from chat_completions.errors import ToolArgumentsError, ToolFailedError
from chat_completions.toolkit.events import ToolCallBegunEvent
from chat_completions.toolkit.results import result_text
from chat_completions.toolkit.tool import FunctionTool
from chat_completions.toolkit.tool_run import ToolCallResult

OnToolError: TypeAlias = Literal["tell", "raise"] | Callable[[Exception], str]


class PendingCall:
    """A tool call that the model requested.

    Args:
        round: The round, from 1.
        id: The call's id in the transcript.
        name: The name that the model calls.
        arguments: The JSON text that the model wrote.
        tool: The tool of that name; None if there is none.
        names: The names of the tools of the run.

    Attributes:
        run: The call to make; None if the call is invalid.
        is_async: Whether `run` returns an awaitable.
    """

    def __init__(
        self, *, round: int, id: str, name: str, arguments: str, tool: FunctionTool[..., Any] | None, names: list[str]
    ) -> None:
        self.round, self.id, self.name, self.arguments = round, id, name, arguments
        self.run: Callable[[], Any] | None = None
        self.is_async = tool is not None and tool.is_async
        self._invalid_reason: Exception | None = None
        self._began = 0.0
        if tool is None:
            self._invalid_reason = LookupError(f"unknown tool {name!r}; the tools are: {', '.join(names) or 'none'}")
        else:
            try:
                self.run = tool.bind(arguments)
            except ToolArgumentsError as error:
                self._invalid_reason = error

    def begin(self) -> ToolCallBegunEvent:
        """Start the clock, and return the event that the call begins."""
        self._began = time.monotonic()
        return ToolCallBegunEvent(self.round, self.id, self.name, self.arguments)

    def invalid(self) -> ToolCallResult:
        """Return the result of a call that cannot be made: its text tells the model what is wrong."""
        assert self._invalid_reason is not None
        return self._result(f"Error: {self._invalid_reason}", error=self._invalid_reason)

    def returned(self, value: Any, on_error: OnToolError) -> ToolCallResult:
        """Return the result of a call that returned."""
        try:
            return self._result(result_text(value), value=value)
        except Exception as error:
            return self.failed(error, on_error)

    def failed(self, error: Exception, on_error: OnToolError) -> ToolCallResult:
        """Return the result of a call that raised.

        Raises:
            ToolFailedError: `on_error` is "raise".
        """
        LOGGER.debug("the tool %s failed", self.name, exc_info=error)
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        result = self._result(f"Error: {what}", error=error)
        if on_error == "raise":
            raise ToolFailedError(f"the tool {self.name} failed: {what}", result=result) from error
        return result if on_error == "tell" else self._result(str(on_error(error)), error=error)

    def attempt(self) -> tuple[Any, Exception | None]:
        """Make the call and return what it raised, because not every exception leaves a thread."""
        assert self.run is not None
        try:
            return self.run(), None
        except Exception as error:
            return None, error

    def _result(self, content: str, *, value: Any = None, error: Exception | None = None) -> ToolCallResult:
        seconds = time.monotonic() - self._began
        return ToolCallResult(self.round, self.id, self.name, self.arguments, content, value, error, seconds)
