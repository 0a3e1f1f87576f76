"""What a response said beside its body: status, headers, request id, attempts, rate limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from chat_completions._failures import request_id_of

if TYPE_CHECKING:
    from chat_completions._exchange import Answer, Attempt
    from chat_completions._rate_limits import RateLimits
    from chat_completions.errors import APIError


@dataclass(frozen=True)
class ResponseInfo:
    """How an object came from the server.

    Attributes:
        status_code: The HTTP status.
        headers: The response's headers, names in lower case.
        request_id: The id under which the server logged the request.
        attempts: One entry for each attempt: status, delay until the next one in seconds, why, and its own seconds.
        elapsed: Seconds from the beginning of the call, with all attempts and waits, to the end of the body; of a
            stream to the head of the response, of an error to the failure.
    """

    status_code: int | None
    headers: Mapping[str, str]
    request_id: str | None
    attempts: tuple[Attempt, ...]
    elapsed: float | None = None

    @property
    def rate_limits(self) -> RateLimits:
        """What the rate-limit headers said."""
        from chat_completions._rate_limits import rate_limits_in

        return rate_limits_in(self.headers)


def info_of(answer: Answer) -> ResponseInfo:
    """Give the information about an answered call."""
    response = answer.response
    headers = {name.lower(): value for name, value in response.headers.items()}
    elapsed = answer.answered_at - answer.began_at
    return ResponseInfo(response.status_code, headers, request_id_of(headers), tuple(answer.attempts), elapsed)


def response_info(source: Any) -> ResponseInfo:
    """Tell how a completion, page, stream or error came from the server.

    Args:
        source: What a client gave or raised.

    Raises:
        TypeError: It came from no server.
    """
    info = getattr(source, "_info", None)
    if isinstance(info, ResponseInfo):
        return info
    if isinstance(source, Exception) and hasattr(source, "attempts"):
        response = getattr(source, "response", None)
        headers = {} if response is None else {name.lower(): value for name, value in response.headers.items()}
        error = cast("APIError", source)
        return ResponseInfo(error.status_code, headers, error.request_id, error.attempts, error.elapsed)
    raise TypeError(f"this {type(source).__name__} did not come from a server through a client")
