"""The result of comparing two slices: findings, each with its level, its place and the code that it touches."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Level = Literal["breaking", "risky", "additive", "neutral"]
Direction = Literal["request", "response", "both"]
SymbolKind = Literal["class", "enum", "field", "function", "key", "module", "parameter", "typeddict", "union"]

# The worst first.
LEVELS: tuple[Level, ...] = ("breaking", "risky", "additive", "neutral")


@dataclass(frozen=True)
class Symbol:
    """A part of our code that a change touches.

    Attributes:
        kind: What it is.
        name: A class or module with its dots, a field or a function's parameter behind one more dot, a TypedDict's
            key in brackets: `chat_completions_api.models.ChatCompletion.usage`,
            `chat_completions_api.params.CompletionCreateParamsBase[temperature]`,
            `chat_completions._streaming.accumulator`.
        file: The file, from the repository's root.
        line: The line of the file, from 1.
    """

    kind: SymbolKind
    name: str
    file: str
    line: int


@dataclass(frozen=True)
class Acknowledgement:
    """A row of `drift-ack.yaml`: a finding that someone has reviewed.

    Attributes:
        fingerprint: The finding's.
        reason: Why it is acceptable.
        expires: The last day on which it counts.
        line: Its line in the file, from 1.
    """

    fingerprint: str
    reason: str
    expires: date
    line: int


@dataclass(frozen=True)
class Finding:
    """One change of the contract.

    Attributes:
        rule: The stable id of what happened; `tools.drift.findings.rules` has them all.
        level: How much it affects users of the client.
        direction: Whether requests change, responses, or both.
        operations: The operations that it changes.
        pointer: The JSON pointer of what changed: in the base slice, or in upstream's for what only that has.
        old: What there was: a JSON value; None where there was nothing.
        new: What there is now.
        sentence: What happened, in plain words.
        fingerprint: 12 hexadecimal digits that stay the same when other parts change or move.
        symbols: The parts of our code that it touches.
        file: The base slice.
        line: The line of `file`, from 1, of `place` or of the nearest place above it.
        acknowledged: The row of `drift-ack.yaml` that is about it and has not expired.
        place: The pointer in the base: of what changed or, for what only upstream has, of where it would be; "" where
            the base has no such place.
        what: What changed in the document's words, as `sentence` has it in backticks.
        names: What changed as users of the client write it: `ChatCompletion.usage`, `create(temperature=)`.
        neutralized: Whether the overlay makes up for it: what the code is generated from does not change.
    """

    rule: str
    level: Level
    direction: Direction
    operations: tuple[str, ...]
    pointer: str
    old: Any
    new: Any
    sentence: str
    fingerprint: str
    symbols: tuple[Symbol, ...] = ()
    file: str = "openapi.yaml"
    line: int | None = None
    acknowledged: Acknowledgement | None = None
    place: str = ""
    what: str = ""
    names: tuple[str, ...] = ()
    neutralized: bool = False

    @property
    def operation(self) -> str:
        """The names of the operations, with a comma between them."""
        return ", ".join(self.operations)


@dataclass(frozen=True)
class Report:
    """All that a comparison found.

    Attributes:
        base: What the base slice is called: its file.
        upstream: What it was compared with: a file, an address or `REV:PATH`.
        findings: The worst first, then by pointer.
        stopped: A line for each overlay action, and each class name of `generator-config.yml`, that applies to the
            base and no longer to upstream: `make generate` would stop there.
        notices: A line for each acknowledgement that has expired or matches nothing.
        base_sha256: The hash of the base slice's canonical text.
        upstream_sha256: The hash of the slice of upstream's document.
    """

    base: str
    upstream: str
    findings: tuple[Finding, ...] = ()
    stopped: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    base_sha256: str = ""
    upstream_sha256: str = ""
    counts: Counter[Level] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Count the findings of each level that nobody has acknowledged."""
        open_findings = (finding.level for finding in self.findings if finding.acknowledged is None)
        object.__setattr__(self, "counts", Counter(open_findings))

    @property
    def level(self) -> Level | None:
        """The worst level among the findings that nobody has acknowledged."""
        return next((level for level in LEVELS if self.counts[level]), None)

    @property
    def summary(self) -> str:
        """One line: how many findings of which level, between what and what."""
        between = f"{self.base} against {self.upstream}"
        acknowledged = len(self.findings) - sum(self.counts.values())
        parts = [f"{self.counts[level]} {level}" for level in LEVELS if self.counts[level]]
        parts += [f"{acknowledged} acknowledged"] if acknowledged else []
        parts += [f"{len(self.stopped)} overlay or name not applying"] if self.stopped else []
        return f"drift: {', '.join(parts) or 'none'} ({between})"


def fingerprint(*parts: Any) -> str:
    """Return 12 hexadecimal digits for some JSON values."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
