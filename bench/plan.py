"""How much a run measures, and how it tells what it is at."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.results import Measure, Target
from bench.timing import Sample, alternate

MICRO = 1e6
MILLI = 1e3


@dataclass(frozen=True)
class Plan:
    """How much to measure.

    Args:
        quick: Whether this is the short run: fewer rounds, and the long cases left out.
        only: The beginnings of the names of what to measure; "" is everything's.
        folder: A temporary folder.
        wheel: The built wheel of the project; None if its source is measured.
    """

    quick: bool
    only: tuple[str, ...]
    folder: Path
    wheel: Path | None

    @property
    def chosen(self) -> bool:
        """Whether someone has chosen what to measure."""
        return any(self.only)

    def rounds(self, full: int) -> int:
        """Return how many rounds to take of a measure that takes `full` in the whole run."""
        return max(3, full // 5) if self.quick else full

    def wants(self, name: str) -> bool:
        """Return whether a measure, or a family, is asked for."""
        return any(name.startswith(only) or only.startswith(name + "/") for only in self.only)

    def say(self, name: str) -> None:
        """Say what is being measured."""
        print(f"  {name} ...", file=sys.stderr, flush=True)

    def measure(
        self,
        name: str,
        title: str,
        contenders: Mapping[str, Callable[[], Sample]],
        *,
        rounds: int,
        reference: str,
        scale: float = MICRO,
        per: float = 1,
        clock: str = "cpu",
        unit: str = "µs",
        targets: Sequence[Target] = (),
        notes: Sequence[str] = (),
    ) -> Measure:
        """Time some contenders, and give the measure.

        `rounds` are those of the whole run, `scale` leads from seconds to the unit, `per` is how many things one run
        does, and `clock` is "cpu" or "wall".
        """
        self.say(name)
        samples = alternate(contenders, self.rounds(rounds))
        values = {key: [getattr(sample, clock) * scale / per for sample in taken] for key, taken in samples.items()}
        return Measure(name, title, unit, reference, values, list(targets), list(notes))
