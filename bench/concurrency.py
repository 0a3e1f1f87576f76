"""Hundreds of streams at once: where the time goes, and what another transport changes.

The load is the same at each level, in more and more streams. All are open before the first event comes, so that what
opening costs, what a chunk costs and what closing costs can be told apart.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

from bench import server
from bench.files import raise_file_limit
from bench.plan import MICRO, MILLI, Plan
from bench.results import Measure
from bench.socket_clients import ALL_IDLE, NONE_IDLE, OPENINGS, OVER_AIOHTTP, OVER_HTTPX2, RAW
from bench.sockets import Load, Phases, run
from bench.streams import OURS
from bench.timing import Sample, alternate

LEVELS = (100, 500)
TRANSPORTS = (OURS, RAW, OVER_AIOHTTP, OVER_HTTPX2, NONE_IDLE)
# At one level only, where it shows.
ALSO = {500: (ALL_IDLE,)}
# Of all streams together: chunks a second, and in all.
RATE = 4000
TOTAL = 8000


def measures(plan: Plan) -> Iterator[Measure]:
    """Measure, at each level, what opening a stream costs, a chunk, ending, and how long all take."""
    if plan.quick and not plan.chosen:
        return
    raise_file_limit()
    with server.running() as url:
        for streams in LEVELS:
            if plan.wants(f"concurrency/{streams}"):
                yield from _level(plan, url, streams)


def _level(plan: Plan, url: str, streams: int) -> Iterator[Measure]:
    load = Load(streams, max(12, TOTAL // streams), streams / RATE, together=streams)
    names = (*TRANSPORTS, *ALSO.get(streams, ()))
    phases: dict[str, list[Phases]] = {name: [] for name in names}

    def noted(name: str) -> Sample:
        phases[name].append(run(OPENINGS[name], url, load))
        return phases[name][-1].whole

    plan.say(f"concurrency/{streams}")
    alternate({name: functools.partial(noted, name) for name in names}, 3 if streams == LEVELS[0] else 2)
    rows: tuple[tuple[str, str, str, Callable[[Phases], float]], ...] = (
        ("open", "opening a stream", "ms", lambda taken: taken.opening.cpu * MILLI / streams),
        ("chunk", "per chunk", "µs", lambda taken: taken.chunk.cpu * MICRO),
        ("close", "ending a stream", "ms", lambda taken: taken.closing.cpu * MILLI / streams),
        ("wall", "elapsed time", "s", lambda taken: taken.whole.wall),
    )
    note = f"{load.told()}: {(load.chunks + 1) * load.pause:.1f} s at best"
    for kind, what, unit, value in rows:
        samples = {name: [value(taken) for taken in found] for name, found in phases.items()}
        notes = [note] if kind == "wall" else []
        yield Measure(f"concurrency/{streams}-{kind}", f"{streams} streams: {what}", unit, RAW, samples, notes=notes)
