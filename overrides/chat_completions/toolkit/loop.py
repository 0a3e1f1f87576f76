"""A run of model and tools as a plan: what to send, what to call, when to stop. No I/O.

The plan is a generator. It yields events, which are passed on, and two kinds of steps: `CallModel`, which is
answered with the completion, and `CallTools`, which is done once each of its calls has a result. The sync and the async
runner execute the same plan.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from chat_completions._contract import generated
from chat_completions._contract.request_body import check_required
from chat_completions._transport.error_mapping import deadline_error
from chat_completions._types import NOT_GIVEN, revealed, sealed
from chat_completions.errors import (
    APIResponseValidationError,
    ChatCompletionsError,
    LengthFinishReasonError,
    ToolFailedError,
    ToolRoundsError,
)
from chat_completions.structured.output_spec import CUT_OFF, OutputSpec
from chat_completions.toolkit.events import RoundBegunEvent, RoundDoneEvent, ToolRunDoneEvent, ToolRunEvent
from chat_completions.toolkit.tool import Toolset
from chat_completions.toolkit.tool_calls import OnToolError, PendingCall
from chat_completions.toolkit.tool_run import Stopped, ToolCallResult, ToolRun

if TYPE_CHECKING:
    from chat_completions.models import ChatCompletion

NO_RESULT = "Error: no result, because the run ended first"


@dataclass(slots=True)
class CallModel:
    """A step: create a completion; the runner sends it back to the plan."""

    arguments: dict[str, Any]


@dataclass(slots=True)
class CallTools:
    """A step: call tools; it is done once each call has a result."""

    calls_to_make: list[PendingCall]


Step: TypeAlias = CallModel | CallTools | ToolRunEvent


class ToolLoop:
    """The plan of a run, and its state.

    Args:
        arguments: Those of `create`, with the tools as `run_tools` takes them.
        max_rounds: How often the model may answer.
        on_tool_error: What to do when a tool raises.
        deadline: Seconds for the run if the arguments do not say; None for no limit.
        runs_async: Whether async functions can be called.

    Attributes:
        output_spec: The type that the last reply must be a value of.
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
            raise ValueError(f"max_rounds is {max_rounds!r}; pass 1 or more")
        if on_tool_error not in ("tell", "raise") and not callable(on_tool_error):
            raise ValueError(f"on_tool_error is {on_tool_error!r}; pass 'tell', 'raise' or a function")
        given = sealed(arguments)
        if given.get("n") not in (None, 1):
            raise ValueError(f"run_tools follows one reply, but n is {given['n']!r}; omit n")
        self._toolset = Toolset(given.pop("tools", None) or (), runs_async=runs_async)
        check_required("run_tools", given, ("messages",))
        messages = given.pop("messages")
        if isinstance(messages, (str, Mapping, generated.Model)) or not isinstance(messages, Iterable):
            raise TypeError(f"messages must be a list, not {type(messages).__name__}")
        self._messages = list(messages)
        self._deadline = given.pop("deadline", deadline)
        # Tools are left out: what is wrong with their arguments is reported to the model.
        self.output_spec = OutputSpec({"response_format": given.get("response_format", NOT_GIVEN)})
        if self.output_spec.adapter is not None:
            given["response_format"] = self.output_spec.arguments["response_format"]
        if given.get("extra_body"):
            # Whether a round is streamed is up to the runner.
            given["extra_body"] = {key: value for key, value in given["extra_body"].items() if key != "stream"}
        if self._toolset.definitions:
            given["tools"] = self._toolset.definitions
        self._arguments = given
        self._max_rounds = max_rounds
        self._on_tool_error: OnToolError = on_tool_error
        self._ends_at: float | None = None
        self._completions: list[ChatCompletion] = []
        self._results: list[ToolCallResult] = []
        self._stopped: Stopped | None = None
        self._reply: ModelReply | None = None
        self._finished: dict[PendingCall, ToolCallResult] = {}
        self._pending: tuple[Any, ...] = ()

    def steps(self) -> Generator[Step, Any, None]:
        """Yield the steps of the run, and its events.

        Raises:
            ToolRoundsError: The model calls tools in the last round.
            ToolFailedError: A tool raised, and `on_tool_error` is "raise".
            StructuredOutputError: The reply was cut off within a call, or is not a value of the requested type.
            APITimeoutError: The deadline passed.
        """
        self._ends_at = None if self._deadline is None else time.monotonic() + self._deadline
        while self._stopped is None:
            round = len(self._completions) + 1
            if round > self._max_rounds:
                raise ToolRoundsError(
                    f"the model still calls tools after {self._max_rounds} rounds; increase max_rounds, or continue"
                    " with run.messages of this error"
                )
            arguments = self._request(round)
            yield RoundBegunEvent(round)
            completion = yield CallModel(arguments)
            self._completions.append(completion)
            yield RoundDoneEvent(round, completion)
            self._reply = reply = reply_of(completion, round, self._toolset)
            if reply.calls_to_make:
                yield CallTools(reply.calls_to_make)
            self._take(reply)
            self._stopped = reply.stopped
        if self.output_spec.adapter is not None:
            self._completions[-1] = self.output_spec.completion(self._completions[-1])
        yield ToolRunDoneEvent(self.run())

    def time_left(self) -> float | None:
        """Return the seconds that the run has left; None for no limit.

        Raises:
            APITimeoutError: No time is left.
        """
        left = None if self._ends_at is None else self._ends_at - time.monotonic()
        if left is not None and left <= 0:
            raise deadline_error(self._deadline)
        return left

    def returned(self, call: PendingCall, value: Any) -> ToolCallResult:
        """Record what a call returned, and return its result."""
        return self._finish(call, call.returned, value, self._on_tool_error)

    def failed(self, call: PendingCall, error: Exception, *, is_misuse: bool = False) -> ToolCallResult:
        """Record what a call raised, and return its result; a misuse by the caller is raised."""
        return self._finish(call, call.failed, error, "raise" if is_misuse else self._on_tool_error)

    def invalid(self, call: PendingCall) -> ToolCallResult:
        """Record a call that cannot be made, and return its result."""
        self._finished[call] = call.invalid()
        return self._finished[call]

    def _finish(self, call: PendingCall, result_of: Any, outcome: Any, on_error: OnToolError) -> ToolCallResult:
        try:
            result: ToolCallResult = result_of(outcome, on_error)
        except ToolFailedError as error:
            self._finished[call] = cast("ToolCallResult", error.result)
            raise
        self._finished[call] = result
        return result

    def run(self) -> ToolRun[Any]:
        """Return the run so far."""
        return ToolRun(
            list(self._messages), tuple(self._completions), tuple(self._results), self._stopped, self._pending
        )

    def attach_run(self, error: ChatCompletionsError) -> None:
        """Attach the run so far to the error that ends it."""
        if self._reply is not None and self._finished:
            self._take(self._reply)
        completion = getattr(error, "completion", None)
        if completion is not None and self._completions:
            self._completions[-1] = completion  # with those values that could be read
        self._stopped = None
        error.run = self.run()

    def _take(self, reply: ModelReply) -> None:
        """Add a reply and the results of its calls to the transcript."""
        self._messages.append(reply.message)
        for call in reply.calls_to_make:
            result = self._finished.get(call)
            if result is not None:
                self._results.append(result)
            content = NO_RESULT if result is None else result.content
            self._messages.append({"role": "tool", "tool_call_id": call.id, "content": content})
        self._finished, self._pending = {}, tuple(reply.pending)

    def _request(self, round: int) -> dict[str, Any]:
        """Return the arguments for the completion of a round."""
        arguments = {**self._arguments, "messages": list(self._messages), "deadline": self.time_left()}
        if round > 1:
            if "tool_choice" in arguments:
                arguments["tool_choice"] = _relaxed_tool_choice(arguments["tool_choice"])
            if headers := revealed(arguments.get("extra_headers")):
                # With the same key, a server may repeat its earlier response.
                arguments["extra_headers"] = {
                    name: f"{value}-{round}" if name.lower() == "idempotency-key" and value is not None else value
                    for name, value in headers.items()
                }
        return sealed(arguments)


def _relaxed_tool_choice(choice: Any) -> Any:
    """Return the tool choice for later rounds: one that requires a call would require it forever."""
    if choice == "required":
        return "auto"
    kind = choice.get("type") if isinstance(choice, (Mapping, generated.Model)) else None
    if kind == "allowed_tools":
        allowed = dict(choice.to_dict() if isinstance(choice, generated.Model) else choice)
        inner = allowed.get("allowed_tools")
        inner = inner.to_dict() if isinstance(inner, generated.Model) else inner
        return {**allowed, "allowed_tools": {**inner, "mode": "auto"}} if isinstance(inner, Mapping) else allowed
    return choice if kind is None else "auto"


@dataclass
class ModelReply:
    """The model's reply in one round.

    Attributes:
        message: The assistant's message, as the transcript holds it: the server's, with missing fields filled in.
        stopped: Why the run ends with this reply; None if it continues.
        calls_to_make: The calls to make, in order.
        pending: The calls that the caller must answer.
    """

    message: Any
    stopped: Stopped | None = None
    calls_to_make: list[PendingCall] = field(default_factory=list)
    pending: list[Any] = field(default_factory=list)


def reply_of(completion: ChatCompletion, round: int, toolset: Toolset) -> ModelReply:
    """Return the reply that a round's completion holds.

    Raises:
        APIResponseValidationError: The completion has no message.
        LengthFinishReasonError: It was cut off within its tool calls.
        ContentFilterFinishReasonError: Likewise.
    """
    choices = completion.choices
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(choice, "message", None)
    if choice is None or not isinstance(message, generated.Model) or generated.is_blank(choice, "message"):
        raise APIResponseValidationError(
            "the completion has no choice with a message, so the tool run cannot continue",
            body=completion.to_dict(),
            request_id=completion._request_id,
        )
    entry = {"role": "assistant", **message.to_dict()}
    entry["role"] = entry["role"] or "assistant"
    # A server that sends null or [] for no calls may refuse to read it back.
    given = entry.pop("tool_calls", None)
    calls = [call for call in given if isinstance(call, dict)] if isinstance(given, list) else []
    reason, refusal = choice.finish_reason, entry.get("refusal")
    if not calls or refusal:
        if entry.get("function_call") is None:
            entry.pop("function_call", None)
        stopped: Stopped = "answer"
        if refusal:
            stopped = "refusal"
        elif reason in CUT_OFF:
            stopped = cast(Stopped, reason)
        elif "function_call" in entry:
            stopped = "function_call"
        return ModelReply(entry, stopped)
    if reason in CUT_OFF:
        hint = "; increase max_completion_tokens" if CUT_OFF[reason] is LengthFinishReasonError else ""
        raise CUT_OFF[reason](
            f"the reply was cut off ({reason}) within its tool calls, so no tool was called{hint}; .completion is what"
            " was received; .run is the run before it",
            completion=completion,
        )
    entry["tool_calls"] = [_normalized_call(call, round, number) for number, call in enumerate(calls)]
    _ensure_unique_ids(entry["tool_calls"], round)
    return _with_calls(ModelReply(entry), round, toolset)


def _normalized_call(call: dict[str, Any], round: int, number: int) -> dict[str, Any]:
    """Return a call with what servers may leave out but APIs require: its type, and arguments that are JSON text."""
    kinds = [kind for kind in ("function", "custom") if kind in call]
    call = {**call, "type": call.get("type") or (kinds[0] if kinds else "function")}
    function = call.get("function")
    if isinstance(function, dict):
        arguments = function.get("arguments")
        if not isinstance(arguments, str):
            arguments = "" if arguments is None else json.dumps(arguments, ensure_ascii=False)
        call["function"] = {**function, "arguments": arguments or "{}"}
    return call


def _ensure_unique_ids(calls: list[dict[str, Any]], round: int) -> None:
    """Ensure that each call of a reply has a unique id, by which its result is matched to it."""
    seen: set[str] = set()
    for number, call in enumerate(calls):
        id = call.get("id")
        if not isinstance(id, str) or not id or id in seen:
            taken = {other.get("id") for other in calls}
            # Nine letters and digits: the strictest servers accept nothing else.
            id = next(id for n in range(number, 10**5) if (id := f"call{round % 100:02}{n:03}") not in taken | seen)
            call["id"] = id
        seen.add(id)


def _with_calls(reply: ModelReply, round: int, toolset: Toolset) -> ModelReply:
    """Add the calls of a reply: those to make, and those that the caller answers."""
    from chat_completions.models import ChatCompletionMessage

    decoded = ChatCompletionMessage.from_dict(reply.message).tool_calls or []
    known = {**toolset.functions, **toolset.types}
    for call, model in zip(reply.message["tool_calls"], decoded, strict=True):
        function = call.get("function")
        name = function.get("name") if isinstance(function, dict) else None
        if call["type"] != "function" or not isinstance(function, dict) or name in toolset.others:
            reply.pending.append(model)
            continue
        name, arguments = name if isinstance(name, str) else "", function["arguments"]
        pending_call = PendingCall(
            round=round, id=call["id"], name=name, arguments=arguments, tool=known.get(name), names=list(known)
        )
        if name in toolset.types and pending_call.run is not None:
            reply.pending.append(_with_value(call, pending_call.run()))
        else:
            reply.calls_to_make.append(pending_call)
    if reply.pending:
        reply.stopped = "tool_calls"
    return reply


def _with_value(call: dict[str, Any], value: Any) -> Any:
    """Return a call of a tool that was created from a type, with the value of its arguments."""
    from chat_completions.models.parsed import ParsedFunctionToolCall

    parsed = ParsedFunctionToolCall.from_dict(call)
    parsed.function.parsed_arguments = value
    return parsed
