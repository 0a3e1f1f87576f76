"""Long streams: neither the cost of a chunk nor the memory of a stream may grow with its length.

Here the columns are sizes, and each contender has a row of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import tracemalloc
from collections.abc import Callable, Iterator

from bench.fixtures import StreamFixture, big_event_stream, comment_stream, many_line_stream, text_stream
from bench.plan import MILLI, Plan
from bench.reading import readers
from bench.results import Measure, Target
from bench.streams import (
    EVENTS,
    LIMIT,
    OFFICIAL,
    OFFICIAL_EVENTS,
    OURS,
    SSE,
    Contender,
    check,
    official,
    official_events,
    our_events,
    ours,
    untyped,
    with_httpx_sse,
)
from bench.timing import repeated
from bench.transports import streaming_client

SIZES = (1_000, 4_000, 16_000, 64_000)
# The official SDK takes minutes for the longest ones.
LONGEST = {OFFICIAL: 16_000, OFFICIAL_EVENTS: 4_000}
M_MMAP_THRESHOLD = -3
FLAT = 1.1
MIB = 1024 * 1024

MAKERS: dict[str, Callable[[StreamFixture], Contender]] = {
    OURS: lambda fixture: ours(fixture.in_reads(), readers(fixture)[1]),
    EVENTS: lambda fixture: our_events(fixture.in_reads()),
    LIMIT: lambda fixture: _untyped(fixture),
    SSE: lambda fixture: _with_httpx_sse(fixture),
    OFFICIAL: lambda fixture: official(fixture.in_reads(), readers(fixture)[1]),
    OFFICIAL_EVENTS: lambda fixture: official_events(fixture.in_reads()),
}


def measures(plan: Plan) -> Iterator[Measure]:
    """Measure the cost of a chunk by the number of chunks."""
    for contender in (OURS, EVENTS, LIMIT) if plan.quick else (OURS, EVENTS, LIMIT, OFFICIAL):
        name = f"growth/{contender}"
        if plan.wants(name):
            yield _costs(plan, name, contender, [size for size in _sizes(plan) if size <= LONGEST.get(contender, size)])


def memory_measures(plan: Plan) -> Iterator[Measure]:
    """Measure by how much the peak of a stream's memory grows with each byte of its text."""
    if not plan.wants("memory/peak"):
        return
    plan.say("memory/peak")
    sizes = SIZES[:2] if plan.quick else SIZES
    found = {}
    for contender in (OURS, EVENTS) if plan.quick else (OURS, EVENTS, OFFICIAL, OFFICIAL_EVENTS):
        first, last = (text_stream(min(size, LONGEST.get(contender, size))) for size in (sizes[0], sizes[-1]))
        grown = _peak(contender, last) - _peak(contender, first)
        found[contender] = [grown / (len(last.text) - len(first.text))]
    targets = [Target(OURS, "value", "", 2), Target(EVENTS, "value", "", 2)]
    notes = ["0 for a stream that keeps nothing, 1 for one that keeps its text, and up to 2 while its buffer grows"]
    yield Measure("memory/peak", "peak memory per byte of text", "bytes", "", found, targets, notes)


def linear_measures(plan: Plan) -> Iterator[Measure]:
    """Measure bodies of an odd shape, and such of half the size: linear is twice the cost."""
    if not plan.wants("linear"):
        return
    _allocate_alike()
    small = 5 if plan.quick else 1
    cases: dict[str, tuple[Callable[[int], StreamFixture], int]] = {
        "one event of 50 MB": (big_event_stream, 50_000_000 // small),
        "1,000,000 lines of comments": (comment_stream, 1_000_000 // small),
        "an event of 1,000,000 lines": (many_line_stream, 1_000_000 // small),
    }
    for case, (make, size) in cases.items():
        for contender in (OURS,) if plan.quick else (OURS, SSE):
            name = f"linear/{case}, {contender}"
            if plan.wants(name):
                parts = {"half": size // 2, "whole": size}
                runs = {label: repeated(_checked(contender, make(part)), 0.01) for label, part in parts.items()}
                yield plan.measure(
                    name,
                    f"{case}, {contender}",
                    runs,
                    rounds=5,
                    reference="half",
                    scale=MILLI,
                    unit="ms",
                    targets=[Target("whole", "ratio", "half", 2 * FLAT)] if contender == OURS else [],
                    notes=["this short run takes a fifth of that"] if plan.quick else [],
                )


def _allocate_alike() -> None:
    """Let glibc ask the system for every block of a MiB or more, as it does by itself only above 32 MiB.

    It keeps the memory of smaller ones, so that half of an event of 50 MB would be cheaper than half.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, MIB)


def _sizes(plan: Plan) -> tuple[int, ...]:
    return SIZES[:3] if plan.quick else SIZES


def _costs(plan: Plan, name: str, contender: str, sizes: list[int]) -> Measure:
    runs = {}
    for size in sizes:
        sampled = repeated(_checked(contender, text_stream(size)), 0.05)
        runs[f"{size:,}"] = lambda sampled=sampled, size=size: sampled().per(size)
    first, *others = runs
    targets = [Target(other, "ratio", first, FLAT) for other in others] if contender in (OURS, EVENTS) else []
    return plan.measure(name, f"per chunk, {contender}", runs, rounds=5, reference=first, targets=targets)


def _peak(contender: str, fixture: StreamFixture) -> int:
    run = _checked(contender, fixture)
    gc.collect()
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _checked(contender: str, fixture: StreamFixture) -> Contender:
    run = MAKERS[contender](fixture)
    check(fixture, {contender: run})
    return run


def _untyped(fixture: StreamFixture) -> Contender:
    client = streaming_client(fixture.in_reads())
    return lambda: untyped(client, readers(fixture)[0])


def _with_httpx_sse(fixture: StreamFixture) -> Contender:
    client = streaming_client(fixture.in_reads())
    return lambda: with_httpx_sse(client, readers(fixture)[0])
