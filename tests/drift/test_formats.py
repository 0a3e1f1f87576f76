"""The formats of a drift report: each says everything, and nothing in upstream's names can break out of one."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.conftest import examples
from tests.drift.reports import FOLD, KINDS, NONE, REPORTS, ROW, SOME, TEXTS, finding
from tools.drift.findings.escaping import code, prose
from tools.drift.findings.findings import LEVELS, Acknowledgement, Direction, Report, Symbol
from tools.drift.formats import FORMATS
from tools.drift.formats.markdown import MAX_CHARACTERS
from tools.drift.formats.text import WIDTH
from tools.drift.formats.wording import groups, shown

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "drift-report.schema.json").read_bytes())
FOR_PEOPLE = ("text", "markdown", "github", "junit")


@pytest.mark.parametrize("name", FORMATS)
def test_the_summary_comes_first_and_everything_is_said(name: str) -> None:
    """Every format begins with the summary and has each finding, stop, notice, place and symbol."""
    text = FORMATS[name](SOME)
    head = {"text": 0, "github": 0, "markdown": 0, "json": 1, "junit": 2}[name]
    assert SOME.summary.replace("://", ":\u200b//" if name == "markdown" else "://") in text.splitlines()[head]
    for one in SOME.findings:
        assert one.fingerprint in text and one.rule in text and one.pointer in text
        assert all(name in text for name in one.names)
    for said in ("openapi.yaml", "12", "actions/2", "5123456789ab", "Nobody reads it.", "2026-12-31"):
        assert said in text
    assert "_streaming/accumulator.py" in text
    if name != "json":
        assert "Programs that work today can fail" in text
    assert text.endswith("\n") and not text.endswith("\n\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
@given(report=REPORTS)
def test_any_report_can_be_written(name: str, report: Report) -> None:
    """Whatever stands in it, the text can be written as UTF-8, the same each time, and holds nothing invisible."""
    text = FORMATS[name](report)
    assert text.encode() and text == FORMATS[name](report)
    # The space of no width is our own, in Markdown.
    assert all(c.isprintable() or c in "\n\u200b" for c in text)


# Text


def test_the_text() -> None:
    """The worst come first, each with where, what, from and to, who is concerned, and what it touches."""
    assert (
        FORMATS["text"](SOME)
        == """\
drift: 1 breaking, 1 risky, 1 additive, 2 neutral, 1 acknowledged, 1 overlay or name not applying (openapi.yaml \
against https://example.com/openapi.yaml)

Programs that work today can fail: calls of `create()` that return `Completion.usage`. Others may receive
something unexpected, or a different answer: calls of `create()`. New to use: what is listed below. The
overlay makes up for 1 change of upstream. `make generate` stops until the overlay and generator-config.yml
fit the document.

Breaking (1)

  The optional property `Completion.usage` (and 2 more) was removed; it was an integer.
    also Chunk.usage, Other.usage
    property-removed, response of create(); openapi.yaml:12; 0123456789ab
    #/components/schemas/Reply/properties/usage
    touches _streaming/accumulator.py:3

Risky (1)

  The property `usage` of Reply is gone.
    nothing -> "later"
    enum-value-added, request and response of create(); openapi.yaml; 1123456789ab
    #/components/schemas/Reply/properties/usage

Additive (1)

  New.
    property-added, request of create(); openapi.yaml; 3123456789ab
    #/components/schemas/Reply/properties/usage

Neutral (1)

  The property `usage` of Reply is gone.
    "a" -> "b"
    title-changed, response; openapi.yaml; 4123456789ab
    #/components/schemas/Reply/properties/usage

Mended by the overlay (1)

  It went.
    {"type": "integer"} -> nothing
    neutral, property-removed, response of create(); openapi.yaml; 6123456789ab
    #/components/schemas/Reply/properties/usage

Acknowledged (1)

  The property `usage` of Reply is gone.
    1 -> 2
    risky, default-changed, response of create(); openapi.yaml:40; 2123456789ab
    #/components/schemas/Reply/properties/usage
    acknowledged until 2026-12-31: Nobody reads it.

Stopped: `make generate` would not go through
  overlay.yaml#/actions/2: $.x matches nothing

Notices
  drift-ack.yaml:9: 5123456789ab matches no finding
"""
    )


def test_the_text_of_nothing() -> None:
    """It is the summary alone."""
    assert FORMATS["text"](NONE) == "drift: none (openapi.yaml against HEAD:openapi.yaml)\n"


def test_long_parts_stand_on_lines_of_their_own() -> None:
    """Sentences are wrapped; a name or pointer that is too long stays whole, on the next line."""
    pointer = "#/components/schemas/" + "Long" * 25
    long = finding(sentence="word " * 60, pointer=pointer, old="x" * 70, new="y" * 70, symbols=(FOLD,))
    lines = FORMATS["text"](Report("a", "b", (long,))).splitlines()
    assert max(len(line) for line in lines if pointer not in line) <= WIDTH
    assert f"    {pointer}" in lines
    assert f'        -> "{"y" * 70}"' in lines
    assert "    touches _streaming/accumulator.py:3" in lines


@given(value=st.text() | st.lists(st.integers()), width=st.integers(10, 100))
def test_long_values_are_shortened_for_people(value: Any, width: int) -> None:
    """A value stays as it is up to the width; then its beginning and its length are shown, on one line."""
    full, short = shown(value, 10**9), shown(value, width)
    assert short == full if len(full) <= width else short == f"{full[:width]}… ({len(full)} characters)"
    assert short.isprintable()


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_a_huge_value_does_not_fill_the_report(name: str) -> None:
    """What is long is shortened, but for other programs."""
    report = Report("a", "b", (finding(old=["x"] * 10_000, names=("n" * 100_000,), what="w"),))
    assert len(FORMATS[name](report)) < 3_000
    assert json.loads(FORMATS["json"](report))["findings"][0]["old"] == ["x"] * 10_000


# JSON


def test_the_schema_is_one_and_knows_the_words_of_findings() -> None:
    """The published schema is valid, and its lists of words are those of the code."""
    Draft202012Validator.check_schema(SCHEMA)
    definitions = SCHEMA["$defs"]
    assert definitions["level"]["enum"] == list(LEVELS)
    assert definitions["finding"]["properties"]["direction"]["enum"] == list(get_args(Direction))
    assert definitions["symbol"]["properties"]["kind"]["enum"] == list(KINDS)
    assert set(SCHEMA["properties"]["counts"]["required"]) == {*LEVELS, "acknowledged"}
    for part in (SCHEMA, *definitions.values(), SCHEMA["properties"]["counts"]):
        if part.get("type") == "object":
            assert part["additionalProperties"] is False
            assert sorted(part["required"]) == sorted(part["properties"])


@pytest.mark.slow
@given(report=REPORTS)
def test_the_json_holds_all_of_a_report(report: Report) -> None:
    """It is valid by the schema, its first key is the summary, and a reader gets every value back."""
    found = json.loads(FORMATS["json"](report))
    Draft202012Validator(SCHEMA).validate(found)
    assert next(iter(found)) == "summary"
    assert (found["summary"], found["format"], found["level"]) == (report.summary, 1, report.level)
    assert sum(found["counts"].values()) == len(report.findings)
    assert [found["stopped"], found["notices"]] == [list(report.stopped), list(report.notices)]
    for wire, one in zip(found["findings"], report.findings, strict=True):
        for name in ("rule", "level", "direction", "operation", "pointer", "old", "new", "sentence", "file", "line"):
            assert wire[name] == getattr(one, name)
        assert wire["fingerprint"] == one.fingerprint and wire["operations"] == list(one.operations)
        assert [Symbol(**symbol) for symbol in wire["symbols"]] == list(one.symbols)
        row = one.acknowledged
        told = row and {"reason": row.reason, "expires": row.expires.isoformat(), "line": row.line}
        assert wire["acknowledged"] == told
        assert (wire["names"], wire["neutralized"]) == (list(one.names), one.neutralized)


@pytest.mark.parametrize(
    "change",
    [
        {"summary": None},
        {"format": 2},
        {"more": 1},
        {"level": "bad"},
        {"base_sha256": "x"},
        {"counts": {}},
        {"findings": [{}]},
        {"stopped": [1]},
    ],
)
def test_the_schema_refuses_what_is_no_report(change: dict[str, Any]) -> None:
    """It is strict: another value, key or type is an error."""
    wrong = {**json.loads(FORMATS["json"](SOME)), **change}
    assert not Draft202012Validator(SCHEMA).is_valid(wrong)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rule", "NotKebab"),
        ("rule", "-x"),
        ("level", None),
        ("direction", "up"),
        ("fingerprint", "0123456789AB"),
        ("fingerprint", "0123456789abc"),
        ("line", 0),
        ("symbols", [{"kind": "variable", "name": "x", "file": "y", "line": 1}]),
        ("acknowledged", {"reason": "x", "expires": "soon", "line": 1}),
    ],
)
def test_the_schema_refuses_what_is_no_finding(key: str, value: Any) -> None:
    """Each part of a finding has its words or its pattern."""
    found = json.loads(FORMATS["json"](SOME))
    found["findings"][0][key] = value
    assert not Draft202012Validator(SCHEMA).is_valid(found)


# Markdown

_MODULES = tuple(replace(FOLD, line=line) for line in range(1, 31))
_READER = MarkdownIt("commonmark").enable("table")


def _inlines(text: str) -> Iterator[Token]:
    for token in _READER.parse(text):
        if token.type == "inline":
            yield token


def _shown_text(token: Token) -> str:
    """Return what a reader sees of an inline token, without our spaces of no width."""
    seen = ""
    for child in token.children or ():
        assert child.type in ("text", "code_inline", "html_inline", "softbreak"), child
        if child.type == "html_inline":
            assert child.content in ("<br>", "<span>", "</span>"), child.content
            seen += "\n" * (child.content == "<br>")
        else:
            seen += child.content
    return seen.replace("\u200b", "")


_PINGS_OR_LINKS = re.compile(r"[@#][^\s\u200b]|\bGH-\d|://|\bwww\.", re.IGNORECASE)


@given(text=TEXTS | st.text())
def test_prose_shows_the_text_and_is_nothing_else(text: str) -> None:
    """A reader sees the text; there is no markup, mention, issue or address in it; what is in backticks is code."""
    (token,) = _inlines(f"x{prose(text)}x")
    printed = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    expected = re.sub(r"`([^`]+)`", r"\1", printed) if printed.count("`") % 2 == 0 else printed
    if "``" not in printed:
        assert _shown_text(token) == f"x{expected}x"
    for child in token.children or ():
        if child.type == "text":
            assert not _PINGS_OR_LINKS.search(child.content), child.content


@given(text=TEXTS | st.text())
def test_code_shows_the_text(text: str) -> None:
    """It is one code span with the text in it, to the letter, whatever backticks there are."""
    (token,) = _inlines(f"x{code(text)}x")
    _, span, _ = token.children or ()
    printed = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    assert span.type == "code_inline" and span.content == (printed or " ")


@pytest.mark.slow
@given(report=REPORTS)
def test_the_markdown_keeps_its_shape(report: Report) -> None:
    """Each entry is one row of three cells in a table; no name ends a cell, begins a heading, or leaves its fold."""
    tokens = _READER.parse(FORMATS["markdown"](report))
    rows = sum(token.type == "tr_open" for token in tokens)
    tables = sum(token.type == "table_open" for token in tokens)
    headings = [tokens[i + 1] for i, token in enumerate(tokens) if token.type == "heading_open"]
    grouped = groups(report)
    assert tables == len(grouped) and rows == tables + sum(len(entries) for _, entries in grouped)
    assert sum(token.type in ("td_open", "th_open") for token in tokens) == 3 * rows
    assert len(headings) == 1 + len(grouped) + bool(report.stopped) + bool(report.notices)
    assert headings[0].content.startswith("drift: ") and tokens[0].tag == "h1"
    assert {token.content.strip() for token in tokens if token.type == "html_block"} <= {
        "<details><summary>Where, and what they touch</summary>",
        "</details>",
    }
    for token in tokens:
        if token.type == "inline":
            assert "\n" not in token.content
            _shown_text(token)
        for child in token.children or ():
            assert child.type != "text" or not _PINGS_OR_LINKS.search(child.content), child.content


def test_a_row_of_the_markdown() -> None:
    """A row says what happened, in which rule's words, and to whom; the rest is folded away."""
    text = FORMATS["markdown"](SOME)
    tokens = list(_inlines(text))
    cells = [_shown_text(token) for token in tokens]
    start = cells.index("property-removed") - 1
    assert cells[start : start + 3] == [
        "The optional property Completion.usage (and 2 more) was removed; it was an integer.",
        "property-removed",
        "response of create()",
    ]
    assert "risky, acknowledged until 2026-12-31: Nobody reads it." in "\n".join(cells)
    assert (
        "- `property-removed` in `openapi.yaml:12` `#/components/schemas/Reply/properties/usage`\n"
        "  - 0123456789ab\n"
        "  - also `Chunk.usage`, `Other.usage`\n"
        "  - touches `_streaming/accumulator.py:3`\n"
    ) in text


def test_the_markdown_fits_into_a_body_with_the_worst_first() -> None:
    """A report that is too long is cut: the worst findings stay, and what is left out is counted."""
    findings = tuple(
        finding(level, f"{LEVELS.index(level)}{i:011x}", sentence=f"{level} {i} {'word ' * 50}", symbols=_MODULES)
        for level in LEVELS
        for i in range(100)
    )
    text = FORMATS["markdown"](Report("a", "b", findings, ("stop",), ("note",) * 50))
    assert 50_000 < len(text) <= MAX_CHARACTERS
    told = [int(count) for count in re.findall(r"^(\d+) more do not fit here", text, re.MULTILINE)]
    rows = re.findall(r"^\| (\w+ \d+) word.* \|$", text, re.MULTILINE)
    assert rows == [f"{level} {i}" for level in LEVELS for i in range(100)][: len(rows)] and len(rows) > 100
    assert len(rows) + sum(told) == len(findings)
    assert text.count("\n## ") == 6, "every level has its heading and its count, even without a row"
    assert re.search(r"The details of \d+ more do not fit", text)


def test_one_monster_does_not_take_all_the_room() -> None:
    """A finding that touches everything, or says too much, is cut by itself."""
    symbols = tuple(replace(FOLD, line=line) for line in range(1, 5_000))
    monster = finding(sentence="x" * 100_000, pointer="#/" + "y" * 100_000, symbols=symbols, names=("z" * 100_000,) * 9)
    text = FORMATS["markdown"](Report("a" * 100_000, "b", (monster, finding("risky", "1" * 12, symbols=symbols[:1]))))
    assert len(text) < 10_000
    assert re.search(r"  - touches .* and \d+ more\n", text)
    assert text.count("111111111111") == 1


@examples(10)
@given(report=REPORTS)
def test_the_markdown_is_bounded(report: Report) -> None:
    """However much there is."""
    many = Report("a", "b", report.findings * 100, report.stopped * 500, report.notices * 500)
    assert len(FORMATS["markdown"](many)) <= MAX_CHARACTERS


# GitHub's workflow commands


def _commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands as the runner does: the name, the properties, the message."""
    found = []
    for line in text.splitlines():
        head, message = re.fullmatch(r"::(.*?)::(.*)", line).groups()  # type: ignore[union-attr]
        name, _, properties = head.partition(" ")
        pairs = dict(pair.split("=", 1) for pair in properties.split(","))
        found.append((name, {key: unquote(value) for key, value in pairs.items()}, unquote(message)))
    return found


def _plain_lines(text: str) -> tuple[list[str], str]:
    """Return the lines before the commands, and these."""
    lines = text.splitlines(keepends=True)
    first = next((i for i, line in enumerate(lines) if line.startswith("::")), len(lines))
    return lines[:first], "".join(lines[first:])


def test_the_workflow_commands() -> None:
    """Breaking and stopped are errors, risky is a warning, the others and the acknowledged ones are notices."""
    (summary, verdict), rest = _plain_lines(FORMATS["github"](SOME))
    assert summary == SOME.summary + "\n" and verdict.startswith(
        "Programs that work today can fail: calls of `create()`"
    )
    commands = _commands(rest)
    assert [name for name, _, _ in commands] == ["error", "warning", *["notice"] * 4, "error", "notice"]
    assert commands[0] == (
        "error",
        {"file": "openapi.yaml", "line": "12", "title": "drift: property-removed (breaking)"},
        "The optional property `Completion.usage` (and 2 more) was removed; it was an integer.\n"
        "also Chunk.usage, Other.usage\n"
        "response of create(); #/components/schemas/Reply/properties/usage; 0123456789ab\n"
        "touches _streaming/accumulator.py:3",
    )
    assert commands[5][1]["title"] == "drift: default-changed (acknowledged)"
    assert commands[6][2] == SOME.stopped[0] and commands[-1][2] == SOME.notices[0]


@pytest.mark.slow
@given(report=REPORTS)
@example(report=replace(NONE, upstream=":::error::x"))
def test_the_workflow_commands_are_escaped(report: Report) -> None:
    """Each entry, stop and notice is one command, and the runner reads back what it says."""
    plain, rest = _plain_lines(FORMATS["github"](report))
    assert len(plain) == 1 + bool(report.findings or report.stopped)
    assert not any("::" in line or "##[" in line for line in plain)
    commands = _commands(rest)
    assert len(commands) == sum(len(group) for _, group in groups(report)) + len(report.stopped) + len(report.notices)
    for name, properties, message in commands:
        assert name in ("error", "warning", "notice")
        assert set(properties) <= {"file", "line", "title"}
        assert properties["title"].startswith("drift")
        assert all(line.isprintable() for line in message.split("\n"))


def test_no_name_is_a_command_in_the_plain_lines() -> None:
    """The runner reads `##[` anywhere in a line, and `::` at its beginning."""
    names = ("::stop-commands::x", "##[stop-commands]x")
    text = FORMATS["github"](Report("a", "b", tuple(finding(names=(name,), what="w") for name in names)))
    plain, _ = _plain_lines(text)
    assert "stop-commands" in plain[1] and "##[" not in plain[1] and "::" not in plain[1]


def test_a_percent_sign_stays_one() -> None:
    """Percent, comma and colon are escaped where they mean something, and only there."""
    report = Report("a", "b", (finding(sentence="50%, a::b", file="a,b:c%.yaml", line=1),))
    line = FORMATS["github"](report).splitlines()[2]
    assert line.startswith("::error file=a%2Cb%3Ac%25.yaml,line=1,title=drift%3A property-removed (breaking)::")
    assert "::50%25, a::b%0A" in line


# JUnit


def test_the_junit_xml() -> None:
    """Breaking fails, stopped is an error, acknowledged is skipped, all else passes with its text as output."""
    suites = ET.fromstring(FORMATS["junit"](SOME).encode())
    (suite,) = suites
    assert suite.get("name") == SOME.summary
    for counted in (suites, suite):
        assert [counted.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["7", "1", "1", "1"]
    cases = {str(case.get("name")): [part.tag for part in case] for case in suite.findall("testcase")}
    assert list(cases.values()) == [
        ["failure"],
        ["system-out"],
        ["system-out"],
        ["system-out"],
        ["system-out"],
        ["skipped", "system-out"],
        ["error"],
    ]
    failure = suite.find(".//failure")
    assert failure is not None and failure.get("message") == (
        "The optional property `Completion.usage` (and 2 more) was removed; it was an integer."
    )
    assert failure.text is not None
    assert failure.text.startswith("response of create(); openapi.yaml:12 (#/components/schemas/Reply")
    assert next(iter(cases)) == "property-removed Completion.usage (0123456789ab)"
    assert str(suite.findtext("system-out")).endswith(f"\n{SOME.notices[0]}")


def test_the_junit_xml_of_nothing() -> None:
    """One case passes, because an empty suite counts as a failure in some readers."""
    (suite,) = ET.fromstring(FORMATS["junit"](NONE))
    assert [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["1", "0", "0", "0"]
    assert [[part.tag for part in case] for case in suite] == [[]]


@given(report=REPORTS)
def test_the_junit_xml_can_be_read(report: Report) -> None:
    """Whatever names there are, the XML is well-formed and the counts are right."""
    (suite,) = ET.fromstring(FORMATS["junit"](report).encode())
    found = [entry for _, group in groups(report) for entry in group]
    open_ones = [entry for entry in found if entry.first.acknowledged is None]
    assert int(suite.get("tests", "")) == max(1, len(found) + len(report.stopped))
    assert int(suite.get("failures", "")) == sum(entry.first.level == "breaking" for entry in open_ones)
    assert int(suite.get("errors", "")) == len(report.stopped)
    assert int(suite.get("skipped", "")) == len(found) - len(open_ones)
    said = report.findings or report.stopped or report.notices
    assert [child.tag for child in suite][-1] == ("system-out" if said else "testcase")


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_an_acknowledged_breaking_finding_is_not_red(name: str) -> None:
    """It is shown, and fails nothing."""
    row = Acknowledgement("0123456789ab", ROW.reason, ROW.expires, 1)
    text = FORMATS[name](Report("a", "b", (finding(acknowledged=row),)))
    assert ROW.reason in text
    assert "<failure" not in text and "::error" not in text
