"""A stream is read in two ways, and all that comes of it is the same.

The fast way is the client's: shapes are learned, chunks are folded by comparison and decoded late, most events are made
like the last ones. The plain way reads the whole body at once, parses every event with `json`, merges it by the rules
for any chunk, decodes it with `from_dict`, and works out its events anew. Compared are the recorded streams beside the
repository and a stream of each shape of the bench: as they are, cut off, and with odd chunks among theirs, in reads of
any size. Chunks of the fast way are read in any order and ruined afterwards.

The seed is fixed in `make test` and random in `make fuzz`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bench.fixtures import recordings
from bench.shapes import SHAPES, shaped_stream
from chat_completions._contract import json_reader
from chat_completions._contract.unknown_values import UnknownReporter
from chat_completions._streaming.accumulator import Accumulator
from chat_completions._streaming.events.event_builder import EventBuilder
from chat_completions._streaming.fast_path import FastPath
from chat_completions._streaming.received_chunk import ReceivedChunk, decode
from chat_completions._streaming.stream_decoder import ChunkDecoder
from chat_completions.models import ChatCompletionChunk
from tests.conftest import examples

SEEDS = st.integers(0, 2**32)
READS = (1, 7, 50, 300, 3000, 16384)
FIELDS = ("choice_index", "delta", "content", "refusal", "reasoning", "name", "index", "arguments", "input")


class PlainAccumulator(Accumulator):
    """Merges every chunk by the rules for any chunk."""

    __slots__ = ()

    def add_plain(self, chunk: Any, as_text: str | None = None) -> None:
        return None


class PlainChunk(ReceivedChunk):
    """Is decoded at once, and does not say what it added."""

    __slots__ = ()

    def model(self) -> ChatCompletionChunk:
        return ChatCompletionChunk.from_dict(self.value)


class CountingPath(FastPath):
    """Counts the chunks that it reads."""

    count = 0

    def read(self, text: str) -> dict[str, Any] | None:
        value = super().read(text)
        self.count += value is not None
        return value


class Reading:
    """What comes of a stream: its chunks or its events, what is unknown in them, and how it ended.

    Args:
        seed: Decides what is looked at.
        with_events: Whether the stream is one of events.
        is_fast: Which way it is read.
    """

    def __init__(self, seed: float, *, with_events: bool, is_fast: bool) -> None:
        self.said: list[Any] = []
        self._looks, self._is_fast = Random(seed), is_fast
        events = EventBuilder()
        as_received: Callable[[ReceivedChunk], ReceivedChunk] = lambda chunk: chunk  # noqa: E731
        if not is_fast:
            events.accumulator.__class__ = PlainAccumulator
            as_received = lambda chunk: PlainChunk(chunk.value)  # noqa: E731
        make = events.events_of if with_events else decode
        watch = UnknownReporter(self.said.append)
        self._core: ChunkDecoder[Any] = ChunkDecoder(
            lambda chunk: make(as_received(chunk)), events.accumulator, watch=watch
        )
        self._last_events = events.last_events
        self.path = self._core._fast_path = CountingPath(events.accumulator)
        self.path._left = Random(seed).choice((1, 2, 5, 12))
        self._core._load_json = (
            Random(seed).choice((json_reader.loads, json_reader.reader())) if is_fast else json.loads
        )

    def read(self, reads: list[bytes]) -> list[Any]:
        """Read a body, and return all that came of it."""
        core = self._core
        for data in reads:
            self._take(core.feed(data))
        if not core.done:
            self._take(core.end())
        elif events := self._last_events():
            self._take_events(events)
        fault = core.fault
        return [
            self.said,
            dumped(core.completion()),
            [(a.kind, a.where, a.detail, a.count) for a in core.accumulator.anomalies],
            (core.done, core.is_complete, core.accumulator.chunks, core.accumulator.usage),
            fault and (type(fault), str(fault), repr(fault.body), dumped(fault.partial)),
        ]

    def _take(self, items: Iterator[Any]) -> None:
        for item in items:
            look = self._looks.random()
            chunk = item
            if isinstance(item, list):
                chunk = item[0].chunk
                self._take_events(item[1:])
                if look > 0.9:
                    self.said += [repr(getattr(event, "snapshot", None)) for event in item]
            self._take_chunk(chunk, look)
            if look < 0.03:
                self.said.append(dumped(self._core.completion()))
            if self._is_fast and 0.1 < look < 0.6:
                ruin(chunk)

    def _take_events(self, events: list[Any]) -> None:
        self.said += [[event.type, *(repr(getattr(event, name, None)) for name in FIELDS)] for event in events]

    def _take_chunk(self, chunk: ChatCompletionChunk, look: float) -> None:
        if look < 0.2:
            names = ("usage", "choices", "id", "obfuscation", "system_fingerprint")[int(look * 25) :]
            self.said.append([repr(getattr(chunk, name)) for name in names])
        elif look < 0.4:
            self.said.append([repr(getattr(choice, "logprobs", None)) for choice in chunk.choices or ()])
        self.said.append(dumped(chunk))
        if look > 0.8:
            self.said.append(repr(chunk))


def dumped(model: Any) -> str | None:
    """Return the JSON text of a model; None if there is none."""
    return None if model is None else json.dumps(model.to_dict())


def ruin(value: Any) -> None:
    """Empty all lists and objects of a chunk."""
    if hasattr(value, "to_dict"):
        for key in value.to_dict():
            ruin(value.get(key))
    elif isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            ruin(child)
        value.clear()


def in_reads(body: bytes, random: Random) -> list[bytes]:
    """Split a body into reads of any size."""
    reads, at = [], 0
    sizes = random.sample(READS, random.randint(1, 3))
    while at < len(body):
        size = random.randint(1, random.choice(sizes))
        reads.append(body[at : at + size])
        at += size
    return reads


def compare(body: bytes, random: Random, *, with_events: bool) -> int:
    """Compare the two ways for a body, and return how many chunks were read without parsing them."""
    seed = random.random()
    fast = Reading(seed, with_events=with_events, is_fast=True)
    plain = Reading(seed, with_events=with_events, is_fast=False)
    found, expected = fast.read(in_reads(body, random)), plain.read([body])
    if found != expected:
        said = zip(found[0], expected[0], strict=False)
        differs = next((pair for pair in said if pair[0] != pair[1]), (found[1:], expected[1:]))
        raise AssertionError(f"{differs[0]!s:.1500}\n\nis not\n\n{differs[1]!s:.1500}\n\nin {body!r:.20000}")
    return fast.path.count


def change(value: Any, random: Random) -> None:
    """Make a chunk an odd one."""
    choices = value.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    delta = choice["delta"] if isinstance(choice.get("delta"), dict) else {}
    entry = {"type": "reasoning.text", "text": random.choice(["abc", "abcdefghijk", ""]), "index": random.randrange(2)}
    token = {"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -2, "bytes": None}]}
    numbers = {"total_tokens": random.randrange(3), "details": {"cached": random.choice([None, 1, 2])}}
    call: Any = random.choice([{"arguments": "{"}, {"name": "f", "arguments": ""}, {"arguments": ""}])
    changes: list[tuple[Any, str, list[Any]]] = [
        (value, "id", ["x1", "x2", "", None]),
        (value, "created", [1, 2, 2.0, None, True]),
        (value, "object", ["chat.completion", "", "chat.completion.chunk"]),
        (value, "usage", [None, {"total_tokens": 1}, numbers, {}]),
        (value, "obfuscation", ["a", "bb", "", None]),
        (value, "p", ["a", "é", '"', 3, None]),
        (value, random.choice(["error", "code", "type", "x"]), [None, "", 0, "bad", {"a": []}]),
        (value, "choices", [[], [choice, choice], [{**choice, "index": 1}], None]),
        (choice, "index", [0, 1, True, None, "0"]),
        (choice, "finish_reason", ["stop", "null", "", None]),
        (choice, "logprobs", [None, {"content": [token], "refusal": None}, {"content": []}, {}, {"content": [3]}]),
        (choice, "text", ["a", "b", None]),
        (choice, "usage", [{"total_tokens": 1}, numbers, None]),
        (choice, "message", [{**delta}, {"content": "so far"}, {}, None]),
        (choice, "token_ids", [[1], [2], [], None]),
        (delta, "role", ["assistant", "user", None, "", 3]),
        (delta, "content", ["", None, "zz", ["a"], 3, [{"type": "text", "text": "t"}], "\ud83d", "\udca9"]),
        (delta, "reasoning", ["r", "", None, 5]),
        (delta, "tool_calls", [[{"index": random.randrange(2), "function": call}], None, [], "x"]),
        (delta, "token_id", [1, 2, True, 1.5, "s", None]),
        (delta, "reasoning_details", [[entry], [entry, entry], [], None, [3]]),
    ]
    where, key, values = random.choice(changes)
    where[key] = random.choice(values)
    if random.random() < 0.2 and delta:
        del delta[random.choice(list(delta))]


def changed(body: bytes, random: Random) -> bytes:
    """Return a stream with odd chunks among its own, some of which come several times."""
    events = []
    for data in body.replace(b"\r\n", b"\n").split(b"\n\n")[:60]:
        event = data
        if event.startswith(b"data: {"):
            try:
                value = json.loads(event[6:])
            except ValueError:
                continue
            if random.random() < 0.12:
                change(value, random)
            event = b"data: " + json.dumps(value).encode()
        events += [event] * (random.choice((2, 3, 20)) if random.random() < 0.08 else 1)
    return b"\n\n".join(events) + b"\n\n"


@cache
def recorded() -> list[bytes]:
    """Return the bodies of the recorded streams; none where they are not."""
    return [recording.body for recording in recordings()]


# What is found says itself which body it was: there is nothing to shrink.
ONCE = settings(examples(1), phases=[Phase.generate])


@pytest.mark.slow
@pytest.mark.skipif(not recorded(), reason="the recorded traffic (../shared/payloads) is not here")
@ONCE
@given(SEEDS)
def test_recorded_streams(seed: int) -> None:
    """All of them, in reads of any size; some are cut off, and some have odd chunks."""
    random, read = Random(seed), 0
    for body in recorded():
        kind = random.random()
        if kind < 0.1:
            body = body[: random.randrange(len(body) + 1)]
        elif kind < 0.3:
            body = changed(body, random)
        read += compare(body, random, with_events=random.random() < 0.6)
    assert read > 3_000


@pytest.mark.parametrize("name", SHAPES)
@ONCE
@given(SEEDS)
def test_streams_of_every_shape(name: str, seed: int) -> None:
    """As they are, cut off, and with odd chunks."""
    random = Random(seed)
    body = shaped_stream(name, 40, seed).body
    for one in (body, body[: random.randrange(len(body))], changed(body, random), changed(body, random)):
        compare(one, random, with_events=random.random() < 0.6)
