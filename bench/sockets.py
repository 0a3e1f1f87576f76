"""Concurrent streams over sockets, from a server in another process: what the client's process pays.

The server sends each event as an HTTP chunk of its own, as fast as it can, so that a wake-up brings several; how it is
when each wake-up brings one, as with a real model, is measured in `concurrency` and `paced`.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec

from bench import server
from bench.files import raise_file_limit
from bench.fixtures import text_stream
from bench.plan import MILLI, Plan
from bench.results import Measure, Target
from bench.socket_clients import (
    FAST_TRANSPORT,
    OPENINGS,
    RAW,
    RAW_AIOHTTP,
    Meter,
    Opening,
    has_fast_transport,
    sync_readers,
)
from bench.streams import OFFICIAL, OURS, SSE
from bench.timing import Sample, Stopwatch, timed


@dataclass(frozen=True)
class Load:
    """So many streams at once, of so many chunks, one every `pause` seconds; they begin once `together` are open."""

    streams: int
    chunks: int
    pause: float
    together: int = 1

    def model(self, pause: float, together: int) -> str:
        """Return the request's model, by which the server knows what to send."""
        return f"{self.chunks} {pause} {together}"

    def told(self) -> str:
        """Say it in a few words."""
        pace = f", one every {self.pause * MILLI:g} ms" if self.pause else ""
        return f"{self.chunks} chunks per stream{pace}"


@dataclass
class Phases:
    """What one run took: in all, until every stream was open, from then to the first end (a chunk), from there on."""

    whole: Sample
    opening: Sample
    chunk: Sample
    closing: Sample


def measures(plan: Plan) -> Iterator[Measure]:
    """Measure a hundred async streams at once, and sync ones one after the other, beside the peers."""
    raise_file_limit()
    with server.running() as url:
        if plan.wants("sockets/fast"):
            yield _at_once(plan, url)
        if plan.wants("sockets/sync"):
            yield _one_after_the_other(plan, url)


def _at_once(plan: Plan, url: str) -> Measure:
    load = Load(100, 50 if plan.quick else 200, 0)
    names = [OURS, FAST_TRANSPORT, RAW, RAW_AIOHTTP, SSE, OFFICIAL]
    return plan.measure(
        "sockets/fast",
        f"{load.streams} async streams: per chunk",
        {name: functools.partial(_whole, OPENINGS[name], url, load) for name in names if _is_there(name)},
        rounds=5,
        reference=RAW,
        per=load.streams * load.chunks,
        targets=[
            Target(OURS, "ratio", RAW, 1.3),
            Target(OURS, "times", OFFICIAL, 3),
            Target(FAST_TRANSPORT, "ratio", RAW_AIOHTTP, 1.25),
            Target(FAST_TRANSPORT, "times", OFFICIAL, 9),
        ],
        notes=[f"{load.told()}, as fast as they can be read"],
    )


def _one_after_the_other(plan: Plan, url: str) -> Measure:
    load = Load(1, 1000 if plan.quick else 4000, 0)
    expected = len(text_stream(load.chunks).text)
    model = load.model(0, 1)
    readers = sync_readers(url)
    for name, read in readers.items():
        if (size := read(model)) != expected:
            raise AssertionError(f"{name} reads {size}, not {expected}")
    return plan.measure(
        "sockets/sync",
        "a sync stream: per chunk",
        {name: functools.partial(timed, functools.partial(read, model)) for name, read in readers.items()},
        rounds=7,
        reference=RAW,
        per=load.chunks,
        targets=[Target(OURS, "ratio", RAW, 1.1), Target(FAST_TRANSPORT, "ratio", RAW, 0.7)],
    )


def _is_there(name: str) -> bool:
    if name == OFFICIAL:
        return find_spec("openai") is not None
    return name != FAST_TRANSPORT or has_fast_transport()


def _whole(opening: Opening, url: str, load: Load) -> Sample:
    return run(opening, url, load).whole


def run(opening: Opening, url: str, load: Load) -> Phases:
    """Time so many streams at once with a new client, which has made one call before."""
    return asyncio.run(_together(opening, url, load))


async def _together(opening: Opening, url: str, load: Load) -> Phases:
    expected = len(text_stream(load.chunks).text)
    meter = _Meter(load.streams)
    async with opening(url) as one:
        await one(load.model(0, 1), _Meter(1))
        with Stopwatch() as watch:
            begun = meter.now()
            sizes = await asyncio.gather(
                *(one(load.model(load.pause, load.together), meter) for _ in range(load.streams))
            )
            ended = meter.now()
    if set(sizes) != {expected}:
        raise AssertionError(f"a stream was not read whole: {sorted(set(sizes))}, not {expected}")
    return Phases(
        watch.sample,
        _between(begun, meter.all_open),
        _between(meter.all_open, meter.first_end).per(max(1, meter.first_end[2] - meter.all_open[2])),
        _between(meter.first_end, ended),
    )


Mark = tuple[float, float, int]


@dataclass
class _Meter(Meter):
    """Notes when all streams were open, and when the first one ended."""

    streams: int
    chunks: int = 0
    all_open: Mark = field(default=(0, 0, 0))
    first_end: Mark = field(default=(0, 0, 0))
    _open: int = 0

    def now(self) -> Mark:
        return time.process_time(), time.perf_counter(), self.chunks

    def opened(self) -> None:
        self._open += 1
        if self._open == self.streams:
            self.all_open = self.now()

    def ended(self) -> None:
        if not self.first_end[1]:
            self.first_end = self.now()


def _between(first: Mark, second: Mark) -> Sample:
    return Sample(second[0] - first[0], second[1] - first[1])
