"""Whether a failure is worth another attempt: the one rule, for calls, errors and bulk runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

RETRIED_STATUSES = frozenset({408, 409, 429})
# The fields in which servers name the kind of an error that has no HTTP status of its own.
_NAMING = ("code", "error_code", "status", "status_code", "type", "error_type")
_PASSING = re.compile(
    r"rate.?limit|too.?many|overload|unavailable|time.?out|internal|server.?error|resource.?exhausted|capacity|busy"
).search
_LASTING = re.compile(
    r"invalid|bad.?request|validation|authent|unauthor|permission|forbidden|not.?found|supported|unprocessable"
    r"|context.?(length|size|window)|content.?(filter|policy)|insufficient.?quota|billing|payment"
).search


def should_retry(status: int, headers: Mapping[str, str], code: str | None, kind: str | None) -> bool:
    """Return whether a response with an error status is worth another attempt.

    Args:
        status: The HTTP status.
        headers: The response's headers; `x-should-retry` has the last word.
        code: The API's error code, None where the body has none.
        kind: The API's error type.
    """
    if is_quota_exhausted(code, kind):
        return False
    requested = headers.get("x-should-retry", "").lower()
    if requested in ("true", "false"):
        return requested == "true"
    return status in RETRIED_STATUSES or status >= 500


def is_quota_exhausted(*names: Any) -> bool:
    """Return whether an error's code or type says that the quota is used up: a 429 that waiting does not change."""
    return "insufficient_quota" in names


def may_pass(body: Any) -> bool | None:
    """Return whether an error inside a successful response or a stream may be temporary.

    Args:
        body: The error object that the server sent; other content as it was sent.

    Returns:
        None if the error does not say.
    """
    if isinstance(body, str) and body.lstrip()[:1] == "<":
        return False  # a web page: the base URL is wrong
    if not isinstance(body, Mapping):
        return None
    status, names = _stated_status(body), [body.get(name) for name in _NAMING]
    if status is not None and not is_quota_exhausted(*names):
        return should_retry(status, {}, None, None)
    for name in names:
        if isinstance(name, str):
            if _LASTING(name.lower()):
                return False
            if _PASSING(name.lower()):
                return True
    return None


def _stated_status(body: Any) -> int | None:
    """Return the HTTP status that an error object states, None if it does not state one."""
    for value in [body.get(name) for name in _NAMING] if isinstance(body, Mapping) else ():
        digits = str(value) if type(value) is int and 0 < value < 1000 else value
        if isinstance(digits, str) and len(digits) == 3 and digits.isascii() and digits.isdigit() and digits >= "400":
            return int(digits)
    return None
