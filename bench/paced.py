"""A thousand streams at a model's pace on one event loop: what they cost, and how late their chunks are.

Each contender is a process of its own, so that its memory is its own. The server writes the time into each chunk; the
delay is from there to the caller's `async for`. What cannot keep the pace is late, and the later the longer it lasts.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from bench import server
from bench.environment import ROOT
from bench.files import raise_file_limit
from bench.machine import peak_memory
from bench.plan import MICRO, MILLI, Plan
from bench.results import Measure, Target
from bench.socket_clients import (
    FAST_TRANSPORT,
    MESSAGES,
    OVER_AIOHTTP,
    RAW_AIOHTTP,
    aiohttp_session,
    has_fast_transport,
    our_client,
    over_aiohttp,
    over_httpx2,
)
from bench.streams import OFFICIAL, OURS

STREAMS = 1000
PAUSE = 0.02
CHUNKS = 100
KIB = 1024


@dataclass
class _Notes:
    """Notes of all streams of a process."""

    streams: int
    delays: list[float] = field(default_factory=list)
    begun: tuple[float, float] = (0, 0)
    memory: int = 0
    _open: int = 0

    def opened(self) -> None:
        """Note that one more stream has its head; the chunks begin when all have."""
        self._open += 1
        if self._open == self.streams:
            self.begun = time.process_time(), time.perf_counter()

    def arrived(self, content: str) -> None:
        """Note a chunk, whose text is the time at which it was sent."""
        self.delays.append(time.monotonic() - float(content))


Read = Callable[[str, _Notes], Awaitable[None]]


def measures(plan: Plan) -> Iterator[Measure]:
    """Measure CPU, delays and memory."""
    if plan.quick and not plan.chosen:
        return
    plan.say("paced")
    streams, chunks = STREAMS, CHUNKS // (2 if plan.quick else 1)
    names = [OURS, FAST_TRANSPORT if has_fast_transport() else OVER_AIOHTTP, RAW_AIOHTTP]
    if find_spec("openai"):
        names.append(OFFICIAL)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with server.running() as url:
        for _ in range(1 if plan.quick else 2):
            for name in names:
                found[name].append(_in_a_process(plan, name, url, streams, chunks))
    note = f"{chunks} chunks per stream, from a separate process; it starts once all streams are open"
    rows = {
        "cpu": ("CPU time per chunk", "µs", RAW_AIOHTTP, [Target(names[1], "ratio", RAW_AIOHTTP, 1.25)], [note]),
        "core": ("share of a core", "%", "", [], []),
        "p50": ("delay of a chunk, median", "ms", "", [], []),
        "p99": ("delay of a chunk, 99th percentile", "ms", "", [], []),
        "memory": ("memory per stream", "KiB", "", [], []),
    }
    for key, (what, unit, reference, targets, notes) in rows.items():
        samples = {name: [taken[key] for taken in rounds] for name, rounds in found.items()}
        title = f"{streams:,} streams of {1 / PAUSE:g} chunks per second: {what}"
        yield Measure(f"paced/{key}", title, unit, reference, samples, targets, notes)


def _in_a_process(plan: Plan, name: str, url: str, streams: int, chunks: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.paced", name, url, str(streams), str(chunks)]
    paths = [ROOT / "generated", ROOT / "overrides"] if plan.wheel is None else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=environment)
    taken: dict[str, float] = json.loads(done.stdout)
    return taken


def main() -> None:
    """Be the process of one contender, and print what it notes."""
    parser = argparse.ArgumentParser(prog="python -m bench.paced", description=main.__doc__)
    parser.add_argument("name", choices=READERS)
    parser.add_argument("url")
    parser.add_argument("streams", type=int)
    parser.add_argument("chunks", type=int)
    args = parser.parse_args()
    raise_file_limit()
    print(json.dumps(asyncio.run(_taken(args.name, args.url, args.streams, args.chunks))))


async def _taken(name: str, url: str, streams: int, chunks: int) -> dict[str, float]:
    async with READERS[name](url) as read:
        await read("2 0 1 stamped", _Notes(1))
        before = peak_memory()
        notes = _Notes(streams)
        await asyncio.gather(*(read(f"{chunks} {PAUSE} {streams} stamped", notes) for _ in range(streams)))
        cpu, wall = time.process_time() - notes.begun[0], time.perf_counter() - notes.begun[1]
        # The delays noted here are no stream's.
        memory = (peak_memory() - before - sys.getsizeof(notes.delays) - 24 * len(notes.delays)) / streams
    if len(notes.delays) != streams * chunks:
        raise AssertionError(f"{len(notes.delays)} chunks arrived, not {streams * chunks}")
    hundredths = statistics.quantiles(notes.delays, n=100)
    return {
        "cpu": cpu * MICRO / len(notes.delays),
        "core": 100 * cpu / wall,
        "p50": hundredths[49] * MILLI,
        "p99": hundredths[98] * MILLI,
        "memory": memory / KIB,
    }


@contextlib.asynccontextmanager
async def _ours(url: str, http_client: Any = None, **settings: Any) -> AsyncIterator[Read]:
    async with our_client(url, http_client, **settings) as client:
        yield lambda model, notes: _read_models(client, model, notes)


@contextlib.asynccontextmanager
async def _official(url: str) -> AsyncIterator[Read]:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(base_url=url, api_key="bench", http_client=over_httpx2(), max_retries=0) as client:
        yield lambda model, notes: _read_models(client, model, notes)


async def _read_models(client: Any, model: str, notes: _Notes) -> None:
    stream = await client.chat.completions.create(model=model, messages=MESSAGES, stream=True)
    notes.opened()
    async for chunk in stream:
        for choice in chunk.choices:
            notes.arrived(choice.delta.content)


@contextlib.asynccontextmanager
async def _aiohttp(url: str) -> AsyncIterator[Read]:
    async with aiohttp_session() as session:

        async def read(model: str, notes: _Notes) -> None:
            body = {"model": model, "messages": MESSAGES, "stream": True}
            async with session.post(f"{url}/chat/completions", json=body) as response:
                response.raise_for_status()
                notes.opened()
                buffer = b""
                async for data in response.content.iter_any():
                    *events, buffer = (buffer + data).split(b"\n\n")
                    for event in events:
                        payload = event[6:]
                        if payload != b"[DONE]":
                            for choice in json.loads(payload)["choices"]:
                                notes.arrived(choice["delta"]["content"])

        yield read


READERS: dict[str, Callable[[str], contextlib.AbstractAsyncContextManager[Read]]] = {
    OURS: _ours,
    FAST_TRANSPORT: lambda url: _ours(url, transport="fast"),
    OVER_AIOHTTP: lambda url: _ours(url, over_aiohttp()),
    RAW_AIOHTTP: _aiohttp,
    OFFICIAL: _official,
}


if __name__ == "__main__":
    main()
