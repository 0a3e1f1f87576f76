"""The report as GitHub's workflow commands, which become annotations on the run and on the lines of a pull request.

Breaking findings, and what stops `make generate`, are errors; risky ones are warnings; all others are notices, and so
are those that are acknowledged. GitHub shows ten errors, ten warnings and ten notices of a step: the worst come first.
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.drift.findings.findings import Finding, Level, Report
from tools.drift.formats.wording import acceptance, concerned, groups, has_values, printable, shown

_COMMANDS: dict[Level, str] = {"breaking": "error", "risky": "warning", "additive": "notice", "neutral": "notice"}


def workflow_commands(report: Report) -> str:
    """Return the summary as a plain line, then a workflow command for each finding, each stop and each notice."""
    lines = [printable(report.summary)]
    lines += [_of_finding(finding) for _, findings in groups(report) for finding in findings]
    lines += [_command("error", printable(line), title="drift: generating stops") for line in report.stopped]
    lines += [_command("notice", printable(line), title="drift") for line in report.notices]
    return "\n".join(lines) + "\n"


def _of_finding(finding: Finding) -> str:
    accepted = acceptance(finding)
    command = "notice" if accepted else _COMMANDS[finding.level]
    title = f"drift: {finding.rule} ({'acknowledged' if accepted else finding.level})"
    lines = "\n".join(_message(finding, accepted))
    file = printable(finding.file)
    if finding.line is None:
        return _command(command, lines, file=file, title=title)
    return _command(command, lines, file=file, line=str(finding.line), title=title)


def _message(finding: Finding, accepted: str) -> Iterator[str]:
    yield printable(finding.sentence)
    if has_values(finding):
        yield f"{shown(finding.old)} -> {shown(finding.new)}"
    yield f"{concerned(finding)}; {printable(finding.pointer)}; {finding.fingerprint}"
    if accepted:
        yield accepted
    if finding.symbols:
        first, *others = finding.symbols
        more = f" and {len(others)} more" if others else ""
        yield printable(f"touches {first.name} ({first.file}:{first.line}){more}")


def _command(name: str, message: str, **properties: str) -> str:
    said = ",".join(f"{key}={_escaped(value, ',:')}" for key, value in properties.items())
    return f"::{name} {said}::{_escaped(message)}"


def _escaped(text: str, also: str = "") -> str:
    """Percent-escape what ends a command or, in `also`, a property of it."""
    return "".join(f"%{ord(c):02X}" if c in "%\r\n" + also else c for c in text)
