"""Concurrent streams over sockets, from a server in another process: what the client's process pays.

The server sends each event as an HTTP chunk of its own, so that a read gives one event: either as fast as it can,
when a wake-up of the process brings several, or slowly enough that each wake-up brings one, as with a real model.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench import server
from bench.files import raise_file_limit
from bench.fixtures import text_stream
from bench.plan import MILLI, Plan
from bench.results import Measure, Target
from bench.socket_clients import OPENINGS, RAW, Meter, Opening
from bench.streams import OFFICIAL, OURS, SSE
from bench.timing import Sample, Stopwatch


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
        return f"{self.chunks} chunks a stream{pace}"


@dataclass
class Phases:
    """What one run took: in all, until every stream was open, from then to the first end (a chunk), from there on."""

    whole: Sample
    opening: Sample
    chunk: Sample
    closing: Sample


def measures(plan: Plan) -> Iterator[Measure]:
    """Measure a hundred streams at once, beside the peers."""
    raise_file_limit()
    cases = {"fast": (Load(100, 50 if plan.quick else 200, 0), "as fast as they can be read", 5)}
    if not plan.quick or plan.chosen:
        cases["paced"] = Load(100, 200, 0.025), "one event a wake-up", 3
    with server.running() as url:
        for case, (load, pace, rounds) in cases.items():
            name = f"sockets/{case}"
            if not plan.wants(name):
                continue
            yield plan.measure(
                name,
                f"{load.streams} streams, {pace}: a chunk",
                {name: functools.partial(_whole, OPENINGS[name], url, load) for name in (OURS, RAW, SSE, OFFICIAL)},
                rounds=rounds,
                reference=RAW,
                per=load.streams * load.chunks,
                targets=[Target(OURS, "ratio", RAW, 1.3), Target(OURS, "times", OFFICIAL, 3)],
                notes=[load.told()],
            )


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
