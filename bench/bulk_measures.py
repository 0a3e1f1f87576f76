"""What is measured of files of requests: each part gives what it found as JSON has it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import bulk_server
from bench.bulk_contenders import BARE, BARE_SMALL_POOLS, OURS, ROOT, STUB, run


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Args:
        requests: Of the throughput.
        concurrency: Of the throughput.
        rounds: Of the throughput.
        kills: How many.
        killed_requests: In the file of a run that is killed.
        few: Lines of the smaller file of the memory.
        many: Lines of the larger one.
    """

    requests: int
    concurrency: int
    rounds: int
    kills: int
    killed_requests: int
    few: int
    many: int


FULL = Sizes(20_000, 64, 3, 30, 3_000, 100_000, 1_000_000)
QUICK = Sizes(1_000, 64, 1, 2, 300, 1_000, 10_000)


def write_requests(path: Path, count: int) -> None:
    """Write a file of requests, each of which says its own name."""
    with path.open("w") as file:
        for number in range(count):
            name = f"request-{number:07}"
            body = {"model": "m", "messages": [{"role": "user", "content": name}]}
            line = {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}
            file.write(json.dumps(line) + "\n")


def answers_in(output: Path) -> Counter[tuple[str, str]]:
    """Return the names and answers in a file of results, with how often each is there."""
    found: Counter[tuple[str, str]] = Counter()
    with output.open() as lines:
        for line in lines:
            result = json.loads(line)
            content = result["response"]["body"]["choices"][0]["message"]["content"]
            found[result["custom_id"], content] += 1
    return found


def failures_beside(output: Path) -> bool:
    """Return whether the error file beside an output holds anything."""
    beside = [output.with_name(f"{output.stem}.errors{output.suffix}"), output.with_name(f"{output.name}.errors")]
    return any(path.exists() and path.stat().st_size for path in beside)


def each_once(output: Path, count: int) -> bool:
    """Return whether each of so many requests is answered once, with its own answer, and none has failed as well."""
    if failures_beside(output):
        return False
    names = (f"request-{number:07}" for number in range(count))
    return answers_in(output) == Counter((name, bulk_server.answer_to(name)) for name in names)


def throughput(sizes: Sizes, folder: Path) -> dict[str, Any]:
    """Time ours and loops by hand in turn, against a server with faults."""
    source = folder / "throughput.jsonl"
    write_requests(source, sizes.requests)
    names = (OURS, BARE, BARE_SMALL_POOLS)
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    whole, faults = True, {}
    for turn in range(sizes.rounds):
        for place, name in enumerate(names):
            output = folder / f"throughput-{turn}-{place}.jsonl"
            with bulk_server.running() as served:
                taken = run(name, source, output, served.url, sizes.concurrency)
            whole = whole and each_once(output, sizes.requests)
            faults = {kind: served.tally.get(kind, 0) for kind, _ in bulk_server.FAULTS}
            samples[name].append(
                {
                    "a_second": sizes.requests / taken["wall"],
                    "cpu_us": taken["cpu"] * 1e6 / sizes.requests,
                    "load": os.getloadavg()[0],
                }
            )
            output.unlink()
    return {
        "requests": sizes.requests,
        "concurrency": sizes.concurrency,
        "each_once": whole,
        "faults": faults,
        "samples": {name: _columns(taken) for name, taken in samples.items()},
    }


def _columns(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    return {key: [float(f"{row[key]:.5g}") for row in rows] for key in rows[0]}


_KILLED = """
import sys
from chat_completions import bulk
source, output, url, concurrency = sys.argv[1:]
summary = bulk.run(source, output, client_settings={"base_url": url, "api_key": "k"}, concurrency=int(concurrency))
sys.exit(0 if summary.complete else 3)
"""
_KILLED_CONCURRENCY = 16


def kills(sizes: Sizes, folder: Path) -> dict[str, Any]:
    """Kill runs at random moments and let them go on, until so many were killed; compare with one that was not."""
    source = folder / "kills.jsonl"
    write_requests(source, sizes.killed_requests)
    chance = random.Random(7)
    killed, cycles, torn, undone, same = 0, 0, 0, 0, True
    with bulk_server.running(pause=0.02) as served:
        undisturbed = folder / "undisturbed.jsonl"
        begun = time.monotonic()
        _let_end(_started(source, undisturbed, served.url))
        alone = time.monotonic() - begun
        wanted = answers_in(undisturbed)
        whole = each_once(undisturbed, sizes.killed_requests)
        while killed < sizes.kills:
            cycles += 1
            output = folder / f"killed-{cycles}.jsonl"
            # A cycle ends with a run that nobody kills, so that each file is whole in the end.
            for _ in range(min(sizes.kills - killed, 10)):
                process = _started(source, output, served.url)
                try:
                    process.wait(chance.uniform(0.1, alone / 2))
                    break  # it was done before
                except subprocess.TimeoutExpired:
                    process.kill()
                killed += process.wait() == -signal.SIGKILL
                data = output.read_bytes() if output.exists() else b""
                torn += bool(data) and not data.endswith(b"\n")
                undone += data.count(b"\n") < sizes.killed_requests
            _let_end(_started(source, output, served.url))
            same = same and answers_in(output) == wanted and not failures_beside(output)
    twice = served.tally["answers"] - sizes.killed_requests * (cycles + 1)
    return {
        "requests": sizes.killed_requests,
        "concurrency": _KILLED_CONCURRENCY,
        "kills": killed,
        "wanted": sizes.kills,
        "before_the_end": undone,
        "torn_lines": torn,
        "files": cycles,
        "each_once": whole and same,
        "answered_twice": twice,
    }


def _started(source: Path, output: Path, url: str) -> subprocess.Popen[bytes]:
    words = [str(source), str(output), url, str(_KILLED_CONCURRENCY)]
    return subprocess.Popen([sys.executable, "-c", _KILLED, *words], cwd=ROOT)


def _let_end(process: subprocess.Popen[bytes]) -> None:
    if process.wait():
        raise RuntimeError(f"a run that was not killed ended with {process.returncode}")


def memory(sizes: Sizes, folder: Path) -> dict[str, Any]:
    """Return the most memory of a run, and its time for a request, by the number of lines; nothing is sent."""
    found = []
    for count in (sizes.few, sizes.many):
        source, output = folder / f"memory-{count}.jsonl", folder / f"memory-{count}.out.jsonl"
        write_requests(source, count)
        taken = run(STUB, source, output, "http://stub.invalid/v1", 64)
        with output.open("rb") as lines:
            written = sum(1 for _ in lines)
        found.append(
            {
                "lines": count,
                "written": written,
                "mib": round(taken["peak"], 1),
                "us": round(taken["wall"] * 1e6 / count, 1),
                "cpu_us": round(taken["cpu"] * 1e6 / count, 1),
            }
        )
        source.unlink()
        output.unlink()
    return {"each_once": all(row["written"] == row["lines"] for row in found), "runs": found}
