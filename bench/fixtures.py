"""Seeded streams and bodies, each with what a client must make of it; the tests fold the same ones."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).resolve().parents[2] / "shared" / "payloads" / "streams.jsonl.gz"
READ_BYTES = 16 * 1024
DONE = b"data: [DONE]\n\n"
KINDS = ("text", "tool calls", "logprobs")
_SYLLABLES = ("al", "be", "cor", "da", "en", "fi", "gu", "hö", "in", "ja", "ki", "lu", "mé", "no", "or", "pra", "qui")
_HEAD = {
    "id": "chatcmpl-BenchBenchBenchBenchBenchBen",
    "object": "chat.completion.chunk",
    "created": 1790000000,
    "model": "gpt-5-mini-2025-08-07",
    "service_tier": "default",
    "system_fingerprint": "fp_560af6e559",
}
_USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}


@dataclass(frozen=True)
class StreamFixture:
    """A whole stream, and what it says.

    Args:
        events: The bytes of each event, its blank line included; the last one is `[DONE]`.
        text: The content that the chunks of choice 0 add up to.
        arguments: The arguments that those of each tool call add up to.
        tokens: How many tokens have log probabilities.
    """

    name: str
    events: tuple[bytes, ...]
    text: str = ""
    arguments: tuple[str, ...] = ()
    tokens: int = 0

    @property
    def chunks(self) -> int:
        return len(self.events) - 1

    @property
    def body(self) -> bytes:
        return b"".join(self.events)

    def in_reads(self, size: int = READ_BYTES) -> list[bytes]:
        """Return the body in pieces, as it is read."""
        return in_reads(self.body, size)


def in_reads(body: bytes, size: int = READ_BYTES) -> list[bytes]:
    """Return a body in pieces, as it is read."""
    return [body[at : at + size] for at in range(0, len(body), size)]


def text_stream(chunks: int, seed: int = 1) -> StreamFixture:
    """Return a stream of ordinary chunks, about 300 bytes each, one word a chunk."""
    rng = random.Random(seed)
    words = list(some_words(rng, chunks - 3))
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "refusal": None}]
    deltas += [*({"content": word} for word in words), {}]
    return StreamFixture("text", _events(rng, [_choice(delta) for delta in deltas], "stop"), "".join(words))


def tool_stream(chunks: int, seed: int = 2) -> StreamFixture:
    """Return a stream of two tool calls, whose arguments come in pieces of a few characters."""
    rng = random.Random(seed)
    counts = (chunks - 4) // 2, chunks - 4 - (chunks - 4) // 2
    texts = []
    deltas: list[dict[str, Any]] = []
    for index, count in enumerate(counts):
        pieces = list(some_words(rng, count - 2))
        pieces = ['{"query":"', *pieces, '"}']
        call = {"index": index, "id": f"call_{index:024}", "type": "function"}
        first = {**call, "function": {"name": "search", "arguments": ""}}
        role = {"role": "assistant", "content": None} if index == 0 else {}
        deltas.append({**role, "tool_calls": [first]})
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in pieces]
        texts.append("".join(pieces))
    events = _events(rng, [_choice(delta) for delta in (*deltas, {})], "tool_calls")
    return StreamFixture("tool calls", events, arguments=tuple(texts))


def logprob_stream(chunks: int, seed: int = 3) -> StreamFixture:
    """Return a stream of ordinary chunks, each with its token's log probability and five others'."""
    rng = random.Random(seed)
    words = list(some_words(rng, chunks - 3))
    choices = [_choice({"role": "assistant", "content": "", "refusal": None})]
    for word in words:
        tops = [token_with_logprob(rng, other) for other in (word, *some_words(rng, 4))]
        logprobs = {"content": [{**tops[0], "top_logprobs": tops}], "refusal": None}
        choices.append(_choice({"content": word}, logprobs))
    events = _events(rng, [*choices, _choice({})], "stop")
    return StreamFixture("logprobs", events, "".join(words), tokens=len(words))


@dataclass(frozen=True)
class Recording:
    """A stream that a server sent."""

    provider: str
    body: bytes

    @property
    def chunks(self) -> int:
        return self.body.count(b"data: {")


def recordings(path: Path = RECORDED) -> list[Recording]:
    """Return the recorded streams; none where they are not."""
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [Recording(row["provider"], row["body"].encode("utf-8", "surrogateescape")) for row in rows]


def stream_named(name: str, chunks: int) -> StreamFixture:
    """Return one of the kinds of streams by its name."""
    makers = {"text": text_stream, "tool calls": tool_stream, "logprobs": logprob_stream}
    return makers[name](chunks)


def short_stream(chunks: int) -> StreamFixture:
    """Return a stream of so few ordinary chunks as you like: the last one has the finish reason."""
    rng = random.Random(10)
    words = ["", *some_words(rng, chunks - 2), ""][:chunks]
    choices = [_choice({"role": "assistant", "content": ""}), *(_choice({"content": word}) for word in words[1:])]
    bodies = [{**_HEAD, "choices": [choice]} for choice in choices[:chunks]]
    if bodies:
        bodies[-1]["choices"] = [{**_choice({}), "finish_reason": "stop"}]
    return StreamFixture("short", (*map(as_event, bodies), DONE), "".join(words))


def big_event_stream(size: int) -> StreamFixture:
    """Return a stream with one chunk of about `size` bytes."""
    text = "lorem ipsum " * (size // 12)
    return StreamFixture(
        "big event", _events(random.Random(4), [_choice({"content": text}), _choice({})], "stop"), text
    )


def comment_stream(lines: int) -> StreamFixture:
    """Return a stream with `lines` lines of comments among its chunks."""
    small = text_stream(100, seed=5)
    # Each comment has a blank line of its own.
    each = b": keep-alive\n\n" * (lines // (2 * len(small.events)))
    return StreamFixture("comments", tuple(each + event for event in small.events), small.text)


def many_line_stream(lines: int) -> StreamFixture:
    """Return a stream with one event of `lines` lines: JSON may be broken between any two tokens."""
    first, *rest = text_stream(100, seed=6).events
    head = first.removesuffix(b"}\n\n")
    wide = head + b',\ndata: "numbers":[\n' + b"data: 7,\n" * lines + b"data: 7]}\n\n"
    return StreamFixture("many lines", (wide, *rest), text_stream(100, seed=6).text)


def completion(seed: int = 7, number: int = 0) -> dict[str, Any]:
    """Return a completion as a server answers it, with a text of about 500 bytes."""
    rng = random.Random(seed * 1000 + number)
    text = "".join(some_words(rng, 80))
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    details = {"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0}
    return {
        **_HEAD,
        "id": f"chatcmpl-{number:028}",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {**_USAGE, "completion_tokens_details": details},
    }


def completion_page(items: int = 100, seed: int = 8) -> dict[str, Any]:
    """Return a page of a listing."""
    data = [{**completion(seed, number), "metadata": {"series": "bench"}} for number in range(items)]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"],
        "last_id": data[-1]["id"],
        "has_more": False,
    }


def request(messages: int, seed: int = 9) -> dict[str, Any]:
    """Return the body of a request with so many messages, of about 200 bytes each."""
    rng = random.Random(seed)
    roles = ("user", "assistant")
    texts = ("".join(some_words(rng, 30)) for _ in range(messages))
    told = [{"role": roles[number % 2], "content": text} for number, text in enumerate(texts)]
    return {"model": "gpt-5-mini", "messages": told, "temperature": 0.5}


def some_words(rng: random.Random, count: int) -> Iterator[str]:
    """Yield made-up words."""
    for _ in range(count):
        yield " " + "".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4)))


def token_with_logprob(rng: random.Random, text: str) -> dict[str, Any]:
    """Return a token as log probabilities list it."""
    return {"token": text, "logprob": round(-rng.random() * 9, 6), "bytes": list(text.encode())}


def _choice(delta: dict[str, Any], logprobs: Any = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": None}


def _events(rng: random.Random, choices: list[dict[str, Any]], finish_reason: str) -> tuple[bytes, ...]:
    choices[-1]["finish_reason"] = finish_reason
    bodies: list[dict[str, Any]] = [{**_HEAD, "choices": [choice], "usage": None} for choice in choices]
    bodies.append({**_HEAD, "choices": [], "usage": _USAGE})
    for body in bodies:
        body["obfuscation"] = f"{rng.getrandbits(64):x}"[: rng.randint(2, 16)]
    return (*map(as_event, bodies), DONE)


def as_event(body: dict[str, Any]) -> bytes:
    """Return a chunk as a server sends it."""
    return f"data: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
