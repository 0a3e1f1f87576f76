"""Output files that somebody else takes away, replaces, cuts or writes to during a run: the run fails in a sentence."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat_completions import bulk
from chat_completions.bulk.output.parts import PartFiles
from chat_completions.bulk.output.result_file import ResultFile, WritingError
from chat_completions.bulk.output.result_lines import answered
from chat_completions.bulk.ray.directory import UNDER_WAY, Directory
from chat_completions.bulk.ray.parts import PartitionFiles

from .fast_server import Behaviour, FastServer
from .files import ROOT, check_each_once, errors_of, finished, request, results, settings, started, write_requests

pytestmark = pytest.mark.slow

fsspec = pytest.importorskip("fsspec", reason="needs fsspec, of the extra `bulk`")


def line(name: str) -> bytes:
    found = answered("0" * 32, name, 200, None, b'{"choices":[]}')
    assert found is not None
    return found.line


def replace(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.write_bytes(b"")


TOUCHES: dict[str, tuple[Callable[[Path], object], str]] = {
    "deleted": (Path.unlink, r"was removed during the run with its results"),
    "moved": (lambda path: path.rename(path.with_name("moved")), r"was removed during the run;"),
    "replaced": (replace, r"was replaced by another file during the run;"),
    "overwritten": (
        lambda path: (path.with_name("new").write_bytes(b""), path.with_name("new").replace(path)),
        r"was replaced by another file during the run with its results",
    ),
    "emptied": (lambda path: os.truncate(path, 0), r"has 0 bytes where [\d,]+ were written"),
    "appended to": (lambda path: path.write_bytes(path.read_bytes() + b"{}\n"), r"has [\d,]+ bytes where [\d,]+ were"),
    "in a directory that is gone": (lambda path: shutil.rmtree(path.parent), r"was removed during the run"),
}


@pytest.mark.parametrize("touch", TOUCHES)
def test_a_file_of_results_that_is_touched_is_noticed_when_it_is_synced(tmp_path: Path, touch: str) -> None:
    change, told = TOUCHES[touch]
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / "out.jsonl"
    file = ResultFile(path)
    file.append(line("a"))
    file.flush()
    file.sync()
    file.append(line("b"))
    file.flush()
    change(path)
    with pytest.raises(WritingError, match=told):
        file.sync()
    file.close()


@pytest.mark.parametrize("touch", ["deleted", "moved", "replaced", "overwritten", "emptied"])
@pytest.mark.parametrize("which", ["output", "errors"])
@pytest.mark.parametrize("at_end", [False, True], ids=["within", "at the end"])
def test_a_run_whose_files_are_touched_is_not_complete(tmp_path: Path, touch: str, which: str, at_end: bool) -> None:
    """Whether it is noticed while it runs, or only once all is answered; and the next run asks what is missing."""
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 150)
    source.write_text(json.dumps({**request("bad"), "method": "GET"}) + "\n" + source.read_text())
    path = output if which == "output" else errors_of(output)
    touched = False

    def on_progress(progress: bulk.Progress) -> None:
        nonlocal touched
        if not touched and progress.answered:
            touched = True
            TOUCHES[touch][0](path)

    sync = 3600.0 if at_end else 0.05
    with FastServer(Behaviour(seconds=0.02)) as server:
        given: dict[str, Any] = {"client_settings": settings(server), "sync_seconds": sync, "concurrency": 4}
        summary = bulk.run(source, output, on_progress=on_progress, **given)
        assert not summary.complete
        assert path.name in summary.reason
        assert "during the run" in summary.reason or "bytes where" in summary.reason
        assert json.loads((tmp_path / "out.jsonl.run.json").read_text())["state"] == "stopped"
        if not at_end:
            assert summary.answered < 150, "it stops soon"
        if which == "output" and touch in ("deleted", "overwritten"):
            assert summary.answered == 0, "what is nowhere is not counted"
        if touch == "emptied":
            path.write_bytes(b"")  # with a hole where it was cut, perhaps
        assert bulk.run(source, output, **given).complete
    check_each_once([*names, "bad"], output)


def test_a_record_that_is_taken_away_is_written_again(tmp_path: Path) -> None:
    """Without it, a run that is killed then could not go on."""
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 200)
    record = tmp_path / "out.jsonl.run.json"
    with FastServer(Behaviour(seconds=0.05)) as server:
        process = started(source, output, server, concurrency=2, sync_seconds=0.05)
        while not output.exists() or not output.stat().st_size:
            time.sleep(0.02)
        record.unlink()
        while not record.exists():
            time.sleep(0.02)
        assert json.loads(record.read_text())["state"] == "running"
        process.kill()
        process.communicate()
        assert finished(started(source, output, server))["complete"]
    check_each_once(names, output)


def test_results_in_a_store_that_are_taken_away_are_noticed() -> None:
    store = fsspec.filesystem("memory")
    name = "memory://touched/out.jsonl"
    for touch in (lambda part: store.rm_file(part), lambda part: store.pipe_file(part, b"")):
        parts = PartFiles(name)
        for text in ("a", "b"):
            parts.append(line(text))
            parts.flush(last=True)
            parts.sync()
        parts.append(line("c"))
        parts.flush(last=True)
        touch(sorted(store.glob("/touched/out.jsonl/part-*"))[0])
        with pytest.raises(WritingError, match=r"part-000001-\w+\.jsonl was removed or changed during the run"):
            parts.sync()
        assert parts.lost == 1
        store.rm("/touched", recursive=True)


def test_parts_of_earlier_runs_in_a_store_are_looked_after() -> None:
    store = fsspec.filesystem("memory")
    first = PartFiles("memory://earlier/out.jsonl")
    first.append(line("a"))
    first.flush(last=True)
    second = PartFiles("memory://earlier/out.jsonl")
    store.rm_file(store.glob("/earlier/out.jsonl/part-*")[0])
    second.append(line("b"))
    second.flush(last=True)
    with pytest.raises(WritingError, match="removed"):
        second.sync()


def test_a_run_into_a_store_whose_parts_are_taken_away_is_not_complete(tmp_path: Path) -> None:
    store = fsspec.filesystem("memory")
    write_requests(tmp_path / "in.jsonl", 20)
    output = "memory://taken/out.jsonl"
    with FastServer() as server:
        given: dict[str, Any] = {"client_settings": settings(server), "concurrency": 1}
        assert bulk.run(tmp_path / "in.jsonl", output, request_budget=5, **given).answered == 5

        def take(progress: bulk.Progress) -> None:
            for part in store.glob("/taken/out.jsonl/part-000001-*"):
                store.rm_file(part)

        server.behaviour.seconds = 0.1
        summary = bulk.run(tmp_path / "in.jsonl", output, on_progress=take, **given)
        assert not summary.complete
        assert "removed" in summary.reason
        assert bulk.run(tmp_path / "in.jsonl", output, **given).complete
    lines = b"".join(store.cat_file(part) for part in store.glob("/taken/out.jsonl/part-*")).splitlines()
    assert sorted(json.loads(each)["custom_id"] for each in lines) == sorted(f"request-{n}" for n in range(20))


def test_a_part_of_a_partition_that_is_taken_away_does_not_end_well(tmp_path: Path) -> None:
    answers, failures = Directory(str(tmp_path / "answers")), Directory(str(tmp_path / "failures"))
    for place in (answers, failures):
        place.make()
        place.inside(UNDER_WAY).make()
    books = PartitionFiles(answers, failures, 0)
    books.open()
    found = answered("0" * 32, "a", 200, None, b'{"choices":[]}')
    assert found is not None
    books.write(found)
    books.flush()
    Path(answers.inside(UNDER_WAY).path("part-00000.jsonl")).unlink()
    with pytest.raises(WritingError, match="removed"):
        books.sync()
    with pytest.raises(WritingError, match="removed"):
        books.finish()
    assert not answers.parts()
    books.close()


@pytest.mark.bare
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_ended_by_signals_and_full_disks_each_is_answered_once(tmp_path: Path, number: int) -> None:
    """Signals in the middle of runs, and a limit of the files' size, against a server that fails: nothing is lost."""
    import resource

    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 400)
    source.write_text(source.read_text() + "nonsense\n")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    behaviour = Behaviour(seconds=0.01, refused=0.03, failed=0.03, cut=0.03)
    with FastServer(behaviour) as server:
        for share in (0.05, 0.2, 0.4, 0.6):
            process = started(source, output, server, concurrency=8, grace=0.05, sync_seconds=0.05)
            while len(server.tally.answered) < share * 400:
                time.sleep(0.005)
            process.send_signal(number)
            process.communicate()
            if share == 0.2:
                assert not finished(started(source, output, server, preexec_fn=limit))["complete"]
        assert finished(started(source, output, server, concurrency=8))["complete"]
        again = finished(started(source, output, server))
    assert (again["attempts"], again["answered_before"], again["failed_before"]) == ({}, 400, 1)
    assert check_each_once(names, output) == {name: name for name in names}


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="needs to mount a small file system")
def test_a_full_file_system_ends_a_run_and_the_next_one_goes_on(tmp_path: Path) -> None:
    source, small = tmp_path / "in.jsonl", tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", small], capture_output=True).returncode:
        pytest.skip("cannot mount here")
    try:
        output = small / "out.jsonl"
        names = write_requests(source, 300)
        with FastServer() as server:
            summary = finished(started(source, output, server, concurrency=8))
            assert not summary["complete"]
            assert "the disk is full" in summary["reason"]
            assert summary["answered"] == len(results(output)) > 0
            subprocess.run(["mount", "-o", "remount,size=4m", small], check=True)
            assert finished(started(source, output, server))["complete"]
        check_each_once(names, output)
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def test_a_command_whose_standard_output_and_error_are_closed_writes_all_answers(tmp_path: Path) -> None:
    pytest.importorskip("typer", reason="needs the extra `cli`")
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 60)
    with FastServer(Behaviour(seconds=0.1)) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "chat_completions", "bulk", str(source), str(output), "--concurrency", "4"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-test"},
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()
        process.wait(60)
    check_each_once(names, output)
    assert json.loads((tmp_path / "out.jsonl.run.json").read_text())["state"] == "complete"
