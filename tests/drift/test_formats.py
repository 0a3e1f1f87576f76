"""The formats of a drift report: each says everything, and nothing in upstream's names can break out of one."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.conftest import examples
from tests.drift.reports import KINDS, NONE, REPORTS, ROW, SOME, TEXTS, finding
from tools.drift.findings.findings import LEVELS, Acknowledgement, Direction, Report, Symbol
from tools.drift.formats import FORMATS
from tools.drift.formats.markdown import MAX_CHARACTERS, code, prose
from tools.drift.formats.text import WIDTH
from tools.drift.formats.wording import shown

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
    for said in ("openapi.yaml", "12", "actions/2", "5123456789ab", "Nobody reads it.", "2026-12-31"):
        assert said in text
    assert "Reply.usage" in text and "generated/chat_completions_api/models/reply.py" in text
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
drift: 1 breaking, 1 risky, 1 additive, 1 neutral, 1 acknowledged, 1 overlay or name not applying (openapi.yaml \
against https://example.com/openapi.yaml)

Breaking (1)

breaking  property-removed  openapi.yaml:12  (#/components/schemas/Reply/properties/usage)
    The property `usage` of Reply is gone.
    {"type": "integer"} -> nothing
    response of createChatCompletion; 0123456789ab
    field  chat_completions_api.models.Reply.usage  generated/chat_completions_api/models/reply.py:12
    module  chat_completions._streaming.accumulator  overrides/chat_completions/_streaming/accumulator.py:3

Risky (1)

risky  enum-value-added  openapi.yaml  (#/components/schemas/Reply/properties/usage)
    The property `usage` of Reply is gone.
    nothing -> "later"
    request and response of createChatCompletion; 1123456789ab

Additive (1)

additive  property-added  openapi.yaml  (#/components/schemas/Reply/properties/usage)
    New.
    request of createChatCompletion; 3123456789ab

Neutral (1)

neutral  title-changed  openapi.yaml  (#/components/schemas/Reply/properties/usage)
    The property `usage` of Reply is gone.
    "a" -> "b"
    response; 4123456789ab

Acknowledged (1)

risky  default-changed  openapi.yaml:40  (#/components/schemas/Reply/properties/usage)
    The property `usage` of Reply is gone.
    1 -> 2
    response of createChatCompletion; 2123456789ab
    acknowledged until 2026-12-31: Nobody reads it.

Stopped: `make generate` would not go through
  overlay.yaml#/actions/2: $.x matches nothing

Notices
  drift-ack.yaml:9: 5123456789ab is about nothing
"""
    )


def test_the_text_of_nothing() -> None:
    """It is the summary alone."""
    assert FORMATS["text"](NONE) == "drift: none (openapi.yaml against HEAD:openapi.yaml)\n"


def test_long_parts_stand_on_lines_of_their_own() -> None:
    """Sentences are wrapped; a name or pointer that is too long stays whole, on the next line."""
    pointer = "#/components/schemas/" + "Long" * 20
    symbol = Symbol("class", "a." + "B" * 60, "generated/" + "c" * 60 + ".py", 1)
    long = finding(sentence="word " * 60, pointer=pointer, old="x" * 70, new="y" * 70, symbols=(symbol,))
    lines = FORMATS["text"](Report("a", "b", (long,))).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert f"    ({pointer})" in lines
    assert f'        -> "{"y" * 70}"' in lines
    assert f"        {symbol.file}:1" in lines


@given(value=st.text() | st.lists(st.integers()), width=st.integers(10, 100))
def test_long_values_are_shortened_for_people(value: Any, width: int) -> None:
    """A value stays as it is up to the width; then its beginning and its length are shown, on one line."""
    full, short = shown(value, 10**9), shown(value, width)
    assert short == full if len(full) <= width else short == f"{full[:width]}… ({len(full)} characters)"
    assert short.isprintable()


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_a_huge_value_does_not_fill_the_report(name: str) -> None:
    """What is long is shortened, but for other programs."""
    report = Report("a", "b", (finding(old=["x"] * 10_000),))
    assert len(FORMATS[name](report)) < 2_000
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
    """Each finding is one row of four cells in a table; no name ends a cell, begins a heading, or leaves its fold."""
    tokens = _READER.parse(FORMATS["markdown"](report))
    rows = sum(token.type == "tr_open" for token in tokens)
    tables = sum(token.type == "table_open" for token in tokens)
    headings = [tokens[i + 1] for i, token in enumerate(tokens) if token.type == "heading_open"]
    levels = {one.acknowledged is None and one.level for one in report.findings}
    assert tables == len(levels) and rows == tables + len(report.findings)
    assert sum(token.type in ("td_open", "th_open") for token in tokens) == 4 * rows
    assert len(headings) == 1 + len(levels) + bool(report.stopped) + bool(report.notices)
    assert headings[0].content.startswith("drift: ") and tokens[0].tag == "h1"
    assert {token.content.strip() for token in tokens if token.type == "html_block"} <= {
        "<details><summary>What they touch</summary>",
        "</details>",
    }
    for token in tokens:
        if token.type == "inline":
            assert "\n" not in token.content
            _shown_text(token)
        for child in token.children or ():
            assert child.type != "text" or not _PINGS_OR_LINKS.search(child.content), child.content


def test_a_row_of_the_markdown() -> None:
    """A row says which rule, where, what with old and new, and the fingerprint."""
    tokens = list(_inlines(FORMATS["markdown"](SOME)))
    cells = [_shown_text(token) for token in tokens]
    start = cells.index("property-removed")
    assert cells[start : start + 4] == [
        "property-removed",
        "openapi.yaml:12\n#/components/schemas/Reply/properties/usage",
        'The property usage of Reply is gone.\n{"type": "integer"} → nothing\nresponse of createChatCompletion',
        "0123456789ab",
    ]
    assert "risky, acknowledged until 2026-12-31: Nobody reads it." in "\n".join(cells)


def test_the_markdown_fits_into_a_body_with_the_worst_first() -> None:
    """A report that is too long is cut: the worst findings stay, and what is left out is counted."""
    symbols = (Symbol("class", "a.B", "a.py", 1),) * 30
    findings = tuple(
        finding(level, f"{LEVELS.index(level)}{i:011x}", sentence="word " * 50, symbols=symbols)
        for level in LEVELS
        for i in range(100)
    )
    text = FORMATS["markdown"](Report("a", "b", findings, ("stop",), ("note",) * 50))
    assert 50_000 < len(text) <= MAX_CHARACTERS
    told = [int(count) for count in re.findall(r"^(\d+) of them left out here", text, re.MULTILINE)]
    rows = re.findall(r"^\| `property-removed`.*`([0-9a-f]{12})` \|$", text, re.MULTILINE)
    assert rows == [one.fingerprint for one in findings[: len(rows)]] and len(rows) > 100
    assert len(rows) + sum(told) == len(findings)
    assert text.count("\n## ") == 6, "every level has its heading and its count, even without a row"
    assert re.search(r"What \d+ of them touch is left out", text)


def test_one_monster_does_not_take_all_the_room() -> None:
    """A finding that touches everything, or says too much, is cut by itself."""
    symbols = tuple(Symbol("class", f"a.B{i}", "a.py", 1) for i in range(5_000))
    monster = finding(sentence="x" * 100_000, pointer="#/" + "y" * 100_000, symbols=symbols)
    text = FORMATS["markdown"](Report("a" * 100_000, "b", (monster, finding("risky", "1" * 12, symbols=symbols[:1]))))
    assert len(text) < 10_000
    assert re.search(r"  - and \d+ more\n", text)
    assert text.count("`111111111111`") == 2


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


def test_the_workflow_commands() -> None:
    """Breaking and stopped are errors, risky is a warning, the others and the acknowledged ones are notices."""
    summary, _, rest = FORMATS["github"](SOME).partition("\n")
    assert summary == SOME.summary
    commands = _commands(rest)
    assert [name for name, _, _ in commands] == ["error", "warning", "notice", "notice", "notice", "error", "notice"]
    assert commands[0] == (
        "error",
        {"file": "openapi.yaml", "line": "12", "title": "drift: property-removed (breaking)"},
        'The property `usage` of Reply is gone.\n{"type": "integer"} -> nothing\n'
        "response of createChatCompletion; #/components/schemas/Reply/properties/usage; 0123456789ab\n"
        "touches chat_completions_api.models.Reply.usage (generated/chat_completions_api/models/reply.py:12) and "
        "1 more",
    )
    assert commands[4][1]["title"] == "drift: default-changed (acknowledged)"
    assert commands[5][2] == SOME.stopped[0] and commands[-1][2] == SOME.notices[0]


@pytest.mark.slow
@given(report=REPORTS)
def test_the_workflow_commands_are_escaped(report: Report) -> None:
    """Each finding, stop and notice is one command, and the runner reads back what it says."""
    summary, _, rest = FORMATS["github"](report).partition("\n")
    assert not summary.startswith("::")
    commands = _commands(rest)
    assert len(commands) == len(report.findings) + len(report.stopped) + len(report.notices)
    for name, properties, message in commands:
        assert name in ("error", "warning", "notice")
        assert set(properties) <= {"file", "line", "title"}
        assert properties["title"].startswith("drift")
        assert all(line.isprintable() for line in message.split("\n"))


def test_a_percent_sign_stays_one() -> None:
    """Percent, comma and colon are escaped where they mean something, and only there."""
    report = Report("a", "b", (finding(sentence="50%, a::b", file="a,b:c%.yaml", line=1),))
    line = FORMATS["github"](report).splitlines()[1]
    assert line.startswith("::error file=a%2Cb%3Ac%25.yaml,line=1,title=drift%3A property-removed (breaking)::")
    assert "::50%25, a::b%0A" in line


# JUnit


def test_the_junit_xml() -> None:
    """Breaking fails, stopped is an error, acknowledged is skipped, all else passes with its text as output."""
    suites = ET.fromstring(FORMATS["junit"](SOME).encode())
    (suite,) = suites
    assert suite.get("name") == SOME.summary
    for counted in (suites, suite):
        assert [counted.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["6", "1", "1", "1"]
    cases = {str(case.get("name")): [part.tag for part in case] for case in suite.findall("testcase")}
    assert list(cases.values()) == [
        ["failure"],
        ["system-out"],
        ["system-out"],
        ["system-out"],
        ["skipped", "system-out"],
        ["error"],
    ]
    failure = suite.find(".//failure")
    assert failure is not None and failure.get("message") == "The property `usage` of Reply is gone."
    assert failure.text is not None and failure.text.startswith("openapi.yaml:12 (#/components/schemas/Reply")
    assert suite.findtext("system-out") == SOME.notices[0]


def test_the_junit_xml_of_nothing() -> None:
    """One case passes, because an empty suite counts as a failure in some readers."""
    (suite,) = ET.fromstring(FORMATS["junit"](NONE))
    assert [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["1", "0", "0", "0"]
    assert [[part.tag for part in case] for case in suite] == [[]]


@given(report=REPORTS)
def test_the_junit_xml_can_be_read(report: Report) -> None:
    """Whatever names there are, the XML is well-formed and the counts are right."""
    (suite,) = ET.fromstring(FORMATS["junit"](report).encode())
    open_ones = [one for one in report.findings if one.acknowledged is None]
    assert int(suite.get("tests", "")) == max(1, len(report.findings) + len(report.stopped))
    assert int(suite.get("failures", "")) == sum(one.level == "breaking" for one in open_ones)
    assert int(suite.get("errors", "")) == len(report.stopped)
    assert int(suite.get("skipped", "")) == len(report.findings) - len(open_ones)
    assert [child.tag for child in suite][-1] == ("system-out" if report.notices else "testcase")


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_an_acknowledged_breaking_finding_is_not_red(name: str) -> None:
    """It is shown, and fails nothing."""
    row = Acknowledgement("0123456789ab", ROW.reason, ROW.expires, 1)
    text = FORMATS[name](Report("a", "b", (finding(acknowledged=row),)))
    assert ROW.reason in text
    assert "<failure" not in text and "::error" not in text
