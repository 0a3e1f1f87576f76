"""How the engine `ray` divides an input and keeps its parts; what needs no cluster, and so no Ray."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_completions import bulk
from chat_completions._types import Secret
from chat_completions.bulk import engine_of
from chat_completions.bulk.input.source import Input, lines_in
from chat_completions.bulk.options import Job
from chat_completions.bulk.output.result_lines import Result, answered, failed
from chat_completions.bulk.progress import Progress
from chat_completions.bulk.ray.directory import Directory, part_name
from chat_completions.bulk.ray.engine import RayEngine
from chat_completions.bulk.ray.partitions import (
    Reader,
    Source,
    copied,
    divided,
    number_lines,
    plan_of,
    plan_text,
    survey,
)
from chat_completions.bulk.ray.parts import Part, PartitionFiles
from chat_completions.bulk.ray.records import Records
from chat_completions.bulk.ray.shared_limits import Limits, Meter, Report, Sealed
from tests.bulk.files import request, write_requests
from tests.conftest import examples

LONGEST = 1000


def _whole(data: bytes) -> list[Any]:
    return [line for batch in lines_in(io.BytesIO(data).read, LONGEST, "in") for line in batch]


@examples(150)
@given(
    st.lists(st.sampled_from([b"", b"a", b"bb", b"\r", b"BZh9", b"PK\x03\x04", b"x" * 70, b" "]), max_size=12),
    st.booleans(),
    st.integers(1, 60),
)
def test_every_line_is_in_one_partition_with_its_number(lines: list[bytes], ended: bool, each: int) -> None:
    data = b"first\n" + b"\n".join(lines) + (b"\n" if ended else b"")
    first, found = 1, []
    for partition in divided(len(data), each):
        reader = Reader(io.BytesIO(data), partition._replace(first=first))
        found += [line for batch in reader.batches(LONGEST, "in") for line in batch]
        first += reader.newlines + reader.torn
    assert found == _whole(data)
    assert (
        first - 1 == len(data.splitlines())
        if b"\r" not in data
        else first - 1 == data.count(b"\n") + (not data.endswith(b"\n"))
    )


def test_a_plan_tells_where_a_custom_id_stands_again(tmp_path: Path) -> None:
    """The first of them is asked, and the others are reported, whoever reads them."""
    pytest.importorskip("numpy")
    names = ["a", "b", "a", "c", "b", "a", "d"]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(request(name)) + "\n\n" for name in names) + "no request\n")
    size = path.stat().st_size
    source = Source(str(path), None, size, None)
    for each in (50, 150, 400, 10_000):
        partitions = divided(size, each)
        found = number_lines(partitions, {p.number: survey(source, p, LONGEST) for p in partitions})
        assert sorted(line for p in found for line in p.again) == [5, 9, 11]
        assert sum(p.lines for p in found) == 15
        for partition in found:
            assert all(partition.first <= line < partition.first + partition.lines for line in partition.again)
        assert plan_of(plan_text(found, copied=False, each=each)) == (
            found,
            {"version": 1, "copied": False, "each": each},
        )


def test_a_compressed_file_is_copied_into_pieces(tmp_path: Path) -> None:
    names = write_requests(tmp_path / "in.jsonl", 500)
    data = (tmp_path / "in.jsonl").read_bytes()[:-1]  # without an end of its last line
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress(data))
    pieces = Directory(str(tmp_path / "pieces"))
    pieces.make()
    name = str(tmp_path / "in.jsonl.gz")
    partitions = copied(Input(name), name, 10_000, pieces)
    assert len(partitions) > 5
    assert b"".join((tmp_path / "pieces" / found).read_bytes() for found in pieces.names()) == data
    source = Source(name, None, 0, pieces)
    lines = [line for p in partitions for batch in source.reader(p).batches(LONGEST, "in") for line in batch]
    assert [json.loads(line)["custom_id"] for _, line in lines] == names


def test_a_file_that_breaks_off_is_told(tmp_path: Path) -> None:
    write_requests(tmp_path / "in.jsonl", 500)
    name = str(tmp_path / "in.jsonl.gz")
    Path(name).write_bytes(gzip.compress((tmp_path / "in.jsonl").read_bytes())[:-100])
    pieces = Directory(str(tmp_path / "pieces"))
    pieces.make()
    with pytest.raises(bulk.BulkError, match="cannot be read to its end"):
        copied(Input(name), name, 10_000, pieces)


def test_another_file_under_the_name_is_noticed(tmp_path: Path) -> None:
    """On a cluster the path may be another file, or none, on another machine."""
    path = tmp_path / "in.jsonl"
    write_requests(path, 10)
    partition = divided(path.stat().st_size, 100)[0]
    with pytest.raises(bulk.BulkError, match="all machines share"):
        Source(str(path), None, path.stat().st_size + 1, None).reader(partition)
    with pytest.raises(bulk.BulkError, match="all machines share"):
        Source(str(tmp_path / "none"), None, 5, None).reader(partition)


def _answer(name: str) -> Result:
    found = answered("0" * 32, name, 200, "r", b'{"choices":[]}')
    assert found is not None
    return found


@pytest.mark.parametrize("scheme", ["", "local://"])
def test_a_partition_goes_on_wherever_it_was_cut_off(tmp_path: Path, scheme: str) -> None:
    """Between any two steps of its end, too."""
    answers, failures = (Directory(f"{scheme}{tmp_path}/{name}") for name in ("answers", "failures"))
    for directory in (answers, failures):
        directory.make()
        directory.inside("_run").make()

    def opened() -> PartitionFiles:
        books = PartitionFiles(answers, failures, 3)
        books.open()
        return books

    books = opened()
    assert books.ended == (0, 0)
    books.write(_answer("a"))
    books.write(failed("0" * 32, "b", [], code="timeout"))
    books.flush(last=True)
    assert answers.parts() == set()
    books.close()  # as if it was killed
    books = opened()
    assert books.ended == (1, 1)
    books.write(_answer("c"))
    books.flush(last=True)
    books._failures.finish(empty=False)  # and here again
    books.close()
    assert (answers.parts(), failures.parts()) == (set(), {3})
    books = opened()
    assert books.ended == (2, 1)
    books.write(failed("0" * 32, "d", [], code="timeout"))
    books.finish()
    books.close()
    assert (answers.parts(), failures.parts()) == ({3}, {3})
    assert answers.inside("_run").names() == failures.inside("_run").names() == []
    for directory, ended in ((answers, ["a", "c"]), (failures, ["b", "d"])):
        lines = directory.opened(part_name(3)).read().splitlines()
        assert [json.loads(line)["custom_id"] for line in lines] == ended


def test_a_store_takes_what_two_workers_wrote_once(tmp_path: Path) -> None:
    """One that was thought lost, and the one that was to go on for it."""
    directory = Directory(f"local://{tmp_path}/answers")
    both = [Part(directory, 0), Part(directory, 0)]
    for part in both:
        assert list(part.open()) == []
    for part in both:
        assert part.results is not None
        part.results.append(_answer("a").line)
        part.results.flush(last=True)
    both[0].finish(empty=True)
    assert directory.lines(part_name(0)) == 1


def test_a_part_in_use_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_completions.bulk.ray.parts._LONGEST_LOCK", 0.3)
    directory = Directory(str(tmp_path))
    directory.inside("_run").make()
    one, other = Part(directory, 0), Part(directory, 0)
    list(one.open())
    with pytest.raises(bulk.BulkError, match="in use by another worker"):
        list(other.open())
    one.close()
    list(other.open())
    other.close()


def _records(tmp_path: Path, **options: Any) -> Records:
    source = str(tmp_path / "in.jsonl")
    job = Job(
        input=source,
        output=str(tmp_path / "out"),
        errors=str(tmp_path / "err"),
        client_settings=Secret(None),
        **options,
    )
    return Records(job, Input(source))


def test_another_input_or_run_is_noticed(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    write_requests(tmp_path / "in.jsonl", 100)
    records = _records(tmp_path)
    records.begin({"base_url": "http://a"})
    plan = records.divided(1000, 2, lambda some: {})
    records.begin_run(records._job)
    with pytest.raises(bulk.RunningError, match="is in use"):
        _records(tmp_path).begin({"base_url": "http://a"})
    records.close()
    with pytest.raises(bulk.ChangedError, match="base_url was"):
        _records(tmp_path).begin({"base_url": "http://b"})
    again = _records(tmp_path, accept_changes=True)
    again.begin({"base_url": "http://b"})
    assert again.divided(5, 9, lambda some: {}) == plan  # as it was
    again.close()
    write_requests(tmp_path / "in.jsonl", 101)
    with pytest.raises(bulk.ChangedError, match="another input"):
        _records(tmp_path, accept_changes=True).begin({"base_url": "http://b"})


def test_a_run_of_the_local_engine_is_not_gone_on_with(tmp_path: Path) -> None:
    write_requests(tmp_path / "in.jsonl", 1)
    (tmp_path / "out.run.json").write_text(json.dumps({"version": 1, "run": "x", "settings": {"engine": "local"}}))
    with pytest.raises(bulk.ChangedError, match="is from the engine 'local'"):
        _records(tmp_path).begin({})
    (tmp_path / "out.run.json").unlink()
    (tmp_path / "out").write_text("")
    with pytest.raises(bulk.BulkError, match="writes a directory of parts"):
        _records(tmp_path).begin({})


def test_what_cannot_be_read_twice_is_refused() -> None:
    job = Job(input="-", output="o", errors="e", client_settings=Secret(None))
    with pytest.raises(bulk.BulkError, match="write it to a file first"):
        Records(job, None)  # type: ignore[arg-type]


async def _lent(meter: Meter, seconds: float, tokens: float) -> int:
    import asyncio

    count = 0

    async def take() -> None:
        nonlocal count
        while True:
            requests, lent = await meter.lease(int(not tokens), tokens)
            count += int(lent / tokens) if tokens else requests

    tasks = [asyncio.create_task(take()) for _ in range(3)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return count


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limits", "tokens", "expected"),
    [(Limits(requests_per_minute=6000), 0.0, 150), (Limits(tokens_per_minute=60_000), 20.0, 75)],
)
def test_the_meter_lends_what_the_ceilings_allow(limits: Limits, tokens: float, expected: int) -> None:
    import asyncio

    async def go() -> int:
        meter = Meter(limits, 3)
        return await _lent(meter, 1.5, tokens)

    # A lull of a machine that others use as well makes it fewer; what is lent at once, and the slack, make it more.
    most = 0
    for _ in range(5):
        most = max(most, asyncio.run(go()))
        if 0.8 * expected <= most:
            break
    assert 0.8 * expected <= most <= 1.25 * expected


def _report(used: int = 0, reserved: int = 0) -> Report:
    return Report({"prompt_tokens": used, "completion_tokens": 0}, {"reserved": reserved}, {}, [], None)


def test_the_meter_keeps_budgets() -> None:
    import asyncio

    async def go() -> None:
        meter = Meter(Limits(request_budget=100, token_budget=1000))
        assert await meter.open(0, (0, 0), 60) == 60
        assert await meter.open(1, (0, 0), 60) == 40
        await meter.close(0, 10)
        assert await meter.open(2, (5, 0), 60) == 10
        # A worker was lost when it had asked 7 of its 40.
        assert await meter.open(1, (6, 1), 60) == 33
        assert not (await meter.report("a", _report(500, 100))).hold
        assert (await meter.report("b", _report(300, 100))).hold
        assert (await meter.report("b", _report(300, 0))).stop is None
        word = await meter.report("b", _report(500, 0))
        assert word.stop is not None and "1,000 tokens" in word.stop

    asyncio.run(go())


def test_secrets_show_nowhere() -> None:
    sealed = Sealed(b"sk-secret")
    assert "secret" not in repr(sealed) + str(sealed)
    assert "secret" not in repr(RayEngine(ray_settings={"runtime_env": {"env_vars": {"KEY": "secret"}}}))


@pytest.mark.parametrize("given", [{"actors": 0}, {"actors": (3, 2)}, {"actors": True}, {"partition_bytes": 0}])
def test_settings_that_make_no_sense_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        RayEngine(**given)


def test_a_missing_ray_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    known = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name.startswith("ray") else known(name, *a)
    )
    write_requests(tmp_path / "in.jsonl", 1)
    with pytest.raises(bulk.BulkError, match=r"chat-completions-client\[ray\]"):
        bulk.run(tmp_path / "in.jsonl", tmp_path / "out", engine="ray", client_settings={"base_url": "http://a"})
    assert not (tmp_path / "out").exists()
    assert isinstance(engine_of("ray"), RayEngine)


def test_an_http_client_is_not_sent(tmp_path: Path) -> None:
    import asyncio

    import httpx

    job = Job(
        input="i",
        output="o",
        errors="e",
        client_settings=Secret({"base_url": "http://a", "http_client": httpx.AsyncClient()}),
    )
    with pytest.raises(bulk.BulkError, match="pass a function"):
        asyncio.run(RayEngine()(job, Progress()))


def test_a_ray_client_is_refused(tmp_path: Path) -> None:
    from contextlib import ExitStack

    from chat_completions.bulk.ray.cluster import connect

    with ExitStack() as closing, pytest.raises(bulk.BulkError, match="ray job submit"):
        connect("ray://head:10001", {}, closing)


def test_a_directory_that_is_not_shared_is_told(tmp_path: Path) -> None:
    part = Part(Directory(str(tmp_path / "elsewhere")), 0)
    with pytest.raises(bulk.BulkError, match="all machines share"):
        list(part.open())


def test_an_empty_input_has_one_partition(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    (tmp_path / "in.jsonl").write_bytes(b"")
    records = _records(tmp_path)
    records.begin({})
    (partition,) = records.divided(None, 2, lambda some: {})
    assert (partition.start, partition.end, partition.lines) == (0, 0, 0)
    records.close()
