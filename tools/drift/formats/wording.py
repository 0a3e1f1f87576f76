"""What the formats for people share: values on one line, and the phrases about an entry.

Names and values come from upstream's document, so they may contain anything: every format passes them through
`printable`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tools.drift.findings.entries import Entry, call_of, entries
from tools.drift.findings.findings import LEVELS, Report
from tools.drift.findings.rules import shown_in_sentence
from tools.errors import printable

VALUE_WIDTH = 80
# How many fingerprints of one entry are shown, of the modules that it touches, and of its further names.
MOST_FINGERPRINTS = 8
MOST_TOUCHED = 3
MOST_NAMES = 5

OWN = "overrides/chat_completions/"


def shown(value: Any, width: int = VALUE_WIDTH) -> str:
    """Return a JSON value on one line, or its beginning and its whole length; None is `nothing`."""
    if value is None:
        return "nothing"
    text = printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= width else f"{text[:width]}… ({len(text)} characters)"


def values(entry: Entry) -> tuple[str, str] | None:
    """Return the old and the new value, where the sentence does not have them in full."""
    one = entry.first
    known = [value for value in (one.old, one.new) if value not in (None, True)]  # A flag is what the rule says.
    said = [shown_in_sentence(value, one.rule) for value in known]
    if len(entry.findings) > 1 or all(text in one.sentence and not text.endswith("…") for text in said):
        return None
    return shown(one.old), shown(one.new)


def place(entry: Entry) -> str:
    """Return `file:line`, or the file alone where the line is not known."""
    one = entry.first
    return printable(one.file if one.line is None else f"{one.file}:{one.line}")


def concerned(entry: Entry) -> str:
    """Return whose side changes and the calls: `request of create()`."""
    one = entry.first
    side = "request and response" if one.direction == "both" else one.direction
    calls = dict.fromkeys(map(call_of, one.operations))
    return printable(f"{side} of {', '.join(calls)}" if calls else side)


def fingerprints(entry: Entry, most: int = MOST_FINGERPRINTS) -> str:
    """Return the fingerprints; what is more than `most` is a number."""
    return some([finding.fingerprint for finding in entry.findings], most)


def touched(entry: Entry) -> list[str]:
    """Return the hand-written modules that the change touches as `_streaming/accumulator.py:306`."""
    own = [symbol for symbol in entry.first.symbols if symbol.file.startswith(OWN)]
    return list(dict.fromkeys(printable(f"{symbol.file.removeprefix(OWN)}:{symbol.line}") for symbol in own))


def some(parts: Sequence[str], most: int) -> str:
    """Return the first parts with commas between them, and the number of the others."""
    kept = parts if len(parts) <= most + 1 else parts[:most]
    return ", ".join(kept) + (f" and {len(parts) - len(kept)} more" if len(kept) < len(parts) else "")


def acceptance(entry: Entry) -> str:
    """Return what `drift-ack.yaml` says of an entry; nothing if it says nothing."""
    row = entry.first.acknowledged
    return "" if row is None else printable(f"acknowledged until {row.expires.isoformat()}: {row.reason}")


def groups(report: Report) -> list[tuple[str, list[Entry]]]:
    """Return the entries under their headings, the worst first and the acknowledged ones last; no group is empty."""
    open_findings = [finding for finding in report.findings if finding.acknowledged is None]
    found = [
        (level.capitalize(), entries(one for one in open_findings if one.level == level and not one.neutralized))
        for level in LEVELS
    ]
    found.append(("Mended by the overlay", entries(one for one in open_findings if one.neutralized)))
    found.append(("Acknowledged", entries(one for one in report.findings if one.acknowledged is not None)))
    return [(f"{heading} ({count(group)})", group) for heading, group in found if group]


def count(group: Sequence[Entry]) -> int:
    """Return how many findings some entries have."""
    return sum(len(entry.findings) for entry in group)


def has_paragraph(report: Report) -> bool:
    """Return whether there is anything to say besides the summary."""
    return bool(report.findings or report.stopped)
