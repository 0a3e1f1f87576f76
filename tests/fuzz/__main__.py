"""Try cases until the time is over or one finds something: `python -m tests.fuzz --seconds 600`."""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from random import Random

from tests.fuzz.cases import case
from tests.fuzz.drive import Driver
from tests.fuzz.shrinking import smallest


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--seconds", type=float, default=60.0, help="how long to try")
    options.add_argument("--seed", type=int, default=None, help="what the cases are made from; by default another one")
    arguments = options.parse_args()
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    random, until, tried = Random(seed), time.monotonic() + arguments.seconds, 0
    with Driver() as driver:
        while time.monotonic() < until:
            tried += 1
            one = case(random, driver.server.port)
            if (problem := driver.problem(one)) is not None:
                print(f"seed {seed}, case {tried}: {problem}\n\n{smallest(driver, one)!r}")
                return 1
        if driver.leaks():
            print(f"seed {seed}: after {tried} cases, a connection stays open")
            return 1
    print(f"seed {seed}: {tried} cases, nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
