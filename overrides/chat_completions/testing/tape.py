"""The exchanges of a cassette while it records or replays: which one answers a request, and how others differ."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chat_completions._types import publish

from .exchanges import Exchange, read_file
from .secrets import REMOVED, Secrets


@publish("chat_completions.testing")
class UnknownRequestError(AssertionError):
    """No recorded exchange answers a replayed request; the message shows the nearest one."""


class Tape:
    """Exchanges with a server, in their order.

    Args:
        path: The file to replay or to write.
        secrets: Removed from the exchanges.
        is_recording: Whether requests are sent and recorded; otherwise they are answered from the file.
        speed: Speed of a replay relative to the server; None does not wait.
    """

    def __init__(self, path: Path, secrets: Secrets, *, is_recording: bool, speed: float | None) -> None:
        self.path = path
        self.is_recording = is_recording
        self.speed = speed
        self.problems: list[str] = []
        self.exchanges: list[Exchange] = [] if is_recording else read_file(path)
        self._secrets = secrets
        self._lock = threading.Lock()
        self._used: set[int] = set()

    def _begin(self, method: str, url: str, headers: list[tuple[str, str]], content: bytes) -> Exchange:
        """Record a request before it is sent."""
        exchange = Exchange(method, url, headers, content)
        with self._lock:
            self._secrets.learn_request(url, headers)
            self.exchanges.append(exchange)
        return exchange

    def _learn_headers(self, headers: list[tuple[str, str]]) -> None:
        with self._lock:
            self._secrets.learn_headers(headers)

    def _find(self, method: str, url: str, headers: list[tuple[str, str]], content: bytes) -> Exchange:
        """Return the first unused exchange that answers a request.

        Raises:
            UnknownRequestError: If there is none.
        """
        with self._lock:
            self._secrets.learn_request(url, headers)
            now = Exchange(method, url, headers, content).cleaned(self._secrets)
            same = [number for number, known in enumerate(self.exchanges) if not differences(known, now)]
            unused = [number for number in same if number not in self._used]
            if unused:
                self._used.add(unused[0])
                return self.exchanges[unused[0]]
            self.problems.append(self._unknown(now, same))
            raise UnknownRequestError(self.problems[-1])

    def _unknown(self, now: Exchange, same: list[int]) -> str:
        known = self.exchanges
        what = f"{self.path} has no answer for {now.method} {now.url}"
        remedy = "record it again if the request is right"
        if same:
            times = "once" if len(same) == 1 else f"{len(same)} times"
            return f"{what}: it was recorded {times} and has been replayed as often; {remedy}"
        if not known:
            return f"{what}: it contains no exchanges; {remedy}"
        number, found = nearest(known, now, self._used)
        state = ", which has been replayed," if number in self._used else ""
        nearest_one = f"the nearest of its {len(known)}, number {number + 1}{state} differs"
        return f"{what}; {nearest_one}; {remedy}\n{format_differences(found)}"


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
