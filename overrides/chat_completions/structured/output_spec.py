"""The type that a call requests for its reply, and the values of that type in a completion. No I/O."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from chat_completions._contract.generated import Model, is_blank
from chat_completions._contract.request_body import is_list_like
from chat_completions._response_info import Anomaly
from chat_completions._types import NotGiven, sealed
from chat_completions.errors import (
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    OutputValidationError,
    StructuredOutputError,
)
from chat_completions.structured.arguments import Arguments
from chat_completions.structured.fence import ANOMALY, fenced_text
from chat_completions.structured.formats import format_of, response_adapter

if TYPE_CHECKING:
    from chat_completions.models import ChatCompletion
    from chat_completions.models.parsed import ParsedChatCompletion, ParsedChatCompletionMessage
    from chat_completions.structured.adapter import Adapter
    from chat_completions.structured.arguments import Loader

_MAX_REASON = 300
CUT_OFF: dict[str, type[StructuredOutputError]] = {
    "length": LengthFinishReasonError,
    "content_filter": ContentFilterFinishReasonError,
}


class Outcome(NamedTuple):
    """The result of loading a text: a value, or the error of the type's library.

    Attributes:
        fenced: What was taken out of a code fence and loaded instead; None if nothing was.
    """

    value: Any
    error: Exception | None = None
    fenced: str | None = None


class OutputSpec:
    """The type that one call requests for its reply, and how its tools' arguments are read.

    Attributes:
        arguments: The arguments of the call, in which a type has become a `response_format`.
        adapter: The adapter of the type; None without a type.
        tools: How the arguments of each tool are read.
    """

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        tools: Any = arguments.get("tools")
        if is_list_like(tools):
            arguments = {**arguments, "tools": list(tools)}
        self.arguments = sealed(arguments)
        kind = arguments.get("response_format")
        self.adapter: Adapter | None = None
        if not isinstance(kind, Mapping | Model | NotGiven | None):
            self.adapter = response_adapter(kind)
            self.arguments["response_format"] = format_of(self.adapter)
        self.tools = Arguments(arguments.get("tools"))
        self._outcomes: dict[tuple[str, str], Outcome] = {}

    def copy_for_reply(self) -> OutputSpec:
        """Return a copy without outcomes, for another reply."""
        spec = copy.copy(self)
        spec._outcomes = {}
        return spec

    @property
    def has_types(self) -> bool:
        """Whether any part of the reply becomes a value."""
        return self.adapter is not None or bool(self.tools)

    def outcome(self, loader: Loader, where: str, text: str) -> Outcome:
        """Load a text, once for each place in the completion; a reply may be in a code fence."""
        if (where, text) not in self._outcomes:
            outcome = _load(loader, text)
            if outcome.error is not None and loader is self.adapter and (inside := fenced_text(text)) is not None:
                outcome = _load(loader, inside)._replace(fenced=inside)
            self._outcomes[where, text] = outcome
        return self._outcomes[where, text]

    @property
    def anomalies(self) -> list[Anomaly]:
        """What was repaired to load the texts, with its place in the completion."""
        kind, detail = ANOMALY
        found = [where for (where, _), outcome in self._outcomes.items() if outcome.fenced and outcome.error is None]
        return [Anomaly(kind, where, detail) for where in found]

    def completion(self, completion: ChatCompletion) -> ParsedChatCompletion[Any]:
        """Return a completion with its values.

        Raises:
            LengthFinishReasonError: A choice was cut off at the token limit.
            ContentFilterFinishReasonError: A choice was cut off by the content filter.
            OutputValidationError: A reply is not a value of its type.
        """
        parsed, errors = self._with_values(completion, is_whole=True)
        if errors:
            raise errors[0] from getattr(errors[0], "error", None)
        if (info := getattr(parsed, "_info", None)) is not None and (anomalies := self.anomalies):
            parsed._info = replace(info, anomalies=(*info.anomalies, *anomalies))
        return parsed

    def snapshot(self, completion: ChatCompletion) -> ParsedChatCompletion[Any]:
        """Return an unfinished completion with its values, as plain JSON where it is not complete yet."""
        return self._with_values(completion, is_whole=False)[0]

    def _with_values(
        self, completion: ChatCompletion, *, is_whole: bool
    ) -> tuple[ParsedChatCompletion[Any], list[StructuredOutputError]]:
        from chat_completions.models.parsed import ParsedChatCompletionMessage, ParsedChoice, as_parsed

        parsed = as_parsed(completion)
        errors: list[StructuredOutputError] = []
        choices = parsed.choices if isinstance(parsed.choices, list) else []
        for position, choice in enumerate(choices):
            if not isinstance(choice, ParsedChoice):
                continue
            is_cut = isinstance(choice.finish_reason, str) and choice.finish_reason in CUT_OFF
            if is_cut and is_whole:
                errors.append(cut_off(choice.finish_reason, position, parsed))
            elif not is_blank(choice, "message") and isinstance(choice.message, ParsedChatCompletionMessage):
                is_done = is_whole or (bool(choice.finish_reason) and not is_cut)
                faults = self._fill(choice.message, f"/choices/{position}/message", is_done)
                if is_whole:
                    errors += [invalid(*fault, parsed) for fault in faults]
        return parsed, errors

    def _fill(
        self, message: ParsedChatCompletionMessage[Any], at: str, is_done: bool
    ) -> list[tuple[Loader, str, str, Exception]]:
        """Set the values of one message, and return the faults found."""
        from chat_completions.models.parsed import ParsedFunction

        found: list[tuple[Any, str, Loader, str, str]] = []
        calls = message.tool_calls if isinstance(message.tool_calls, list) else []
        if self.adapter is not None and not message.refusal:
            text = content_text(message.content)
            if text or not (calls or message.function_call or message.audio):
                found.append((message, "parsed", self.adapter, f"{at}/content", text))
        for place, call in enumerate(calls):
            function = getattr(call, "function", None)
            if isinstance(function, ParsedFunction) and (loader := self.tools.get(str(function.name))) is not None:
                where = f"{at}/tool_calls/{place}/function/arguments"
                found.append((function, "parsed_arguments", loader, where, _json_text(function.arguments)))
        faults = []
        for holder, name, loader, where, text in found:
            outcome = self.outcome(loader, where, text) if is_done else Outcome(loader.partial(text))
            # Beside tool calls, the content may be a comment of the model instead of the value.
            if outcome.error is not None and not (calls and holder is message):
                faults.append((loader, where, outcome.fenced or text, outcome.error))
            setattr(holder, name, outcome.value)
        return faults


def _load(loader: Loader, text: str) -> Outcome:
    try:
        return Outcome(loader.load(text))
    except Exception as error:  # a type's validators are the caller's code
        return Outcome(None, error)


def content_text(content: Any) -> str:
    """Return the text of a message's content, or of its text parts."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text"]
        return "".join(text for text in parts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def _json_text(arguments: Any) -> str:
    """Return the JSON text of a call's arguments; some servers send the decoded value."""
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return json.dumps(arguments)


def cut_off(reason: str, position: int, completion: ChatCompletion) -> StructuredOutputError:
    """Return the error for a choice that was cut off."""
    if reason == "length":
        spent = getattr(completion.usage, "completion_tokens", None)
        after = f" after {spent} tokens" if isinstance(spent, int) else ""
        what = f"was cut off at the token limit{after}: increase max_completion_tokens, or ask for less"
    else:
        what = "was cut off by the server's content filter, because of the prompt or the reply"
    return CUT_OFF[reason](f"choice {position} {what}; .completion is what was received", completion=completion)


def invalid(
    loader: Loader, where: str, text: str, error: Exception, completion: ChatCompletion
) -> StructuredOutputError:
    """Return the error for a text that is not a value of its type."""
    pointer, hint = "", ""
    try:
        pointer = _pointer(loader.place(error), json.loads(text))
    except (ValueError, RecursionError):
        hint = "; it is not JSON, so check that the server supports structured output"
    at = f" at {pointer}" if pointer else ""
    return OutputValidationError(
        f"{where} is not a valid {loader.name}{at}: {_reason(error)}{hint}; .completion is what was received;"
        " .error is the cause",
        completion=completion,
        error=error,
        where=where,
        pointer=pointer,
    )


def _pointer(place: tuple[str | int, ...], value: Any) -> str:
    """Return the JSON pointer to a place, without steps that JSON does not have, such as the types of a union."""
    pointer = ""
    for step in place:
        with suppress(LookupError, TypeError):
            value = value[step]
            pointer += "/" + str(step).replace("~", "~0").replace("/", "~1")
    return pointer


def _reason(error: Exception) -> str:
    """Return the message of a library's error, in one line."""
    reason = " ".join(str(error).split()) or type(error).__name__
    if type(error).__module__.startswith("pydantic"):
        # One for each fault; a page in all.
        messages = [
            fault["msg"] + (f" ({fault['loc'][-1]})" if fault["type"] == "missing" and fault["loc"] else "")
            for fault in getattr(error, "errors", list)()
        ]
        reason = (
            messages[0] + (f" (1 of {len(messages)} problems)" if len(messages) > 1 else "") if messages else reason
        )
    return reason if len(reason) <= _MAX_REASON else reason[:_MAX_REASON] + "..."
