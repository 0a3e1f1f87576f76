"""What a run found, in plain words, from its figures alone."""

from __future__ import annotations

from collections.abc import Iterator

from bench.report import number
from bench.results import Measure, Run
from bench.server_streams import ENOUGH, SHAPE_LIMIT
from bench.streams import EVENTS, OFFICIAL, OURS

RAW = "raw httpx"


def findings(run: Run) -> str:
    """Return the results as a list in Markdown; what was not measured is left out."""
    return "\n".join(f"- {sentence}" for sentence in _sentences({measure.name: measure for measure in run.measures}))


def _sentences(found: dict[str, Measure]) -> Iterator[str]:
    if whole := found.get("recorded/all"):
        others = [f"`.stream()` {_times(whole, EVENTS)}", *_official(whole)]
        yield (
            f"**Any server's streams.** Reading {whole.title}, takes **{_times(whole, OURS)} the CPU** of a loop by"
            f" hand over httpx and `json`, which knows no types, no errors and no cut streams; {', '.join(others)}."
        )
    providers = [m for name, m in found.items() if name.startswith("recorded/") and _streams(m) >= ENOUGH]
    if providers := sorted((m for m in providers if m.name != "recorded/all"), key=lambda m: m.ratio(OURS).median):
        best, worst = (f"{m.title.partition(',')[0]} ({_times(m, OURS)})" for m in (providers[0], providers[-1]))
        yield f"**By provider** it lies between {best} and {worst}."
    shapes = [m for name, m in found.items() if name.startswith("shapes/")]
    if shapes:
        cheap = sum(m.ratio(OURS).median <= SHAPE_LIMIT for m in shapes)
        worst_shape = max(shapes, key=lambda m: m.ratio(OURS).median)
        yield (
            f"**Any shape of chunk.** Of {len(shapes)} shapes that servers send, {cheap} take at most {SHAPE_LIMIT:g}x"
            f" of the loop in long streams; the dearest is {worst_shape.title} with {_times(worst_shape, OURS)}."
        )
    short, long = found.get("lengths/5"), found.get("lengths/1000")
    if short and long:
        yield (
            f"**Short and long.** A request with 5 chunks takes {_times(short, OURS)} of the loop,"
            f" with 1,000 {_times(long, OURS)}."
        )
    if sockets := found.get("sockets/fast"):
        others = [f"{number(sockets.value(RAW).median)} µs by hand", *_official_value(sockets)]
        yield (
            f"**Over sockets** the network's layers cost more than the client does: a chunk of 100 async streams takes"
            f" {_value(sockets, OURS)} of CPU ({', '.join(others)})."
        )
    if first := found.get("processes/first-call"):
        others = [f"{_times(first, OURS)} of bare httpx", *_official_value(first)]
        yield (
            f"**A first completion**, from the start of Python to its end, takes {_value(first, OURS)} of CPU"
            f" ({', '.join(others)})."
        )
    cpu, late = found.get("paced/cpu"), found.get("paced/p99")
    if cpu and late:
        streams = cpu.title.partition(":")[0]
        by = (f"{name} {_value(cpu, name)}, {_value(late, name)}" for name in cpu.samples)
        told = "CPU a chunk, and the delay that 99 of 100 chunks stay below"
        yield f"**Many at once.** {streams}: {told}: {'; '.join(by)}."


def _streams(measure: Measure) -> int:
    """Return of how many streams a row is; its title begins with the provider and this number."""
    count = measure.title.partition(", ")[2].partition(" ")[0]
    return int(count) if count.isdigit() else 0


def _times(measure: Measure, contender: str) -> str:
    return f"{number(measure.ratio(contender).median)}x"


def _value(measure: Measure, contender: str) -> str:
    return f"{number(measure.value(contender).median)} {measure.unit}"


def _official(measure: Measure) -> list[str]:
    return [f"the official SDK {_times(measure, OFFICIAL)}"] if OFFICIAL in measure.samples else []


def _official_value(measure: Measure) -> list[str]:
    return [f"the official SDK {_value(measure, OFFICIAL)}"] if OFFICIAL in measure.samples else []
