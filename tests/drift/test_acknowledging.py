"""`drift-ack.yaml`: what it may hold, what it does to a report, and that it never lasts longer than it says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.drift.reports import NONE, SOME, finding
from tools.drift.findings.acknowledging import FILE, apply, read
from tools.drift.findings.findings import Acknowledgement, Report
from tools.errors import ToolError

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 23)

TWO = """\
# Why we stay calm.
acknowledged:
  - fingerprint: 0123456789ab
    reason: Why it
      may   stay.
    expires: 2026-12-31

  - expires: "2027-01-01"
    fingerprint: '123456789012'
    reason: {reason}
"""


def written(folder: Path, text: str) -> Path:
    """Return a file with a text."""
    path = folder / FILE
    path.write_text(text)
    return path


def test_rows_are_read(tmp_path: Path) -> None:
    """Each row with its line; the reason on one line, the day as a date."""
    assert read(written(tmp_path, TWO.format(reason="'#12: later'"))) == [
        Acknowledgement("0123456789ab", "Why it may stay.", date(2026, 12, 31), 3),
        Acknowledgement("123456789012", "#12: later", date(2027, 1, 1), 8),
    ]


@pytest.mark.parametrize("text", ["", "# nothing yet\n\n  # really\n", "acknowledged: []\n", "acknowledged:\n"])
def test_no_rows(tmp_path: Path, text: str) -> None:
    """Nobody has acknowledged anything, in each way of saying it."""
    assert read(written(tmp_path, text)) == []


def test_no_file(tmp_path: Path) -> None:
    """The file need not be there."""
    assert read(tmp_path / FILE) == []


def test_the_projects_own_file_is_right() -> None:
    """It can be read, and its rows are about findings that have been reported."""
    assert isinstance(read(ROOT / FILE), list)


def row(fingerprint: str = "0123456789ab", reason: str = "x", expires: str = "2026-12-31", more: str = "") -> str:
    """Return a file with one row, at line 2, whose keys stand in lines 2, 3 and 4."""
    text = f"acknowledged:\n  - fingerprint: {fingerprint}\n    reason: {reason}\n    expires: {expires}\n{more}"
    return text.replace("    reason: -\n", "").replace("    expires: -\n", "")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[]\n", ": the list `acknowledged` is missing; write `acknowledged: []` for an empty one"),
        ("acknowledge: []\n", ": the list `acknowledged` is missing"),
        ("acknowledged: []\nmore: 1\n", ":2: the key 'more' means nothing here; the keys are acknowledged"),
        ("acknowledged: {}\n", ":1: `acknowledged` is a list of rows"),
        ("\nacknowledged: 0\n", ":2: `acknowledged` is a list of rows"),
        ("acknowledged:\n  - 0123456789ab\n", ":2: this is not a row; a row has the keys fingerprint, reason, expires"),
        ("acknowledged:\n  -\n", ":2: this is not a row; a row has the keys"),
        ("acknowledged: [\n", ":2:1: not valid YAML: "),
        (
            row(more="    until: 1\n"),
            ":5: the key 'until' means nothing here; the keys are fingerprint, reason, expires",
        ),
        (row(more="    reason: y\n"), ":5: the key 'reason' appears twice in one mapping, first on line 3"),
        (row(fingerprint=""), ":2: the row has no fingerprint; write one"),
        (row(reason="-"), ":2: the row has no reason; write one"),
        (row(reason="''"), ":2: the row has no reason; write one"),
        (row(reason="' '"), ":3: the reason is not text; say why the finding may stay"),
        (row(reason="12"), ":3: the reason is not text"),
        (row(reason="[a]"), ":3: the reason is not text"),
        (row(expires="-"), ":2: the row has no expires; write one"),
        (
            row(expires="never"),
            ":4: 'never' is not a date; write the last day on which the row counts, such as 2026-12-31",
        ),
        (row(expires="2026-13-01"), ":4: '2026-13-01' is not a date"),
        (row(expires="2026-02-29"), ":4: '2026-02-29' is not a date"),
        (row(expires="20261231"), ":4: 20261231 is not a date"),
        (row(expires="2026-W01-1"), ":4: '2026-W01-1' is not a date"),
        (row(expires="2026-12-31T00:00:00"), ":4: '2026-12-31T00:00:00' is not a date"),
        (row(expires="true"), ":4: True is not a date"),
        (row(fingerprint="123456789012"), ":2: YAML reads this fingerprint as a number; put it in quotes"),
        (row(fingerprint="123456789e12"), ":2: YAML reads this fingerprint as a number; put it in quotes"),
        (row(fingerprint="12345678e123"), ":2: YAML reads this fingerprint as a number; put it in quotes"),
        (row(fingerprint="12345678e999"), ":2: 12345678e999 is not a JSON number; quote it"),
        (row(fingerprint="true"), ":2: True is not a fingerprint; copy the 12 digits"),
        (row(fingerprint="0123456789AB"), ":2: '0123456789AB' is not a fingerprint"),
        (row(fingerprint="0123456789abc"), ":2: '0123456789abc' is not a fingerprint"),
        (row(fingerprint="0123…"), ":2: '0123…' is not a fingerprint"),
        (row(fingerprint="[0123456789ab]"), ":2: ['0123456789ab'] is not a fingerprint"),
        (
            row(more=row().partition("\n")[2]),
            ":5: 0123456789ab is acknowledged twice, first on line 2; remove one row",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, error: str) -> None:
    """A row that is not what it should be stops the command: a typing error must not acknowledge anything."""
    with pytest.raises(ToolError) as caught:
        read(written(tmp_path, text))
    assert str(caught.value).startswith(FILE + error), caught.value


def test_a_fingerprint_that_begins_with_zero_needs_no_quotes(tmp_path: Path) -> None:
    """YAML 1.1 and 1.2 disagree about such a number, so it is read as text."""
    assert read(written(tmp_path, row(fingerprint="012345678901")))[0].fingerprint == "012345678901"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A folder in its place is an error, not an empty list."""
    (tmp_path / FILE).mkdir()
    with pytest.raises(ToolError, match=r"^drift-ack\.yaml: cannot read the file: Is a directory"):
        read(tmp_path / FILE)


def test_an_anchored_row(tmp_path: Path) -> None:
    """What `<<` brings counts as the row's own."""
    first = "acknowledged:\n  - &a {fingerprint: 0123456789ab, reason: x, expires: 2026-12-31}\n"
    path = written(tmp_path, first + "  - {<<: *a, fingerprint: 1123456789ab}\n")
    assert [found.line for found in read(path)] == [2, 3]
    path.write_text(first + "  - {<<: *a}\n")
    with pytest.raises(ToolError, match="line 2; remove one row"):
        read(path)


# What it does to a report


def test_a_finding_is_acknowledged() -> None:
    """It is marked with its row and counts no longer; the others, and the input, are as they were."""
    report = Report("a", "b", (finding(), finding("risky", "1123456789ab")))
    (worst, other) = report.findings
    found = Acknowledgement(worst.fingerprint, "x", TODAY, 3)
    told = apply(report, [found], TODAY)
    assert told.findings[0].acknowledged is found and told.findings[1] == other
    assert (told.level, told.counts["breaking"], told.notices) == ("risky", 0, ())
    assert (report.level, report.findings[0].acknowledged) == ("breaking", None)
    assert "1 risky, 1 acknowledged" in told.summary


def test_the_last_day_still_counts() -> None:
    """On the day after it, the row does not count, and a notice says so."""
    report = Report("a", "b", (finding(),))
    found = Acknowledgement("0123456789ab", "We wait for the new server.", TODAY, 7)
    assert apply(report, [found], TODAY).level is None
    late = apply(report, [found], date(2026, 11, 24))
    assert (late.level, late.findings) == ("breaking", report.findings)
    assert late.notices == ("drift-ack.yaml:7: 0123456789ab expired on 2026-11-23: We wait for the new server.",)


@pytest.mark.parametrize("expires", [date(2020, 1, 1), date(2030, 1, 1)])
def test_a_row_about_nothing(expires: date) -> None:
    """A row that no finding has, expired or not, can go, and a notice says so."""
    told = apply(SOME, [Acknowledgement("ffffffffffff", "Old.", expires, 9)], TODAY)
    assert told.notices[:-1] == SOME.notices
    assert told.notices[-1] == ("drift-ack.yaml:9: ffffffffffff matches no finding; remove the row: Old.")
    assert told.findings == SOME.findings


def test_without_rows_the_report_stays() -> None:
    """Nothing is marked and nothing is told."""
    assert apply(SOME, [], TODAY) == SOME
    assert apply(NONE, [], TODAY) == NONE
