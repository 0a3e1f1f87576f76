"""Findings for people: one entry per change at a place, with its values together, under Python's names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.drift.findings.escaping import cut
from tools.drift.findings.findings import LEVELS, Direction, Finding, Level, Report
from tools.drift.findings.rules import RULES, is_of_values, sentence_of_several, shown_in_sentence

_LONGEST_NAME = 200
# How many names the lists of the first paragraph show.
_MOST_NAMES = 4
# What concerns every call, whatever it sends.
_UNAVOIDABLE = ("operation-", "server-", "security-", "required-property-added", "required-parameter-added",
                "required-request-body-added")  # fmt: skip
_RANKS = {rule: rank for rank, rule in enumerate(RULES)}

NEUTRALIZED = "The overlay makes up for it."


@dataclass(frozen=True)
class Entry:
    """One or several findings that say the same of different values.

    Attributes:
        findings: The findings, in their order; at least one.
    """

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The finding that stands for all in what they share."""
        return self.findings[0]

    @property
    def names(self) -> list[str]:
        """What it is about as users of the client write it."""
        return [cut(name, _LONGEST_NAME) for name in self.first.names]

    @property
    def what(self) -> str:
        """What it is about, in backticks: the first name, and how many more there are."""
        more = f" (and {len(self.names) - 1} more)" if len(self.names) > 1 else ""
        return f"`{self.names[0]}`{more}" if self.names else f"`{self.first.what}`"

    @property
    def sentence(self) -> str:
        """What happened, in plain words; names are in backticks."""
        one = self.first
        if len(self.findings) > 1:
            values = [shown_in_sentence(f.new if f.old is None else f.old, f.rule) for f in self.findings]
            said = sentence_of_several(one.rule, self.what, values)
            return f"{said} {NEUTRALIZED}" if one.neutralized else said
        if not one.what:
            return one.sentence
        said = one.sentence.replace(f"`{one.what}`", self.what)
        is_argument = bool(self.names) and self.names[0].endswith("=)")
        return said.replace("property `", "argument `") if is_argument else said

    @property
    def pointer(self) -> str:
        """The pointer of what changed; of several values, that of what holds them."""
        paths = [finding.pointer.split("/") for finding in self.findings]
        if len(paths) == 1:
            return self.first.pointer
        shared = 0
        while shared < min(map(len, paths)) and len({path[shared] for path in paths}) == 1:
            shared += 1
        return "/".join(paths[0][:shared])


def entries(findings: Iterable[Finding]) -> list[Entry]:
    """Return findings as entries, the most harmful first: by level, what nobody can avoid, then by rule."""
    groups: dict[object, list[Finding]] = {}
    for position, finding in enumerate(findings):
        key: object = position
        if finding.what and is_of_values(finding.rule) and (finding.old is None) != (finding.new is None):
            shared = finding.level, finding.rule, finding.direction, finding.operations, finding.neutralized
            key = (*shared, finding.what, finding.names, finding.acknowledged and finding.acknowledged.line)
        groups.setdefault(key, []).append(finding)
    found = [Entry(tuple(group)) for group in groups.values()]
    return sorted(found, key=_harm)


def _harm(entry: Entry) -> tuple[int, bool, int]:
    one = entry.first
    avoidable = one.direction == "request" and not one.rule.startswith(_UNAVOIDABLE)
    return LEVELS.index(one.level), avoidable, _RANKS.get(one.rule, len(_RANKS))


def call_of(operation: str) -> str:
    """Return how users call an operation: `create()` for createChatCompletion; its name where no method calls it."""
    return {"createChatCompletion": "create()", "listChatCompletions": "list()"}.get(operation, operation)


def verdict(report: Report) -> str:
    """Return a paragraph: whether programs that work today fail, which calls do, and what is new."""
    open_findings = [finding for finding in report.findings if finding.acknowledged is None]
    by_level: dict[Level, list[Entry]] = {level: [] for level in LEVELS}
    for entry in entries(open_findings):
        by_level[entry.first.level].append(entry)
    said = []
    if by_level["breaking"]:
        said.append(f"Programs that work today can fail: {_calls(by_level['breaking'])}.")
    if by_level["risky"]:
        start = "Others" if said else "No program has to fail. Some"
        said.append(f"{start} may receive something unexpected, or a different answer: {_calls(by_level['risky'])}.")
    if by_level["additive"]:
        start = "New to use" if said else "No program breaks. New to use"
        said.append(f"{start}: {_listed(_names(by_level['additive']), 'and') or 'what is listed below'}.")
    if not said:
        said.append("No program breaks: nothing that is sent or read has to change.")
    if mended := sum(finding.neutralized for finding in open_findings):
        said.append(f"The overlay makes up for {mended} {'change' if mended == 1 else 'changes'} of upstream.")
    if report.stopped:
        said.append("`make generate` stops until the overlay and generator-config.yml fit the document.")
    return " ".join(said)


_DOING: dict[Direction, str] = {"both": "send or return", "response": "return", "request": "send"}


def _calls(found: Sequence[Entry]) -> str:
    """Return the calls that some changes concern, and what they send or return."""
    parts = []
    for direction, doing in _DOING.items():
        there = [entry for entry in found if entry.first.direction == direction]
        calls = _listed([call_of(name) for entry in there for name in entry.first.operations], "and")
        names = _listed(_names(there), "or")
        if there:
            parts.append(f"calls{f' of {calls}' if calls else ''}{f' that {doing} {names}' if names else ''}")
    return "; ".join(parts)


def _names(found: Sequence[Entry]) -> list[str]:
    """Return a name for each entry: the document's where Python has none; none for a whole call, which is named.

    An argument needs no call next to it: its calls are named.
    """
    names = [(entry, entry.names[0] if entry.names else entry.first.what) for entry in found]
    calls = [name for entry, name in names if name not in map(call_of, entry.first.operations)]
    return [re.sub(r"^\w+\((\w+=)\)$", r"\1", name) for name in calls]


def _listed(names: Iterable[str], link: str) -> str:
    """Return names in backticks, each once; further ones are a number."""
    known = [name for name in dict.fromkeys(names) if name]
    kept = known if len(known) <= _MOST_NAMES + 1 else known[:_MOST_NAMES]
    parts = [f"`{name}`" for name in kept] + ([f"{len(known) - len(kept)} more"] if len(kept) < len(known) else [])
    return f" {link} ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
