"""Runs that end before their end: killed, torn, without room, interrupted; the same command goes on, once for each."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import time
from pathlib import Path

import pytest

from chat_completions import bulk

from .fast_server import Behaviour, FastServer
from .files import check_each_once, errors_of, finished, request, results, settings, started, write_requests

pytestmark = pytest.mark.slow


def test_killed_at_any_moment_a_run_goes_on(tmp_path: Path) -> None:
    """SIGKILL at random moments, with faults; then the results are those of an undisturbed run."""
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 500)
    source.write_text(source.read_text() + "nonsense\n")
    chance = random.Random(11)
    behaviour = Behaviour(seconds=0.02, refused=0.02, failed=0.02, cut=0.02)
    killed = 0
    with FastServer(behaviour) as server:
        for _ in range(4):
            process = started(source, output, server, concurrency=8)
            process.stdout.readline()
            time.sleep(0.1 + 0.9 * chance.random())
            process.kill()
            process.communicate()
            killed += process.returncode == -signal.SIGKILL
        summary = finished(started(source, output, server, concurrency=8))
        again = finished(started(source, output, server, concurrency=8))
        undisturbed = bulk.run(source, tmp_path / "other.jsonl", client_settings=settings(server), concurrency=8)
    assert killed >= 3
    assert summary["complete"]
    assert (again["answered"], again["answered_before"], again["attempts"]) == (0, 500, {})
    assert check_each_once(names, output) == check_each_once(names, tmp_path / "other.jsonl")
    assert undisturbed.malformed == len(results(errors_of(output))) == 1
    # Asked twice is only what was under way when it was killed, under the same key.
    asked_again = sum(server.tally.answered.values()) - 2 * 500
    assert asked_again <= killed * 8
    assert all(len(keys) == 2 for keys in server.tally.keys.values()), "one key for each of the two runs"


def test_what_was_answered_is_in_the_file_before_anything_else_is_asked(tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_requests(source, 60)
    with FastServer(Behaviour(seconds=0.05)) as server:
        process = started(source, output, server, concurrency=1)
        while sum(server.tally.answered.values()) < 10:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        answered = sum(server.tally.answered.values())
    assert len(results(output)) >= answered - 1


@pytest.mark.parametrize("which", ["output", "errors"])
def test_a_torn_last_line_is_repaired_and_its_request_asked_again(tmp_path: Path, which: str) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 10)
    bad = {**request("bad"), "method": "GET"}
    source.write_text(json.dumps(bad) + "\n" + source.read_text())
    with FastServer() as server:
        bulk.run(source, output, client_settings=settings(server))
        path = output if which == "output" else errors_of(output)
        path.write_bytes(path.read_bytes()[:-7])
        summary = bulk.run(source, output, client_settings=settings(server))
    assert (summary.answered, summary.malformed) == ((1, 0) if which == "output" else (0, 1))
    assert "torn" in summary.notes[0]
    check_each_once([*names, "bad"], output)


@pytest.mark.bare
def test_a_full_disk_ends_a_run_and_the_next_one_goes_on(tmp_path: Path) -> None:
    """A limit of the file's size stands for a full disk: no line is torn, and what was answered is kept."""
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 100)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    with FastServer() as server:
        summary = finished(started(source, output, server, preexec_fn=limit))
        assert not summary["complete"]
        assert "the disk is full" in summary["reason"]
        kept = len(results(output))
        assert 20 <= kept < 100
        assert summary["answered"] == kept
        summary = finished(started(source, output, server))
    assert (summary["answered"], summary["answered_before"]) == (100 - kept, kept)
    check_each_once(names, output)


def test_two_runs_at_once_are_one_too_many(tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 40)
    with FastServer(Behaviour(seconds=0.1)) as server:
        process = started(source, output, server, concurrency=2)
        while not output.exists() or not output.stat().st_size:
            time.sleep(0.02)
        with pytest.raises(bulk.RunningError, match=f"process {process.pid} on "):
            bulk.run(source, output, client_settings=settings(server))
        with pytest.raises(bulk.RunningError):
            bulk.run(source, tmp_path / "b.jsonl", errors=errors_of(output), client_settings=settings(server))
        finished(process)
        assert bulk.run(source, output, client_settings=settings(server)).answered_before == 40
    check_each_once(names, output)


@pytest.mark.parametrize("change", ["input", "server", "errors"])
def test_a_changed_input_or_setting_is_noticed(tmp_path: Path, change: str) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 10)
    with FastServer() as server, FastServer() as other:
        bulk.run(source, output, client_settings=settings(server), request_budget=5)
        given = {"client_settings": settings(server)}
        if change == "input":
            names = write_requests(source, 12)
        elif change == "server":
            given = {"client_settings": settings(other)}
        else:
            given["errors"] = tmp_path / "elsewhere.jsonl"
        before = output.read_bytes()
        with pytest.raises(bulk.ChangedError, match={"input": "content", "server": "base_url"}.get(change, change)):
            bulk.run(source, output, **given)
        assert output.read_bytes() == before
        summary = bulk.run(source, output, **given, accept_changes=True)
        assert bulk.run(source, output, **given).complete
    assert summary.complete
    assert summary.answered == len(names) - 5
    assert "accepted" in summary.notes[0]
    assert sorted(result["custom_id"] for result in results(output)) == sorted(names)


def test_an_input_that_was_only_touched_or_moved_is_the_same(tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_requests(source, 4)
    with FastServer() as server:
        bulk.run(source, output, client_settings=settings(server), request_budget=2)
        os.utime(source, (1, 1))
        source = source.rename(tmp_path / "moved.jsonl")
        assert bulk.run(source, output, client_settings=settings(server)).answered == 2


def test_results_of_nobody_knows_what_are_not_added_to(tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_requests(source, 4)
    output.write_text('{"id": "batch_req_x", "custom_id": "request-1", "response": {}, "error": null}\n')
    with FastServer() as server:
        with pytest.raises(bulk.ChangedError, match=r"run\.json is missing"):
            bulk.run(source, output, client_settings=settings(server))
        summary = bulk.run(source, output, client_settings=settings(server), accept_changes=True)
    assert (summary.answered, summary.answered_before) == (3, 1)


def test_names_that_cannot_be_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    write_requests(source, 1)
    (tmp_path / "link.jsonl").symlink_to(source)
    one = {"client_settings": {"api_key": "x"}}
    for output, told in (
        (source, "same file"),
        (tmp_path / "link.jsonl", "same file"),
        ("-", "instead of -"),
        (tmp_path / "out.jsonl.gz", "uncompressed"),
    ):
        with pytest.raises(bulk.BulkError, match=told):
            bulk.run(source, output, **one)
    with pytest.raises(bulk.BulkError, match="same file"):
        bulk.run(source, tmp_path / "o.jsonl", errors=tmp_path / "o.jsonl", **one)
    with pytest.raises(bulk.BulkError, match="unknown engine"):
        bulk.run(source, tmp_path / "o.jsonl", engine="none", **one)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_what_is_under_way_end(tmp_path: Path, number: signal.Signals) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 60)
    with FastServer(Behaviour(seconds=0.2)) as server:
        process = started(source, output, server, concurrency=4)
        while sum(server.tally.answered.values()) < 5:
            time.sleep(0.01)
        process.send_signal(number)
        summary = finished(process)
        assert summary["interrupted"]
        assert not summary["complete"]
        assert summary["answered"] == sum(server.tally.answered.values()) == len(results(output)) < 60
        assert finished(started(source, output, server))["complete"]
    check_each_once(names, output)
    assert sum(server.tally.answered.values()) == 60, "nothing was asked twice"


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_requests(source, 4)
    with FastServer(Behaviour(seconds=60)) as server:
        process = started(source, output, server)
        while not server.tally.times:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        time.sleep(1)  # signals that wait for a process to go on are delivered as one
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert finished(process)["answered"] == 0
        assert time.monotonic() - began < 30


def test_standard_input_can_be_the_input_and_wait_for_ever(tmp_path: Path) -> None:
    """A pipe that nobody closes does not keep a run from being interrupted."""
    output = tmp_path / "out.jsonl"
    read, write = os.pipe()
    with FastServer() as server:
        process = started(Path("-"), output, server, preexec_fn=lambda: os.dup2(read, 0))
        os.write(write, json.dumps(request("a")).encode() + b"\n" + json.dumps(request("b")).encode() + b"\n")
        while len(server.tally.answered) < 2:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert finished(process, 5)["interrupted"]
        os.close(write)
        os.close(read)
    check_each_once(["a", "b"], output)


def test_an_input_that_breaks_off_ends_what_was_read_and_says_so(tmp_path: Path) -> None:
    import gzip

    source, output = tmp_path / "in.jsonl.gz", tmp_path / "out.jsonl"
    names = [f"request-{n}" for n in range(3000)]
    data = gzip.compress("".join(json.dumps(request(name)) + "\n" for name in names).encode())
    source.write_bytes(data[: len(data) * 2 // 3])
    with FastServer() as server:
        summary = bulk.run(source, output, client_settings=settings(server), concurrency=8)
        assert not summary.complete
        assert "cannot be read further" in summary.reason
        assert 0 < summary.answered < 3000
        source.write_bytes(data)
        limited = {"client_settings": settings(server), "concurrency": 8, "request_budget": 5}
        summary = bulk.run(source, output, accept_changes=True, **limited)
    assert summary.answered == 5


def test_results_go_to_a_store_in_parts_and_go_on_there(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec", reason="needs fsspec, of the extra `bulk`")
    store = fsspec.filesystem("memory")
    names = [f"request-{n}" for n in range(40)]
    store.pipe_file("/run/in.jsonl", "".join(json.dumps(request(name)) + "\n" for name in names).encode())
    given = {"input": "memory://run/in.jsonl", "output": "memory://run/out.jsonl"}
    with FastServer() as server:
        first = bulk.run(**given, client_settings=settings(server), request_budget=15)
        second = bulk.run(**given, client_settings=settings(server))
    assert (first.answered, second.answered, second.answered_before) == (15, 25, 15)
    parts = store.glob("/run/out.jsonl/part-*.jsonl")
    lines = b"".join(store.cat_file(part) for part in parts).splitlines()
    assert len(parts) == 2
    assert sorted(json.loads(line)["custom_id"] for line in lines) == sorted(names)
    assert json.loads(store.cat_file("/run/out.jsonl.run.json"))["state"] == "complete"


def test_a_run_that_brought_nothing_may_be_begun_with_another_input(tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 3)
    text = source.read_text()
    source.write_bytes(text.encode("utf-16"))
    with FastServer() as server:
        with pytest.raises(bulk.BulkError, match="UTF-16"):
            bulk.run(source, output, client_settings=settings(server))
        source.write_text(text)
        assert bulk.run(source, output, client_settings=settings(server)).complete
    check_each_once(names, output)


def test_an_empty_input_has_ended(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("\n")
    summary = bulk.run(tmp_path / "in.jsonl", tmp_path / "out.jsonl", client_settings={"api_key": "x"})
    assert (summary.complete, summary.answered) == (True, 0)


def test_another_malformed_line_in_the_same_place_is_reported_as_well(tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    given = {"client_settings": {"api_key": "x"}}
    for text, found in (("a\nb\n", 2), ("a\nc\n", 1), ("a\nc\n", 0)):
        source.write_text(text)
        assert bulk.run(source, output, accept_changes=True, **given).malformed == found


def test_what_is_not_the_fault_of_a_request_is_raised(tmp_path: Path) -> None:
    """And nothing is written for it, so that the same command goes on."""
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 30)
    failing = True

    def key() -> str:
        if failing:
            raise LookupError("no key today")
        return "sk-test"

    with FastServer() as server:
        given = {"client_settings": {"base_url": server.base_url, "api_key": key}}
        with pytest.raises(LookupError):
            bulk.run(source, output, **given)
        failing = False
        assert bulk.run(source, output, **given).complete
    check_each_once(names, output)
