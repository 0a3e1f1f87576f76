"""The events of `run_tools(stream=True)`: those of each round's stream, and these around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from attrs import frozen

from chat_completions._streaming.events.events import ChatCompletionStreamEvent
from chat_completions._types import publish

if TYPE_CHECKING:
    from chat_completions.models import ChatCompletion
    from chat_completions.toolkit.tool_run import ToolCallResult, ToolRun


@publish()
@frozen(eq=False)
class RoundBegunEvent:
    """A round begins; the events of its completion follow. Rounds count from 1."""

    type: ClassVar[Literal["round.begun"]] = "round.begun"
    round: int


@publish()
@frozen(eq=False)
class RoundDoneEvent:
    """The completion of a round is complete; its tool calls follow, if there are any."""

    type: ClassVar[Literal["round.done"]] = "round.done"
    round: int
    completion: ChatCompletion


@publish()
@frozen(eq=False)
class ToolCallBegunEvent:
    """A tool is called with the JSON text of arguments that the model wrote."""

    type: ClassVar[Literal["tool_call.begun"]] = "tool_call.begun"
    round: int
    id: str
    name: str
    arguments: str


@publish()
@frozen(eq=False)
class ToolCallDoneEvent:
    """A tool returned or failed; the async client yields these in the order in which they happen."""

    type: ClassVar[Literal["tool_call.done"]] = "tool_call.done"
    result: ToolCallResult


@publish()
@frozen(eq=False)
class ToolRunDoneEvent:
    """The run is complete; this is the last event."""

    type: ClassVar[Literal["tool_run.done"]] = "tool_run.done"
    run: ToolRun[Any]


ToolRunEvent: TypeAlias = (
    ChatCompletionStreamEvent
    | RoundBegunEvent
    | RoundDoneEvent
    | ToolCallBegunEvent
    | ToolCallDoneEvent
    | ToolRunDoneEvent
)
