"""Time contenders in turn, A B C A B C, so that what disturbs the machine disturbs them alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """Seconds that one run took: of this process's CPU, and on the clock."""

    cpu: float
    wall: float

    def per(self, count: float) -> Sample:
        """Return the seconds of one of `count` things that the run did."""
        return Sample(self.cpu / count, self.wall / count)


class Stopwatch:
    """Times the body of a `with`; the garbage of before is collected first, the collector stays on."""

    sample: Sample

    def __enter__(self) -> Stopwatch:
        gc.collect()
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *exc: object) -> None:
        self.sample = Sample(time.process_time() - self._cpu, time.perf_counter() - self._wall)


def timed(run: Callable[[], Any], times: int = 1) -> Sample:
    """Return what one of `times` runs took."""
    with Stopwatch() as watch:
        for _ in range(times):
            run()
    return watch.sample.per(times)


def repeated(run: Callable[[], Any], least: float) -> Callable[[], Sample]:
    """Return a function that times as many runs as take `least` seconds; it is warm after the first two."""
    run()
    begun = time.process_time()
    run()
    times = max(1, round(least / max(time.process_time() - begun, 1e-9)))
    return lambda: timed(run, times)


def alternate(contenders: Mapping[str, Callable[[], Sample]], rounds: int) -> dict[str, list[Sample]]:
    """Return the samples of each contender, one a round, in the same order in every round."""
    # What was made so far (modules, fixtures) is nobody's garbage: no collection should have to look at it.
    gc.collect()
    gc.freeze()
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    try:
        for _ in range(rounds):
            for name, contender in contenders.items():
                samples[name].append(contender())
    finally:
        gc.unfreeze()
    return samples
