"""The delay before a failed attempt is retried: a failure in, seconds out."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Mapping

FIRST_DELAY = 0.5  # seconds
LONGEST_DELAY = 8.0  # seconds, if the server does not ask for more
LONGEST_RETRY_AFTER = 60.0  # seconds; if a server asks for more, the call fails


def delay(attempt: int, headers: Mapping[str, str] | None = None) -> float | None:
    """Return the seconds to wait before the next attempt.

    Args:
        attempt: How many attempts have failed so far, from 1.
        headers: The failed response's headers, None without a response.

    Returns:
        The delay that the server requests (`retry-after-ms`, or `retry-after` in seconds or as an HTTP date, RFC 9110,
        section 10.2.3), else an exponential back-off with jitter; None if the requested delay is too long.
    """
    requested = retry_after(headers or {})
    if requested is not None:
        return requested if requested <= LONGEST_RETRY_AFTER else None
    longest = min(FIRST_DELAY * 2.0 ** (attempt - 1), LONGEST_DELAY)
    return longest * (1 - 0.25 * random.random())


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the delay that a server requests, in seconds; None if it does not."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or not text:
        return seconds
    try:
        moment = email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, moment - time.time())


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
