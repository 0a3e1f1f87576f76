"""`python -m tools vendor --check`: whether the slice and its lock belong together, without asking anybody."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tools import vendor
from tools.__main__ import main

ROOT = Path(__file__).resolve().parents[1]

SPEC = b"""\
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /chat/completions:
    get: {operationId: listChatCompletions, responses: {200: {$ref: '#/components/responses/R'}}}
    post: {operationId: createChatCompletion, responses: {}}
components: {responses: {R: {description: prose}}}
"""
SLICE, LOCK = Path("openapi.yaml"), Path("openapi.lock.json")


@pytest.fixture
def vendored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Work in a folder with a slice and its lock, where nothing can be fetched."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.yaml").write_bytes(SPEC)
    assert main(["vendor", "--upstream", "in.yaml"]) == 0
    capsys.readouterr()

    def refuse(upstream: str) -> bytes:
        raise AssertionError(f"fetched {upstream}")

    monkeypatch.setattr(vendor, "fetch", refuse)
    return tmp_path


def relock(**says: Any) -> None:
    """Let the lock say of the slice what it is now, and what else is given."""
    lock = json.loads(LOCK.read_bytes())
    text = SLICE.read_bytes()
    lock["slice"].update({"bytes": len(text), "sha256": sha256(text).hexdigest(), **says})
    LOCK.write_text(json.dumps(lock))


def error_of(capsys: pytest.CaptureFixture[str]) -> str:
    """Run the check, which must fail with one line and change nothing; return the line."""
    before = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    assert main(["vendor", "--check"]) == 1
    out, error = capsys.readouterr()
    assert not out
    assert error.startswith("error: ") and error.count("\n") == 1
    assert {path: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before
    return error.removeprefix("error: ").rstrip("\n")


def test_what_vendor_wrote_passes(vendored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says so, and no file is written."""
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in vendored.iterdir()}
    assert main(["vendor", "--check"]) == 0
    assert capsys.readouterr().out == "openapi.yaml is what openapi.lock.json says\n"
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in vendored.iterdir()} == before


def test_the_project_passes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The slice and the lock of this repository belong together."""
    monkeypatch.chdir(ROOT)
    assert main(["vendor", "--check"]) == 0
    assert capsys.readouterr().out == "openapi.yaml is what openapi.lock.json says\n"


def test_a_slice_with_another_name(vendored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lock is looked for beside the output."""
    SLICE.rename("deep.yaml")
    LOCK.rename("deep.lock.json")
    assert main(["vendor", "--check", "--output", "deep.yaml"]) == 0
    assert capsys.readouterr().out == "deep.yaml is what deep.lock.json says\n"


@pytest.mark.parametrize("old", [b"title: t", b"'200'", b"\n"])
def test_an_edited_slice(vendored: Path, capsys: pytest.CaptureFixture[str], old: bytes) -> None:
    """A slice that was edited by hand is told from the lock, however little it was; the message says what to do."""
    SLICE.write_bytes(SLICE.read_bytes().replace(old, old + b" ", 1))
    error = error_of(capsys)
    assert error.startswith("openapi.yaml: bytes ")
    assert "restore both files from git, or run `make vendor`; corrections go into overlay.yaml" in error


def test_an_edit_of_the_same_length(vendored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The hash tells it."""
    SLICE.write_bytes(SLICE.read_bytes().replace(b"title: t", b"title: u"))
    assert error_of(capsys).startswith("openapi.yaml: sha256 ")


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (lambda text: text.replace(b"title: t\n", b"title:  t\n"), 4),
        (lambda text: text.replace(b"title: t\n", b"title: t\n  description: prose\n"), 5),
        (lambda text: text + b"tags: []\n", 20),
        (lambda text: text.replace(b"# Written", b"# Edited"), 1),
        (lambda text: text.replace(b"\n", b"\r\n"), 1),
        (lambda text: text.removesuffix(b"\n"), 20),
    ],
    ids=["spaces", "prose", "more", "comment", "line breaks", "end"],
)
def test_a_slice_that_is_not_canonical(
    vendored: Path, capsys: pytest.CaptureFixture[str], edit: Callable[[bytes], bytes], line: int
) -> None:
    """Where the lock was edited along with the slice, the slice itself shows that no tool wrote it."""
    SLICE.write_bytes(edit(SLICE.read_bytes()))
    relock()
    place, message = error_of(capsys).split(": ", 1)
    assert message == "slicing it again results in other text from this line on; run `make vendor`"
    assert place == f"openapi.yaml:{line}"


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ({"components": 2}, "components is 2, but openapi.yaml has 1; run `make vendor`"),
        ({"components": None}, "components is None, but openapi.yaml has 1; run `make vendor`"),
    ],
)
def test_a_lock_that_says_otherwise(
    vendored: Path, capsys: pytest.CaptureFixture[str], says: dict[str, Any], message: str
) -> None:
    """What the lock counts is counted."""
    relock(**says)
    assert error_of(capsys).startswith(f"openapi.lock.json: {message}")


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"slice": 1, "upstream": {}}', b'{"slice": {}}'])
def test_a_lock_that_is_none(vendored: Path, capsys: pytest.CaptureFixture[str], content: bytes | None) -> None:
    """A lock that is missing or broken is no lock."""
    if content is None:
        LOCK.unlink()
    else:
        LOCK.write_bytes(content)
    assert error_of(capsys) == "openapi.lock.json: this is not a lock; restore it from git, or run `make vendor`"


def test_a_slice_that_is_missing(vendored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message says how to get one."""
    SLICE.unlink()
    message = "openapi.yaml: cannot read the slice: No such file or directory; run `make vendor`"
    assert error_of(capsys) == message


def test_a_slice_with_more_operations(vendored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the lock does not name does not belong into the slice."""
    relock(operations=["createChatCompletion"])
    message = "slicing it again results in other text from this line on; run `make vendor`"
    assert error_of(capsys) == f"openapi.yaml:8: {message}"


def test_a_slice_without_an_operation(vendored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The operations that the lock names must be there; the line is named."""
    text = SLICE.read_bytes()
    start, end = text.index(b"    post:"), text.index(b"components:")
    SLICE.write_bytes(text[:start] + text[end:])
    relock()
    error = error_of(capsys)
    assert error.startswith("openapi.yaml:6 (#/paths): no operation createChatCompletion; ")
