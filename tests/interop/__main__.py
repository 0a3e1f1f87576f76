"""Run the table against real servers:  .venv/bin/python -m tests.interop [ROW ...]

Prints the table and what each server does that the specification does not say. Exits with 1 if a row failed.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from tests.interop import async_calls, nginx, proxied, sync_calls
from tests.interop.checks import problems
from tests.interop.findings import Findings
from tests.interop.outcomes import Outcome
from tests.interop.rows import Cannot, Row
from tests.interop.servers import KEY, SERVERS, Target, running
from tests.interop.table import TABLE

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

NGINX = "nginx"
NOISE: list[str] = []  # what was raised where nothing can catch it, as a warning about an open socket is
SHELLS: dict[str, Callable[[Row, Target], Outcome]] = {"sync": sync_calls.run, "async": async_calls.run}


def main() -> int:
    """Run the rows, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop", description="Run the table against real servers.")
    parser.add_argument("row", nargs="*", help="the names of the rows to run; by default all")
    parser.add_argument("--server", action="append", choices=[*SERVERS, NGINX], help="only this server; repeatable")
    parser.add_argument(
        "--probe",
        type=Path,
        metavar="FOLDER",
        help="run no rows, but `chat-completions probe`; write its reports there",
    )
    arguments = parser.parse_args()
    chosen, servers = arguments.row, arguments.server or [*SERVERS, NGINX]
    known = {row.name for row in (*TABLE, *proxied.ROWS)}
    if unknown := {*chosen} - known:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    warnings.simplefilter("error")
    sys.unraisablehook = _note
    signal.signal(signal.SIGTERM, _interrupt)
    reasons = defaultdict[str, list[str]](list)
    names = [server for server in servers if server != NGINX]
    if arguments.probe:
        return run_probes(names, arguments.probe, nginx_too=NGINX in servers)
    rows = [row for row in TABLE if not chosen or row.name in chosen]
    failed = run_table(rows, names, reasons) if rows and names else 0
    ways = [row for row in proxied.ROWS if not chosen or row.name in chosen]
    if ways and NGINX in servers:
        failed += run_proxied(ways, reasons)
    print(f"\n{failed} failed")
    for reason, named in reasons.items():
        print(f"- {'; '.join(dict.fromkeys(named))}: {reason}")
    return 1 if failed else 0


def run_table(rows: list[Row], servers: list[str], reasons: dict[str, list[str]]) -> int:
    """Run rows on the servers, show the table and what the servers do, and return how many failed."""
    findings = Findings()
    failed = 0
    started = time.monotonic()
    with running(servers) as targets:
        show(["row", *(f"{target.name} {target.version}" for target in targets)])
        show(["---"] * (len(targets) + 1))
        for row in rows:
            cells = []
            for target in targets:
                words = [result(row, target, shell, findings, reasons) for shell in SHELLS]
                failed += words.count("FAIL")
                cells.append(words[0] if len({*words}) == 1 else " / ".join(words))
            show([row.name, *cells])
    print(f"\n{len(rows)} rows in {time.monotonic() - started:.0f} s")
    for server, counts in findings.counts.items():
        print(f"\nWhat {server} does that the specification does not say:")
        for sentence, count in sorted(counts.items()):
            print(f"- {sentence} ({count})")
    return failed


def run_proxied(rows: list[proxied.Row], reasons: dict[str, list[str]]) -> int:
    """Run rows through nginx, show their table, and return how many failed."""
    failed = 0
    with nginx.running() as server:
        print()
        show([f"nginx {server.version}", *proxied.COLUMNS])
        show(["---"] * (len(proxied.COLUMNS) + 1))
        for row in rows:
            cells = []
            for column in proxied.COLUMNS:
                if why := proxied.cannot(row, column):
                    reasons[why].append(row.name)
                    cells.append("-")
                    continue
                found = list(proxied.problems(row, server, proxied.run(row, server, column)))
                gc.collect()
                found += NOISE
                NOISE.clear()
                if found:
                    failed += 1
                    reasons["; ".join(found)].append(f"FAIL {row.name}, {column}")
                cells.append("FAIL" if found else "ok")
            show([row.name, *cells])
    return failed


def run_probes(servers: list[str], folder: Path, *, nginx_too: bool) -> int:
    """Run `chat-completions probe` on the servers, write its reports, and return how many could not be written."""
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    with running(servers) as targets:
        for target in targets:
            failed += run_probe(target.name, target.base_url, target.request["model"], folder)
    if nginx_too:
        with nginx.running() as server:
            failed += run_probe("local server", f"{server.direct}/v1", "any", folder)
            failed += run_probe("nginx", f"{server.plain}/old/v1", "any", folder)
    return failed


def run_probe(name: str, url: str, model: str, folder: Path) -> bool:
    """Run it on one server, and return whether it failed."""
    file = folder / f"{re.sub('[^a-z]+', '-', name.lower())}.md"
    command = [sys.executable, "-m", "chat_completions", "probe", url, "--model", model, "--deadline", "600"]
    print(f"{name}:", flush=True)
    environment = {**os.environ, "OPENAI_API_KEY": KEY}
    return subprocess.run([*command, "--markdown", str(file)], env=environment, check=False).returncode != 0


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
