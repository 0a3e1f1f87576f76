"""The report as Markdown for the body of a pull request: bounded, and nothing in it pings, links or ends its cell.

GitHub refuses bodies of more than 65,536 characters. The findings come before what they touch, and the worst come
first, so that what is left out is what matters least; a line says how much it is.
"""

from __future__ import annotations

import re

from tools.drift.findings.findings import Finding, Report
from tools.drift.formats.wording import acceptance, concerned, cut, groups, has_values, place, printable, shown

MAX_CHARACTERS = 60_000

# What no single part may be longer than, so that a few monsters do not take the others' room.
_MAX_LINE = 1_000
_MAX_POINTER = 300
_MAX_TOUCHED = 4_000
# Kept free for the headings and for the lines that say what is left out.
_RESERVE = 2_000

_HEADER = "| rule | where | what | fingerprint |\n| --- | --- | --- | --- |\n"

_ENTITIES = {**{ord(c): f"\\{c}" for c in "\\`*_[]~"}, ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
# A pipe ends a table's cell, escaped or not, depending on the reader; a dollar sign begins a formula.
_ENTITIES |= {ord("|"): "&#124;", ord("$"): "<span>$</span>"}
# A mention, an issue, an address or an emoji stops being one when a space of no width stands in it. GitHub looks for
# them in the rendered text, so an escape does not help.
_LIVE = re.compile(r"[@#]|:(?=\S)|\bGH(?=-\d)|\bwww(?=\.)", re.IGNORECASE)


def markdown(report: Report) -> str:
    """Return the summary as the heading, then a table for each level with what it touches, what stops, the notices."""
    room = _Room(MAX_CHARACTERS - _RESERVE)
    parts = room.take([f"# {prose(cut(report.summary, _MAX_LINE))}\n"])
    grouped = groups(report)
    rows = [(title, findings, room.take([_row(one) for one in findings])) for title, findings in grouped]
    stopped = [code(cut(line, _MAX_LINE)) for line in report.stopped]
    stops = _list("Stopped: `make generate` would not go through", stopped, room)
    touched = [room.take([_touched(one) for one in findings[: len(kept)] if one.symbols]) for _, findings, kept in rows]
    for (title, findings, kept), symbols in zip(rows, touched, strict=True):
        parts.append(f"\n## {title} ({len(findings)})\n")
        if kept:
            parts.append("\n" + _HEADER + "".join(kept))
        if left := len(findings) - len(kept):
            parts.append(f"\n{left} of them left out here for want of room; the text report has them all.\n")
        parts.append(_folded(symbols, sum(1 for one in findings[: len(kept)] if one.symbols)))
    notices = [prose(cut(line, _MAX_LINE)) for line in report.notices]
    return "".join([*parts, stops, _list("Notices", notices, room)])


class _Room:
    """The characters that are left. What has once found no room closes it for what matters less."""

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


def prose(text: str) -> str:
    """Return a text as Markdown that shows it; what stands in backticks is code."""
    parts = printable(text).split("`")
    if len(parts) % 2 == 0:
        parts = ["`".join(parts)]
    return "".join(code(part) if i % 2 and part else _plain(part) for i, part in enumerate(parts))


def code(text: str) -> str:
    """Return a text as a code span, in which GitHub links nothing."""
    text = printable(text) or " "
    runs = {len(run) for run in re.findall("`+", text)}
    mark = "`" * next(length for length in range(1, len(text) + 2) if length not in runs)
    padding = " " * (text[0] == "`" or text[-1] == "`" or (text[0] == text[-1] == " " and text.strip() != ""))
    return f"{mark}{padding}{text}{padding}{mark}"


def _plain(text: str) -> str:
    return _LIVE.sub("\\g<0>\u200b", text).translate(_ENTITIES)


def _row(finding: Finding) -> str:
    what = [prose(cut(finding.sentence, _MAX_LINE))]
    if has_values(finding):
        what.append(f"{code(shown(finding.old))} → {code(shown(finding.new))}")
    what.append(prose(cut(concerned(finding), _MAX_LINE)))
    if accepted := acceptance(finding):
        what.append(prose(cut(f"{finding.level}, {accepted}", _MAX_LINE)))
    where = [code(cut(place(finding), _MAX_POINTER)), code(cut(finding.pointer, _MAX_POINTER))]
    cells = [code(finding.rule), "<br>".join(where), "<br>".join(what), code(finding.fingerprint)]
    return f"| {' | '.join(map(_cell, cells))} |\n"


def _cell(text: str) -> str:
    """Escape the pipes of code spans; the backslashes before one come in pairs, so that it stays escaped."""
    return re.sub(r"(\\*)\|", r"\1\1\\|", text)


def _touched(finding: Finding) -> str:
    lines = [f"- {code(finding.fingerprint)} {code(finding.rule)} {code(cut(finding.pointer, _MAX_POINTER))}\n"]
    room = _Room(_MAX_TOUCHED)
    symbols = [f"  - {one.kind} {code(one.name)} in {code(f'{one.file}:{one.line}')}\n" for one in finding.symbols]
    kept = room.take(symbols)
    left = len(symbols) - len(kept)
    return "".join([*lines, *kept, *([f"  - and {left} more\n"] if left else [])])


def _folded(entries: list[str], wanted: int) -> str:
    left = wanted - len(entries)
    said = f"\nWhat {left} of them touch is left out here for want of room.\n" if left else ""
    if not entries:
        return said
    return f"\n<details><summary>What they touch</summary>\n\n{''.join(entries)}\n</details>\n{said}"


def _list(title: str, lines: list[str], room: _Room) -> str:
    if not lines:
        return ""
    kept = room.take([f"- {line}\n" for line in lines])
    left = len(lines) - len(kept)
    more = f"- and {left} more, left out here for want of room\n" if left else ""
    return f"\n## {title}\n\n{''.join(kept)}{more}"
