"""What the formats for people share: values on one line, and the phrases about a finding.

Names and values come from upstream's document, so anything may stand in them: every format passes them through
`printable`, which leaves neither line breaks nor what a terminal, XML or the reading direction could stumble over.
"""

from __future__ import annotations

import json
from typing import Any

from tools.drift.findings.findings import LEVELS, Finding, Report

VALUE_WIDTH = 80


def printable(text: str) -> str:
    """Return a text on one line: what is not printable becomes the escape that Python writes for it."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def cut(text: str, width: int) -> str:
    """Return a text with no more than `width` characters; what is longer ends with an ellipsis."""
    return text if len(text) <= width else text[: width - 1] + "…"


def shown(value: Any, width: int = VALUE_WIDTH) -> str:
    """Return a JSON value on one line, or its beginning and its whole length; None is `nothing`."""
    if value is None:
        return "nothing"
    text = printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= width else f"{text[:width]}… ({len(text)} characters)"


def has_values(finding: Finding) -> bool:
    """Return whether there is an old or a new value to show."""
    return finding.old is not None or finding.new is not None


def place(finding: Finding) -> str:
    """Return `file:line`, or the file alone where the line is not known."""
    return printable(finding.file if finding.line is None else f"{finding.file}:{finding.line}")


def concerned(finding: Finding) -> str:
    """Return whose side changes and the operations: `request of createChatCompletion`."""
    side = "request and response" if finding.direction == "both" else finding.direction
    return printable(f"{side} of {finding.operation}" if finding.operations else side)


def acceptance(finding: Finding) -> str:
    """Return what `drift-ack.yaml` says of a finding; nothing if it says nothing."""
    row = finding.acknowledged
    return "" if row is None else printable(f"acknowledged until {row.expires.isoformat()}: {row.reason}")


def groups(report: Report) -> list[tuple[str, list[Finding]]]:
    """Return the findings under their headings, the worst first and the acknowledged ones last; no group is empty."""
    found: list[tuple[str, list[Finding]]] = [
        (level.capitalize(), [one for one in report.findings if one.level == level and one.acknowledged is None])
        for level in LEVELS
    ]
    found.append(("Acknowledged", [one for one in report.findings if one.acknowledged is not None]))
    return [(heading, findings) for heading, findings in found if findings]
