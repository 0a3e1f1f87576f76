"""The errors of tools; import them from `chat_completions.errors`, where the tree of all errors is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_completions.errors import ChatCompletionsError

if TYPE_CHECKING:
    from chat_completions.toolkit.run import ToolCallResult, ToolRun


class ToolArgumentsError(ChatCompletionsError):
    """A model's arguments do not fit the tool that it calls; the tool was not called.

    Attributes:
        name: The tool's name.
        arguments: The arguments as the model wrote them.
        problems: (JSON pointer into the arguments, what is wrong there), one for each problem.
    """

    def __init__(self, message: str, *, name: str, arguments: str, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__(message)
        self.name = name
        self.arguments = arguments
        self.problems = problems


class ToolFailedError(ChatCompletionsError):
    """A tool raised; `__cause__` is what. To go on without it, send `run.messages`.

    Attributes:
        result: The call, and what it raised.
    """

    run: ToolRun[Any]

    def __init__(self, message: str, *, result: ToolCallResult) -> None:
        super().__init__(message)
        self.result = result


class ToolRoundsError(ChatCompletionsError):
    """The model still called tools in the last round that it had; to go on, send `run.messages`."""

    run: ToolRun[Any]
