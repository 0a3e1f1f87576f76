"""What a program does with a chunk: every contender reads the same fields, so that none is the cheaper for not looking.

Each function gives the number of characters (and of log probabilities) that a chunk brings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.fixtures import StreamFixture


def text_in_dict(chunk: Any) -> int:
    size = 0
    for choice in chunk["choices"]:
        size += len(choice["delta"].get("content") or "")
    return size


def text_in_model(chunk: Any) -> int:
    size = 0
    for choice in chunk.choices:
        size += len(choice.delta.content or "")
    return size


def said_in_dict(chunk: Any) -> int:
    """Read what every program reads: the content of each choice, and whether it is finished."""
    size = 0
    for choice in chunk["choices"]:
        size += len(choice["delta"].get("content") or "")
        if choice.get("finish_reason"):
            size += 1
    return size


def said_in_model(chunk: Any) -> int:
    size = 0
    for choice in chunk.choices:
        size += len(choice.delta.content or "")
        if choice.finish_reason:
            size += 1
    return size


def arguments_in_dict(chunk: Any) -> int:
    size = 0
    for choice in chunk["choices"]:
        for call in choice["delta"].get("tool_calls") or ():
            size += len(call["function"]["arguments"])
    return size


def arguments_in_model(chunk: Any) -> int:
    size = 0
    for choice in chunk.choices:
        for call in choice.delta.tool_calls or ():
            size += len(call.function.arguments)
    return size


def logprobs_in_dict(chunk: Any) -> int:
    size = 0
    for choice in chunk["choices"]:
        size += len(choice["delta"].get("content") or "")
        if logprobs := choice["logprobs"]:
            for token in logprobs["content"]:
                size += token["logprob"] <= 0
    return size


def logprobs_in_model(chunk: Any) -> int:
    size = 0
    for choice in chunk.choices:
        size += len(choice.delta.content or "")
        if logprobs := choice.logprobs:
            for token in logprobs.content:
                size += token.logprob <= 0
    return size


def size_in_event(event: Any) -> int:
    """Return the same of an event of `.stream()`, ours or the official one."""
    match event.type:
        case "content.delta":
            return len(event.delta)
        case "tool_calls.function.arguments.delta":
            return len(event.arguments_delta)
        case "logprobs.content.delta":
            return sum(token.logprob <= 0 for token in event.content)
    return 0


def readers(fixture: StreamFixture) -> tuple[Callable[[Any], int], Callable[[Any], int], int]:
    """Return how to read a stream's chunks as dicts, how as models, and what comes out in all."""
    if fixture.arguments:
        return arguments_in_dict, arguments_in_model, sum(map(len, fixture.arguments))
    if fixture.tokens:
        return logprobs_in_dict, logprobs_in_model, len(fixture.text) + fixture.tokens
    return text_in_dict, text_in_model, len(fixture.text)
