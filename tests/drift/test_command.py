"""`python -m tools drift` from end to end: what it reads, what it says, and how it ends."""

from __future__ import annotations

import copy
import gzip
import importlib
import inspect
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.drift.minis import TEXT, Json, document, in_request
from tests.specs import ROOT
from tools.__main__ import main
from tools.document import document as documents
from tools.document import yaml_writer
from tools.drift import command
from tools.drift.command import SPEC, report
from tools.drift.findings.findings import Report, Symbol
from tools.drift.findings.rules_page import rules_page
from tools.refresh import worst_level

pytestmark = pytest.mark.slow

SLICE = documents.load(SPEC.read_bytes(), name="openapi.yaml")
UPSTREAM = ROOT.parent / "shared" / "upstream"
DOCUMENTS = sorted(UPSTREAM.glob("*.yaml.gz"))


def write(path: Path, document: Json) -> str:
    """Write a document; return its path."""
    path.write_text(yaml_writer.write(document))
    return str(path)


def changed(**schemas: Any) -> Json:
    """Return the vendored slice with other properties in some components."""
    result = copy.deepcopy(SLICE)
    for name, properties in schemas.items():
        result["components"]["schemas"][name]["properties"].update(properties)
    return result


ADDED = changed(CompletionUsage={"brand_new": TEXT})
BROKEN = changed(CompletionUsage={"total_tokens": {**TEXT, "default": 0}})


DEPRECATED = changed(CompletionUsage={"total_tokens": {"type": "integer", "default": 0, "deprecated": True}})


def without(name: str, property: str) -> Json:
    """Return the vendored slice with one property less, which the overlay knows."""
    result = copy.deepcopy(SLICE)
    schema = result["components"]["schemas"][name]
    del schema["properties"][property]
    schema["required"] = [other for other in schema.get("required", ()) if other != property]
    return result


def run(*arguments: str) -> int:
    """Run the command with no acknowledgement."""
    return main(["drift", "--acknowledged", "none.yaml", *arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and exit code 0; the slice is as good as the document that it was cut from."""
    assert run("--upstream", str(SPEC)) == 0
    assert capsys.readouterr().out.startswith("drift: none (openapi.yaml against ")
    assert run("--upstream", write(folder / "same.yaml", {**SLICE, "webhooks": {}})) == 0


@pytest.mark.parametrize(
    ("upstream", "codes", "rule"),
    [
        (ADDED, (1, 0, 0), "property-added"),
        (BROKEN, (2, 2, 0), "type-changed"),
        (without("CompletionUsage", "total_tokens"), (3, 3, 0), "required-property-removed"),
        (
            changed(CompletionUsage={"total_tokens": {"type": "integer", "default": 0, "deprecated": True}}),
            (0, 0, 0),
            "deprecated",
        ),
    ],
    ids=["additive", "breaking", "overlay", "neutral"],
)
def test_exit_codes(
    upstream: Json, codes: tuple[int, ...], rule: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a whole, where only breaking ones count, and where nothing does; the report is the same."""
    path = write(folder / "new.yaml", upstream)
    for fail_on, code in zip(("any", "breaking", "never"), codes, strict=True):
        assert run("--upstream", path, "--fail-on", fail_on) == code
        out = capsys.readouterr().out
        assert out.startswith("drift: 1 ") and rule in out
    assert ("make generate" in out) == (codes[0] == 3)


def test_a_finding_says_where(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line of `openapi.yaml`, the pointer, and the classes, fields and keys that it touches."""
    upstream = copy.deepcopy(BROKEN)
    parts = upstream["components"]["schemas"]["CreateChatCompletionRequest"]["allOf"]
    request = next(part["properties"] for part in parts if "messages" in part.get("properties", {}))
    request["frequency_penalty"]["maximum"] = 1
    run("--upstream", write(folder / "new.yaml", upstream), "--format", "json")
    findings = json.loads(capsys.readouterr().out)["findings"]
    lines = SPEC.read_text().splitlines()
    by_rule = {finding["rule"]: finding for finding in findings}
    for finding in findings:
        assert finding["file"] == "openapi.yaml"
        assert lines[finding["line"] - 1].strip().startswith(finding["pointer"].rpartition("/")[2] + ":")
    touched = {rule: {symbol["name"] for symbol in finding["symbols"]} for rule, finding in by_rule.items()}
    assert "chat_completions_api.models.CompletionUsage.total_tokens" in touched["type-changed"]
    assert touched["maximum-decreased"] >= {
        "chat_completions_api.models.CreateChatCompletionRequest.frequency_penalty",
        "chat_completions_api.params.CompletionCreateParamsBase[frequency_penalty]",
    }


def test_what_the_overlay_makes_up_for_moves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Upstream says what the overlay said: neutral, also where the correction is taken out in the same change."""
    system_fingerprint = {"type": ["string", "null"], "deprecated": True}
    upstream = write(
        folder / "new.yaml", changed(CreateChatCompletionResponse={"system_fingerprint": system_fingerprint})
    )
    said = "    CreateChatCompletionResponse: {properties: {system_fingerprint: {nullable: true}}}\n"
    corrections = command.OVERLAY.read_text(encoding="utf-8")
    assert said in corrections
    monkeypatch.setattr(command, "_committed_overlay", lambda: corrections.encode())
    for text, code in ((corrections, 3), (corrections.replace(said, ""), 0)):
        (folder / "overlay.yaml").write_text(text, encoding="utf-8")
        monkeypatch.setattr(command, "OVERLAY", overlay := folder / "overlay.yaml")
        assert run("--upstream", upstream, "--format", "json", "--overlay", str(overlay)) == code
        found = json.loads(capsys.readouterr().out)
        (finding,) = found["findings"]
        assert (finding["rule"], finding["level"], finding["neutralized"]) == ("became-nullable", "neutral", True)
        assert len(found["stopped"]) == (code == 3)
        assert worst_level(report(SPEC, upstream, overlay)) == "neutral"
    # Without the correction, code that was right may now find null.
    monkeypatch.setattr(command, "_committed_overlay", lambda: None)
    assert run("--upstream", upstream, "--overlay", str(overlay)) == 2


def test_the_committed_overlay_is_gits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no commit there is none."""
    monkeypatch.setattr(command, "ROOT", tmp_path)
    assert command._committed_overlay() is None
    (tmp_path / "overlay.yaml").write_text("committed")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "x"]):
        subprocess.run([*git, *arguments], check=True)
    (tmp_path / "overlay.yaml").write_text("changed")
    assert command._committed_overlay() == b"committed"


def test_what_is_new_is_placed_where_it_would_be(folder: Path) -> None:
    """At the class that would get it, and at a line of the slice that we have."""
    upstream = copy.deepcopy(ADDED)
    get = upstream["paths"]["/chat/completions"]["get"]
    get["parameters"].append({"name": "before", "in": "query", "schema": TEXT})
    found = {finding.rule: finding for finding in report(SPEC, write(folder / "new.yaml", upstream)).findings}
    names = {symbol.name for symbol in found["property-added"].symbols}
    assert "chat_completions_api.models.CompletionUsage" in names
    assert found["property-added"].line is not None and found["parameter-added"].line is not None
    assert "parameters:" in SPEC.read_text().splitlines()[found["parameter-added"].line - 1]
    assert not any("[after]" in symbol.name for symbol in found["parameter-added"].symbols)


@pytest.mark.parametrize("format", ["text", "json", "markdown", "github", "junit"])
def test_formats(format: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The summary comes first, and `--output` writes the same report to a file."""
    path = write(folder / "new.yaml", BROKEN)
    assert run("--upstream", path, "--format", format) == 2
    out = capsys.readouterr().out
    assert "drift: 1 breaking" in "".join(out.splitlines()[: 3 if format in ("json", "junit") else 1])
    if format == "json":
        assert json.loads(out)["summary"].startswith("drift: 1 breaking")
    if format == "junit":
        assert ElementTree.fromstring(out).find(".//failure") is not None
    assert run("--upstream", path, "--format", format, "--output", "report") == 2
    assert (folder / "report").read_text() == out
    assert capsys.readouterr().out.startswith("drift: 1 breaking")


def test_acknowledged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A finding that somebody has looked at does not count, until its day has passed."""
    path = write(folder / "new.yaml", BROKEN)
    (found,) = report(SPEC, path).findings
    row = {"fingerprint": found.fingerprint, "reason": "Known.", "expires": "2999-01-01"}
    Path("ack.yaml").write_text(yaml_writer.write({"acknowledged": [row]}))
    assert main(["drift", "--acknowledged", "ack.yaml", "--upstream", path]) == 0
    assert "1 acknowledged" in capsys.readouterr().out
    Path("ack.yaml").write_text(yaml_writer.write({"acknowledged": [{**row, "expires": "2001-01-01"}]}))
    assert main(["drift", "--acknowledged", "ack.yaml", "--upstream", path]) == 2
    assert "expired" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "does not exist"),
        (b"a: [", "not valid YAML"),
        (b"<html>", "HTML"),
        (b"swagger: '2.0'", "Swagger"),
        (b"openapi: 3.1.0\npaths: {/chat/completions: {post: {operationId: createChatCompletion}}}", "#/info"),
        (b"\x1f\x8b broken", "gzip"),
    ],
    ids=["missing", "no YAML", "HTML", "Swagger", "no document", "packed badly"],
)
def test_upstream_unreadable(
    content: bytes | None, says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 4 and one line; the same fault in the base is 64."""
    if content is not None:
        Path("bad.yaml").write_bytes(content)
    for arguments, code in ((("--upstream", "bad.yaml"), 4), (("--base", "bad.yaml", "--upstream", str(SPEC)), 64)):
        assert run(*arguments) == code
        out, error = capsys.readouterr()
        assert not out and error.count("\n") == 1 and says in error and "bad.yaml" in error


def test_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown options, an unusable file of ours, a place that cannot be written."""
    for arguments in (["drift", "--format", "pdf"], ["drift", "--fail-on", "sometimes"], ["drift", "more"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 64
    Path("ack.yaml").write_text("acknowledged: 3\n")
    assert main(["drift", "--acknowledged", "ack.yaml", "--upstream", str(SPEC)]) == 64
    assert "ack.yaml" in capsys.readouterr().err
    assert run("--upstream", str(SPEC), "--output", "no/such/folder") == 64
    assert "no/such/folder" in capsys.readouterr().err


def test_either_side_may_be_anything(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A whole document, a slice, JSON, a packed file, a revision of git."""
    whole = {**copy.deepcopy(ADDED), "paths": {**ADDED["paths"], "/x": {"get": {"operationId": "x", "responses": {}}}}}
    Path("whole.json").write_text(json.dumps(whole))
    Path("packed.yaml.gz").write_bytes(gzip.compress(Path("whole.json").read_bytes()))
    assert run("--base", "whole.json", "--upstream", "packed.yaml.gz") == 0
    assert run("--base", "packed.yaml.gz", "--upstream", str(SPEC)) in (2, 3)
    assert "brand_new" in capsys.readouterr().out
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "whole.json"], check=True)
    subprocess.run([*git, "commit", "-qm", "m"], check=True)
    assert run("--base", "HEAD:whole.json", "--upstream", "whole.json") == 0


def test_an_operation_that_is_gone_is_a_finding(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not an error: the document can be read."""
    lost = copy.deepcopy(SLICE)
    del lost["paths"]["/chat/completions"]["get"]
    assert run("--upstream", write(folder / "lost.yaml", lost), "--format", "json") == 3
    found = json.loads(capsys.readouterr().out)
    assert [finding["rule"] for finding in found["findings"]] == ["operation-removed"] and found["stopped"]
    other = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
    assert run("--upstream", write(folder / "other.yaml", other), "--fail-on", "breaking") == 3
    assert capsys.readouterr().out.count("operation-removed") == 2


def test_a_union_without_end_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the file and the line; nothing grows for ever."""
    union = {"anyOf": [{"type": "object", "properties": {f"p{i}": TEXT}} for i in range(9)]}
    new = in_request({"allOf": [copy.deepcopy(union) for _ in range(9)]})
    path = write(folder / "new.yaml", new)
    begun = time.process_time()
    assert run("--base", write(folder / "old.yaml", document()), "--upstream", path) == 4
    assert run("--base", path, "--upstream", write(folder / "old2.yaml", in_request(TEXT))) == 64
    assert time.process_time() - begun < 20
    assert capsys.readouterr().err.count("more than 500 alternatives") == 2


def test_the_rules_are_documented(capsys: pytest.CaptureFixture[str]) -> None:
    """The page is what the command prints."""
    assert main(["drift", "--rules"]) == 0
    assert capsys.readouterr().out == rules_page() == (ROOT / "docs" / "drift-rules.md").read_text()


def test_a_process_of_its_own() -> None:
    """The exit code reaches the shell."""
    command = [sys.executable, "-m", "tools", "drift", "--upstream", "nowhere.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "error: nowhere.yaml: this file does not exist; give a file, an http(s) address or REV:PATH\n"


def test_whoever_reads_may_stop() -> None:
    """As `head` does; no traceback follows."""
    command = f"{sys.executable} -m tools drift --rules | head -1"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("# The rules of drift\n", "")


def exists(symbol: Symbol) -> bool:
    """Return whether a symbol can be had from the code, by importing it."""
    name, _, key = symbol.name.partition("[")
    parts = name.split(".")
    value: Any = None
    for length in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        break
    rest = parts[length:]
    if symbol.kind == "parameter":
        rest, parameter = rest[:-1], rest[-1]
    for part in rest:
        value = getattr(value, part)
    if symbol.kind == "parameter":
        return parameter in inspect.signature(value).parameters
    if key:
        return key.removesuffix("]") in value.__annotations__
    return (ROOT / symbol.file).exists()


@pytest.mark.skipif(len(DOCUMENTS) < 2, reason="the recorded upstream documents are not at hand")
@pytest.mark.parametrize("position", range(max(len(DOCUMENTS) - 1, 1)))
def test_neighbouring_documents_of_upstream(position: int) -> None:
    """The findings of each day's document against the next are mirrored on the way back, and all symbols exist."""
    old, new = (str(path) for path in DOCUMENTS[position : position + 2])
    forth, back = report(old, new), report(new, old)
    assert len(forth.findings) == len(back.findings) > 0
    assert report(new, new).findings == ()
    for found in (forth, back):
        assert isinstance(found, Report)
        for finding in found.findings:
            assert finding.line is not None
            assert all(exists(symbol) for symbol in finding.symbols), finding


@pytest.mark.skipif(not DOCUMENTS, reason="the recorded upstream documents are not at hand")
@pytest.mark.parametrize("path", DOCUMENTS or [Path("none")], ids=lambda path: path.name)
def test_our_slice_against_a_recorded_document(path: Path) -> None:
    """Every finding about a schema touches something of ours."""
    found = report(SPEC, str(path))
    for finding in found.findings:
        assert all(exists(symbol) for symbol in finding.symbols), finding
        if "/schemas/" in finding.pointer:
            assert finding.symbols, finding
