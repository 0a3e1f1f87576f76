"""What a response says besides its body: status, headers, request id, attempts, rate limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat_completions._types import publish

if TYPE_CHECKING:
    from chat_completions._rate_limits import RateLimits

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "apim-request-id", "x-ms-request-id", "x-litellm-call-id")


@dataclass(frozen=True)
class Attempt:
    """One attempt of a call: its status (None without a response), the delay before the next one, and its reason.

    `seconds` is the time until it failed, or until the headers of its response arrived.
    """

    status: int | None
    delay: float | None = None
    reason: str | None = None
    seconds: float | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Anomaly:
    """A repair: its kind, its first place (chunk number from 0, then JSON pointer), what was wrong, and how often.

    The place in a reply that is not streamed has no chunk number.
    """

    kind: str
    where: str
    detail: str
    count: int = 1


@publish()
@dataclass(frozen=True)
class ResponseInfo:
    """Information about the response that an object was decoded from.

    Attributes:
        status_code: The HTTP status.
        headers: The response's headers, names in lower case.
        request_id: The id under which the server logged the request.
        attempts: One entry for each attempt: status, seconds until the next one, reason, and its own seconds.
        elapsed: Seconds from the beginning of the call, with all attempts and waits, to the end of the body; for a
            stream, to the headers of the response; for an error, to the failure.
        anomalies: What was repaired in a reply that is not streamed; a stream has `anomalies` itself.
    """

    status_code: int | None
    headers: Mapping[str, str]
    request_id: str | None
    attempts: tuple[Attempt, ...]
    elapsed: float | None = None
    anomalies: tuple[Anomaly, ...] = ()

    @property
    def rate_limits(self) -> RateLimits:
        """The rate limits that the response's headers state."""
        from chat_completions._rate_limits import rate_limits_in

        return rate_limits_in(self.headers)


def response_info(source: Any) -> ResponseInfo:
    """Return information about the response of a completion, page, stream or error.

    Args:
        source: An object that a client returned, or an error that it raised.

    Raises:
        TypeError: The object does not come from a response.
    """
    info = getattr(source, "_info", None)
    if isinstance(info, ResponseInfo):
        return info
    if isinstance(source, Exception) and hasattr(source, "attempts"):
        response = getattr(source, "response", None)
        headers = {} if response is None else {name.lower(): value for name, value in response.headers.items()}
        error: Any = source
        return ResponseInfo(error.status_code, headers, error.request_id, error.attempts, error.elapsed)
    raise TypeError(f"this {type(source).__name__} did not come from a server through a client")


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """Return the id under which the server logged the request; servers name the header differently."""
    for name in REQUEST_ID_HEADERS:
        if name in headers:
            return headers[name]
    return None
