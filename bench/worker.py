"""A child process in which the JSON libraries of the extra `fast` can be imported: it reads streams when it is told to.

It answers each line of JSON on standard input with one on standard output.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Self

from bench import accelerators
from bench.timing import Sample, timed


class Worker:
    """The child, seen from its parent; use it with `with`."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=accelerators.environment(),
        )
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.communicate()

    def ask(self, **question: Any) -> Any:
        """Return the child's answer to one question."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the worker with the extra `fast` has died; its last words are above")
        return json.loads(answer)

    def accelerators(self) -> list[str]:
        """Return the JSON libraries that the client uses there."""
        found: list[str] = self.ask(fixture="text", chunks=10, one_event_a_read=False, times=1)["accelerators"]
        return found

    def contender(self, fixture: str, chunks: int, one_event_a_read: bool, least: float) -> Callable[[], Sample]:
        """Return a function that times, in the child, as many runs over a stream as take `least` seconds."""
        question = {"fixture": fixture, "chunks": chunks, "one_event_a_read": one_event_a_read}
        self.ask(**question, times=1)
        once = self.ask(**question, times=1)["sample"]["cpu"]
        times = max(1, round(least / max(once, 1e-9)))
        return lambda: Sample(**self.ask(**question, times=times)["sample"])


def main() -> None:
    """Answer until standard input ends."""
    from bench.fixtures import stream_named
    from bench.reading import readers
    from bench.streams import check, ours

    runs: dict[tuple[Any, ...], Any] = {}
    for line in sys.stdin:
        question = json.loads(line)
        times = question.pop("times")
        key = tuple(question.values())
        if key not in runs:
            fixture = stream_named(question["fixture"], question["chunks"])
            pieces = list(fixture.events) if question["one_event_a_read"] else fixture.in_reads()
            runs[key] = ours(pieces, readers(fixture)[1])
            check(fixture, {"ours": runs[key]})
        sample = timed(runs[key], times)
        print(json.dumps({"sample": asdict(sample), "accelerators": accelerators.in_use()}), flush=True)


if __name__ == "__main__":
    main()
