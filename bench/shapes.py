"""Streams whose chunks all have one shape: what the servers of the world send, made here, so that anyone has them.

The names of the fields are the servers'; the texts and numbers are seeded.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from bench.fixtures import DONE, StreamFixture, as_event, some_words, token_with_logprob

Object = dict[str, Any]
# The chunk with this number, this word and this `finish_reason`.
Shape = Callable[[random.Random, int, str, str | None], Object]

_ID = "chatcmpl-BenchBenchBenchBenchBenchBen"
_CREATED = 1790000000
_HEAD = {"id": _ID, "object": "chat.completion.chunk", "created": _CREATED, "model": "bench-model-2030-01-02"}
_SAFE = {"filtered": False, "severity": "safe"}
_SOURCES = [
    {"title": f"About {name}", "url": f"https://{name}.example/page", "date": "2030-01-02", "last_updated": None}
    for name in ("one", "two", "three")
]


def _choice(delta: Object, finish: str | None, **more: Any) -> Object:
    return {"index": 0, "delta": delta, **more, "finish_reason": finish}


def _content(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    choice = _choice({"content": word}, finish, logprobs=None)
    return {**_HEAD, "system_fingerprint": "fp_0123456789", "choices": [choice]}


def _role_and_content(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    return {**_HEAD, "choices": [_choice({"role": "assistant", "content": word}, finish)]}


def _reasoning_content(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    choice = _choice({"content": None, "reasoning_content": word}, finish, logprobs=None)
    return {**_HEAD, "choices": [choice], "usage": None}


def _tool_calls(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    call: Object = {"index": 0, "function": {"arguments": word}}
    if number == 0:
        call = {"index": 0, "id": "call_bench", "type": "function", "function": {"name": "search", "arguments": word}}
    return {**_HEAD, "choices": [_choice({"tool_calls": [call]}, finish, logprobs=None)]}


def _new_id(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    return {**_content(rng, number, word, finish), "id": f"chatcmpl-{rng.getrandbits(96):024x}"}


def _usage(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    usage = {"prompt_tokens": 12, "completion_tokens": number + 1, "total_tokens": number + 13}
    return {**_content(rng, number, word, finish), "usage": usage}


def _logprobs(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    tops = [token_with_logprob(rng, other) for other in (word, *some_words(rng, 4))]
    logprobs = {"content": [{**tops[0], "top_logprobs": tops}], "refusal": None}
    return {**_HEAD, "choices": [_choice({"content": word}, finish, logprobs=logprobs)]}


def _azure(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    choice = {
        "content_filter_results": dict.fromkeys(("hate", "self_harm", "sexual", "violence"), _SAFE),
        "delta": {"content": word},
        "finish_reason": finish,
        "index": 0,
        "logprobs": None,
    }
    return {
        "choices": [choice],
        "created": _CREATED,
        "id": _ID,
        "model": "bench-model",
        "object": "chat.completion.chunk",
        "system_fingerprint": "fp_0123456789",
    }


def _databricks(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    choice = {"delta": {"role": "assistant", "content": word}, "index": 0, "finish_reason": finish}
    usage = {
        "cache_read_input_tokens": 0,
        "completion_tokens": number if finish else None,
        "prompt_tokens": 12,
        "total_tokens": number + 12 if finish else None,
        "cache_creation_input_tokens": 0,
    }
    return {"model": "bench-model", "choices": [choice], "usage": usage, **_HEAD}


def _deepseek(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    choice = _choice({"content": word, "reasoning_content": None}, finish, logprobs=None)
    return {**_HEAD, "system_fingerprint": "fp_0123456789", "choices": [choice], "usage": None}


def _huggingface(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    choice: Object = {"index": 0, "delta": {"role": "assistant", "content": word, "name": ""}}
    if finish:
        choice["finish_reason"] = finish
    return {"id": _ID, "choices": [choice], "created": _CREATED, "model": "bench-model", "object": _HEAD["object"]}


def _litellm(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    nulls = {"role": None, "function_call": None, "tool_calls": None, "audio": None}
    delta = {"provider_specific_fields": None, "refusal": None, "content": word, **nulls}
    choice = {"finish_reason": finish, "index": 0, "delta": delta, "logprobs": None}
    tail = {"provider_specific_fields": None, "citations": None}
    return {**_HEAD, "system_fingerprint": "fp_0123456789", "choices": [choice], **tail}


def _mistral(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    padding = "abcdefghijklmnopqrstuvwxyz0123456789"[: rng.randint(1, 36)]
    return {**_HEAD, "choices": [_choice({"content": word}, finish)], "p": padding}


def _ollama(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    # The clock goes on while it answers.
    head = {**_HEAD, "id": "chatcmpl-321", "created": _CREATED + number // 50}
    choice = _choice({"role": "assistant", "content": word}, finish)
    return {**head, "system_fingerprint": "fp_ollama", "choices": [choice]}


def _openrouter(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    details = [{"type": "reasoning.text", "text": word, "format": "unknown", "index": 0}]
    delta = {"role": "assistant", "content": "", "reasoning": word, "reasoning_details": details}
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": finish, "logprobs": None}
    return {**_HEAD, "provider": "Bench", "choices": [choice]}


def _perplexity(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    usage = {"prompt_tokens": 12, "completion_tokens": number + 1, "total_tokens": number + 13}
    said = {"role": "assistant", "content": word}
    return {
        "id": _ID,
        "model": "bench-model",
        "created": _CREATED,
        "usage": {**usage, "search_context_size": "low"},
        "citations": [source["url"] for source in _SOURCES],
        "search_results": _SOURCES,
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "finish_reason": finish, "message": said, "delta": said}],
    }


def _tgi(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    head = {"object": "chat.completion.chunk", "id": "", "created": _CREATED + number // 50, "model": "bench-model"}
    choice = _choice({"role": "assistant", "content": word}, finish, logprobs=None)
    return {**head, "system_fingerprint": "1.2.3-sha-0123456", "choices": [choice], "usage": None}


def _together(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    delta = {"token_id": rng.randrange(100_000), "role": "assistant", "content": word, "tool_calls": None}
    choice = {"index": 0, "text": word, "logprobs": None, "finish_reason": finish, "seed": None, "delta": delta}
    return {**_HEAD, "choices": [choice], "usage": None}


def _zai(rng: random.Random, number: int, word: str, finish: str | None) -> Object:
    return {**_HEAD, "choices": [_choice({"role": "assistant", "reasoning_content": word}, finish)]}


SHAPES: dict[str, Shape] = {
    "content": _content,
    "role, content": _role_and_content,
    "content: null, reasoning_content": _reasoning_content,
    "tool_calls": _tool_calls,
    "a new id with each chunk": _new_id,
    "usage in each chunk": _usage,
    "logprobs": _logprobs,
    "azure": _azure,
    "databricks": _databricks,
    "deepseek": _deepseek,
    "huggingface": _huggingface,
    "litellm": _litellm,
    "mistral": _mistral,
    "ollama": _ollama,
    "openrouter": _openrouter,
    "perplexity": _perplexity,
    "tgi": _tgi,
    "together": _together,
    "zai": _zai,
}


def shaped_stream(name: str, chunks: int, seed: int = 11) -> StreamFixture:
    """Return a stream of so many chunks of one of the `SHAPES`; the last one has the finish reason."""
    rng = random.Random(seed)
    make = SHAPES[name]
    bodies = [
        make(rng, number, word, "stop" if number == chunks - 1 else None)
        for number, word in enumerate(some_words(rng, chunks))
    ]
    deltas = [body["choices"][0]["delta"] for body in bodies]
    text = "".join(delta.get("content") or "" for delta in deltas)
    arguments = "".join(call["function"]["arguments"] for delta in deltas for call in delta.get("tool_calls") or ())
    tokens = sum(bool(body["choices"][0].get("logprobs")) for body in bodies)
    events = (*map(as_event, bodies), DONE)
    return StreamFixture(name, events, text, (arguments,) if arguments else (), tokens)
