"""Streams as servers send them, from memory: all recorded ones, short ones, and long ones of every shape.

Each run is a whole request. Every contender reads the content and the finish reason of every choice.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.fixtures import Recording, recordings, short_stream
from bench.plan import MICRO, Plan
from bench.reading import readers, said_in_dict, said_in_model
from bench.results import Measure, Target
from bench.shapes import SHAPES, shaped_stream
from bench.streams import EVENTS, LIMIT, OURS, Contender, everyday
from bench.timing import alternate, repeated

LENGTHS = (0, 2, 3, 5, 10, 20, 100, 1_000)
SHAPE_CHUNKS = 1_000
SLOW = 1.5
# Of fewer streams, a provider's figure says little.
ENOUGH = 5
ALL_TARGETS = [Target(OURS, "ratio", LIMIT, 1.2), Target(EVENTS, "ratio", LIMIT, 1.6)]
PROVIDER_TARGET = Target(OURS, "ratio", LIMIT, SLOW)
SHORT_TARGET = Target(OURS, "ratio", LIMIT, 1.35)
SHAPE_LIMITS = {"content": 0.9, "logprobs": 1.3, "logprobs, not read": 1.0}
SHAPE_LIMIT = 1.4


@dataclass
class _Timed:
    """A recorded stream, and its seconds of CPU by contender, one a round."""

    recording: Recording
    samples: dict[str, list[float]] = field(default_factory=dict)

    def ratio(self, contender: str) -> float:
        """Return the median of the ratios to the loop by hand."""
        pairs = zip(self.samples[contender], self.samples[LIMIT], strict=True)
        return statistics.median(own / by_hand for own, by_hand in pairs)


def recorded_measures(plan: Plan) -> Iterator[Measure]:
    """Measure all recorded streams: together, by provider, and how they are spread."""
    found = recordings()
    if not found:
        print("  there are no recorded streams here: their rows are left out", file=sys.stderr)
        return
    plan.say("recorded")
    timed = _timed(plan, found)
    yield _together("recorded/all", f"all {len(timed)} recorded streams", timed, ALL_TARGETS)
    providers = sorted({one.recording.provider for one in timed})
    for provider in providers:
        own = [one for one in timed if one.recording.provider == provider]
        title = f"{provider}, {_counted(len(own), 'stream')}"
        yield _together(f"recorded/{provider}", title, own, [PROVIDER_TARGET] if len(own) >= ENOUGH else [])
    contenders = [name for name in timed[0].samples if name != LIMIT]
    ratios = {name: [one.ratio(name) for one in timed] for name in contenders}
    medians = {name: [statistics.median(values)] for name, values in ratios.items()}
    yield Measure("recorded/median", "the median stream, relative to the hand-written loop", "x", "", medians)
    slow = {name: [float(sum(value > SLOW for value in values))] for name, values in ratios.items()}
    yield Measure("recorded/slow", f"streams above {SLOW}x", f"of {len(timed)}", "", slow)


def length_measures(plan: Plan) -> Iterator[Measure]:
    """Measure plain streams of so many chunks, each a whole request."""
    for chunks in LENGTHS:
        if plan.wants(f"lengths/{chunks}"):
            fixture = short_stream(chunks)
            expected = len(fixture.text) + (chunks > 0)
            runs = _checked(fixture.body, everyday(fixture.body), expected)
            title = f"a stream of {_counted(chunks, 'chunk')}"
            yield _measure(plan, f"lengths/{chunks}", title, runs, 1, [SHORT_TARGET] if chunks == 5 else [])


def shape_measures(plan: Plan) -> Iterator[Measure]:
    """Measure streams of a thousand chunks of one shape."""
    for shape in SHAPES:
        fixture = shaped_stream(shape, SHAPE_CHUNKS)
        rows = {shape: (said_in_dict, said_in_model, len(fixture.text) + 1)}
        if shape == "logprobs":
            rows = {shape: readers(fixture), f"{shape}, not read": rows[shape]}
        for title, (in_dict, in_model, expected) in rows.items():
            name = f"shapes/{title.replace(', ', '-').replace(': ', '-').replace(' ', '-')}"
            if plan.wants(name):
                runs = _checked(fixture.body, everyday(fixture.body, in_dict, in_model), expected)
                targets = [Target(OURS, "ratio", LIMIT, SHAPE_LIMITS.get(title, SHAPE_LIMIT))]
                yield _measure(plan, name, title, runs, fixture.chunks, targets)


def _timed(plan: Plan, found: list[Recording]) -> list[_Timed]:
    """Time all streams, one after the other in each round, and with each the contenders one after the other."""
    least = 0.001 if plan.quick else 0.003
    runs = {}
    for number, recording in enumerate(found):
        # What a recording says is checked elsewhere; here all should read the same of it.
        for name, run in _checked(recording.body, everyday(recording.body)).items():
            runs[f"{number} {name}"] = repeated(run, least)
    timed = [_Timed(recording) for recording in found]
    for key, samples in alternate(runs, plan.rounds(7)).items():
        number, _, name = key.partition(" ")
        timed[int(number)].samples[name] = [sample.cpu for sample in samples]
    return timed


def _together(name: str, title: str, timed: list[_Timed], targets: list[Target]) -> Measure:
    chunks = sum(one.recording.chunks for one in timed)
    samples = {
        contender: [
            sum(taken) * MICRO / chunks for taken in zip(*(one.samples[contender] for one in timed), strict=True)
        ]
        for contender in timed[0].samples
    }
    return Measure(name, f"{title}, {_counted(chunks, 'chunk')}", "µs", LIMIT, samples, targets)


def _measure(
    plan: Plan, name: str, title: str, runs: Mapping[str, Contender], per: int, targets: list[Target]
) -> Measure:
    least = 0.01 if plan.quick else 0.03
    timed = {contender: repeated(run, least) for contender, run in runs.items()}
    return plan.measure(name, title, timed, rounds=11, reference=LIMIT, per=per, targets=targets)


def _checked(body: bytes, runs: dict[str, Contender], expected: int | None = None) -> dict[str, Contender]:
    """See that all contenders read the same.

    Raises:
        AssertionError: One reads something else.
    """
    sizes = {name: run() for name, run in runs.items()}
    if len({*sizes.values()} | ({expected} - {None})) > 1:
        raise AssertionError(f"these read different things, of which {expected} are expected: {sizes}: {body[:100]!r}")
    return runs


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
