"""The model's reply in one round: its message for the transcript, the calls to make, and those left to the caller."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from chat_completions._contract import generated
from chat_completions.errors import APIResponseValidationError, LengthFinishReasonError
from chat_completions.structured.output_spec import CUT_OFF
from chat_completions.toolkit.tool_calls import PendingCall
from chat_completions.toolkit.tool_run import Stopped
from chat_completions.toolkit.toolset import Toolset

if TYPE_CHECKING:
    from chat_completions.models import ChatCompletion


@dataclass
class ModelReply:
    """The model's reply in one round.

    Attributes:
        message: The assistant's message, as the transcript holds it: the server's, with missing fields filled in.
        stopped: Why the run ends with this reply; None if it continues.
        calls_to_make: The calls to make, in order.
        pending: The calls that are left to the caller to answer.
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
    if choice is None or not isinstance(message, generated.Model):
        raise APIResponseValidationError(
            "the completion has no choice with a message, so the run of tools cannot go on",
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
        hint = ": raise max_completion_tokens" if CUT_OFF[reason] is LengthFinishReasonError else " by the server"
        raise CUT_OFF[reason](
            f"the reply was cut off ({reason}) within its tool calls, so none was made{hint}; .completion is what was"
            " received, .run is the run before it",
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
    """Return a call of a tool that stands for a type, with the value of its arguments."""
    from chat_completions.models.parsed import ParsedFunctionToolCall

    parsed = ParsedFunctionToolCall.from_dict(call)
    parsed.function.parsed_arguments = value
    return parsed
