"""Make a release's section in CHANGELOG.md, in the format of Keep a Changelog 1.1.0.

The entries under "Unreleased" move into the section. Changes on the wire have a separate heading, to distinguish the
API's changes from those of our code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tools.drift.findings.entries import Entry, entries
from tools.drift.findings.escaping import code, prose
from tools.drift.findings.findings import Finding
from tools.errors import ToolError

WIRE = "### Wire changes"
UNRELEASED = "## [Unreleased]"
START = "# Changelog\n\nIn the format of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/).\n"

_UNRELEASED = re.compile(r"## \[?unreleased\]?\s*", re.IGNORECASE)
_LINK = re.compile(r"\[[^\]]+\]: \S")
_COMMIT_DIGITS = 7


def with_release(text: str, version: str, day: date, wire: Sequence[str]) -> str:
    """Return a changelog with the section of a new release.

    Args:
        text: The changelog before; an empty one gets its first lines.
        version: The release's version.
        day: The release's date.
        wire: The lines that go under "Wire changes".

    Raises:
        ToolError: The changelog has a section for this version already.
    """
    lines = (text if text.strip() else START).splitlines()
    if section(text, version):
        message = f"there is a section for {version} already; is __version__ older than the changelog?"
        raise ToolError(message, where="CHANGELOG.md")
    heading = next((at for at, line in enumerate(lines) if _UNRELEASED.fullmatch(line)), None)
    start = _end_of_section(lines, 0) if heading is None else heading
    end = start if heading is None else _end_of_section(lines, start + 1)
    body = _with_wire([] if heading is None else lines[start + 1 : end], wire)
    parts = [lines[:start], [UNRELEASED], [f"## [{version}] - {day.isoformat()}"], body, lines[end:]]
    return "\n\n".join("\n".join(part).strip("\n") for part in parts if any(part)) + "\n"


def section(text: str, version: str) -> str:
    """Return the section of a version, from its heading to the next; "" without one."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if re.match(rf"## \[?{re.escape(version)}(?![\w.])", line):
            return "\n".join(lines[at : _end_of_section(lines, at + 1)]).strip("\n") + "\n"
    return ""


def wire_lines(findings: Sequence[Finding], old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return what goes under "Wire changes", in the names that users write, safe as Markdown.

    Args:
        findings: What changed.
        old: What the lock said of upstream before.
        new: What the lock says of upstream now.
    """
    lines = [_line(entry) for entry in entries(findings)]
    came = [revision for revision in (_revision(old), _revision(new)) if revision]
    if _revision(new):
        lines[:0] = [f"Upstream: {' -> '.join(came)}.", ""]
    return lines if findings else [*lines, "- Nothing that is sent or read changes."]


def _line(entry: Entry) -> str:
    one = entry.first
    where = "" if one.names else f" ({code(entry.pointer)})"
    return f"- **{one.level}**: {prose(entry.sentence)}{where}"


def _revision(upstream: Mapping[str, Any]) -> str:
    """Return a commit as words: `owner/name 0123456 (2030-12-31)`; "" where the lock does not know it."""
    commit, day = upstream.get("commit"), upstream.get("date")
    if not commit:
        return ""
    return prose(f"{upstream.get('repository')} {commit[:_COMMIT_DIGITS]}" + (f" ({day[:10]})" if day else ""))


def _end_of_section(lines: Sequence[str], start: int) -> int:
    """Return the index of the next release's heading, or of the links at the file's end."""
    ends = (at for at in range(start, len(lines)) if lines[at].startswith("## ") or _LINK.match(lines[at]))
    return next(ends, len(lines))


def _with_wire(body: Sequence[str], wire: Sequence[str]) -> list[str]:
    """Return a section's lines with some more under "Wire changes", which is made where it is not there."""
    lines = "\n".join(body).strip("\n").splitlines()
    if WIRE not in lines:
        return [*lines, *([""] if lines else []), WIRE, "", *wire]
    after = lines.index(WIRE) + 1
    end = next((at for at in range(after, len(lines)) if lines[at].startswith("### ")), len(lines))
    there = "\n".join(lines[after:end]).strip("\n").splitlines()
    return [*lines[:after], "", *there, *([""] if there else []), *wire, *([""] if lines[end:] else []), *lines[end:]]
