"""The report as GitHub's workflow commands, which become annotations on the run and on the lines of a pull request.

Breaking entries, and what stops `make generate`, are errors; risky ones are warnings; all others are notices, and so
are those that are acknowledged. GitHub shows ten errors, ten warnings and ten notices of a step: the worst come first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.drift.findings.entries import Entry, verdict
from tools.drift.findings.findings import Level, Report
from tools.drift.formats.wording import (
    MOST_NAMES,
    MOST_TOUCHED,
    acceptance,
    concerned,
    fingerprints,
    groups,
    has_paragraph,
    some,
    touched,
    values,
)
from tools.errors import printable

_COMMANDS: dict[Level, str] = {"breaking": "error", "risky": "warning", "additive": "notice", "neutral": "notice"}


def workflow_commands(report: Report) -> str:
    """Return the summary and what it means as plain lines, then a command for each entry, each stop and each notice."""
    lines = [_line(report.summary), *([_line(verdict(report))] if has_paragraph(report) else [])]
    lines += [_of_entry(entry) for _, entries in groups(report) for entry in entries]
    lines += [_command("error", printable(line), title="drift: generating stops") for line in report.stopped]
    lines += [_command("notice", printable(line), title="drift") for line in report.notices]
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    """Return a line in which the runner finds no command: it looks for `##[` anywhere, for `::` at the beginning."""
    return re.sub(":(?=:)", ": ", printable(text).replace("##[", "# #["))


def _of_entry(entry: Entry) -> str:
    one = entry.first
    accepted = acceptance(entry)
    command = "notice" if accepted else _COMMANDS[one.level]
    title = f"drift: {one.rule} ({'acknowledged' if accepted else one.level})"
    lines = "\n".join(_message(entry, accepted))
    file = printable(one.file)
    if one.line is None:
        return _command(command, lines, file=file, title=title)
    return _command(command, lines, file=file, line=str(one.line), title=title)


def _message(entry: Entry, accepted: str) -> Iterator[str]:
    yield printable(entry.sentence)
    if pair := values(entry):
        yield f"{pair[0]} -> {pair[1]}"
    if len(entry.names) > 1:
        yield printable(f"also {some(entry.names[1:], MOST_NAMES)}")
    yield f"{concerned(entry)}; {printable(entry.pointer)}; {fingerprints(entry)}"
    if accepted:
        yield accepted
    if files := touched(entry):
        yield f"touches {some(files, MOST_TOUCHED)}"


def _command(name: str, message: str, **properties: str) -> str:
    said = ",".join(f"{key}={_escaped(value, ',:')}" for key, value in properties.items())
    return f"::{name} {said}::{_escaped(message)}"


def _escaped(text: str, also: str = "") -> str:
    """Percent-escape what ends a command or, in `also`, a property of it."""
    return "".join(f"%{ord(c):02X}" if c in "%\r\n" + also else c for c in text)
