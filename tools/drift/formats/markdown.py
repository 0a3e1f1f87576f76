"""The report as Markdown for the body of a pull request: bounded, and nothing in it pings, links or ends its cell.

GitHub refuses bodies of more than 65,536 characters. The tables come before their details, and the worst come
first, so that the least important part is left out; a line says how much.
"""

from __future__ import annotations

import re

from tools.drift.findings.entries import Entry, verdict
from tools.drift.findings.escaping import code, cut, prose
from tools.drift.findings.findings import Report
from tools.drift.formats.wording import (
    acceptance,
    concerned,
    count,
    fingerprints,
    groups,
    has_paragraph,
    place,
    some,
    touched,
    values,
)

MAX_CHARACTERS = 60_000

# What no single part may be longer than, so that a few monsters do not take the others' room.
_MAX_LINE = 1_000
_MAX_PARAGRAPH = 4_000
_MAX_POINTER = 300
_MOST_TOUCHED = 24
_MOST_FINGERPRINTS = 100
# Kept free for the headings and for the lines that say what is left out.
_RESERVE = 2_000

_HEADER = "| what | rule | whose |\n| --- | --- | --- |\n"


def markdown(report: Report) -> str:
    """Return the summary as the heading and what it means, then a table for each level, what stops, the notices."""
    room = _Room(MAX_CHARACTERS - _RESERVE)
    parts = room.take([f"# {prose(cut(report.summary, _MAX_LINE))}\n"])
    if has_paragraph(report):
        parts += room.take([f"\n{prose(cut(verdict(report), _MAX_PARAGRAPH))}\n"])
    grouped = groups(report)
    rows = [(title, entries, room.take([_row(one) for one in entries])) for title, entries in grouped]
    stopped = [code(cut(line, _MAX_LINE)) for line in report.stopped]
    stops = _list("Stopped: `make generate` would not go through", stopped, room)
    details = [room.take([_detail(one) for one in entries[: len(kept)]]) for _, entries, kept in rows]
    for (title, entries, kept), found in zip(rows, details, strict=True):
        parts.append(f"\n## {title}\n")
        if kept:
            parts.append("\n" + _HEADER + "".join(kept))
        if left := count(entries[len(kept) :]):
            parts.append(f"\n{left} more do not fit here; the text report has them all.\n")
        parts.append(_folded(found, len(kept)))
    notices = [prose(cut(line, _MAX_LINE)) for line in report.notices]
    return "".join([*parts, stops, _list("Notices", notices, room)])


class _Room:
    """The characters that are left. Once something does not fit, nothing less important is added."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def take(self, texts: list[str]) -> list[str]:
        """Return the first of the texts, as many as there is room for."""
        kept = []
        for text in texts:
            if len(text) > self._left:
                self._left = 0
                break
            self._left -= len(text)
            kept.append(text)
        return kept


def _row(entry: Entry) -> str:
    what = [prose(cut(entry.sentence, _MAX_LINE))]
    if pair := values(entry):
        what.append(f"{code(pair[0])} → {code(pair[1])}")
    if accepted := acceptance(entry):
        what.append(prose(cut(f"{entry.first.level}, {accepted}", _MAX_LINE)))
    cells = ["<br>".join(what), code(entry.first.rule), prose(cut(concerned(entry), _MAX_LINE))]
    return f"| {' | '.join(map(_cell, cells))} |\n"


def _cell(text: str) -> str:
    """Escape the pipes of code spans; the backslashes before one come in pairs, so that it stays escaped."""
    return re.sub(r"(\\*)\|", r"\1\1\\|", text)


def _detail(entry: Entry) -> str:
    one = entry.first
    where = f"{code(cut(place(entry), _MAX_POINTER))} {code(cut(entry.pointer, _MAX_POINTER))}"
    lines = [f"- {code(one.rule)} in {where}\n", f"  - {fingerprints(entry, _MOST_FINGERPRINTS)}\n"]
    for verb, names in (("also", entry.names[1:]), ("touches", touched(entry))):
        spans = [code(name) for name in names]
        lines += [f"  - {verb} {some(spans, _MOST_TOUCHED)}\n"] if spans else []
    return "".join(lines)


def _folded(details: list[str], wanted: int) -> str:
    left = wanted - len(details)
    said = f"\nThe details of {left} more do not fit here.\n" if left else ""
    if not details:
        return said
    return f"\n<details><summary>Where, and what they touch</summary>\n\n{''.join(details)}\n</details>\n{said}"


def _list(title: str, lines: list[str], room: _Room) -> str:
    if not lines:
        return ""
    kept = room.take([f"- {line}\n" for line in lines])
    left = len(lines) - len(kept)
    more = f"- and {left} more that do not fit here\n" if left else ""
    return f"\n## {title}\n\n{''.join(kept)}{more}"
