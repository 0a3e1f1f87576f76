"""A run of model and tools as a plan: what to ask, what to call, when to stop. No I/O.

The plan is a generator. It yields events, which are passed on, and two kinds of steps: `CallModel` is sent the model's
completion; `Work` is over when each of its jobs is settled. The sync and the async shell carry out the same plan.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from chat_completions._contract import generated
from chat_completions._transport.error_mapping import deadline_error
from chat_completions._types import NOT_GIVEN, revealed, sealed
from chat_completions.errors import ChatCompletionsError, ToolFailedError, ToolRoundsError
from chat_completions.structured.output_spec import OutputSpec
from chat_completions.toolkit.events import RoundBegunEvent, RoundDoneEvent, ToolRunDoneEvent, ToolRunEvent
from chat_completions.toolkit.model_reply import Reply, reply_of
from chat_completions.toolkit.tool_calls import Job, OnToolError
from chat_completions.toolkit.tool_run import Stopped, ToolCallResult, ToolRun
from chat_completions.toolkit.toolset import Offered

if TYPE_CHECKING:
    from chat_completions.models import ChatCompletion

NO_RESULT = "Error: no result, because the run ended before"


@dataclass(slots=True)
class CallModel:
    """Ask the model; the result is its completion."""

    arguments: dict[str, Any]


@dataclass(slots=True)
class Work:
    """Call tools."""

    jobs: list[Job]


Step: TypeAlias = CallModel | Work | ToolRunEvent


class Rounds:
    """The state of a run.

    Args:
        arguments: Those of `create`, with the tools as `run_tools` takes them.
        max_rounds: How often the model may answer.
        on_tool_error: What to do when a tool raises.
        deadline: Seconds for the run if the arguments do not say; None for no limit.
        runs_async: Whether async functions can be called.

    Attributes:
        asked: What the last answer is asked to be.
    """

    def __init__(
        self,
        arguments: Mapping[str, Any],
        *,
        max_rounds: int,
        on_tool_error: OnToolError,
        deadline: float | None,
        runs_async: bool,
    ) -> None:
        if not isinstance(max_rounds, int) or max_rounds < 1:
            raise ValueError(f"max_rounds is {max_rounds!r}; the model has to be asked once at least")
        if on_tool_error not in ("tell", "raise") and not callable(on_tool_error):
            raise ValueError(f"on_tool_error is {on_tool_error!r}; give 'tell', 'raise' or a function")
        given = sealed(arguments)
        if given.get("n") not in (None, 1):
            raise ValueError(f"run_tools follows one answer, and n is {given['n']!r}; leave it out")
        self._offered = Offered(given.pop("tools", None) or (), runs_async=runs_async)
        messages = given.pop("messages", ())
        if isinstance(messages, (str, Mapping)) or not isinstance(messages, Iterable):
            raise TypeError(f"messages is a {type(messages).__name__}; give a list of messages")
        self._messages = list(messages)
        self._deadline = given.pop("deadline", deadline)
        # Of tools nothing is asked here: what is wrong with arguments is for the model to know.
        self.asked = OutputSpec({"response_format": given.get("response_format", NOT_GIVEN)})
        if self.asked.adapter is not None:
            given["response_format"] = self.asked.arguments["response_format"]
        if given.get("extra_body"):
            # How a round is asked is for the shell to say.
            given["extra_body"] = {key: value for key, value in given["extra_body"].items() if key != "stream"}
        if self._offered.definitions:
            given["tools"] = self._offered.definitions
        self._arguments = given
        self._max_rounds = max_rounds
        self._on_tool_error: OnToolError = on_tool_error
        self._ends_at: float | None = None
        self._completions: list[ChatCompletion] = []
        self._results: list[ToolCallResult] = []
        self._stopped: Stopped | None = None
        self._reply: Reply | None = None
        self._settled: dict[Job, ToolCallResult] = {}
        self._pending: tuple[Any, ...] = ()

    def steps(self) -> Generator[Step, Any, None]:
        """Plan the run.

        Raises:
            ToolRoundsError: The model calls tools in the last round.
            ToolFailedError: A tool raised, and failures are not for the model.
            StructuredOutputError: The answer was cut off in a call, or is no value of the type asked for.
            APITimeoutError: The deadline passed.
        """
        self._ends_at = None if self._deadline is None else time.monotonic() + self._deadline
        while self._stopped is None:
            round = len(self._completions) + 1
            if round > self._max_rounds:
                raise ToolRoundsError(
                    f"the model still calls tools after {self._max_rounds} rounds; raise max_rounds, or go on with"
                    " run.messages of this error"
                )
            arguments = self._request(round)
            yield RoundBegunEvent(round)
            completion = yield CallModel(arguments)
            self._completions.append(completion)
            yield RoundDoneEvent(round, completion)
            self._reply = reply = reply_of(completion, round, self._offered)
            if reply.jobs:
                yield Work(reply.jobs)
            self._take(reply)
            self._stopped = reply.stopped
        if self.asked.adapter is not None:
            self._completions[-1] = self.asked.completion(self._completions[-1])
        yield ToolRunDoneEvent(self.run())

    def time_left(self) -> float | None:
        """Return the seconds that the run has left; None for no limit.

        Raises:
            APITimeoutError: There are none.
        """
        left = None if self._ends_at is None else self._ends_at - time.monotonic()
        if left is not None and left <= 0:
            raise deadline_error(self._deadline)
        return left

    def returned(self, job: Job, value: Any) -> ToolCallResult:
        """Take what a call returned."""
        return self._settle(job, job.returned, value, self._on_tool_error)

    def failed(self, job: Job, error: Exception, *, is_misuse: bool = False) -> ToolCallResult:
        """Take what a call raised; a misuse of tools is the caller's to know, and never told to the model."""
        return self._settle(job, job.failed, error, "raise" if is_misuse else self._on_tool_error)

    def mistaken(self, job: Job) -> ToolCallResult:
        """Record a call that cannot be made."""
        self._settled[job] = job.mistaken()
        return self._settled[job]

    def _settle(self, job: Job, result_of: Any, outcome: Any, on_error: OnToolError) -> ToolCallResult:
        try:
            result: ToolCallResult = result_of(outcome, on_error)
        except ToolFailedError as error:
            self._settled[job] = cast("ToolCallResult", error.result)
            raise
        self._settled[job] = result
        return result

    def run(self) -> ToolRun[Any]:
        """Return the run as far as it came."""
        return ToolRun(
            list(self._messages), tuple(self._completions), tuple(self._results), self._stopped, self._pending
        )

    def ended_by(self, error: ChatCompletionsError) -> None:
        """Return an error that ends the run what the run came to."""
        if self._reply is not None and self._settled:
            self._take(self._reply)
        completion = getattr(error, "completion", None)
        if completion is not None and self._completions:
            self._completions[-1] = completion  # with the values that it does have
        self._stopped = None
        error.run = self.run()

    def _take(self, reply: Reply) -> None:
        """Add an answer and what came of its calls to the transcript."""
        self._messages.append(reply.message)
        for job in reply.jobs:
            result = self._settled.get(job)
            if result is not None:
                self._results.append(result)
            content = NO_RESULT if result is None else result.content
            self._messages.append({"role": "tool", "tool_call_id": job.id, "content": content})
        self._settled, self._pending = {}, tuple(reply.pending)

    def _request(self, round: int) -> dict[str, Any]:
        """Return the arguments of a round's call."""
        arguments = {**self._arguments, "messages": list(self._messages), "deadline": self.time_left()}
        if round > 1:
            if "tool_choice" in arguments:
                arguments["tool_choice"] = _relaxed(arguments["tool_choice"])
            if headers := revealed(arguments.get("extra_headers")):
                # With the same key a server may answer with what it answered before.
                arguments["extra_headers"] = {
                    name: f"{value}-{round}" if name.lower() == "idempotency-key" and value is not None else value
                    for name, value in headers.items()
                }
        return sealed(arguments)


def _relaxed(choice: Any) -> Any:
    """Return the tool choice after a first call: one that demands a call would demand it for ever."""
    if choice == "required":
        return "auto"
    kind = choice.get("type") if isinstance(choice, (Mapping, generated.Model)) else None
    if kind == "allowed_tools":
        allowed = dict(choice.to_dict() if isinstance(choice, generated.Model) else choice)
        inner = allowed.get("allowed_tools")
        inner = inner.to_dict() if isinstance(inner, generated.Model) else inner
        return {**allowed, "allowed_tools": {**inner, "mode": "auto"}} if isinstance(inner, Mapping) else allowed
    return choice if kind is None else "auto"


__all__ = ["CallModel", "Rounds", "Step", "Work"]
