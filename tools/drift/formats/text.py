"""The report as text for a terminal: lines of 110 characters where a name or a pointer is not longer itself."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from tools.drift.findings.findings import Finding, Report
from tools.drift.formats.wording import acceptance, concerned, groups, has_values, place, printable, shown

WIDTH = 110
_INDENT = "    "


def text(report: Report) -> str:
    """Return the report for people to read: the summary, the findings by level, what stops, the notices."""
    lines = [printable(report.summary)]
    for heading, findings in groups(report):
        lines += ["", f"{heading} ({len(findings)})"]
        for finding in findings:
            lines += ["", *_finding(finding)]
    for heading, said in (
        ("Stopped: `make generate` would not go through", report.stopped),
        ("Notices", report.notices),
    ):
        if said:
            lines += ["", heading, *(line for one in said for line in _wrapped(printable(one), "  "))]
    return "\n".join(lines) + "\n"


def _finding(finding: Finding) -> Iterator[str]:
    yield from _joined([finding.level, finding.rule, place(finding), f"({printable(finding.pointer)})"], "")
    yield from _wrapped(printable(finding.sentence), _INDENT)
    if has_values(finding):
        yield from _joined([shown(finding.old), f"-> {shown(finding.new)}"], _INDENT, " ")
    yield from _wrapped(f"{concerned(finding)}; {finding.fingerprint}", _INDENT)
    if accepted := acceptance(finding):
        yield from _wrapped(accepted, _INDENT)
    for symbol in finding.symbols:
        yield from _joined([symbol.kind, printable(symbol.name), printable(f"{symbol.file}:{symbol.line}")], _INDENT)


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
