"""Streams from memory: no socket, one process; what a chunk costs to decode."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench import plain_generator
from bench.fixtures import stream_named
from bench.plan import Plan
from bench.results import Measure, Target
from bench.streams import EVENTS, LIMIT, OFFICIAL, OFFICIAL_EVENTS, OURS, PLAIN, SSE, Contender, check, contenders
from bench.timing import repeated
from bench.worker import Worker

FAST = "ours, with msgspec"
CHUNKS = 2000
EVENT_CHUNKS = 500
TYPED = (OURS, LIMIT, SSE, PLAIN, OFFICIAL)
HELPERS = (EVENTS, LIMIT, OFFICIAL_EVENTS)
BIG_READS = [
    Target(OURS, "ratio", LIMIT, 1.8),
    Target(OURS, "times", OFFICIAL, 10),
    Target(FAST, "ratio", LIMIT, 1.2),
]
SINGLE_READS = [
    Target(OURS, "ratio", LIMIT, 1.6),
    Target(OURS, "ratio", SSE, 1),
    Target(FAST, "ratio", LIMIT, 1.2),
]
EVENT_TARGETS = [Target(EVENTS, "ratio", LIMIT, 3), Target(EVENTS, "times", OFFICIAL_EVENTS, 10)]


@dataclass(frozen=True)
class _Case:
    kind: str
    single: bool

    @property
    def name(self) -> str:
        return f"{self.kind.replace(' ', '-')}-{'events' if self.single else '16k'}"

    @property
    def title(self) -> str:
        return f"{self.kind}, {'one event a read' if self.single else '16 KiB reads'}"

    def contenders(self, names: Sequence[str], chunks: int, plain_chunk: Any) -> tuple[dict[str, Contender], int]:
        """Return the contenders of these names, seen to read the stream whole, and the number of its chunks."""
        fixture = stream_named(self.kind, chunks)
        everyone = contenders(fixture, list(fixture.events) if self.single else fixture.in_reads(), plain_chunk)
        found = {name: everyone[name] for name in names}
        check(fixture, found)
        return found, fixture.chunks


def measures(plan: Plan) -> Iterator[Measure]:
    """Measure chunks of each kind, with big reads and with small ones."""
    plain_chunk = plain_generator.imported(plan.folder).ChatCompletionChunk
    least = 0.02 if plan.quick else 0.05
    with Worker() as worker:
        fast = worker.accelerators()
        if not fast:
            print("  the client uses no JSON accelerator here: no figures of the extra `fast`", file=sys.stderr)
        for case in _cases(plan, "streaming"):
            found, chunks = case.contenders(TYPED, CHUNKS // (2 if plan.quick else 1), plain_chunk)
            runs = {name: repeated(run, least) for name, run in found.items()}
            if fast:
                there = worker.contender(case.kind, chunks, case.single, least)
                runs = {OURS: runs.pop(OURS), FAST: there, **runs}
            yield plan.measure(
                f"streaming/{case.name}",
                case.title,
                runs,
                rounds=15,
                reference=LIMIT,
                per=chunks,
                targets=SINGLE_READS if case.single else BIG_READS,
            )


def event_measures(plan: Plan) -> Iterator[Measure]:
    """Measure the typed events of `.stream()`, ours and the official ones."""
    plain_chunk = plain_generator.imported(plan.folder).ChatCompletionChunk
    for case in _cases(plan, "events"):
        # The official helper takes milliseconds a chunk with log probabilities, and more the longer the stream is.
        if plan.quick and (case.single or case.kind == "logprobs"):
            continue
        found, chunks = case.contenders(HELPERS, EVENT_CHUNKS, plain_chunk)
        yield plan.measure(
            f"events/{case.name}",
            case.title,
            {name: repeated(run, 0.02) for name, run in found.items()},
            rounds=5,
            reference=LIMIT,
            per=chunks,
            targets=EVENT_TARGETS,
        )


def _cases(plan: Plan, family: str) -> Iterator[_Case]:
    # With big reads, streams of tool calls cost what the shape of their chunks does; see `server_streams`.
    for case in (_Case("text", False), _Case("text", True), _Case("tool calls", True), _Case("logprobs", False)):
        if plan.wants(f"{family}/{case.name}"):
            yield case
