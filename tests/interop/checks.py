"""Compares what came of a row with what the table expects, and with the bytes that were received."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chat_completions import response_info
from chat_completions.errors import StreamError
from tests.interop.outcomes import SOME_CHUNKS, Outcome
from tests.interop.rows import Failure, Reply, Row
from tests.interop.servers import Target

LEFT = ("break", "close", "deadline", "kill")  # ways in which a stream does not come to its end


def problems(row: Row, target: Target, expected: Reply | Failure, outcome: Outcome) -> list[str]:
    """Return what is not as it should be."""
    found = list(outcome.problems)
    if isinstance(expected, Failure):
        found += failure_problems(expected, outcome.error)
        partial = getattr(outcome.error, "partial", None)
    elif outcome.error is not None:
        return [*found, f"{type(outcome.error).__name__}: {outcome.error}"]
    else:
        partial = outcome.completion
        if row.way not in LEFT:
            found += reply_problems(row, target, expected, outcome.completion)
    if row.way == "reuse":
        found += connection_problems(expected, outcome)
    if outcome.chunks and row.way not in ("cancel",):
        found += stream_problems(outcome, partial, whole=outcome.error is None and row.way not in LEFT)
    elif row.way in ("create", "talk", "list") and outcome.completion is not None:
        if outcome.completion.to_dict() != outcome.last.json():
            found.append("the completion is not what was received")
        if response_info(outcome.completion).status_code != 200:
            found.append("response_info has no status 200")
    return found


def connection_problems(expected: Any, outcome: Outcome) -> Iterator[str]:
    count = len({exchange.connection for exchange in outcome.recorder.exchanges})
    if (count == 1) != expected.reuse:
        yield f"{len(outcome.recorder.exchanges)} streams took {count} connections"


def failure_problems(expected: Failure, error: Exception | None) -> Iterator[str]:
    if error is None:
        yield f"no {expected.error}"
        return
    told = {name: getattr(error, name, None) for name in ("type", "code")}
    told |= {"error": type(error).__name__, "status": getattr(error, "status_code", None)}
    for name, value in told.items():
        if value != getattr(expected, name):
            yield f"{name} is {value!r}, not {getattr(expected, name)!r} ({error})"
    if expected.says not in str(error):
        yield f"the message does not say {expected.says!r}: {error}"
    tries = max(len(response_info(error).attempts), 1)
    if tries != expected.tries:
        yield f"{tries} attempts, not {expected.tries}"
    if expected.partial and (not isinstance(error, StreamError) or not error.partial.choices):
        yield f"{type(error).__name__} without the part that had arrived"


def reply_problems(row: Row, target: Target, expected: Reply, completion: Any) -> Iterator[str]:
    asked = {**target.request, **row.request, **expected.also}["model"]
    if completion.model != (expected.model or asked):
        yield f"the model is {completion.model!r}, not {expected.model or asked!r}"
    if completion.object != "chat.completion":
        yield f"the object is {completion.object!r}"
    if expected.usage != (completion.usage is not None):
        yield f"usage: {completion.usage!r}"
    elif completion.usage is not None:
        usage = completion.usage
        if usage.prompt_tokens + usage.completion_tokens != usage.total_tokens:
            yield f"the usage does not add up: {usage.to_dict()}"
    if [choice.index for choice in completion.choices] != list(range(len(expected.finish))):
        yield f"{len(completion.choices)} choices, not {len(expected.finish)}"
    elif (finish := tuple(choice.finish_reason for choice in completion.choices)) != expected.finish:
        yield f"the finish reasons are {finish}, not {expected.finish}"
    for choice in completion.choices:
        yield from choice_problems(expected, choice)


def choice_problems(expected: Reply, choice: Any) -> Iterator[str]:
    message = choice.message
    if message.role != "assistant":
        yield f"the role is {message.role!r}"
    if expected.text is not None and message.content != expected.text:
        yield f"the text is {message.content!r}"
    if expected.json and not {"name", "age"} <= json.loads(message.content).keys():
        yield f"the text is not as the schema says: {message.content!r}"
    if expected.logprobs:
        tokens = choice.logprobs.content if choice.logprobs else []
        if not tokens or any(len(token.top_logprobs) != 2 or token.logprob > 0 for token in tokens):
            yield f"logprobs: {choice.logprobs!r}"
    calls = message.tool_calls or []
    if expected.tool:
        if [(call.type, call.function.name) for call in calls] != [("function", "get_weather")] or not calls[0].id:
            yield f"tool calls: {message.to_dict()}"
        elif not {"city", "days"} <= json.loads(calls[0].function.arguments).keys():
            yield f"arguments: {calls[0].function.arguments!r}"
    elif calls:
        yield f"tool calls: {calls!r}"


def stream_problems(outcome: Outcome, folded: Any, *, whole: bool) -> Iterator[str]:
    given = [chunk.to_dict() for chunk in outcome.chunks]
    received = [exchange for exchange in outcome.recorder.exchanges if exchange.is_stream][-1].events()
    if not whole:
        # More may have arrived than was asked for.
        received = received[: len(given)]
        if len(given) < SOME_CHUNKS:
            yield f"only {len(given)} chunks"
    if given != received:
        yield f"{len(given)} chunks given are not the {len(received)} received"
    if folded is None:
        yield "the stream folded to nothing"
        return
    for choice in folded.choices:
        texts, finish = retold(given, choice.index)
        said = {"content": choice.message.content, "finish_reason": choice.finish_reason}
        for number, call in enumerate(choice.message.tool_calls or []):
            said[f"arguments {number}"] = call.function.arguments
        told: dict[str, Any] = {"content": None, **texts, "finish_reason": finish}
        # A stream that was left has folded what it had read, which may be more than it had given.
        same = said == told if whole else (said["content"] or "").startswith(told["content"] or "")
        if not same:
            yield f"choice {choice.index} folded to {said}, its chunks say {told}"
    usages = [chunk["usage"] for chunk in given if chunk.get("usage")]
    if whole and usages and folded.usage.to_dict() != usages[-1]:
        yield f"the usage folded to {folded.usage.to_dict()}, the last chunk says {usages[-1]}"


def retold(chunks: list[Any], index: int) -> tuple[dict[str, str], str | None]:
    """Return the texts and the finish reason that chunks tell of a choice; plainly, without the client's code."""
    texts: dict[str, str] = {}
    finish = None
    for choice in (choice for chunk in chunks for choice in chunk["choices"] if choice["index"] == index):
        delta = choice["delta"]
        if delta.get("content") is not None:
            texts["content"] = texts.get("content", "") + delta["content"]
        for call in delta.get("tool_calls") or []:
            name = f"arguments {call['index']}"
            texts[name] = texts.get(name, "") + (call["function"].get("arguments") or "")
        finish = choice.get("finish_reason") or finish
    return texts, finish
