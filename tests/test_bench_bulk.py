"""The benchmark of files of requests: its faults, its checks and its tables; how fast anything is, no test asserts."""

from __future__ import annotations

import copy
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpx")

from bench import bulk_report, bulk_server
from bench.bulk_contenders import BARE, BARE_SMALL_POOLS, OURS, STUB, run
from bench.bulk_measures import Sizes, each_once, kills, memory, throughput, write_requests

pytestmark = pytest.mark.slow

SMALL = Sizes(requests=60, concurrency=8, rounds=1, kills=1, killed_requests=120, few=50, many=200)
PAGE = Path(__file__).parents[1] / "docs" / "performance-bulk.md"
FOUND: dict[str, Any] = {
    "machine": {
        "cores": 2,
        "processor": "some processor",
        "system": "Linux x86_64",
        "python": "3.11.7",
        "load": 0.1,
        "date": "2030-01-02",
        "packages": {"httpx": "1.2", "chat-completions-client": "3.4"},
        "seconds": 1234,
    },
    "throughput": {
        "requests": 20_000,
        "concurrency": 64,
        "each_once": True,
        "faults": {"429": 600, "cut": 200},
        "samples": {
            # The second round was disturbed: both were slow in it, which the ratio does not show.
            OURS: {"a_second": [900.0, 450.0, 900.0], "cpu_us": [800.0, 810.0, 820.0], "load": [1.0, 1.0, 1.0]},
            BARE: {"a_second": [1000.0, 500.0, 1000.0], "cpu_us": [700.0, 700.0, 700.0], "load": [1.0, 1.0, 1.0]},
        },
    },
    "kills": {
        "requests": 3000,
        "concurrency": 16,
        "kills": 30,
        "wanted": 30,
        "before_the_end": 29,
        "torn_lines": 0,
        "files": 4,
        "each_once": True,
        "answered_twice": 12,
    },
    "memory": {
        "each_once": True,
        "runs": [
            {"lines": 100_000, "written": 100_000, "mib": 50.0, "us": 200.0, "cpu_us": 190.0},
            {"lines": 1_000_000, "written": 1_000_000, "mib": 54.0, "us": 201.0, "cpu_us": 191.0},
        ],
    },
}


def test_faults_are_as_frequent_as_they_are_said_to_be_and_end() -> None:
    """Every attempt of a request is known before it is made; the third one is answered at the latest."""
    names = [f"request-{number:07}" for number in range(20_000)]
    first = Counter(bulk_server.fault_of(name, 1) for name in names)
    for kind, share in bulk_server.FAULTS:
        assert first[kind] / len(names) == pytest.approx(share, rel=0.2)
    second = Counter(bulk_server.fault_of(name, 2) for name in names)
    assert 0 < sum(second[kind] for kind in ("429", "500", "cut")) < len(names) / 100
    assert not any(bulk_server.fault_of(name, 3) for name in names)


@pytest.mark.parametrize("name", [OURS, BARE, BARE_SMALL_POOLS, STUB])
def test_each_contender_does_the_whole_work(tmp_path: Path, name: str) -> None:
    """All write a line for each request, over faults; what is timed is not nothing."""
    write_requests(tmp_path / "in.jsonl", 40)
    output = tmp_path / "out.jsonl"
    with bulk_server.running() as served:
        found = run(name, tmp_path / "in.jsonl", output, served.url, 4)
    assert found["wall"] > 0
    assert found["cpu"] > 0
    assert 10 < found["peak"] < 1000
    if name != STUB:
        assert each_once(output, 40)
        assert served.tally["answers"] == 40
        asked = served.tally["asked"] - sum(served.tally.get(kind, 0) for kind in ("429", "500", "cut"))
        assert asked == 40


def test_the_check_sees_what_is_lost_doubled_mixed_up_or_failed(tmp_path: Path) -> None:
    write_requests(tmp_path / "in.jsonl", 6)
    output = tmp_path / "out.jsonl"
    with bulk_server.running(faults=False) as served:
        run(OURS, tmp_path / "in.jsonl", output, served.url, 2)
    # They are answered in any order.
    lines = sorted(output.read_text().splitlines(keepends=True), key=lambda line: str(json.loads(line)["custom_id"]))
    assert each_once(output, 6)
    mixed = [lines[0].replace("request-0000000", "request-0000001"), *lines[1:]]
    for changed in (lines[1:], [*lines, lines[0]], mixed):
        output.write_text("".join(changed))
        assert not each_once(output, 6)
    output.write_text("".join(lines))
    for beside in ("out.errors.jsonl", "out.jsonl.errors"):
        (tmp_path / beside).write_text(lines[0])
        assert not each_once(output, 6)
        (tmp_path / beside).unlink()
    assert each_once(output, 6)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_every_part_is_measured_and_told(tmp_path: Path) -> None:
    """The small run gives every figure that the page has."""
    found = {**FOUND, "throughput": throughput(SMALL, tmp_path), "kills": kills(SMALL, tmp_path)}
    found["memory"] = memory(SMALL, tmp_path)
    assert all(part.get("each_once", True) for part in found.values())
    assert found["kills"]["kills"] == 1
    assert found["kills"]["answered_twice"] <= SMALL.kills * found["kills"]["concurrency"]
    text = bulk_report.text(json.loads(json.dumps(found)))
    for title in ("### Targets", "### Throughput: 60 requests, 8 at once, 1 round\n", "### Kills", "### Memory"):
        assert title in text
    assert max(path.stat().st_size for path in tmp_path.glob("memory*")) < 2000  # the files of a million lines are gone


def test_targets_stand_beside_what_was_found() -> None:
    assert [kept for *_, kept in bulk_report.targets(FOUND)] == [True, True, True, True]
    text = bulk_report.text(FOUND)
    assert "Targets: 4 of 4 met" in text
    assert re.search(r"at least 0\.85x +\| 0\.90x +\| met", text)
    assert "2 cores" in text
    assert "1.08x (50 and 54 MiB)" in text


@pytest.mark.parametrize(
    ("part", "change", "place"),
    [
        ("throughput", {"each_once": False}, 0),
        ("kills", {"each_once": False}, 2),
        ("kills", {"kills": 29}, 2),
        ("memory", {"each_once": False}, 3),
    ],
)
def test_missed_targets_are_said_to_be(part: str, change: dict[str, Any], place: int) -> None:
    found = copy.deepcopy(FOUND)
    found[part].update(change)
    assert [kept for *_, kept in bulk_report.targets(found)].index(False) == place
    assert "**missed**" in bulk_report.text(found)


def test_a_slow_run_or_growing_memory_misses() -> None:
    found = copy.deepcopy(FOUND)
    found["throughput"]["samples"][OURS]["a_second"] = [800.0, 400.0, 800.0]
    found["memory"]["runs"][1]["mib"] = 60.0
    assert [kept for *_, kept in bulk_report.targets(found)] == [True, False, True, False]
    assert bulk_report.targets({"machine": FOUND["machine"]}) == []


def test_the_page_has_a_place_for_the_figures() -> None:
    from bench.report import MARKERS

    text = PAGE.read_text()
    assert text.index(MARKERS[0].format("figures")) < text.index(MARKERS[1].format("figures"))
