"""Run the table against real servers:  .venv/bin/python -m tests.interop [ROW ...]

Prints the table and what each server does that the specification does not say. Exits with 1 if a row failed.
"""

from __future__ import annotations

import argparse
import gc
import signal
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from tests.interop import async_calls, sync_calls
from tests.interop.checks import problems
from tests.interop.findings import Findings
from tests.interop.outcomes import Outcome
from tests.interop.rows import Cannot, Row
from tests.interop.servers import Target, running
from tests.interop.table import TABLE

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

NOISE: list[str] = []  # what was raised where nothing can catch it, as a warning about an open socket is
SHELLS: dict[str, Callable[[Row, Target], Outcome]] = {"sync": sync_calls.run, "async": async_calls.run}


def main() -> int:
    """Run the rows, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop", description="Run the table against real servers.")
    parser.add_argument("row", nargs="*", help="the names of the rows to run; by default all")
    chosen = parser.parse_args().row
    rows = [row for row in TABLE if not chosen or row.name in chosen]
    if unknown := {*chosen} - {row.name for row in rows}:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    warnings.simplefilter("error")
    sys.unraisablehook = _note
    signal.signal(signal.SIGTERM, _interrupt)
    findings, reasons = Findings(), defaultdict[str, list[str]](list)
    failed = 0
    started = time.monotonic()
    with running() as targets:
        show(["row", *(f"{target.name} {target.version}" for target in targets)])
        show(["---"] * (len(targets) + 1))
        for row in rows:
            cells = []
            for target in targets:
                words = [result(row, target, shell, findings, reasons) for shell in SHELLS]
                failed += words.count("FAIL")
                cells.append(words[0] if len({*words}) == 1 else " / ".join(words))
            show([row.name, *cells])
    print(f"\n{len(rows)} rows in {time.monotonic() - started:.0f} s, {failed} failed")
    for reason, names in reasons.items():
        print(f"- {'; '.join(dict.fromkeys(names))}: {reason}")
    for server, counts in findings.counts.items():
        print(f"\nWhat {server} does that the specification does not say:")
        for sentence, count in sorted(counts.items()):
            print(f"- {sentence} ({count})")
    return 1 if failed else 0


def result(row: Row, target: Target, shell: str, findings: Findings, reasons: dict[str, list[str]]) -> str:
    """Run one row on one server, and give its word for the table."""
    expected = row.on[target.name]
    if isinstance(expected, Cannot):
        reasons[f"not run on {target.name}: {expected.why}"].append(row.name)
        return "-"
    if row.way == "cancel" and shell == "sync":
        reasons["not run sync: a thread cannot be cancelled; close is what there is"].append(row.name)
        return "-"
    try:
        outcome = SHELLS[shell](row, target)
        found = problems(row, target, expected, outcome)
        gc.collect()
        found += NOISE
        NOISE.clear()
    except Exception as error:
        reasons[f"{type(error).__name__}: {error}"].append(f"FAIL {row.name}, {target.name}, {shell}")
        return "FAIL"
    for exchange in outcome.recorder.exchanges:
        findings.look_at(target.name, exchange)
    findings.look_at_anomalies(target.name, outcome.anomalies)
    if found:
        reasons["; ".join(found)].append(f"FAIL {row.name}, {target.name}, {shell}")
        return "FAIL"
    return "ok"


def show(cells: list[str]) -> None:
    """Print a row of the table, in Markdown."""
    print(f"| {' | '.join(cells)} |", flush=True)


def _note(unraisable: UnraisableHookArgs) -> None:
    NOISE.append(f"{unraisable.exc_value!r} in {unraisable.object!r}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; the servers are stopped")
    except RuntimeError as error:
        sys.exit(f"error: {error}")
