"""`chat-completions bulk`: the same, with progress for a person, lines for a log, and a code for a script."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import Command

from .fast_server import Behaviour, FastServer
from .files import check_each_once, request, results, write_requests

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[FastServer]:
    with FastServer(Behaviour(seconds=0.01)) as server:
        yield server


def test_it_asks_a_file_and_goes_on(tmp_path: Path, server: FastServer) -> None:
    names = write_requests(tmp_path / "in.jsonl", 30)
    command = Command(tmp_path, server.base_url)
    first = command("bulk", "in.jsonl", "out.jsonl", "--request-budget", "10")
    assert first.code == 1
    assert "the budget of 10 requests is used up" in first.err
    assert "run the same command again to resume" in first.err
    second = command("bulk", "in.jsonl", "out.jsonl", "--json", "--quiet")
    assert (second.code, second.err) == (0, "")
    told = second.json()
    assert (told["answered"], told["answered_before"], told["complete"]) == (20, 10, True)
    third = command("bulk", "in.jsonl", "out.jsonl")
    assert "30 before" in third.out
    check_each_once(names, tmp_path / "out.jsonl")


def test_it_reads_a_pipe_and_tells_of_failures_by_its_code(tmp_path: Path, server: FastServer) -> None:
    data = json.dumps(request("a")).encode() + b"\nnonsense\n"
    done = Command(tmp_path, server.base_url)("bulk", "-", "out.jsonl", stdin=data)
    assert done.code == 1
    assert "of these no requests  1" in done.out
    assert results(tmp_path / "out.errors.jsonl")[0]["error"]["line"] == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("missing", "out.jsonl"), "missing"),
        (("in.jsonl", "in.jsonl"), "same file"),
        (("in.jsonl", "out.jsonl.zst"), "uncompressed"),
        (("in.jsonl", "out.jsonl", "--engine", "none"), "no engine"),
        (("in.jsonl", "out.jsonl", "--tokens-per-minute", "-3"), "tokens_per_minute"),
        (("in.jsonl", "out.jsonl", "--api-key-env", "NONE"), "NONE"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(
    tmp_path: Path, server: FastServer, arguments: tuple[str, ...], told: str
) -> None:
    write_requests(tmp_path / "in.jsonl", 1)
    done = Command(tmp_path, server.base_url)("bulk", *arguments)
    assert done.code == 2
    assert told in done.err
    assert "Traceback" not in done.err
    assert not server.tally.times


def test_a_person_sees_how_it_goes_and_may_interrupt_it(tmp_path: Path) -> None:
    write_requests(tmp_path / "in.jsonl", 400)
    with FastServer(Behaviour(seconds=0.1)) as server:
        interrupted: list[bytes] = []

        def types(seen: bytes) -> bytes | None:
            if not interrupted and b"under way" in seen and len(server.tally.answered) > 30:
                interrupted.append(b"\x03")
                return b"\x03"
            return None

        done = Command(tmp_path, server.base_url).at_terminal("bulk", "in.jsonl", "out.jsonl", types=types, columns=160)
    assert done.code == 130
    assert "under way" in done.out
    assert "answered" in done.out
    assert "run the same command again to resume" in done.out
    assert len(results(tmp_path / "out.jsonl")) == sum(server.tally.answered.values()) < 400


def test_a_log_gets_a_line_now_and_then(tmp_path: Path) -> None:
    from chat_completions.bulk import Progress
    from chat_completions.bulk.report.display import PlainDisplay

    now, lines = 0.0, []
    progress = Progress(lambda: now)
    progress.size, progress.answered, progress.concurrency = 1000, 100, 8
    with PlainDisplay(lines.append, lambda: now) as display:
        for second in range(31):
            now, progress.position, progress.answered = float(second), 10 * second, 10 * second
            progress.sample()
            display(progress)
    assert len(lines) == 3
    assert lines[-1].startswith("30%, 300 answered, 10.0/s")
    assert "left" in lines[-1]


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    write_requests(tmp_path / "in.jsonl", 400)
    with FastServer(Behaviour(seconds=0.1)) as server:
        process = Command(tmp_path, server.base_url).started("bulk", "in.jsonl", "out.jsonl")
        while len(server.tally.answered) < 5:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert len(results(tmp_path / "out.jsonl")) == sum(server.tally.answered.values())
