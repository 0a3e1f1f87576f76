"""The report is one file: it says what the summary says, loads nothing, runs nothing, and tells no secret."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib", reason="the report needs the extra `report`")

from chat_completions import _files, bulk
from chat_completions.bulk import Histogram, Sample, Summary
from chat_completions.bulk.report import page
from chat_completions.bulk.report.page import failures_of
from chat_completions.bulk.report.plots import rates
from tests.bulk.fast_server import Behaviour, FastServer

pytestmark = pytest.mark.slow

KEY = "sk-this-is-very-secret-0123456789"
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "</td></table></body><iframe src=//example.com>",
    "a\u202eb\x1b[31m\x00",
    "half a surrogate \ud800",
    "&lt;b&gt; $x_1$ \\frac{}{} {braces} %s",
]


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def summary(folder: Path, **changes: Any) -> Summary:
    latencies = Histogram()
    for number in range(200):
        latencies.add(0.01 * (1 + number % 17))
    samples = [
        Sample(0.25 * n, 10 * n, n // 4, 300 * n, n // 2, 8 + n, 7 + n, 0.01 * n or None, 0.03 * n or None, n // 3)
        for n in range(1, 40)
    ]
    values: dict[str, Any] = {
        "complete": True,
        "reason": "complete",
        "interrupted": False,
        "input": str(folder / "requests.jsonl"),
        "output": str(folder / "answers.jsonl"),
        "errors": str(folder / "answers.errors.jsonl"),
        "answered": 12_345,
        "failed": 9,
        "malformed": 0,
        "answered_before": 0,
        "failed_before": 0,
        "prompt_tokens": 1_000,
        "completion_tokens": 2_000,
        "seconds": 10.0,
        "attempts": {"answered": 12_345, "429": 13, "timeout": 1},
        "retries": 19,
        "concurrency": 47,
        "samples": samples,
        "latencies": latencies,
        "notes": [],
        "begun": "2030-01-02 03:04:05Z",
        "settings": {"engine": "local", "base_url": "http://localhost:8000/v1", "headers": ["X-Team"]},
    }
    return Summary(**{**values, **changes})


def error_line(custom_id: Any, **rest: Any) -> str:
    return json.dumps({"id": "batch_req_1", "custom_id": custom_id, "response": None, "error": None, **rest}) + "\n"


def written(found: Summary, folder: Path, **arguments: Any) -> Page:
    path = folder / "run.html"
    page.write(found, path, **arguments)
    return Page(path.read_text("utf-8"))


def test_it_says_what_the_summary_says(tmp_path: Path) -> None:
    """Counts, ways attempts ended, retries, tokens, latencies, settings, versions and the time are there to be read."""
    page = written(summary(tmp_path, notes=["the last line was torn"]), tmp_path)
    for told in ("12,345", "requests.jsonl", "HTTP 429", "no response in time", "19", "3,000", "2030-01-02 03:04:05Z"):
        assert told in page.text
    for told in ("http://localhost:8000/v1", "X-Team", "the last line was torn", "httpx", "Python", "9 failed"):
        assert told in page.text
    assert page.open == []  # every element is closed, in order
    assert sum(tag == "svg" for tag, _ in page.elements) == 6


def test_it_loads_nothing_and_runs_nothing(tmp_path: Path) -> None:
    """No script, no address that would be fetched, and a policy that forbids both; ids are of one plot each."""
    page = written(summary(tmp_path), tmp_path)
    assert not {tag for tag, _ in page.elements} & {"script", "iframe", "object", "embed", "img", "link", "form"}
    policy = [at["content"] for tag, at in page.elements if at.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]
    ids = []
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href", "data"):
            assert (attributes.get(name) or "#").startswith("#")
        ids += [attributes["id"]] if "id" in attributes else []
    assert len(ids) == len(set(ids))
    text = (tmp_path / "run.html").read_text("utf-8")
    assert set(re.findall(r"url\((.)", text)) <= {"#"}
    assert "@import" not in text
    assert not re.search(r"#01020[3-8]", text)  # every colour is the page's


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The elements of a page that nobody attacks."""
    folder = tmp_path_factory.mktemp("harmless")
    (folder / "answers.errors.jsonl").write_text(error_line("a", error={"code": "c", "message": "m"}))
    return {tag for tag, _ in written(summary(folder), folder).elements}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_others_wrote_is_text(tmp_path: Path, attack: str, harmless: set[str]) -> None:
    """Names, messages, kinds, notes and settings that are made to break out of the page are shown as they are."""
    (tmp_path / "answers.errors.jsonl").write_text(
        error_line(attack, error={"code": attack, "message": attack})
        + error_line("b", response={"status_code": 400, "request_id": "r", "body": {"error": {"message": attack}}})
        + error_line("c", response={"status_code": 400, "request_id": "r", "body": attack})
    )
    found = summary(tmp_path, reason=attack, complete=False, notes=[attack], attempts={attack: 1})
    page = written(replace(found, input=attack, settings={"engine": attack, attack: attack}), tmp_path)
    assert {tag for tag, _ in page.elements} <= harmless
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", "".join(page.texts))
    assert page.open == []
    if attack.startswith("<"):
        assert page.text.count(attack) >= 6


def test_secrets_are_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that a server repeated, one of the environment, and a password in an address do not get into the file."""
    monkeypatch.setenv("SOME_API_KEY", "environment-secret-1")
    told = f"no such key: {KEY}, environment-secret-1, given-secret-2, Bearer abc.def, https://me:hunter2@host/"
    (tmp_path / "answers.errors.jsonl").write_text(error_line("a", error={"code": "x", "message": told}))
    found = summary(
        tmp_path, reason=told, complete=False, settings={"base_url": "https://me:hunter2@host/v1?sig=signed-secret"}
    )
    written(found, tmp_path, hide=["given-secret-2"])
    text = (tmp_path / "run.html").read_text("utf-8")
    for secret in (KEY, "very-secret", "environment-secret", "given-secret", "abc.def", "hunter2", "signed-secret"):
        assert secret not in text
    assert text.count("[hidden]") >= 8


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("moments", [0, 1, 2])
def test_runs_without_much_to_show(tmp_path: Path, moments: int) -> None:
    """Nothing answered, nothing asked, one moment only: no plot fails, and the page says what there is not."""
    samples = [Sample(0.001 * n, n, 0, 0, 0, 8, n, None, None) for n in range(moments)]
    found = summary(tmp_path, samples=samples, latencies=Histogram(), attempts={}, answered=0, failed=0, seconds=0.0)
    page = written(found, tmp_path)
    assert "No answers." in page.text
    one = Histogram()
    one.add(0.5)
    assert "median" in written(replace(found, latencies=one), tmp_path).text


def test_failures_are_counted_by_kind(tmp_path: Path) -> None:
    """Codes and statuses are kinds, each with a few examples; a torn line and a very long one are told of."""
    path = tmp_path / "e.jsonl"
    lines = [error_line(f"a{n}", error={"code": "request_timeout", "message": "late"}) for n in range(5)]
    lines.append(error_line("b", response={"status_code": 500, "body": {"error": {"message": "oh"}}}))
    lines.append(error_line(None, error={"code": "invalid_json_line", "message": "line 3: no JSON", "line": 3}))
    lines.append(error_line("long", error={"code": "x" * (3 * 2**20), "message": ""}))
    path.write_text("".join(lines) + '{"id":"torn')
    found = failures_of(str(path))
    assert found is not None
    assert found.kinds == [("request_timeout", 5), ("unreadable", 2), ("HTTP 500", 1), ("invalid_json_line", 1)]
    assert [example.name for example in found.examples["request_timeout"]] == ["a0", "a1", "a2"]
    assert found.examples["HTTP 500"] == [("b", "oh")]
    assert found.examples["invalid_json_line"][0].name is None
    assert not found.cut_short
    assert failures_of(str(tmp_path / "absent")) is None
    assert failures_of("s3://bucket/errors") is None


def test_kinds_are_bounded(tmp_path: Path) -> None:
    """A server that gives each failure another code does not make the page endless."""
    path = tmp_path / "e.jsonl"
    path.write_text("".join(error_line(f"a{n}", error={"code": f"c{n}", "message": ""}) for n in range(500)))
    found = failures_of(str(path))
    assert found is not None
    assert len(found.kinds) <= 31
    assert sum(count for _, count in found.kinds) == 500
    assert found.kinds[0][0] == "others"


def test_rates_are_taken_over_spans_that_cover_the_run() -> None:
    """Thousands of moments become some spans; what was counted in all of them is what was counted."""
    samples = [Sample(0.01 * n, 3 * n, 0, 0, 0, 1, 1, None, None) for n in range(1, 5001)]
    edges, found = rates(samples, lambda sample: sample.answered)
    assert len(edges) == len(found) + 1 <= 130
    assert edges[0] == 0
    assert edges[-1] == samples[-1].seconds
    total = sum(rate * (end - begin) for rate, begin, end in zip(found, edges, edges[1:], strict=False))
    assert total == pytest.approx(15_000)
    assert max(found) == pytest.approx(300)


def test_a_run_writes_it(tmp_path: Path) -> None:
    """`report=` gives the file of a real run, with what the server refused, and without the key."""
    bodies = {f"id-{n}": {"model": "m", "messages": [{"role": "user", "content": f"id-{n}"}]} for n in range(60)}
    lines = [
        {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}
        for name, body in bodies.items()
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + "{\n")
    with FastServer(Behaviour(refused=0.1)) as server:
        found = bulk.run(
            tmp_path / "in.jsonl",
            tmp_path / "out.jsonl",
            client_settings={"base_url": server.base_url, "api_key": KEY},
            report=tmp_path / "run.html",
        )
    assert found.complete
    assert found.answered == 60
    assert found.settings["base_url"] == server.base_url
    assert found.samples[-1].refused == found.attempts.get("429", 0) > 0
    text = (tmp_path / "run.html").read_text("utf-8")
    assert "HTTP 429" in text
    assert "invalid_json_line" in text
    assert server.base_url in text
    assert KEY not in text + repr(found) + json.dumps(found.to_dict())
    assert not list(tmp_path.glob(".run*"))


def test_what_would_fail_at_the_end_fails_at_the_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without matplotlib, without the directory, or on a file of the run, nothing is asked and nothing is written."""
    (tmp_path / "in.jsonl").write_text("{}\n")
    settings = {"base_url": "http://127.0.0.1:9/v1", "api_key": "k"}

    def attempt(path: Path) -> None:
        asyncio.run(bulk.arun(tmp_path / "in.jsonl", tmp_path / "out.jsonl", client_settings=settings, report=path))

    for name in ("in.jsonl", "out.jsonl", "out.errors.jsonl", "absent/run.html", "."):
        with pytest.raises(bulk.BulkError, match="report"):
            attempt(tmp_path / name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(bulk.BulkError, match=re.escape("[report]")):
        attempt(tmp_path / "run.html")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_report_that_cannot_be_written_costs_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong with it at the end is a note of the summary, which comes all the same."""
    (tmp_path / "in.jsonl").write_text("{}\n")

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr(page, "html_of", fail)
    found = bulk.run(
        tmp_path / "in.jsonl",
        tmp_path / "out.jsonl",
        client_settings={"base_url": "http://127.0.0.1:9/v1", "api_key": "k"},
        report=tmp_path / "run.html",
    )
    assert found.complete
    assert any("ZeroDivisionError" in note for note in found.notes)


def test_a_file_that_is_there_is_kept_until_the_new_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at the end leaves the report of before, nothing half-written, and a clear error."""
    (tmp_path / "run.html").write_text("before")

    def full(descriptor: int, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_files, "_write", full)
    with pytest.raises(bulk.BulkError, match="No space left"):
        page.write(summary(tmp_path), tmp_path / "run.html")
    assert (tmp_path / "run.html").read_text() == "before"


def test_the_command_writes_it(tmp_path: Path) -> None:
    """`chat-completions bulk --report` gives the file, without a key that the server repeated."""
    pytest.importorskip("typer", reason="the command needs the extra `cli`")
    key = "plain-looking-but-very-secret-9"
    body = {"model": "m", "messages": [{"role": "user", "content": "a"}]}
    line = {"custom_id": key, "method": "GET", "url": "/v1/chat/completions", "body": body}
    (tmp_path / "in.jsonl").write_text(json.dumps(line) + "\n")
    with FastServer() as server:
        done = subprocess.run(
            [sys.executable, "-m", "chat_completions", "bulk", "in.jsonl", "out.jsonl", "--report", "run.html"],
            cwd=tmp_path,
            env={**os.environ, "OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": key},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1, done.stderr
    text = (tmp_path / "run.html").read_text("utf-8")
    assert "invalid_method" in text
    assert key not in text
