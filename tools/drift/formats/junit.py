"""The report as JUnit's XML: a breaking entry is a failure, a stop is an error, an acknowledged entry is skipped.

Risky, additive and neutral entries are cases that pass, with what happened as their output. A report without any
finding has one case that passes, because some readers take an empty suite for a failure.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tools.drift.findings.entries import Entry, verdict
from tools.drift.findings.findings import Report
from tools.drift.formats.wording import (
    acceptance,
    concerned,
    fingerprints,
    groups,
    has_paragraph,
    place,
    touched,
    values,
)
from tools.errors import printable

NAME = "drift"


def junit(report: Report) -> str:
    """Return the report as an XML document with one test suite, whose name is the summary."""
    suites = ET.Element("testsuites", name=NAME)
    suite = ET.SubElement(suites, "testsuite", name=printable(report.summary))
    for _, entries in groups(report):
        for entry in entries:
            _add(suite, entry)
    for line in report.stopped:
        case = _case(suite, "stopped", line)
        ET.SubElement(case, "error", message=printable(line), type="stopped").text = printable(line)
    if not len(suite):
        _case(suite, "none", "nothing has drifted")
    said = [*([verdict(report)] if has_paragraph(report) else []), *report.notices]
    if said:
        ET.SubElement(suite, "system-out").text = "\n".join(map(printable, said))
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        count = str(sum(1 for _ in suite.iter(tag)))
        suite.set(name, count)
        suites.set(name, count)
    suite.set("time", "0")
    ET.indent(suites)
    # ElementTree would name the locale's encoding.
    return "<?xml version='1.0' encoding='utf-8'?>\n" + ET.tostring(suites, encoding="unicode") + "\n"


def _case(suite: ET.Element, group: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=f"{NAME}.{group}", name=printable(name), time="0")


def _add(suite: ET.Element, entry: Entry) -> None:
    one = entry.first
    name = entry.names[0] if entry.names else entry.pointer
    case = _case(suite, one.level, f"{one.rule} {name} ({fingerprints(entry, 1)})")
    sentence, details = printable(entry.sentence), "\n".join(_details(entry))
    if accepted := acceptance(entry):
        ET.SubElement(case, "skipped", message=accepted)
        ET.SubElement(case, "system-out").text = f"{sentence}\n{details}"
    elif one.level == "breaking":
        ET.SubElement(case, "failure", message=sentence, type=one.rule).text = details
    else:
        ET.SubElement(case, "system-out").text = f"{sentence}\n{details}"


def _details(entry: Entry) -> list[str]:
    lines = [f"{concerned(entry)}; {place(entry)} ({printable(entry.pointer)})"]
    lines += [f"{old} -> {new}" for old, new in filter(None, [values(entry)])]
    lines += [f"also {printable(name)}" for name in entry.names[1:]]
    lines.append(fingerprints(entry, len(entry.findings)))
    return lines + [f"touches {where}" for where in touched(entry)]
