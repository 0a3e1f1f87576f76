"""The report on a server: Markdown for people, JSON for programs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat_completions.cli.probe.prober import Result
from chat_completions.cli.probe.verdicts import MEANINGS

if TYPE_CHECKING:
    from chat_completions import Unknown

FULFILLED = ("ok", "repaired")


@dataclass
class Report:
    """The findings about a server.

    Attributes:
        base_url: The server, without secrets.
        model: The requested model.
        date: The day, as ISO 8601.
        version: The client's version.
        required: The names of the questions that must be ok or repaired.
        results: The results.
        unknown: What the server sends that the specification does not define.
    """

    base_url: str
    model: str
    date: str
    version: str
    required: Sequence[str] = ()
    results: list[Result] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of each verdict, in the order of MEANINGS."""
        found = Counter(result.verdict.word for result in self.results)
        return {word: found[word] for word in MEANINGS if found[word]}

    @property
    def unmet(self) -> list[str]:
        """The required names whose verdict is not ok or repaired."""
        words = {result.question.name: result.verdict.word for result in self.results}
        return [name for name in self.required if words.get(name) not in FULFILLED]

    @property
    def tokens(self) -> int:
        """The number of tokens, as the server counts."""
        totals = (answer.usage.get("total_tokens") for result in self.results for answer in result.answers)
        return sum(total for total in totals if type(total) is int)

    def repairs(self) -> Iterator[str]:
        """Yield what the client repaired: the kind, the place without indexes, and where."""
        yield from _grouped(
            (f"{anomaly.kind} {_place(anomaly.where)}", result.question.name)
            for result in self.results
            for answer in result.answers
            for anomaly in answer.anomalies
        )

    def faults(self) -> Iterator[str]:
        """Yield where the bodies differ from the specification."""
        yield from _grouped(
            (fault, result.question.name)
            for result in self.results
            for answer in result.answers
            for fault in sorted(answer.faults)
        )

    def additions(self) -> Iterator[str]:
        """Yield what the specification does not define."""
        yield from dict.fromkeys(f"{one.kind} {one.name} at {one.path}" for one in self.unknown)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            "base_url": self.base_url,
            "model": self.model,
            "date": self.date,
            "client": self.version,
            "counts": self.counts,
            "required": list(self.required),
            "unmet": self.unmet,
            "tokens": self.tokens,
            "checks": [_check(result) for result in self.results],
            "repairs": list(self.repairs()),
            "faults": list(self.faults()),
            "additions": list(self.additions()),
        }

    def to_markdown(self) -> str:
        """Return the report as Markdown."""
        counts = ", ".join(f"{count} {word}" for word, count in self.counts.items())
        lines = [
            f"# {_code(self.base_url)}, model {_code(self.model)}",
            "",
            f"`chat-completions probe` {self.version}, {self.date}: {counts}.",
        ]
        lines += ["", "| check | what | verdict | |", "|---|---|---|---|"]
        for result in self.results:
            name, what, verdict = result.question.name, result.question.what, result.verdict
            lines.append(f"| {name} | {what} | {verdict.word} | {_cell(verdict.detail)} |")
        for title, found in (
            ("What the client repaired", self.repairs()),
            ("Where bodies differ from the specification", self.faults()),
            ("What the specification does not define", self.additions()),
        ):
            if items := list(found):
                lines += ["", f"## {title}", "", *(f"- {_code(item)}" for item in items)]
        meanings = "; ".join(f"**{word}**: {MEANINGS[word]}" for word in self.counts)  # type: ignore[index]
        return "\n".join([*lines, "", f"{meanings}.", ""])


def _check(result: Result) -> dict[str, Any]:
    question, verdict = result.question, result.verdict
    return {
        "name": question.name,
        "what": question.what,
        "verdict": verdict.word,
        "detail": verdict.detail,
        "requests": [
            {
                "status": getattr(answer.error, "status_code", None) if answer.error else 200,
                "error": type(answer.error).__name__ if answer.error else None,
                "seconds": round(answer.seconds, 3),
                "request_id": answer.request_id or getattr(answer.error, "request_id", None),
            }
            for answer in result.answers
        ],
    }


def _grouped(found: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield each text once, with the names that it belongs to."""
    names: dict[str, dict[str, None]] = {}
    for text, name in found:
        names.setdefault(text, {})[name] = None
    for text, by in names.items():
        yield f"{text} ({', '.join(by)})"


def _place(where: str) -> str:
    """Return the place of an anomaly without the chunk's number and without indexes."""
    return re.sub(r"/\d+(?=/|$)", "/*", re.sub(r"^/\d+", "", where)) or "/"


def _cell(text: str) -> str:
    """Return text of a server as text of a table's cell: no markup, no other cell."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{' '.join(text.split())}{pad}{fence}"
