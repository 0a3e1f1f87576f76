"""The engine `ray` on a cluster on this machine: workers that are killed, drivers that are, ceilings for all together.

They need Ray (extra `ray`), and are left out where it is missing.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_completions import bulk
from chat_completions.bulk.ray.engine import RayEngine
from tests.bulk.fast_server import Behaviour, FastServer
from tests.bulk.files import ROOT, request, results, write_requests

ray: Any = pytest.importorskip("ray", reason="Ray is not installed (extra `ray`)")
psutil: Any = pytest.importorskip("psutil", reason="psutil is not installed")

# Ray's own code warns of what is deprecated in it, and leaves sockets to the end of the process.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default"), pytest.mark.timeout(180)]

KEY = "sk-this-is-not-to-be-seen-0f3a"


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A cluster of this machine, for all tests here; its address."""
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # The workers import what the tests import.
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ["PYTHONPATH"] = paths
    context = ray.init(address="local", num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield context.address_info["gcs_address"]
    ray.shutdown()


class Server(FastServer):
    """Ends its connections at its own end: workers live on, and keep theirs."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        super().__init__(behaviour)
        self._transports: set[Any] = set()

    def asked(self, connection: Any, head: bytes, body: bytes) -> None:
        self._transports.add(connection.transport)
        super().asked(connection, head, body)

    def __exit__(self, *exc: object) -> None:
        def end() -> None:
            for transport in self._transports:
                transport.abort()

        self.loop.call_soon_threadsafe(end)
        time.sleep(0.05)
        super().__exit__(*exc)


def _settings(server: Server) -> dict[str, Any]:
    return {"base_url": server.base_url, "api_key": KEY}


def _ended(directory: Path) -> list[dict[str, Any]]:
    return [result for part in sorted(directory.glob("part-*.jsonl")) for result in results(part)]


def _told(result: dict[str, Any]) -> tuple[Any, ...]:
    """Return what of a result is the same in every run."""
    if result["response"] is not None:
        said = result["response"]["body"]["choices"][0]["message"]["content"]
        return (result["custom_id"], result["response"]["status_code"], said)
    return (result["custom_id"], result["error"]["code"], result["error"].get("line"))


def _workers() -> list[Any]:
    """Return the processes of this cluster's workers."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "MapWorker" in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            pass
    return found


def _once(condition: Any, then: Any) -> threading.Thread:
    def wait() -> None:
        while not condition():
            time.sleep(0.01)
        then()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_a_worker_killed_half_way_changes_nothing(
    cluster: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same set of results as an undisturbed run on one machine, with faults, repeats and malformed lines."""
    names = [f"request-{n}" for n in range(1200)]
    lines = [json.dumps(request(name)) for name in names]
    for place, line in ((900, lines[3]), (700, "no request"), (400, ""), (300, lines[3]), (5, lines[4])):
        lines.insert(place, line)
    source = tmp_path / "in.jsonl"
    source.write_text("\n".join(lines))
    with Server(Behaviour(refused=0.02, failed=0.02, cut=0.02)) as server:
        bulk.run(source, tmp_path / "local.jsonl", client_settings=_settings(server))
    killed: list[int] = []

    def kill() -> None:
        worker = _workers()[0]
        killed.append(worker.pid)
        os.kill(worker.pid, signal.SIGKILL)

    with Server(Behaviour(refused=0.02, failed=0.02, cut=0.02, seconds=0.03)) as server:
        killing = _once(lambda: len(server.tally.answered) > 600, kill)
        engine = RayEngine(actors=2, partition_bytes=20_000)
        seen: list[int] = []
        options: dict[str, Any] = {"engine": engine, "max_concurrency": 16}
        summary = bulk.run(
            source,
            tmp_path / "ray",
            client_settings=_settings(server),
            on_progress=lambda progress: seen.append(progress.answered),
            **options,
        )
        killing.join(5)
    assert killed
    assert summary.complete, summary.reason
    assert (summary.answered, summary.failed, summary.malformed) == (1200, 0, 4)
    assert any(0 < count < 1200 for count in seen)
    for mine, theirs in ((tmp_path / "ray", "local.jsonl"), (tmp_path / "ray.errors", "local.errors.jsonl")):
        assert sorted(map(_told, _ended(mine)), key=repr) == sorted(map(_told, results(tmp_path / theirs)), key=repr)
    # Asked again is what the lost worker had under way, and no more; answers that were cut do not count.
    assert server.tally.answered.total() <= 1200 + 16
    assert not list((tmp_path / "ray").glob("_run/part-*"))
    assert capfd.readouterr().out == ""
    print(f"{server.tally.answered.total() - 1200} of 1,200 were asked again")
    # Nothing to do: nothing is asked, and it is told.
    again = bulk.run(source, tmp_path / "ray", client_settings={"base_url": server.base_url}, engine=engine)
    assert (again.complete, again.answered, again.answered_before, again.failed_before) == (True, 0, 1200, 4)


_DRIVER = """
import json, sys
from chat_completions import bulk
from chat_completions.bulk.ray.engine import RayEngine
given = json.loads(sys.argv[1])
engine = RayEngine(actors=2, partition_bytes=20_000, ray_address=sys.argv[2])
print(bulk.run(**given, engine=engine).complete, flush=True)
"""


def test_a_killed_driver_is_gone_on_with(cluster: str, tmp_path: Path) -> None:
    """Parts that are there stay as they are, and what partitions had written is not asked again."""
    source, output = tmp_path / "in.jsonl", tmp_path / "out"
    names = write_requests(source, 1000)
    with Server(Behaviour(seconds=0.05)) as server:
        options = {"max_concurrency": 8}
        given = {"input": str(source), "output": str(output), "client_settings": _settings(server), **options}
        driver = subprocess.Popen(
            [sys.executable, "-c", _DRIVER, json.dumps(given), cluster],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
        )
        until = time.monotonic() + 60
        while len(server.tally.answered) < 500 and driver.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        with pytest.raises(bulk.RunningError, match="is in use"):
            bulk.run(source, output, client_settings=_settings(server), engine=RayEngine())
        os.kill(driver.pid, signal.SIGKILL)
        driver.communicate()
        there = {part: part.stat().st_mtime_ns for part in output.glob("part-*.jsonl")}
        assert there
        summary = bulk.run(source, output, client_settings=_settings(server), engine=RayEngine(actors=2), **options)
    assert summary.complete, summary.reason
    assert sorted(result["custom_id"] for result in _ended(output)) == sorted(names)
    assert 0 < summary.answered_before < 1000
    assert summary.answered_before + summary.answered == 1000
    assert all(part.stat().st_mtime_ns == written for part, written in there.items())
    assert server.tally.answered.total() <= 1000 + 2 * 8


def _rate(times: list[float]) -> float:
    """Return the requests a second between the first half second and the last one."""
    begin, end = times[0] + 0.5, times[-1] - 0.5
    return sum(begin <= moment < end for moment in times) / (end - begin)


@pytest.mark.parametrize(
    ("limit", "expected"), [({"requests_per_minute": 3000}, 50.0), ({"tokens_per_minute": 90_000}, 50.0)]
)
def test_a_ceiling_holds_for_the_whole_cluster(
    cluster: str, tmp_path: Path, limit: dict[str, Any], expected: float
) -> None:
    """Three workers together keep it within 10 %, and use it."""
    write_requests(tmp_path / "in.jsonl", 350, max_tokens=5)
    with Server(Behaviour(seconds=0.02)) as server:
        summary = bulk.run(
            tmp_path / "in.jsonl",
            tmp_path / "out",
            client_settings=_settings(server),
            engine=RayEngine(actors=3, partition_bytes=5_000),
            **limit,
        )
    assert summary.complete, summary.reason
    assert summary.answered == 350
    rate = _rate(server.tally.times)
    print(f"{limit}: {rate:.2f} requests a second of {expected}")
    assert 0.9 * expected <= rate <= 1.1 * expected
    most = max(sum(moment <= other < moment + 2 for other in server.tally.times) for moment in server.tally.times)
    print(f"at most {most} in 2 seconds")
    assert most <= 1.1 * expected * 2 + 5


class _RefusesOnce(Server):
    at: float | None = None

    def asked(self, connection: Any, head: bytes, body: bytes) -> None:
        if self.at is None and len(self.tally.times) == 150:
            self.at = time.monotonic()
            self.tally.busy += 1
            self._refuse(connection)
        else:
            super().asked(connection, head, body)


def test_what_one_worker_is_refused_slows_all(cluster: str, tmp_path: Path) -> None:
    write_requests(tmp_path / "in.jsonl", 300)
    with _RefusesOnce(Behaviour(seconds=0.1, refusal_headers={"retry-after": "3"})) as server:
        summary = bulk.run(
            tmp_path / "in.jsonl",
            tmp_path / "out",
            client_settings=_settings(server),
            engine=RayEngine(actors=2, partition_bytes=5_000),
            max_concurrency=8,
        )
    assert summary.complete, summary.reason
    assert server.at is not None
    after = [moment - server.at for moment in server.tally.times if moment > server.at]
    # It is told at once, and heard of within a report.
    assert sum(0.8 < seconds < 2.8 for seconds in after) == 0
    assert sum(seconds > 2.8 for seconds in after) > 50


def test_a_compressed_input_a_store_and_a_budget(cluster: str, tmp_path: Path) -> None:
    """`local://` goes the way of stores: parts as a whole, and no locks."""
    write_requests(tmp_path / "in.jsonl", 300)
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress((tmp_path / "in.jsonl").read_bytes()))
    source, output = f"local://{tmp_path}/in.jsonl.gz", f"local://{tmp_path}/out"
    engine = RayEngine(actors=2, partition_bytes=5_000)
    with Server() as server:
        first = bulk.run(source, output, client_settings=_settings(server), engine=engine, request_budget=100)
        assert (first.complete, first.reason) == (False, "the budget of 100 requests is used up")
        assert first.answered == server.tally.answered.total() == 100
        second = bulk.run(source, output, client_settings=_settings(server), engine=engine)
    assert second.complete, second.reason
    assert (second.answered_before, second.answered) == (100, 200)
    assert server.tally.answered.total() == len({result["custom_id"] for result in _ended(tmp_path / "out")}) == 300
    assert not (tmp_path / "out" / "_run" / "input").exists()


class _NotAllowed(Server):
    def asked(self, connection: Any, head: bytes, body: bytes) -> None:
        self.tally.times.append(time.monotonic())
        self._transports.add(connection.transport)
        connection.reply(401, b'{"error":{"message":"bad key","type":"invalid_request_error","code":null}}', {})


def test_a_key_that_is_not_accepted_stops_all(cluster: str, tmp_path: Path) -> None:
    write_requests(tmp_path / "in.jsonl", 500)
    with _NotAllowed() as server:
        summary = bulk.run(
            tmp_path / "in.jsonl",
            tmp_path / "out",
            client_settings=_settings(server),
            engine=RayEngine(actors=2, partition_bytes=5_000),
        )
    assert not summary.complete
    assert "does not accept the key" in summary.reason
    assert len(server.tally.times) <= 2 * 8 + 2
    assert not list((tmp_path / "out").glob("part-*"))


def test_failures_are_asked_again(cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By names from a directory that is not the workers', too."""
    write_requests(tmp_path / "in.jsonl", 60)
    monkeypatch.chdir(tmp_path)
    engine = RayEngine(actors=2, partition_bytes=5_000)
    with Server(Behaviour(failed=1.0)) as server:
        given = {"client_settings": _settings(server), "engine": engine, "max_retries": 0, "give_up_after": 0}
        first = bulk.run("in.jsonl", "out", **given)
        assert (first.complete, first.failed, first.answered) == (True, 60, 0)
        server.behaviour.failed = 0.0
        second = bulk.run("in.jsonl", "out", retry_failed=True, **given)
    assert (second.complete, second.failed, second.answered) == (True, 0, 60)
    assert len(_ended(tmp_path / "out")) == 60
    assert _ended(tmp_path / "out.errors") == []
    assert len(_ended(tmp_path / "out.errors" / "before-1")) == 60


def test_the_key_is_in_none_of_rays_files(cluster: str) -> None:
    """The last test: all before had the key, too."""
    session = Path(ray._private.worker._global_node.get_session_dir_path())
    files = [path for path in session.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
