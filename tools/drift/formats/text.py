"""The report as text for a terminal: lines of 110 characters where a name or a pointer is not longer itself."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from tools.drift.findings.entries import Entry, verdict
from tools.drift.findings.findings import Report
from tools.drift.formats.wording import (
    MOST_NAMES,
    MOST_TOUCHED,
    acceptance,
    concerned,
    fingerprints,
    groups,
    has_paragraph,
    place,
    some,
    touched,
    values,
)
from tools.errors import printable

WIDTH = 110
_INDENT = "    "


def text(report: Report) -> str:
    """Return the report for people to read: the summary, what it means, the findings by level, what stops, notices."""
    lines = [printable(report.summary)]
    if has_paragraph(report):
        lines += ["", *_wrapped(printable(verdict(report)), "")]
    for heading, entries in groups(report):
        lines += ["", heading]
        for entry in entries:
            lines += ["", *_entry(entry)]
    for heading, said in (
        ("Stopped: `make generate` would not go through", report.stopped),
        ("Notices", report.notices),
    ):
        if said:
            lines += ["", heading, *(line for one in said for line in _wrapped(printable(one), "  "))]
    return "\n".join(lines) + "\n"


def _entry(entry: Entry) -> Iterator[str]:
    one = entry.first
    yield from _wrapped(printable(entry.sentence), "  ")
    if pair := values(entry):
        yield from _joined([pair[0], f"-> {pair[1]}"], _INDENT, " ")
    if len(entry.names) > 1:
        yield from _wrapped(printable(f"also {some(entry.names[1:], MOST_NAMES)}"), _INDENT)
    level = f"{one.level}, " if one.acknowledged or one.neutralized else ""
    yield from _joined(
        [f"{level}{one.rule}, {concerned(entry)};", f"{place(entry)};", fingerprints(entry)], _INDENT, " "
    )
    yield f"{_INDENT}{printable(entry.pointer)}"
    if accepted := acceptance(entry):
        yield from _wrapped(accepted, _INDENT)
    if files := touched(entry):
        yield from _wrapped(f"touches {some(files, MOST_TOUCHED)}", _INDENT)


def _joined(parts: list[str], indent: str, between: str = "  ") -> Iterator[str]:
    """Yield the parts on one line, and those that it has no room for on further lines, each whole."""
    line = indent + parts[0]
    for part in parts[1:]:
        if len(line + between + part) <= WIDTH:
            line += between + part
        else:
            yield line
            line = f"{indent}{_INDENT}{part}"
    yield line


def _wrapped(words: str, indent: str) -> list[str]:
    return textwrap.wrap(
        words,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
