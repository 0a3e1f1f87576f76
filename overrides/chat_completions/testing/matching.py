"""Find the recorded exchange that answers a request, and how the others differ from it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .exchanges import Exchange
from .secrets import REMOVED

_ABSENT = object()
_MAX_DIFFERENCES = 8
_MAX_CHARACTERS = 100


@dataclass(frozen=True)
class Difference:
    """A difference between two requests.

    Attributes:
        place: `method`, `path`, `query NAME`, or the JSON pointer into the body.
        recorded: The recorded value.
        now: The value in the request.
    """

    place: str
    recorded: Any
    now: Any

    def __str__(self) -> str:
        return f"{self.place}: recorded {_format_value(self.recorded)}, now {_format_value(self.now)}"


def differences(recorded: Exchange, now: Exchange) -> list[Difference]:
    """Return the differences of two requests in method, path, query and body; the host is ignored.

    Bodies are compared as JSON values, regardless of the order of keys; true is not 1. A removed secret matches any
    text, because secrets differ in a replay.
    """
    found = []
    if recorded.method.upper() != now.method.upper():
        found.append(Difference("method", recorded.method, now.method))
    ours, theirs = urlsplit(recorded.url), urlsplit(now.url)
    if ours.path != theirs.path:
        found.append(Difference("path", ours.path, theirs.path))
    first, second = _query(ours.query), _query(theirs.query)
    for name in dict.fromkeys([*first, *second]):
        if not _same_texts(first.get(name, []), second.get(name, [])):
            found.append(Difference(f"query {name}", first.get(name, _ABSENT), second.get(name, _ABSENT)))
    return [*found, *_unequal(recorded.body, now.body, "")]


def nearest(exchanges: Sequence[Exchange], now: Exchange, used: Collection[int] = ()) -> tuple[int, list[Difference]]:
    """Return the position of the exchange that differs least from a request, and the differences.

    Args:
        exchanges: At least one.
        now: The request.
        used: Positions that are chosen only if no other is as near.
    """
    found = [differences(exchange, now) for exchange in exchanges]
    position = min(range(len(found)), key=lambda number: (_distance(found[number]), number in used))
    return position, found[position]


def format_differences(found: Sequence[Difference]) -> str:
    """Return the lines that list differences."""
    lines = [f"  {difference}" for difference in found[:_MAX_DIFFERENCES]]
    more = len(found) - _MAX_DIFFERENCES
    return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)


def _distance(found: Sequence[Difference]) -> int:
    # Another operation is farther away than any difference in the body.
    return sum(100 if item.place in ("method", "path") else 1 for item in found)


def _query(text: str) -> dict[str, list[str]]:
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return query


def _unequal(recorded: Any, now: Any, pointer: str) -> Iterator[Difference]:
    if isinstance(recorded, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*recorded, *now]):
            step = str(key).replace("~", "~0").replace("/", "~1")
            yield from _unequal(recorded.get(key, _ABSENT), now.get(key, _ABSENT), f"{pointer}/{step}")
    elif isinstance(recorded, list) and isinstance(now, list):
        for number in range(max(len(recorded), len(now))):
            first, second = (items[number] if number < len(items) else _ABSENT for items in (recorded, now))
            yield from _unequal(first, second, f"{pointer}/{number}")
    elif isinstance(recorded, str) and isinstance(now, str):
        if not _same_texts([recorded], [now]):
            yield Difference(pointer or "the body", recorded, now)
    elif recorded != now or isinstance(recorded, bool) is not isinstance(now, bool):
        yield Difference(pointer or "the body", recorded, now)


def _same_texts(recorded: Sequence[str], now: Sequence[str]) -> bool:
    if len(recorded) != len(now):
        return False
    return all(ours == theirs or _fits(ours, theirs) for ours, theirs in zip(recorded, now, strict=True))


def _fits(recorded: str, now: str) -> bool:
    parts = recorded.split(REMOVED)
    return len(parts) > 1 and re.fullmatch(".*?".join(map(re.escape, parts)), now, re.DOTALL) is not None


def _format_value(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    text = repr(value) if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_CHARACTERS else text[:_MAX_CHARACTERS] + "…"
