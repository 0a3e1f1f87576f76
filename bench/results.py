"""What a run gives: measures, each with the samples of its contenders and the targets that they should keep."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["ratio", "times", "difference", "value"]


@dataclass(frozen=True)
class Spread:
    """A median, and the quartiles around it."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the quartiles of some values; of one or two, these are the values themselves."""
    if len(values) < 3:
        return Spread(statistics.median(values), min(values), max(values))
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


@dataclass(frozen=True)
class Target:
    """What a contender should keep.

    Args:
        kind: "ratio" is its value over the other's, at most the limit; "times" is the other's over its own, at least
            the limit; "difference" is its value less the other's, "value" its own, both at most the limit.
        against: The other contender; "" for "value".
    """

    contender: str
    kind: Kind
    against: str
    limit: float

    def text(self, unit: str) -> str:
        """Say it in a few words."""
        limit = f"{self.limit:g}"
        match self.kind:
            case "ratio":
                return f"{self.contender}: at most {limit}x {self.against}"
            case "times":
                return f"{self.contender}: at least {limit}x less than {self.against}"
            case "difference":
                return f"{self.contender}: at most {limit} {unit} over {self.against}"
            case "value":
                return f"{self.contender}: at most {limit} {unit}".rstrip()


@dataclass
class Measure:
    """One figure of several contenders.

    Args:
        name: `family/case`, for `--only`.
        title: What it is, in a few words.
        unit: Of the samples.
        reference: The contender that the ratios are taken to; "" where ratios say nothing.
        samples: One value a round by contender; the n-th of all were taken in the same round.
        targets: What should be kept; those of a contender that is not there are left out.
        notes: What to know about it.
    """

    name: str
    title: str
    unit: str
    reference: str
    samples: dict[str, list[float]]
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def family(self) -> str:
        return self.name.partition("/")[0]

    def value(self, contender: str) -> Spread:
        """Return a contender's own figure."""
        return spread(self.samples[contender])

    def ratio(self, contender: str, reference: str | None = None) -> Spread:
        """Return a contender's ratio to another one, taken round by round."""
        others = self.samples[self.reference if reference is None else reference]
        return spread([own / other for own, other in zip(self.samples[contender], others, strict=True)])

    def outcome(self, target: Target) -> tuple[Spread, bool]:
        """Return what a target asks about, and whether it is kept."""
        own = self.samples[target.contender]
        other = self.samples.get(target.against, own)
        pairs = list(zip(own, other, strict=True))
        match target.kind:
            case "ratio":
                found = spread([mine / theirs for mine, theirs in pairs])
            case "times":
                found = spread([theirs / mine for mine, theirs in pairs])
            case "difference":
                found = spread([mine - theirs for mine, theirs in pairs])
            case "value":
                found = spread(own)
        kept = found.median >= target.limit if target.kind == "times" else found.median <= target.limit
        return found, kept

    def asked(self) -> Iterable[tuple[Target, Spread, bool]]:
        """Yield each target whose contenders are there, with its outcome."""
        for target in self.targets:
            if target.contender in self.samples and (not target.against or target.against in self.samples):
                yield (target, *self.outcome(target))


@dataclass
class Run:
    """All measures of one run, and the machine that they were taken on."""

    machine: dict[str, Any]
    measures: list[Measure]

    def family(self, name: str) -> list[Measure]:
        return [measure for measure in self.measures if measure.family == name]

    def to_dict(self) -> dict[str, Any]:
        """Return the run as JSON, with the medians and outcomes beside what they were made from."""
        return {"machine": self.machine, "measures": [_told(measure) for measure in self.measures]}


def run_from_dict(value: Mapping[str, Any]) -> Run:
    """Read what `Run.to_dict` gave."""
    keys = ("name", "title", "unit", "reference", "samples", "notes")
    measures = []
    for told in value["measures"]:
        targets = [
            Target(*(target[key] for key in ("contender", "kind", "against", "limit"))) for target in told["targets"]
        ]
        measures.append(Measure(**{key: told[key] for key in keys}, targets=targets))
    return Run(dict(value["machine"]), measures)


def _told(measure: Measure) -> dict[str, Any]:
    value = asdict(measure)
    value["samples"] = {name: [float(f"{x:.6g}") for x in samples] for name, samples in measure.samples.items()}
    value["medians"] = {name: _rounded(measure.value(name)) for name in measure.samples}
    if measure.reference:
        value["ratios"] = {name: _rounded(measure.ratio(name)) for name in measure.samples}
    value["targets"] = [
        {**asdict(target), "found": _rounded(found), "met": met} for target, found, met in measure.asked()
    ]
    return value


def _rounded(found: Spread) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in asdict(found).items()}
