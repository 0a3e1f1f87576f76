"""What the server of the suite answers: bodies as the API writes them, in words of our own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.client.scripted import Reply

LINES = ("The", " wind", " rose.")


def _completion(choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    usage = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "gpt-5-mini"}
    return {**head, "choices": choices, "usage": usage, **more}


def _json(value: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    head = {"content-type": "application/json", "x-request-id": "req-7", "x-lamp": "lit"}
    return Reply([json.dumps(value, indent=1).encode()], status, {**head, **named})


def said(content: str | None = "Aye.", *, message: Mapping[str, Any] | None = None, **more: Any) -> Reply:
    """Return a completion that says something."""
    told = {"role": "assistant", "content": content, **(message or {})}
    choice = {"index": 0, "message": told, "logprobs": None, "finish_reason": "stop"}
    return _json(_completion([choice], **more))


def called(name: str, arguments: str) -> Reply:
    """Return a completion that calls a function."""
    call = {"id": "call-1", "type": "function", "function": {"name": name, "arguments": arguments}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return _json(_completion([{"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls"}]))


def ended(reason: str) -> Reply:
    """Return a completion that was ended before its time."""
    message = {"role": "assistant", "content": '{"on"'}
    return _json(_completion([{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}]))


def likely(*words: str) -> Reply:
    """Return a completion with one choice for each word, and with how likely it was."""
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": word},
            "logprobs": {"content": [{**_token(word), "top_logprobs": [_token(word)]}], "refusal": None},
            "finish_reason": "stop",
        }
        for index, word in enumerate(words)
    ]
    details = {"reasoning_tokens": 3}
    usage = {"prompt_tokens": 1, "completion_tokens": 4, "total_tokens": 5, "completion_tokens_details": details}
    return _json(_completion(choices, usage=usage, service_tier="default", system_fingerprint="fp-1"))


def _token(word: str) -> dict[str, Any]:
    return {"token": word, "logprob": -0.25, "bytes": list(word.encode())}


def failed(status: int, message: str = "the lamp is out", *, at_once: bool = False, **error: Any) -> Reply:
    """Return an error, after which a client may try again at once or later."""
    told = {"message": message, "type": "lamp_error", "param": None, "code": None, **error}
    return _json({"error": told}, status, **({"retry_after_ms": "1"} if at_once else {}))


def deltas(*given: Mapping[str, Any], finish: str = "stop", usage: bool = False) -> list[dict[str, Any]]:
    """Return the chunks of a stream: one for each delta, one that finishes, and one with the usage if it is wanted."""
    chunks = [
        _chunk([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}])
        for delta in ({"role": "assistant", "content": "", "refusal": None}, *given)
    ]
    chunks.append(_chunk([{"index": 0, "delta": {}, "logprobs": None, "finish_reason": finish}]))
    if usage:
        told = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
        chunks = [{**chunk, "usage": None} for chunk in chunks] + [{**_chunk([]), "usage": told}]
    return chunks


def _chunk(choices: list[dict[str, Any]]) -> dict[str, Any]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "gpt-5-mini"}
    return {**head, "choices": choices}


def streamed(chunks: Iterable[Mapping[str, Any]], *, done: bool = True) -> Reply:
    """Return a stream of chunks."""
    pieces = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks]
    return _events(pieces + [b"data: [DONE]\n\n"] * done)


def _events(pieces: Iterable[bytes | float], *, cut: bool = False) -> Reply:
    headers = {"content-type": "text/event-stream; charset=utf-8", "x-request-id": "req-7", "x-lamp": "lit"}
    return Reply(pieces, 200, headers, framing="chunked", cut=cut)


def told(*, usage: bool = False) -> Reply:
    """Return the stream of a short story."""
    return streamed(deltas(*({"content": line} for line in LINES), usage=usage))


def broken(fault: str) -> Reply:
    """Return a stream that goes wrong after its first words: it reports an `error`, falls `silent` or is `cut` off."""
    first = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in deltas({"content": "The"})[:2]]
    if fault == "error":
        error = {"message": "the lamp went out", "type": "server_error", "code": "dark"}
        return _events([*first, f"data: {json.dumps({'error': error})}\n\n".encode()])
    return _events([*first, 1.0], cut=True) if fault == "silent" else _events(first, cut=True)


def refused() -> Reply:
    """Return the stream of a refusal."""
    return streamed(deltas({"refusal": "I keep"}, {"refusal": " it lit."}))


def written(text: str, pieces: int) -> Reply:
    """Return the stream of a text in so many pieces."""
    size = -(-len(text) // pieces)
    return streamed(deltas(*({"content": text[at : at + size]} for at in range(0, len(text), size))))


def calling(*names: str) -> Reply:
    """Return the stream of one or two calls of functions."""

    def delta(index: int, arguments: str, name: str | None = None) -> dict[str, Any]:
        head = {"id": f"call-{index}", "type": "function"} if name else {}
        function = {"arguments": arguments, **({"name": name} if name else {})}
        return {"tool_calls": [{"index": index, **head, "function": function}]}

    first = [delta(0, "", names[0]), delta(0, '{"harbour":'), delta(0, ' "Brest"}')]
    second = [delta(1, "", names[1]), delta(1, '{"hour": 6}')] if len(names) > 1 else []
    return streamed(deltas(*first, *second, finish="tool_calls"))


def weighed() -> Reply:
    """Return a stream with how likely its tokens were."""
    chunks = deltas(*({"content": line} for line in LINES))
    for chunk, line in zip(chunks[1:], LINES, strict=False):
        token = {**_token(line), "top_logprobs": []}
        chunk["choices"][0]["logprobs"] = {"content": [token], "refusal": None}
    return streamed(chunks)


def page(*ids: str, more: bool = False) -> Reply:
    """Return a page of stored completions."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "Aye."},
        "logprobs": None,
        "finish_reason": "stop",
    }
    data = [_completion([choice], id=identifier, metadata={"watch": "night"}) for identifier in ids]
    ends = {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}
    return _json({"object": "list", "data": data, **ends, "has_more": more})


def late(reply: Reply, seconds: float) -> Reply:
    """Return a reply of which the body comes late."""
    return Reply([seconds, *reply.pieces], reply.status, reply.headers, framing="close")
