"""Complete what a test specifies into what the API sends: a completion, or the chunks of a stream."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat_completions.local.tokens import split_tokens, token_count

FINGERPRINT = "fp_scripted"

_MESSAGE_FIELDS = frozenset({"role", "content", "refusal", "tool_calls", "function_call", "audio"})
# Texts of a message that a stream sends token by token.
_TEXT_FIELDS = ("content", "refusal", "reasoning_content", "reasoning")


def plain(value: Any) -> Any:
    """Return the JSON value of a model of this client, the official SDK or pydantic; other values unchanged."""
    if isinstance(value, type):
        return value
    if callable(getattr(value, "to_dict", None)):
        return value.to_dict()
    if callable(getattr(value, "model_dump", None)):
        return value.model_dump(mode="json", exclude_unset=True)
    return value


def is_message(value: Mapping[str, Any]) -> bool:
    """Return whether an object is a message, not a whole completion or something else."""
    return not _MESSAGE_FIELDS.isdisjoint(value) and not {"choices", "object", "error"} & value.keys()


def tool_call(call: Any, number: int, seed: str) -> dict[str, Any]:
    """Return a tool call as the API writes it.

    Args:
        call: A pair of name and arguments, an object with `name` and `arguments`, or as in the API; arguments that
            are not strings are converted to JSON.
        number: The call's position.
        seed: Part of its id, if it does not have one.

    Raises:
        TypeError: If it has another shape.
    """
    call = plain(call)
    if isinstance(call, (tuple, list)) and len(call) == 2:
        call = {"name": call[0], "arguments": call[1]}
    if isinstance(call, Mapping) and isinstance(call.get("name"), str):
        rest = {key: value for key, value in call.items() if key not in ("name", "arguments")}
        call = {**rest, "type": "function", "function": {"name": call["name"], "arguments": call.get("arguments", {})}}
    if not isinstance(call, Mapping) or not isinstance(call.get(call.get("type", "function")), Mapping):
        raise TypeError(f"a tool call is (name, arguments) or {{'name': ..., 'arguments': ...}}, not {call!r}")
    call = {"id": f"call_{seed}_{number + 1}", "type": "function", **call}
    if call["type"] == "function" and not isinstance(call["function"].get("arguments"), str):
        arguments = json.dumps(call["function"].get("arguments", {}), ensure_ascii=False)
        call["function"] = {**call["function"], "arguments": arguments}
    return dict(call)


@dataclass(frozen=True)
class Frame:
    """The fields that a completion and its chunks have in common, for one request.

    Attributes:
        number: How many requests were answered before, for the ids.
        request: The body of the request, empty if it is not an object.
        created: Unix time in seconds.
    """

    number: int
    request: Mapping[str, Any]
    created: int

    @classmethod
    def of(cls, number: int, body: Any) -> Frame:
        return cls(number, body if isinstance(body, dict) else {}, int(time.time()))

    def fields(self, kind: str) -> dict[str, Any]:
        """Return the fields outside of the choices."""
        model = self.request.get("model") or "scripted"
        frame = {"id": f"chatcmpl-scripted-{self.number + 1}", "object": kind, "created": self.created, "model": model}
        return {**frame, "system_fingerprint": FINGERPRINT}

    @property
    def wants_usage(self) -> bool:
        """Whether the request asks for the usage in the stream."""
        return bool((self.request.get("stream_options") or {}).get("include_usage"))

    def usage(self, message: Mapping[str, Any], given: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the usage for a message: computed, except for the counts that the test sets."""
        from chat_completions.local.engine import MESSAGE_TOKENS

        messages = self.request.get("messages") or ()
        counted = {
            "prompt_tokens": sum(MESSAGE_TOKENS + token_count(_text(each)) for each in messages),
            "completion_tokens": sum(map(token_count, _texts(message))),
        }
        usage = {**counted, "total_tokens": 0, **(given or {})}
        if "total_tokens" not in (given or {}):
            usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
        return usage


def completion_of(
    value: Mapping[str, Any], frame: Frame, usage: Mapping[str, Any] | None, finish_reason: str | None
) -> dict[str, Any]:
    """Return the whole completion for a message or for a completion with missing parts."""
    if not is_message(value):
        given: dict[str, Any] = {**frame.fields("chat.completion"), **value}
        return given if usage is None else {**given, "usage": frame.usage(_first_message(given), usage)}
    message = {"role": "assistant", "content": None, "refusal": None, **value}
    if message.get("tool_calls"):
        seed = str(frame.number + 1)
        message["tool_calls"] = [tool_call(call, number, seed) for number, call in enumerate(message["tool_calls"])]
    reason = finish_reason or ("tool_calls" if message.get("tool_calls") else "stop")
    count = frame.request.get("n")
    choices = [
        {"index": index, "message": message, "logprobs": None, "finish_reason": reason}
        for index in range(count if isinstance(count, int) and count > 0 else 1)
    ]
    return {**frame.fields("chat.completion"), "choices": choices, "usage": frame.usage(message, usage)}


def chunks_of(completion: Mapping[str, Any], wants_usage: bool) -> Iterator[dict[str, Any]]:
    """Yield the chunks of a stream with the content of a completion."""
    frame = {key: value for key, value in completion.items() if key not in ("choices", "usage")}
    frame["object"] = "chat.completion.chunk"
    if wants_usage:
        frame["usage"] = None
    for choice in completion.get("choices") or ():
        index = choice.get("index", 0)
        logprobs = choice.get("logprobs")
        for delta in _deltas(choice.get("message") or {}):
            has_text = bool(delta.get("content") or delta.get("refusal"))
            sent, logprobs = (logprobs, None) if has_text else (None, logprobs)
            yield {**frame, "choices": [{"index": index, "delta": delta, "logprobs": sent, "finish_reason": None}]}
        end = {key: value for key, value in choice.items() if key != "message"} | {"delta": {}, "logprobs": logprobs}
        yield {**frame, "choices": [{"index": index, **end}]}
    if wants_usage and completion.get("usage"):
        yield {**frame, "choices": [], "usage": completion["usage"]}


def _deltas(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    texts = {name: message[name] for name in _TEXT_FIELDS if isinstance(message.get(name), str)}
    calls = message.get("tool_calls") or ()
    first = {key: value for key, value in message.items() if key not in texts and key != "tool_calls"}
    yield {"role": "assistant", **first} | ({"content": ""} if "content" in texts else {})
    for name in ("reasoning_content", "reasoning", "content", "refusal"):
        for token in split_tokens(texts.get(name, "")):
            yield {name: token}
    for number, call in enumerate(calls):
        kind = call.get("type", "function")
        field = "input" if kind == "custom" else "arguments"
        held = call.get(kind) or {}
        yield {"tool_calls": [{"index": number, **call, kind: {**held, field: ""}}]}
        for token in split_tokens(held.get(field) or ""):
            yield {"tool_calls": [{"index": number, kind: {field: token}}]}


def page_of(completions: Sequence[Mapping[str, Any]], has_more: bool) -> dict[str, Any]:
    """Return a page of stored completions."""
    ids = [completion.get("id") for completion in completions]
    return {
        "object": "list",
        "data": list(completions),
        "first_id": ids[0] if ids else None,
        "last_id": ids[-1] if ids else None,
        "has_more": has_more,
    }


def _first_message(completion: Mapping[str, Any]) -> Mapping[str, Any]:
    for choice in completion.get("choices") or ():
        return choice.get("message") or {}
    return {}


def _texts(message: Mapping[str, Any]) -> Iterator[str]:
    yield from (message[name] for name in _TEXT_FIELDS if isinstance(message.get(name), str))
    for call in message.get("tool_calls") or ():
        held = call.get(call.get("type", "function")) or {}
        yield from (text for text in held.values() if isinstance(text, str))


def _text(message: Any) -> str:
    from chat_completions.local.engine import content_text

    try:
        return content_text(message)
    except (AttributeError, TypeError):
        return ""
