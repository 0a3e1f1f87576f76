"""`drift-ack.yaml`: the findings that someone has reviewed, why they are acceptable, and until when.

An acknowledged finding is still reported, but does not count anymore. It always expires: a row whose day has passed
does not count either.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from pathlib import Path
from typing import Any

from tools.document import yaml_reader
from tools.drift.findings.findings import Acknowledgement, Report
from tools.errors import ToolError

FILE = "drift-ack.yaml"

_KEYS = ("fingerprint", "reason", "expires")
_FINGERPRINT = re.compile(r"[0-9a-f]{12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read(path: Path) -> list[Acknowledgement]:
    """Return the rows of a file; none if it is not there or holds only comments.

    Raises:
        ToolError: The file is not what it should be; `where` is the file and the line.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ToolError(f"cannot read the file: {error.strerror}; give a readable file", where=path.name) from error
    if all(line.lstrip()[:1] in (b"", b"#") for line in data.splitlines()):
        return []
    lines: yaml_reader.Lines = {}
    document = yaml_reader.read(data, name=path.name, lines=lines)
    if not isinstance(document, dict) or "acknowledged" not in document:
        raise ToolError(
            "the list `acknowledged` is missing; write `acknowledged: []` for an empty one", where=path.name
        )
    _refuse_others(document, ("acknowledged",), lines[id(document)], path.name)
    rows = document["acknowledged"]
    if rows is None:
        return []
    if not isinstance(rows, list):
        where = f"{path.name}:{lines[id(document)]['acknowledged']}"
        raise ToolError("`acknowledged` is a list of rows; begin each with `- fingerprint:`", where=where)
    found: dict[str, Acknowledgement] = {}
    for position, row in enumerate(rows):
        read_row = _row(row, lines[id(rows)][str(position)], lines.get(id(row), {}), path.name)
        before = found.setdefault(read_row.fingerprint, read_row)
        if before is not read_row:
            message = f"{read_row.fingerprint} is acknowledged twice, first on line {before.line}; remove one row"
            raise ToolError(message, where=f"{path.name}:{read_row.line}")
    return list(found.values())


def apply(report: Report, acknowledgements: list[Acknowledgement], today: date) -> Report:
    """Return the report with each finding that a row is about marked by it, and a notice for each useless row.

    A row counts up to and including its last day.
    """
    counting = {row.fingerprint: row for row in acknowledgements if row.expires >= today}
    findings = tuple(
        dataclasses.replace(finding, acknowledged=counting[finding.fingerprint])
        if finding.fingerprint in counting
        else finding
        for finding in report.findings
    )
    found = {finding.fingerprint for finding in report.findings}
    notices = list(report.notices)
    for row in acknowledgements:
        where = f"{FILE}:{row.line}: {row.fingerprint}"
        if row.fingerprint not in found:
            notices.append(f"{where} matches no finding; remove the row: {row.reason}")
        elif row.fingerprint not in counting:
            notices.append(f"{where} expired on {row.expires.isoformat()}: {row.reason}")
    return dataclasses.replace(report, findings=findings, notices=tuple(notices))


def _row(row: Any, line: int, lines: dict[str, int], name: str) -> Acknowledgement:
    """Return a row; `line` is its own, `lines` are those of its keys, without those that `<<` brought."""
    where = f"{name}:{line}"
    if not isinstance(row, dict):
        raise ToolError(f"this is not a row; a row has the keys {', '.join(_KEYS)}", where=where)
    _refuse_others(row, _KEYS, lines, name)
    for key in _KEYS:
        if row.get(key) in (None, ""):
            raise ToolError(f"the row has no {key}; write one", where=where)
    fingerprint, reason, expires = (row[key] for key in _KEYS)
    places = {key: f"{name}:{lines.get(key, line)}" for key in _KEYS}
    if isinstance(fingerprint, int | float) and not isinstance(fingerprint, bool):
        message = "YAML reads this fingerprint as a number; put it in quotes"
        raise ToolError(message, where=places["fingerprint"])
    if not isinstance(fingerprint, str) or not _FINGERPRINT.fullmatch(fingerprint):
        message = f"{fingerprint!r} is not a fingerprint; copy the 12 digits 0-9 and a-f of the report"
        raise ToolError(message, where=places["fingerprint"])
    if not isinstance(reason, str) or not reason.strip():
        raise ToolError("the reason is not text; say why the finding may stay", where=places["reason"])
    last_day = _day(expires)
    if last_day is None:
        message = f"{expires!r} is not a date; write the last day on which the row counts, such as 2026-12-31"
        raise ToolError(message, where=places["expires"])
    return Acknowledgement(fingerprint, " ".join(reason.split()), last_day, line)


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _refuse_others(mapping: dict[str, Any], known: tuple[str, ...], lines: dict[str, int], name: str) -> None:
    for key in mapping:
        if key not in known:
            message = f"the key {key!r} means nothing here; the keys are {', '.join(known)}"
            raise ToolError(message, where=f"{name}:{lines[key]}" if key in lines else name)
