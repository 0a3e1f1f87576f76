"""A release's section takes over what was unreleased and tells what changed on the wire; the rest stays as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.specs import ROOT
from tools.drift.findings.findings import Finding
from tools.errors import ToolError
from tools.release.changelog import START, section, wire_lines, with_release

DAY = date(2030, 1, 2)
WIRE = ["- **breaking**: It went. (`#/a`)"]
OLD = {"repository": "a/b", "commit": "0123456789", "date": "2029-12-31T10:00:00+00:00"}
NEW = {"repository": "a/b", "commit": "abcdef0123", "date": None}

BEFORE = """\
# Changelog

Some words.

## [Unreleased]

### Added

- One thing.

## [0.1.0] - 2029-01-01

### Added

- Everything.

[Unreleased]: https://example.com/compare
"""

AFTER = """\
# Changelog

Some words.

## [Unreleased]

## [0.2.0] - 2030-01-02

### Added

- One thing.

### Wire changes

- **breaking**: It went. (`#/a`)

## [0.1.0] - 2029-01-01

### Added

- Everything.

[Unreleased]: https://example.com/compare
"""


def finding(level: str = "additive", sentence: str = "There is more.", pointer: str = "#/x") -> Finding:
    """Return a finding."""
    return Finding("r", level, "both", (), pointer, None, None, sentence, "0")  # type: ignore[arg-type]


def test_what_was_unreleased_moves_into_the_section() -> None:
    """The heading stays, empty; a second release has its own wire changes alone."""
    assert with_release(BEFORE, "0.2.0", DAY, WIRE) == AFTER
    again = with_release(AFTER, "0.2.1", DAY, ["- More."])
    assert again == AFTER.replace(
        "## [Unreleased]\n", "## [Unreleased]\n\n## [0.2.1] - 2030-01-02\n\n### Wire changes\n\n- More.\n", 1
    )


@pytest.mark.parametrize("heading", ["## [Unreleased]", "## Unreleased", "## [unreleased]  "])
@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_an_unreleased_section_at_the_end(heading: str, end: str) -> None:
    """However it is spelt, it stays the first."""
    text = with_release(f"# Changelog\n\n{heading}\n\n- One.{end}", "1.0.0", DAY, WIRE)
    assert text == (
        "# Changelog\n\n## [Unreleased]\n\n## [1.0.0] - 2030-01-02\n\n- One.\n\n### Wire changes\n\n" + WIRE[0] + "\n"
    )


@pytest.mark.parametrize("rest", ["", "\n## [0.1.0] - 2029-01-01\n\n- Old.\n", "\n[0.1.0]: https://example.com\n"])
def test_no_unreleased_section(rest: str) -> None:
    """It is made, above the releases and the links."""
    text = with_release("# Changelog\n\nWords.\n" + rest, "1.0.0", DAY, WIRE)
    new = f"\n## [Unreleased]\n\n## [1.0.0] - 2030-01-02\n\n### Wire changes\n\n{WIRE[0]}\n"
    assert text == "# Changelog\n\nWords.\n" + new + rest


@pytest.mark.parametrize("empty", ["", "\n\n"])
def test_no_changelog_at_all(empty: str) -> None:
    """It gets its first lines."""
    text = with_release(empty, "1.0.0", DAY, WIRE)
    assert text.startswith(START + "\n## [Unreleased]\n\n## [1.0.0] - 2030-01-02\n") and text.endswith(WIRE[0] + "\n")


def test_wire_changes_that_people_wrote() -> None:
    """They stay, and the findings come after them, before what follows."""
    unreleased = "## [Unreleased]\n\n### Wire changes\n- By hand.\n\n### Fixed\n\n- A fault.\n"
    assert with_release(unreleased, "1.0.0", DAY, WIRE) == (
        "## [Unreleased]\n\n## [1.0.0] - 2030-01-02\n\n### Wire changes\n\n- By hand.\n\n" + WIRE[0] + "\n\n"
        "### Fixed\n\n- A fault.\n"
    )


def test_a_version_that_has_its_section() -> None:
    """It is not written twice; a longer version is another one."""
    with pytest.raises(ToolError, match=r"CHANGELOG\.md: there is a section for 0\.1\.0 already"):
        with_release(BEFORE, "0.1.0", DAY, WIRE)
    assert "## [0.1] - " in with_release(BEFORE, "0.1", DAY, WIRE)


def test_the_section_of_a_version() -> None:
    """From its heading to the next one; nothing where there is none."""
    assert section(AFTER, "0.2.0") == AFTER[AFTER.index("## [0.2.0]") : AFTER.index("\n## [0.1.0]")]
    assert section(AFTER, "0.1.0") == "## [0.1.0] - 2029-01-01\n\n### Added\n\n- Everything.\n"
    assert section(AFTER, "0.3.0") == section(AFTER, "0.2") == section("", "1.0.0") == ""


def test_each_finding_has_a_line() -> None:
    """Level, sentence and pointer, in the order of the report; upstream's commits come first."""
    findings = [finding("breaking", "It went."), finding()]
    lines = ["- **breaking**: It went. (`#/x`)", "- **additive**: There is more. (`#/x`)"]
    assert wire_lines(findings, {}, {}) == lines
    assert wire_lines(findings, OLD, NEW) == ["Upstream: a/b 0123456 (2029-12-31) -> a/b abcdef0.", "", *lines]
    assert wire_lines(findings, {"commit": None}, NEW) == ["Upstream: a/b abcdef0.", "", *lines]
    assert wire_lines(findings, OLD, {"repository": "a/b", "commit": None}) == lines
    assert wire_lines([], {}, {}) == ["- Nothing that is sent or read changes."]


def test_lines_are_in_the_names_that_users_write() -> None:
    """Values of one place share a line; where there is a name, the pointer is left out."""
    values = [
        replace(finding(), rule="enum-value-added", new=value, what="W.x", names=("A.x", "B.x")) for value in ("a", "b")
    ]
    assert wire_lines(values, {}, {}) == ["- **additive**: `A.x` (and 1 more) has new values: a and b."]


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\0\x1b[31m", r"\\x00\\x1b\[31m"),
        ("\u202e", r"\\u202e"),
        ("\u2028\r\n", r"\\u2028\\r\\n"),
        ("<y>", "&lt;y&gt;"),
        ("@me", "@\u200bme"),
        ("[a](b)", r"\[a\](b)"),
        ("*b* _c_ | $d$", r"\*b\* \_c\_ &#124; <span>$</span>d<span>$</span>"),
    ],
)
def test_no_name_is_more_than_text(hostile: str, shown: str) -> None:
    """What would be markup, a mention, or a terminal's command is shown as it is, in every part of a line."""
    assert wire_lines([finding(sentence=f"It is {hostile}.")], {}, {}) == [f"- **additive**: It is {shown}. (`#/x`)"]
    (line,) = wire_lines([replace(finding(sentence="`w`."), what="w", names=(hostile,))], {}, {})
    assert line.isprintable() and line.startswith("- **additive**: `")
    (line,) = wire_lines([finding(pointer=f"#/{hostile}")], {}, {})
    assert line.isprintable()
    first = wire_lines([], {}, {"repository": hostile, "commit": "0123456789", "date": hostile})[0]
    assert first.replace("\u200b", "").isprintable() and first.startswith(f"Upstream: {shown}")


def test_the_changelog_of_the_project_can_take_a_release() -> None:
    """What it has released stays to the byte."""
    text = (ROOT / "CHANGELOG.md").read_text()
    released = text[text.index("## [0.1.0]") :]
    after = with_release(text, "99.0.0", DAY, WIRE)
    assert after.endswith("\n" + released) and "\n## [Unreleased]\n\n## [99.0.0] - 2030-01-02\n" in after
