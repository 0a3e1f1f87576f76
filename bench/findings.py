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
        others = [f"`.stream()` takes {_times(whole, EVENTS)}", *_official(whole)]
        yield (
            f"**Any server's streams.** Reading {whole.title}, takes **{_times(whole, OURS)} the CPU time** of a"
            " hand-written loop over httpx and `json`, which has no types or error handling, and does not notice"
            f" truncated streams. {', '.join(others)}."
        )
    providers = [m for name, m in found.items() if name.startswith("recorded/") and _streams(m) >= ENOUGH]
    if providers := sorted((m for m in providers if m.name != "recorded/all"), key=lambda m: m.ratio(OURS).median):
        best, worst = (f"{_times(m, OURS)} ({m.title.partition(',')[0]})" for m in (providers[0], providers[-1]))
        yield f"**By provider**, that ranges from {best} to {worst}."
    shapes = [m for name, m in found.items() if name.startswith("shapes/")]
    if shapes:
        cheap = sum(m.ratio(OURS).median <= SHAPE_LIMIT for m in shapes)
        worst_shape = max(shapes, key=lambda m: m.ratio(OURS).median)
        yield (
            f"**By shape of chunk.** In long streams, {cheap} of {len(shapes)} shapes that servers send take at most"
            f" {SHAPE_LIMIT:g}x; the most expensive, {worst_shape.title}, takes {_times(worst_shape, OURS)}."
        )
    short, long = found.get("lengths/5"), found.get("lengths/1000")
    if short and long:
        yield (
            f"**By length.** A stream of 5 chunks takes {_times(short, OURS)}, and one of 1,000 chunks"
            f" {_times(long, OURS)}."
        )
    if sockets := found.get("sockets/fast"):
        others = [f"raw httpx {number(sockets.value(RAW).median)} µs", *_official_value(sockets)]
        yield (
            f"**Over sockets**, the network layers cost more than the client. With 100 async streams, a chunk takes"
            f" {_value(sockets, OURS)} of CPU time ({', '.join(others)})."
        )
    if first := found.get("processes/first-call"):
        others = [f"{_times(first, OURS)} what bare httpx takes", *_official_value(first)]
        yield (
            f"**A first completion**, in a new Python process, takes {_value(first, OURS)} of CPU time"
            f" ({', '.join(others)})."
        )
    cpu, late = found.get("paced/cpu"), found.get("paced/p99")
    if cpu and late:
        streams = cpu.title.partition(":")[0]
        by = (f"{name} {_value(cpu, name)} and {_value(late, name)}" for name in cpu.samples)
        yield f"**Many at once.** CPU time and 99th-percentile delay per chunk, with {streams}: {'; '.join(by)}."


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
