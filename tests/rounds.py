"""Looks for what the gate's examples do not show: `python -m tests.rounds --seconds N [--seed S]`, for `make fuzz`.

Half of the time goes to the tests that use Hypothesis, round after round with another seed, and half to the packages
tests.fuzz and tests.hostile. Ends with 1 at the first finding; every command that it runs is printed, and finds the
same again.
"""

from __future__ import annotations

import argparse
import os
import random
import shlex
import subprocess
import sys
import time
from importlib.util import find_spec

FUZZERS = ("tests.fuzz", "tests.hostile")
UNTIL = "FUZZ_UNTIL"  # the time, in seconds since the epoch, at which no further test of a round begins
PROPERTIES = "pytest -n auto -q -x -r fE -p no:cacheprovider -m hypothesis --hypothesis-profile=fuzz"


def ran(*arguments: str, **variables: str) -> int:
    """Run a module with this Python, after printing how, and give its exit status."""
    print("fuzz:", "python -m", shlex.join(arguments), flush=True)
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, env={**os.environ, **variables}, stdin=subprocess.DEVNULL, check=False).returncode


def main() -> int:
    """Run rounds until the time is over, or something is found."""
    parser = argparse.ArgumentParser(prog="python -m tests.rounds", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=None, help="the first round's; each further one has the next")
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(10**9) if given.seed is None else given.seed
    fuzzers = [name for name in FUZZERS if find_spec(name) and find_spec(f"{name}.__main__")]
    until = time.time() + (given.seconds / 2 if fuzzers else given.seconds)
    number = seed
    while time.time() < until:
        if ran(*PROPERTIES.split(), f"--hypothesis-seed={number}", **{UNTIL: str(until)}):
            print(f"fuzz: found with --hypothesis-seed={number}; make it an @example of the test", file=sys.stderr)
            return 1
        number += 1
    for name in fuzzers:
        if ran(name, "--seconds", str(round(given.seconds / 2 / len(fuzzers))), "--seed", str(seed)):
            print(f"fuzz: found by {name} with --seed {seed}; make it a test", file=sys.stderr)
            return 1
    print(f"fuzz: nothing found in {given.seconds:g} s, seeds {seed} to {number - 1}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
