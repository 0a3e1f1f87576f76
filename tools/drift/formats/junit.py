"""The report as JUnit's XML: a breaking finding is a failure, a stop is an error, an acknowledged finding is skipped.

Risky, additive and neutral findings are cases that pass, with what happened as their output. A report without any
finding has one case that passes, because some readers take an empty suite for a failure.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tools.drift.findings.findings import Finding, Report
from tools.drift.formats.wording import acceptance, concerned, groups, has_values, place, printable, shown

NAME = "drift"


def junit(report: Report) -> str:
    """Return the report as an XML document with one test suite, whose name is the summary."""
    suites = ET.Element("testsuites", name=NAME)
    suite = ET.SubElement(suites, "testsuite", name=printable(report.summary))
    for _, findings in groups(report):
        for finding in findings:
            _add(suite, finding)
    for line in report.stopped:
        case = _case(suite, "stopped", line)
        ET.SubElement(case, "error", message=printable(line), type="stopped").text = printable(line)
    if not len(suite):
        _case(suite, "none", "nothing has drifted")
    if report.notices:
        ET.SubElement(suite, "system-out").text = "\n".join(map(printable, report.notices))
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


def _add(suite: ET.Element, finding: Finding) -> None:
    case = _case(suite, finding.level, f"{finding.rule} {finding.pointer} ({finding.fingerprint})")
    sentence, details = printable(finding.sentence), "\n".join(_details(finding))
    if accepted := acceptance(finding):
        ET.SubElement(case, "skipped", message=accepted)
        ET.SubElement(case, "system-out").text = f"{sentence}\n{details}"
    elif finding.level == "breaking":
        ET.SubElement(case, "failure", message=sentence, type=finding.rule).text = details
    else:
        ET.SubElement(case, "system-out").text = f"{sentence}\n{details}"


def _details(finding: Finding) -> list[str]:
    lines = [f"{place(finding)} ({printable(finding.pointer)})"]
    if has_values(finding):
        lines.append(f"{shown(finding.old)} -> {shown(finding.new)}")
    lines.append(concerned(finding))
    lines += [printable(f"{symbol.kind} {symbol.name} {symbol.file}:{symbol.line}") for symbol in finding.symbols]
    return lines
