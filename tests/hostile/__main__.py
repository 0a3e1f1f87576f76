"""Try documents until the time is over or one finds something: `python -m tests.hostile --seconds 600`."""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from types import FrameType

from tests.hostile.documents import text
from tests.hostile.judging import Judge

STUCK_SECONDS = 60.0  # of CPU for a document, after which it is a finding without an end


class Stuck(BaseException):
    """The tools are still busy with a document: a finding of `Judge`, and nothing that the tools catch."""


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stuck


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    options.add_argument("--seconds", type=float, default=60.0, help="how long to try")
    options.add_argument("--seed", type=int, default=None, help="the first document's; each further one has the next")
    arguments = options.parse_args()
    first = secrets.randbits(32) if arguments.seed is None else arguments.seed
    seed, until = first, time.monotonic() + arguments.seconds
    signal.signal(signal.SIGPROF, _stop)
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(Path(folder))
        while time.monotonic() < until:
            data = text(Random(seed))
            # Generating code takes a hundred times longer than the rest.
            signal.setitimer(signal.ITIMER_PROF, STUCK_SECONDS)
            problem = judge.problem(data, generating=seed % 20 == 0)
            if problem is not None:
                print(f"seed {seed}: {problem}\n\n{data[:3000]!r}")
                return 1
            seed += 1
    print(f"seeds {first} to {seed - 1}: nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
