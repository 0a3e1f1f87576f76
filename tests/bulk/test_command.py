"""`chat-completions bulk`: the same, with progress for a person, lines for a log, and a code for a script."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import Command
from tests.client.scripted import ScriptedServer, json_reply

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
    assert "invalid lines  1" in done.out
    assert results(tmp_path / "out.errors.jsonl")[0]["error"]["line"] == 2


def test_lines_that_are_prompts_become_requests(tmp_path: Path, server: FastServer) -> None:
    (tmp_path / "in.txt").write_bytes('Why?\r\n\n"Grüße"\n'.encode())
    command = Command(tmp_path, server.base_url)
    done = command.within("bulk", "--prompts", "-s", "Be brief.", "-p", "n=1", "in.txt", "out.jsonl")
    assert (done.code, done.out.split()[:2]) == (0, ["answered", "2"]), done
    assert {result["custom_id"] for result in results(tmp_path / "out.jsonl")} == {"line-1", "line-3"}
    again = command.within("bulk", "--prompts", "-s", "Be long.", "-p", "n=1", "in.txt", "out.jsonl")
    assert (again.code, "accept" in again.err) == (2, True), again


def test_the_summary_says_why_requests_failed(tmp_path: Path) -> None:
    rows = [{"id": 7, "q": "Hi"}, {"q": [{"role": "user", "content": "Hi"}]}, {"a": 1}, [], {"id": "x", "q": "Bye"}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    missing = json_reply({"error": {"message": "No.", "code": "model_not_found"}}, 404)
    with ScriptedServer(missing) as server:
        command = Command(tmp_path, server.base_url)
        done = command.within("bulk", "--prompt-field", "q", "-m", "gpt", "in.jsonl", "out.jsonl")
    assert done.code == 1, done
    assert "3 x 404 model not found, 2 x invalid line: missing prompt" in done.out
    named = {result["custom_id"] for result in results(tmp_path / "out.errors.jsonl")}
    assert named == {"7", "line-2", "x", None}
    sent = [request.json() for request in server.requests]
    assert all(body["model"] == "gpt" and body["messages"][0]["role"] == "user" for body in sent)


def test_options_of_prompts_need_prompts(tmp_path: Path, server: FastServer) -> None:
    command = Command(tmp_path, server.base_url)
    (tmp_path / "in").write_text("Hi")
    for options, why in (
        (("-s", "Be brief."), "--prompts or --prompt-field"),
        (("--prompts", "--prompt-field", "q"), "cannot be combined"),
        (("--prompts", "-p", "messages=1"), "--messages"),
        (("--prompts", "-p", "model="), "no model"),
        (("--prompts", "--engine", "ray"), "use the engine 'local' for prompts"),
    ):
        done = command.within("bulk", *options, "in", "out")
        assert (done.code, why in done.err) == (2, True), done


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("missing", "out.jsonl"), "missing"),
        (("in.jsonl", "in.jsonl"), "same file"),
        (("in.jsonl", "out.jsonl.zst"), "uncompressed"),
        (("in.jsonl", "out.jsonl", "--engine", "none"), "unknown engine"),
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
            if not interrupted and b"in flight" in seen and len(server.tally.answered) > 30:
                interrupted.append(b"\x03")
                return b"\x03"
            return None

        done = Command(tmp_path, server.base_url).at_terminal("bulk", "in.jsonl", "out.jsonl", types=types, columns=160)
    assert done.code == 130
    assert "in flight" in done.out
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
