"""The rate limits that the headers of a response state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")


@dataclass(frozen=True)
class RateLimit:
    """One of a server's rate limits.

    Attributes:
        limit: How much is allowed.
        remaining: How much of it is left.
        reset: Seconds until the limit is fully restored.
    """

    limit: int | None
    remaining: int | None
    reset: float | None


@dataclass(frozen=True)
class RateLimits:
    """The rate limits that a response states."""

    requests: RateLimit
    tokens: RateLimit


def rate_limits_in(headers: Mapping[str, str]) -> RateLimits:
    """Return the rate limits that headers, with names in lower case, state."""
    return RateLimits(*(_limit(headers, kind) for kind in ("requests", "tokens")))


def _limit(headers: Mapping[str, str], kind: str) -> RateLimit:
    header = "x-ratelimit-{}-" + kind
    limit, remaining, reset = (headers.get(header.format(what)) for what in ("limit", "remaining", "reset"))
    return RateLimit(_whole(limit), _whole(remaining), seconds(reset))


def seconds(text: str | None) -> float | None:
    """Parse a duration as servers write it, such as `1.5`, `200ms` or `6m0s`, and return its seconds."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return None
    days, hours, minutes, secs, millis = (float(part or 0) for part in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + secs + millis / 1000


def _whole(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None
