"""The delay before a failed attempt is retried: a failure in, seconds out."""

from __future__ import annotations

import email.utils
import random
import re
import time
from collections.abc import Mapping

FIRST_DELAY = 0.5  # seconds
LONGEST_DELAY = 8.0  # seconds, if the server does not ask for more
LONGEST_RETRY_AFTER = 60.0  # seconds; if a server asks for more, the call fails

_READ_BYTES = 64 * 1024  # of a body in which a delay is looked for
_UNIT = r"(?:milliseconds?|millis|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])"
_DURATION = rf"(?:\d+(?:\.\d+)?\s?{_UNIT}(?:,?\s(?:and\s)?)?)+"
# A member such as Google's `"retryDelay": "34s"` or `"retry_after_ms": 500`. The body is searched as text, for gateways
# pass a provider's JSON on as a string, with its quotation marks escaped.
_MEMBER = re.compile(
    rf"""\b(?:retry[-_]?(?:after|delay|in)|estimated[-_]?time)[-_]?({_UNIT})?\\*["']\s*:\s*"""
    rf"""(?:\{{\s*\\*["']seconds\\*["']\s*:\s*)?\\*["']?({_DURATION}|\d+(?:\.\d+)?(?![\d.:a-z-]))""",
    re.I,
).search
# A sentence such as "Please try again in 7m12.5s." or "Please wait 45 seconds before retrying."
_SENTENCE = re.compile(
    rf"\b(?:(?:try again|retry(?:ing)?|resets?) (?:in|after)|wait(?: for)?)(?: about| at least)? ~?({_DURATION})", re.I
).search
_PARTS = re.compile(rf"(\d+(?:\.\d+)?)\s?({_UNIT})?", re.I).findall
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def delay(attempt: int, headers: Mapping[str, str] | None = None, content: bytes = b"") -> float | None:
    """Return the seconds to wait before the next attempt.

    Args:
        attempt: How many attempts have failed so far, from 1.
        headers: The failed response's headers, None without a response.
        content: Its body.

    Returns:
        The delay that the server requests, else an exponential back-off with jitter; None if the requested delay is too
        long.
    """
    requested = retry_after(headers or {}, content)
    if requested is not None:
        return requested if requested <= LONGEST_RETRY_AFTER else None
    longest = min(FIRST_DELAY * 2.0 ** (attempt - 1), LONGEST_DELAY)
    return longest * (1 - 0.25 * random.random())


def retry_after(headers: Mapping[str, str], content: bytes = b"") -> float | None:
    """Return the delay that a server requests, in seconds; None if it does not.

    It is that of the header `retry-after-ms`, of `retry-after` (in seconds or as an HTTP date, RFC 9110, section
    10.2.3), or of the error's body.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is None and text:
        try:
            seconds = max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
        except (TypeError, ValueError, OverflowError):
            seconds = None
    return _delay_in(content[:_READ_BYTES].decode("utf-8", "replace")) if seconds is None else seconds


def _delay_in(body: str) -> float | None:
    """Return the delay that the body of an error asks for, in seconds; None for no delay or a delay of 0."""
    member, sentence = _MEMBER(body), _SENTENCE(body)
    return (member and _sum(member[2], member[1] or "s")) or (sentence and _sum(sentence[1], "s")) or None


def _sum(duration: str, unit: str) -> float:
    """Return the seconds of a duration; numbers without a unit are in the given one."""
    units = [(float(number), (name or unit).lower()) for number, name in _PARTS(duration)]
    return sum(number * _SECONDS["ms" if name.startswith(("ms", "mil")) else name[0]] for number, name in units)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
