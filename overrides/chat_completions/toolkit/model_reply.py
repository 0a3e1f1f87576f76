"""What the model answered in one round: its message for the transcript, the calls to make, and those left open."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from chat_completions._contract import generated
from chat_completions.errors import APIResponseValidationError, LengthFinishReasonError
from chat_completions.structured.output_spec import CUT_OFF
from chat_completions.toolkit.tool_calls import Job
from chat_completions.toolkit.tool_run import Stopped
from chat_completions.toolkit.toolset import Offered

if TYPE_CHECKING:
    from chat_completions.models import ChatCompletion


@dataclass
class Reply:
    """One answer.

    Attributes:
        message: The assistant's message, as the transcript has it: the server's, where nothing was missing.
        stopped: Why the run ends with it; None if it goes on.
        jobs: The calls to make, in order.
        pending: The calls that are left to the caller.
    """

    message: Any
    stopped: Stopped | None = None
    jobs: list[Job] = field(default_factory=list)
    pending: list[Any] = field(default_factory=list)


def reply_of(completion: ChatCompletion, round: int, offered: Offered) -> Reply:
    """Read the answer of a round.

    Raises:
        APIResponseValidationError: The completion has no message.
        LengthFinishReasonError: It was cut off in its calls.
        ContentFilterFinishReasonError: Likewise.
    """
    choices = completion.choices
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(choice, "message", None)
    if choice is None or not isinstance(message, generated.Model):
        raise APIResponseValidationError(
            "the completion has no choice with a message, so the run of tools cannot go on",
            body=completion.to_dict(),
            request_id=completion._request_id,
        )
    entry = {"role": "assistant", **message.to_dict()}
    entry["role"] = entry["role"] or "assistant"
    # An API that gives null or [] for none need not take it back.
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
        return Reply(entry, stopped)
    if reason in CUT_OFF:
        hint = ": raise max_completion_tokens" if CUT_OFF[reason] is LengthFinishReasonError else " by the server"
        raise CUT_OFF[reason](
            f"the answer was cut off ({reason}) in its tool calls, of which none was made{hint}; .completion is what"
            " came, .run the run before it",
            completion=completion,
        )
    entry["tool_calls"] = [_mended(call, round, number) for number, call in enumerate(calls)]
    _mend_ids(entry["tool_calls"], round)
    return _with_jobs(Reply(entry), round, offered)


def _mended(call: dict[str, Any], round: int, number: int) -> dict[str, Any]:
    """Return a call with what servers leave out and APIs demand: its type, and arguments that are JSON text."""
    kinds = [kind for kind in ("function", "custom") if kind in call]
    call = {**call, "type": call.get("type") or (kinds[0] if kinds else "function")}
    function = call.get("function")
    if isinstance(function, dict):
        arguments = function.get("arguments")
        if not isinstance(arguments, str):
            arguments = "" if arguments is None else json.dumps(arguments, ensure_ascii=False)
        call["function"] = {**function, "arguments": arguments or "{}"}
    return call


def _mend_ids(calls: list[dict[str, Any]], round: int) -> None:
    """Verify that each call of an answer has an id of its own, by which its result is told."""
    seen: set[str] = set()
    for number, call in enumerate(calls):
        id = call.get("id")
        if not isinstance(id, str) or not id or id in seen:
            taken = {other.get("id") for other in calls}
            # Nine letters and digits, which is what the strictest servers take.
            id = next(id for n in range(number, 10**5) if (id := f"call{round % 100:02}{n:03}") not in taken | seen)
            call["id"] = id
        seen.add(id)


def _with_jobs(reply: Reply, round: int, offered: Offered) -> Reply:
    """Add the calls of an answer: those to make, and those that are the caller's."""
    from chat_completions.models import ChatCompletionMessage

    decoded = ChatCompletionMessage.from_dict(reply.message).tool_calls or []
    known = {**offered.functions, **offered.types}
    for call, model in zip(reply.message["tool_calls"], decoded, strict=True):
        function = call.get("function")
        name = function.get("name") if isinstance(function, dict) else None
        if call["type"] != "function" or not isinstance(function, dict) or name in offered.others:
            reply.pending.append(model)
            continue
        name, arguments = name if isinstance(name, str) else "", function["arguments"]
        job = Job(round=round, id=call["id"], name=name, arguments=arguments, tool=known.get(name), names=list(known))
        if name in offered.types and job.run is not None:
            reply.pending.append(_with_value(call, job.run()))
        else:
            reply.jobs.append(job)
    if reply.pending:
        reply.stopped = "tool_calls"
    return reply


def _with_value(call: dict[str, Any], value: Any) -> Any:
    """Return a call of a type's tool, with the value of its arguments."""
    from chat_completions.models.parsed import ParsedFunctionToolCall

    parsed = ParsedFunctionToolCall.from_dict(call)
    parsed.function.parsed_arguments = value
    return parsed
