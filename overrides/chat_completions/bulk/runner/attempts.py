"""What to do after an attempt: it was answered, it is retried, it failed, or the whole run stops. No I/O."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any, NamedTuple

from chat_completions._failures import failure_of
from chat_completions._response_info import Attempt, request_id_of
from chat_completions._retryable import is_quota_exhausted, may_pass
from chat_completions._transport import retry
from chat_completions._transport.error_mapping import error_value
from chat_completions.bulk.input.requests import Request
from chat_completions.bulk.options import Options
from chat_completions.bulk.output.result_lines import Result, encoded, failed
from chat_completions.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    StreamError,
)

REFUSALS = frozenset({429, 502, 503, 529})  # of these, gateways answer 502 for a server that is not there
_REFUSALS_A_RETRY = 4
_UNREACHABLE = frozenset(
    {"ConnectError", "ConnectTimeout", "ProxyError", "ClientConnectorError", "ConnectionTimeoutError"}
)
_LONGEST_DELAY = 30.0  # seconds, of our own choosing


class PendingRequest:
    """A request on its way through attempts.

    Args:
        request: The request.
        digest: Its name in the run.

    Attributes:
        attempts: Its attempts.
        ends_at: Its deadline; None for no limit.
        due: When the next attempt may be made.
        failures: Attempts that failed.
        refusals: Attempts that the server refused.
        unreached: Attempts that did not reach the server.
        tokens: The tokens reserved for the current attempt.
    """

    __slots__ = ("attempts", "digest", "due", "ends_at", "failures", "refusals", "request", "tokens", "unreached")

    def __init__(self, request: Request, digest: str) -> None:
        self.request, self.digest = request, digest
        self.attempts: list[Attempt] = []
        self.ends_at: float | None = None
        self.due = self.tokens = 0.0
        self.failures = self.refusals = self.unreached = 0

    def __lt__(self, other: PendingRequest) -> bool:
        return self.due < other.due


class Fault(NamedTuple):
    """An attempt without a usable answer.

    Attributes:
        kind: What went wrong, in a word: a status, `timeout`, `unreachable`, `cut`, `broken`, and so on.
        message: What happened.
        status: The answer's status, None without one.
        headers: The answer's headers.
        content: The answer's body; None without one.
        refused: Whether the server reports too many requests, or is not reachable.
        unreached: Whether it did not reach the server: it cost nothing, and may be repeated while the run waits.
        slow: Whether the server did not answer in time.
        retryable: Whether another attempt may succeed.
        stop_reason: Why the run should stop; None if it can continue.
    """

    kind: str
    message: str
    status: int | None = None
    headers: Mapping[str, str] = {}
    content: bytes | None = None
    refused: bool = False
    unreached: bool = False
    slow: bool = False
    retryable: bool = True
    stop_reason: str | None = None

    @property
    def requested_delay(self) -> float | None:
        """The delay that the server requests, in seconds; None if it does not."""
        # What stands in a success is what a model wrote.
        is_error = self.status is not None and self.status >= 400
        return retry.retry_after(self.headers, (self.content or b"") if is_error else b"")


def fault_of(error: APIError) -> Fault:
    """Return the fault for an error of the client."""
    if isinstance(error, APIStatusError):
        return _status_fault(error)
    if isinstance(error, StreamError):
        return _stream_fault(error)
    if isinstance(error, APIConnectionError) and _is_unreachable(error):
        return Fault("unreachable", error.message, refused=True, unreached=True)
    if isinstance(error, APITimeoutError):
        return Fault("timeout", error.message, slow=True)
    if isinstance(error, APIConnectionError):
        return Fault("cut", error.message)
    return Fault("failed", error.message, retryable=error.is_retryable)


def _is_unreachable(error: APIConnectionError) -> bool:
    """Return whether there was no connection at all; all libraries have the same names for that."""
    cause = error.__cause__
    if cause is not None and type(cause.__cause__).__module__.startswith("aiohttp."):
        cause = cause.__cause__  # httpx-aiohttp calls most of aiohttp's errors a ConnectTimeout
    return not _UNREACHABLE.isdisjoint(kind.__name__ for kind in type(cause).__mro__)


def _stream_fault(error: StreamError) -> Fault:
    if not isinstance(error.body, Mapping):
        return Fault("stream", error.message, retryable=error.is_retryable)
    headers = {} if error.request_id is None else {"x-request-id": error.request_id}
    return _reported(
        "stream", error.message, 200, headers, encoded({"error": error.body}), error.body, retryable=error.is_retryable
    )


def _reported(
    kind: str, message: str, status: int, headers: Mapping[str, str], content: bytes, body: Any, *, retryable: bool
) -> Fault:
    """Return the fault for an error that has a success status."""
    stop_reason = None
    if isinstance(body, Mapping) and is_quota_exhausted(body.get("code"), body.get("type")):
        stop_reason = _quota_message(message)
    return Fault(kind, message, status, headers, content, retryable=retryable, stop_reason=stop_reason)


def _quota_message(message: str) -> str:
    return f"the quota is exhausted ({message}); fix this, and run again to resume"


def _status_fault(error: APIStatusError) -> Fault:
    status, headers = error.status_code, error.response.headers
    stop_reason = None
    if is_quota_exhausted(error.code, error.type):
        stop_reason = _quota_message(error.message)
    elif status == 401:
        stop_reason = f"the server does not accept the key ({error.message}); fix it, and run again to resume"
    return Fault(
        str(status),
        error.message,
        status,
        headers,
        error.response.content,
        refused=status in REFUSALS,
        retryable=error.is_retryable,
        stop_reason=stop_reason,
    )


def unusable_fault(status: int, headers: Mapping[str, str], content: bytes, body: Any) -> Fault:
    """Return the fault for a success without a completion.

    Args:
        status: The answer's status.
        headers: Its headers.
        content: Its body.
        body: Its JSON object; None if it is not one.
    """
    if isinstance(body, dict):
        error, message = error_value(body)
        what = "with JSON that is not a completion" if failure_of(body) is None else "with an error"
        message = f"HTTP {status}, {what}: {message}"
        return _reported("error", message, status, headers, content, error, retryable=may_pass(error) is True)
    if "json" in headers.get("content-type", "json") and content.lstrip()[:1] in (b"{", b""):
        try:
            json.loads(content)
        except (json.JSONDecodeError, UnicodeDecodeError):
            message = f"HTTP {status}, with a body that is truncated or not JSON"
            return Fault("broken", message, status, headers, content)
        except (ValueError, RecursionError) as reason:
            return unreadable_fault(status, headers, content, reason)
    kind = headers.get("content-type", "no content type")
    return Fault(
        "foreign",
        f"HTTP {status}, with {kind} instead of a completion; check base_url",
        status,
        headers,
        content,
        retryable=False,
    )


def unreadable_fault(status: int, headers: Mapping[str, str], content: bytes, reason: Exception) -> Fault:
    """Return the fault for a complete response that cannot be used."""
    message = f"HTTP {status}, with a body that cannot be used: {type(reason).__name__}: {reason}"
    return Fault("unreadable", message, status, headers, content, retryable=False)


def unexpected_fault(error: Exception) -> Fault:
    """Return the fault for an unexpected exception after the request was made."""
    return Fault("broken", f"the request failed: {type(error).__name__}: {error}")


class Decision(NamedTuple):
    """What follows from a fault: a delay until the next attempt, a result, or neither if the run stops.

    Attributes:
        delay: Seconds.
        result: The result to write.
        stop: Why the run stops.
    """

    delay: float | None = None
    result: Result | None = None
    stop: str | None = None


def decide(pending: PendingRequest, fault: Fault, options: Options, now: float, seconds: float) -> Decision:
    """Decide what follows from a fault, and record the attempt.

    Args:
        pending: The request.
        fault: The fault.
        options: The limits of attempts and waits.
        now: The time.
        seconds: How long the attempt took.
    """
    if fault.stop_reason is not None:
        return Decision(stop=fault.stop_reason)
    asked = fault.requested_delay
    if asked is not None and asked > options.longest_wait and fault.retryable:
        return Decision(stop=f"the server asks to wait {asked:,.0f} s: {fault.message}")
    if fault.unreached:
        pending.unreached += 1
    elif fault.refused:
        pending.refusals += 1
    else:
        pending.failures += 1
    delay = asked if asked is not None else _backoff(pending)
    too_often = pending.failures > options.max_retries or pending.refusals > _REFUSALS_A_RETRY * options.max_retries
    deadline_error = pending.ends_at is not None and now + delay >= pending.ends_at
    again = fault.retryable and not too_often and not deadline_error
    pending.attempts.append(Attempt(fault.status, delay if again else None, fault.message, seconds))
    return Decision(delay=delay) if again else Decision(result=failure(pending, fault))


def _backoff(pending: PendingRequest) -> float:
    attempts = pending.failures + pending.refusals + pending.unreached
    longest = min(retry.FIRST_DELAY * 2.0 ** min(attempts - 1, 20), _LONGEST_DELAY)
    return longest * (1 - 0.25 * random.random())


def failure(pending: PendingRequest, fault: Fault) -> Result:
    """Return the result of a request that failed for good."""
    custom_id, response = pending.request.custom_id, None
    if fault.status is not None and fault.content is not None:
        response = (fault.status, request_id_of(fault.headers), fault.content)
        if fault.status >= 300:
            return failed(pending.digest, custom_id, pending.attempts, response=response)
    code = _CODES.get(fault.kind, fault.kind)
    return failed(pending.digest, custom_id, pending.attempts, code=code, message=fault.message, response=response)


def out_of_time(pending: PendingRequest, deadline: float, seconds: float) -> Result:
    """Return the result of a request whose deadline passed during an attempt."""
    message = f"the deadline of {deadline:g} s passed before a response arrived"
    pending.attempts.append(Attempt(None, None, message, seconds))
    return failed(pending.digest, pending.request.custom_id, pending.attempts, code="request_timeout", message=message)


# As the Batch API calls it, or as it would.
_CODES = {
    "timeout": "request_timeout",
    "unreachable": "connection_error",
    "cut": "connection_error",
    "broken": "invalid_response",
    "foreign": "invalid_response",
    "error": "invalid_response",
    "unreadable": "invalid_response",
    "stream": "stream_error",
}
