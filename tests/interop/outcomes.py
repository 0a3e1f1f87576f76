"""What came of a row, in a form that the checks read without knowing whether it was sync or async."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.interop.asked import LONG, SAYS_HELLO
from tests.interop.recording import Exchange, Recorder
from tests.interop.rows import Row
from tests.interop.servers import KEY, Target

SOME_CHUNKS = 3  # after which a stream is left
MANY = 50
DEADLINE = 1.0  # seconds; the long texts take longer
PATIENCE = 10.0  # seconds in which a server has to notice that it was left


@dataclass
class Outcome:
    """What a row gave.

    Attributes:
        completion: The completion, or what a stream folded to.
        chunks: The chunks of a stream.
        error: What was raised.
        anomalies: What the stream told of.
        problems: What went wrong while the row ran, beside the error.
        recorder: Everything that was received.
    """

    recorder: Recorder
    completion: Any = None
    chunks: list[Any] = field(default_factory=list)
    error: Exception | None = None
    anomalies: list[Any] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def last(self) -> Exchange:
        return self.recorder.exchanges[-1]


def client_options(row: Row, target: Target) -> dict[str, Any]:
    """Return the arguments of the row's client."""
    base_url = target.base_url.removesuffix("/v1") + row.path
    return {"api_key": KEY, "base_url": base_url, "max_retries": 0, "timeout": 30.0, **row.client}


def request(row: Row, target: Target, also: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the arguments of the row's call."""
    long = LONG[target.name] if row.way in ("break", "close", "cancel", "deadline", "kill") else {}
    expected = getattr(row.on[target.name], "also", {})
    return {"messages": SAYS_HELLO, **target.request, **long, **row.request, **expected, **(also or {})}


def same_bodies(values: list[Any], exchanges: list[Exchange]) -> list[str]:
    """Return whether what concurrent calls gave is not what the server sent them."""
    received = {body["id"]: body for body in (exchange.json() for exchange in exchanges if exchange.is_json)}
    given = {value["id"]: value for value in values}
    if len(given) != MANY // 2 or given != received:
        return [f"{len(given)} completions of {MANY // 2}, and they are not what the server sent"]
    return []
