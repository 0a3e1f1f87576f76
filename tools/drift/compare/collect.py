"""Collect the changes of all operations as findings: each once, with its place and the operations it concerns."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tools.drift.compare.compare import Change, Comparison
from tools.drift.compare.documents import Side, with_whole_numbers
from tools.drift.compare.locations import describe_location, steps_to
from tools.drift.compare.operations import compare_operations
from tools.drift.findings.findings import LEVELS, Direction, Finding, fingerprint
from tools.drift.findings.rules import RULES, shown_in_sentence, with_article
from tools.schema.limits import too_deep
from tools.schema.normalized import Schemas
from tools.schema.schemas import canonical_json


@dataclass
class _Concerned:
    operations: set[str] = field(default_factory=set)
    directions: set[Direction] = field(default_factory=set)
    holders: set[str] = field(default_factory=set)


def findings_of(base: dict[str, Any], upstream: dict[str, Any]) -> list[Finding]:
    """Compare two slices.

    Args:
        base: The slice that our code is made from.
        upstream: The slice of upstream's document.

    Returns:
        The findings, the worst first; without symbols, file and line.

    Raises:
        ToolError: Schemas are nested too deeply, or unions have too many alternatives together, or too many alike.
    """
    try:
        return _findings(with_whole_numbers(base), with_whole_numbers(upstream))
    except RecursionError:
        raise too_deep("#") from None


def _findings(base: dict[str, Any], upstream: dict[str, Any]) -> list[Finding]:
    old, new = Side(base, Schemas(base)), Side(upstream, Schemas(upstream))
    comparison = Comparison(old.schemas, new.schemas)
    changes: dict[str, Change] = {}
    concerned: dict[str, _Concerned] = {}

    def note(change: Change, operation: str, direction: Direction) -> None:
        key = canonical_json([change.rule, change.at, change.in_base, change.old, change.new])
        changes.setdefault(key, change)
        found = concerned.setdefault(key, _Concerned())
        found.operations.add(operation)
        found.directions.add(direction)
        found.holders.add(change.holder)

    for compared in compare_operations(old, new):
        for change, direction in compared.changes:
            note(change, compared.operation, direction)
        for (left, right), direction in compared.schemas:
            for change in comparison.walk(left, right, direction):
                note(change, compared.operation, direction)
    names = {place: name for side in (new, old) for name, place in side.operations().items()}
    findings = [_finding(change, concerned[key], (base, upstream), names) for key, change in changes.items()]
    findings.sort(key=lambda f: (LEVELS.index(f.level), _natural(f.pointer), f.rule, canonical_json([f.old, f.new])))
    # Nothing but their positions may tell apart what happened to two variants, and these do not last.
    known = Counter[str]()
    for i, finding in enumerate(findings):
        known[finding.fingerprint] += 1
        if known[finding.fingerprint] > 1:
            number = known[finding.fingerprint]
            findings[i] = dataclasses.replace(finding, fingerprint=fingerprint(finding.fingerprint, number))
    return findings


def _finding(
    change: Change,
    concerned: _Concerned,
    documents: tuple[dict[str, Any], dict[str, Any]],
    names: dict[tuple[str, str], str],
) -> Finding:
    base, upstream = documents
    direction: Direction = "both" if len(concerned.directions) > 1 else next(iter(concerned.directions))
    rule = RULES[change.rule]
    steps = steps_to(base if change.in_base else upstream, change.at)
    # Upstream may move what only it has; what would hold it in the base stays where it is.
    place = change.at if change.in_base else min(concerned.holders)
    lasting = steps_to(base, place) if place else steps
    what = describe_location(_named(change.rule, steps), names)
    old, new = (shown_in_sentence(value, change.rule) for value in (change.old, change.new))
    words = {"what": f"`{what}`", "old": old, "new": new, "a_old": with_article(old), "a_new": with_article(new)}
    return Finding(
        rule=change.rule,
        level=rule.level(direction),
        direction=direction,
        operations=tuple(sorted(concerned.operations)),
        pointer=change.at,
        old=change.old,
        new=change.new,
        sentence=rule.sentence.format(**words, keyword=f"`{change.keyword}`"),
        fingerprint=fingerprint(_first_id(change.rule), direction, lasting, change.keyword, change.old, change.new),
        place=place,
        what=what,
    )


def _first_id(rule: str) -> str:
    """Return the id that a rule had when fingerprints were first made of it."""
    return rule.replace("restriction-", "keyword-")


def _named(rule: str, steps: list[str]) -> list[str]:
    """Omit from a place what the sentence already says: the variant, the status, the media type, the body."""
    if rule.startswith("variant-") and steps[-1].startswith("["):
        return steps[:-1]
    if rule.startswith("restriction-") or ("request-body-" in rule and steps[-1] == "requestBody"):
        return steps[:-1]
    return steps[:-2] if "-status-" in rule or rule.startswith("media-type-") else steps


def _natural(pointer: str) -> list[tuple[bool, int, str]]:
    """Return a key that sorts positions in lists as numbers."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in pointer.split("/")]
