"""`stream.timings`: what took how long, on a clock of ours and over real sockets."""

from __future__ import annotations

import gc
import itertools
import json
import math
import statistics
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_completions import (
    APIConnectionError,
    APIStatusError,
    AsyncClient,
    Client,
    IncompleteStreamError,
    StreamError,
    response_info,
)
from chat_completions._streaming.received_chunk import decode
from chat_completions._streaming.stream_decoder import ChunkDecoder
from chat_completions._streaming.timings import _LENGTHS, MAX_READS, ChunkTimer, StreamTimings, _step
from chat_completions._transport.call import CallResult
from tests.client.scripted import Reply, ScriptedServer, json_reply, stream_reply
from tests.conftest import examples
from tests.observability.conftest import COMPLETION, DONE, END, ROLE, USAGE, event


class Watched:
    """A stream's decoder and timer on a clock set by hand: called at 8, sent at 10, head received at 11."""

    def __init__(self) -> None:
        self.now = 11.0
        self.core = ChunkDecoder(decode, clock=lambda: self.now)
        self.arrivals = ChunkTimer(CallResult(None, [], None, None, None, 8.0, 10.0, 11.0, 11.0))  # type: ignore[arg-type]

    def read(self, at: float, *events: bytes) -> None:
        self.now = at
        for _ in self.core.feed(b"".join(events)):
            pass
        self.arrivals.record(self.core.last_event_at, self.core.accumulator)

    def timings(self) -> StreamTimings:
        self.arrivals.record(self.core.last_event_at, self.core.accumulator)
        return self.arrivals.timings(self.core.accumulator.usage)


def piece(text: str = "x") -> bytes:
    return event({"content": text})


def test_timings_before_the_first_chunk() -> None:
    assert Watched().timings() == StreamTimings(2.0, 1.0, None, None, 1.0, 0, None, None, None)


def test_the_first_token_is_not_the_first_chunk_and_a_read_has_one_moment() -> None:
    watched = Watched()
    watched.read(12, ROLE)
    watched.read(13, b": a comment\n\n")
    watched.read(14, piece())
    watched.read(16, piece(), piece(), piece())
    watched.read(17, piece(), END)
    watched.read(20, USAGE, DONE)
    timings = watched.timings()
    assert (timings.time_to_first_chunk, timings.time_to_first_token, timings.chunks) == (2, 4, 8)
    gaps = timings.time_between_tokens
    assert gaps is not None
    # Gaps of 2, 0, 0, of 1, 0, and of 3.
    assert (gaps.count, gaps.mean, gaps.p50, gaps.p90, gaps.p99, gaps.max) == (6, 1, 0, 3, 3, 3)
    assert (timings.output_tokens, timings.tokens_per_second) == (34, 34 / 10)
    assert timings.duration == 10


@pytest.mark.parametrize(
    "delta",
    [
        {"content": "x"},
        {"content": [{"type": "text", "text": "x"}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "x"}]}]},
        {"reasoning_content": "x"},
        {"reasoning": "x"},
        {"refusal": "No"},
        {"audio": {"id": "audio-1", "data": "AAAA"}},
        {"function_call": {"arguments": "{"}},
        {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]},
    ],
)
def test_what_is_a_token(delta: dict[str, Any]) -> None:
    watched = Watched()
    watched.read(12, ROLE)
    watched.read(13, event({"tool_calls": [{"index": 0, "id": "call-1", "function": {"name": "f", "arguments": ""}}]}))
    watched.read(13.5, event({"content": None, "reasoning_content": "", "audio": {"id": "audio-1"}}))
    assert watched.timings().time_to_first_token is None
    watched.read(14, event(delta))
    assert watched.timings().time_to_first_token == 4


def test_asking_in_the_middle_of_a_read_changes_nothing() -> None:
    asked, not_asked = Watched(), Watched()
    reads: list[tuple[float, list[bytes]]] = [
        (12, [ROLE, ROLE, piece(), piece()]),
        (13, [piece(), piece()]),
        (15, [piece()]),
        (15.5, [piece(), END, USAGE, DONE]),
    ]
    for at, events in reads:
        not_asked.read(at, *events)
        asked.now = at
        for _ in asked.core.feed(b"".join(events)):
            asked.timings()
    assert asked.timings() == not_asked.timings()


@given(gaps=st.lists(st.floats(1e-4, 100), min_size=1, max_size=40), sizes=st.lists(st.integers(1, 4), min_size=40))
@examples(50)
def test_gaps_agree_with_the_arrivals(gaps: list[float], sizes: list[int]) -> None:
    """Up to MAX_READS reads, every figure is that of the chunks' own moments."""
    watched, at = Watched(), 12.0
    watched.read(at, piece())
    moments = [at]
    for gap, size in zip(gaps, sizes, strict=False):
        at += gap
        watched.read(at, *[piece()] * size)
        moments += [at] * size
    expected = sorted(later - sooner for sooner, later in itertools.pairwise(moments))
    gaps = watched.timings().time_between_tokens
    assert gaps is not None
    assert gaps.count == len(expected)
    assert gaps.mean == pytest.approx(statistics.fmean(expected))
    assert gaps.max == expected[-1]
    for share, value in ((0.5, gaps.p50), (0.9, gaps.p90), (0.99, gaps.p99)):
        assert value == expected[math.ceil(share * len(expected)) - 1]


def test_a_long_stream_takes_no_more_memory_and_its_figures_hold() -> None:
    watched, at, count = Watched(), 12.0, 40_000
    watched.read(at, ROLE)
    for number in range(count):
        at += 0.02 if number % 10 else 0.1  # one in ten
        at += 5.0 if number == 3 else 0
        watched.read(at, piece())
    gaps = watched.timings().time_between_tokens
    assert gaps is not None
    assert gaps.count == count - 1
    assert gaps.max == pytest.approx(5.02)
    assert gaps.mean == pytest.approx((0.028 * count + 5 - 0.1) / (count - 1), rel=0.01)
    assert gaps.p50 == pytest.approx(0.02, rel=0.03)
    assert gaps.p99 == pytest.approx(0.1, rel=0.03)
    arrivals = watched.arrivals
    assert len(arrivals._moments) <= MAX_READS + 1
    assert len(arrivals._since_token) + len(arrivals._before_token) <= 2 * len(_LENGTHS)


def test_a_stream_that_begins_with_much_that_is_no_token_keeps_little() -> None:
    watched, at = Watched(), 12.0
    for _ in range(3 * MAX_READS):
        at += 1
        watched.read(at, ROLE)
    assert len(watched.arrivals._moments) <= MAX_READS + 1
    watched.read(at + 1, piece())
    watched.read(at + 3, piece())
    gaps = watched.timings().time_between_tokens
    assert gaps is not None
    assert (gaps.count, gaps.mean, gaps.max) == (1, 2, 2)


@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-6, 0.0123, 1.0, 600.0, 1e9])
def test_lengths_are_counted_to_within_half_a_step(gap: float) -> None:
    length = _LENGTHS[_step(gap)]
    assert length == pytest.approx(min(max(gap, _LENGTHS[0]), _LENGTHS[-1]), rel=0.026)


# Over real sockets.

SLOWLY = [ROLE, 0.5, piece("a"), 0.4, piece("b") + piece("c"), 0.4, END + USAGE + DONE]


def check(timings: StreamTimings) -> None:
    assert 0 <= timings.before_request < 30
    assert timings.time_to_first_chunk is not None
    assert timings.time_to_first_token is not None
    assert 0 < timings.time_to_response <= timings.time_to_first_chunk < timings.time_to_first_token - 0.05
    assert timings.time_to_first_token + 0.1 < timings.duration < timings.time_to_first_token + 30
    assert timings.chunks == 6
    gaps = timings.time_between_tokens
    assert gaps is not None
    assert gaps.count == 4
    assert gaps.max > 0.05
    assert gaps.mean * gaps.count == pytest.approx(timings.duration - timings.time_to_first_token, abs=0.02)
    assert timings.output_tokens == 34
    assert timings.tokens_per_second == pytest.approx(34 / timings.duration, rel=0.2)
    assert json.loads(json.dumps(asdict(timings)))["time_between_tokens"]["count"] == 4


def test_a_stream(api: Any) -> None:
    with ScriptedServer(stream_reply(SLOWLY)) as server:
        stream = api.create(api.client(base_url=server.base_url), stream=True)
        assert stream.timings.time_to_first_chunk is None
        api.chunks(stream)
        check(stream.timings)
        first = stream.timings
        api.close(stream)
        assert stream.timings == first


def test_the_events_of_a_stream() -> None:
    with ScriptedServer(stream_reply(SLOWLY)) as server, Client(base_url=server.base_url) as client:
        with client.chat.completions.stream(model="m", messages=[]) as stream:
            for happened in stream:
                if happened.type == "content.delta" and happened.delta:
                    assert stream.timings.time_to_first_token is not None
                    break
            stream.until_done()
        check(stream.timings)


async def _events(base_url: str) -> StreamTimings:
    async with AsyncClient(base_url=base_url) as client:
        async with client.chat.completions.stream(model="m", messages=[]) as stream:
            await stream.until_done()
        return stream.timings


def test_the_events_of_an_async_stream() -> None:
    import asyncio

    with ScriptedServer(stream_reply(SLOWLY)) as server:
        check(asyncio.run(_events(server.base_url)))


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (stream_reply([ROLE, piece("a"), 0.2], cut=True), StreamError),
        (stream_reply([ROLE, piece("a"), 0.2]), IncompleteStreamError),
        (stream_reply([ROLE, piece("a"), 0.2, b'data: {"error": {"message": "Sorry"}}\n\n']), StreamError),
        (stream_reply([ROLE, piece("a"), 0.2, b"data: {\n\n"]), StreamError),
    ],
)
def test_after_a_fault(api: Any, reply: Reply, kind: type[Exception]) -> None:
    with ScriptedServer(reply) as server:
        stream = api.create(api.client(base_url=server.base_url), stream=True)
        with pytest.raises(kind):
            api.chunks(stream)
        timings = stream.timings
        assert timings.chunks == 2
        assert timings.time_to_first_token is not None
        assert timings.time_to_first_token + 0.05 < timings.duration < 30


def test_after_an_early_close(api: Any) -> None:
    with ScriptedServer(stream_reply([ROLE, piece("a"), 0.5])) as server:
        stream = api.create(api.client(base_url=server.base_url), stream=True)
        api.next(stream)
        api.close(stream)
        timings = stream.timings
        assert 1 <= timings.chunks <= 2
        assert timings.duration >= (timings.time_to_first_chunk or 0)
        assert stream.timings == timings


@pytest.mark.slow
def test_a_deadline(api: Any) -> None:
    with ScriptedServer(stream_reply([ROLE, 60.0])) as server:
        stream = api.create(api.client(base_url=server.base_url), stream=True, deadline=2)
        with pytest.raises(StreamError):
            api.chunks(stream)
        assert stream.timings.duration > 0.6


def test_a_reply_in_one_piece(api: Any) -> None:
    with ScriptedServer(json_reply(COMPLETION)) as server:
        stream = api.create(api.client(base_url=server.base_url), stream=True)
        api.chunks(stream)
        timings = stream.timings
        assert timings.chunks == 1
        assert timings.time_to_first_chunk == timings.time_to_first_token
        assert (timings.time_between_tokens, timings.output_tokens) == (None, 34)


def test_time_before_the_request_that_succeeded(api: Any) -> None:
    failed = json_reply({"error": {"message": "Slow down"}}, 429, retry_after_ms="400")
    with ScriptedServer(failed, stream_reply([ROLE, piece(), END, DONE])) as server:
        stream = api.create(api.client(base_url=server.base_url), stream=True)
        api.chunks(stream)
        timings = stream.timings
        assert timings.before_request > 0.39
        assert timings.duration < timings.before_request
        info = response_info(stream)
        assert info.elapsed is not None
        assert info.elapsed == pytest.approx(timings.before_request + timings.time_to_response, abs=0.1)


def test_the_time_that_a_call_took(api: Any) -> None:
    slow = Reply([b" ", 0.1, json.dumps(COMPLETION).encode()])
    failed = json_reply({"error": {"message": "Slow down"}}, 429, retry_after_ms="100")
    with ScriptedServer(failed, slow) as server:
        info = response_info(api.create(api.client(base_url=server.base_url)))
        assert info.elapsed is not None
        assert 0.2 < info.elapsed < 30
        first, second = info.attempts
        assert 0 < (first.seconds or 0) < info.elapsed
        assert 0 < (second.seconds or 0) < info.elapsed


def test_the_time_that_a_failure_took(api: Any) -> None:
    with ScriptedServer(json_reply({"error": {"message": "No"}}, 400)) as server:
        with pytest.raises(APIStatusError) as caught:
            api.create(api.client(base_url=server.base_url))
        assert 0 < (response_info(caught.value).elapsed or 0) < 30
    with pytest.raises(APIConnectionError) as cut_off:
        api.create(api.client(base_url=server.base_url, max_retries=1, timeout=2))
    assert cut_off.value.elapsed is not None
    assert cut_off.value.elapsed > 0.3
    assert [attempt.seconds is None for attempt in cut_off.value.attempts] == [False, False]
    with ScriptedServer(Reply([b"{"], framing="length", cut=True, headers={"content-length": "9"})) as server:
        with pytest.raises(APIConnectionError) as in_the_body:
            api.create(api.client(base_url=server.base_url, max_retries=0))
        assert in_the_body.value.elapsed is not None
        assert [attempt.status for attempt in in_the_body.value.attempts] == [200]
    gc.collect()
