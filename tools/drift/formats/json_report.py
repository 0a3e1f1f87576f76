"""The report as JSON, for other programs: `docs/drift-report.schema.json` describes it."""

from __future__ import annotations

import json
from typing import Any

from tools.drift.findings.findings import LEVELS, Finding, Report

# Grows when a reader of the old reports could not read the new ones.
FORMAT = 1


def json_report(report: Report) -> str:
    """Return the report as one JSON object in ASCII, values in full."""
    counts: dict[str, int] = {level: report.counts[level] for level in LEVELS}
    counts["acknowledged"] = len(report.findings) - sum(counts.values())
    found = {
        "summary": report.summary,
        "format": FORMAT,
        "level": report.level,
        "counts": counts,
        "base": report.base,
        "upstream": report.upstream,
        "base_sha256": report.base_sha256,
        "upstream_sha256": report.upstream_sha256,
        "findings": [_finding(finding) for finding in report.findings],
        "stopped": report.stopped,
        "notices": report.notices,
    }
    return json.dumps(found, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    row = finding.acknowledged
    return {
        "rule": finding.rule,
        "level": finding.level,
        "direction": finding.direction,
        "operation": finding.operation,
        "operations": finding.operations,
        "pointer": finding.pointer,
        "old": finding.old,
        "new": finding.new,
        "sentence": finding.sentence,
        "fingerprint": finding.fingerprint,
        "symbols": [
            {"kind": symbol.kind, "name": symbol.name, "file": symbol.file, "line": symbol.line}
            for symbol in finding.symbols
        ],
        "file": finding.file,
        "line": finding.line,
        "names": finding.names,
        "neutralized": finding.neutralized,
        "acknowledged": row and {"reason": row.reason, "expires": row.expires.isoformat(), "line": row.line},
    }
