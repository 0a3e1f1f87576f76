"""What failed, as one of our errors: an HTTP library's exception or an error response in, an `APIError` out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chat_completions._shown_requests import hide_requests
from chat_completions.errors import (
    STATUS_ERRORS,
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    InternalServerError,
)

if TYPE_CHECKING:
    import httpx

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "apim-request-id", "x-ms-request-id", "x-litellm-call-id")
SHOWN_CHARACTERS = 2000  # of a body that a message quotes


def connection_error(failure: Exception, url: str) -> APIError | None:
    """Give our error for an exception of httpx or httpx2; None for one that is not theirs.

    The two libraries have the same classes under the same names, and neither knows the other's: names decide.
    """
    if isinstance(failure, APIError):
        return failure
    hide_requests(failure)
    kinds = {kind.__name__ for kind in type(failure).__mro__ if kind.__module__.split(".")[0] in ("httpx", "httpx2")}
    what = str(failure) or type(failure).__name__
    error: APIError
    if "TimeoutException" in kinds:
        error = APITimeoutError(f"no answer in time from {url} ({type(failure).__name__}); raise timeout, or try again")
    elif "ConnectError" in kinds:
        hint = "; does the server speak plain http?" if "WRONG_VERSION_NUMBER" in what else ""
        error = APIConnectionError(f"cannot reach {_asked(failure, url)}: {what}{hint}")
    elif kinds & {"TransportError", "StreamError", "DecodingError"}:
        error = APIConnectionError(f"the connection to {_asked(failure, url)} broke: {what}")
    else:
        return None
    error.__cause__ = failure
    return error


def _asked(failure: Exception, url: str) -> str:
    """Give the address that failed: of a redirect, its target's origin."""
    try:
        target = urlsplit(str(failure.request.url))  # type: ignore[attr-defined]
    except (AttributeError, RuntimeError):
        return url  # httpx raises a RuntimeError where there is no request
    known = urlsplit(url)
    if (target.scheme, target.hostname, target.port) == (known.scheme, known.hostname, known.port):
        return url
    return f"{target.scheme}://{target.hostname}" + (f":{target.port}" if target.port else "")


def too_late(deadline: float | None, error: APIStatusError | None = None) -> APITimeoutError:
    """Return the error for a call whose whole budget of time is used up.

    Args:
        deadline: That budget, in seconds.
        error: The error whose body was being read then, if one was.
    """
    message = f"the deadline of {deadline:g} s passed before there was an answer"
    if error is None:
        return APITimeoutError(message)
    late = APITimeoutError(
        f"{message}; what had come was {error.message}",
        body=error.body,
        request_id=error.request_id,
        response=error.response,
    )
    late.__cause__ = error
    return late


def status_error(
    response: httpx.Response, *, redirected_to: str | None = None, broken: Exception | None = None
) -> APIStatusError:
    """Return the error for a response whose status is no success.

    Args:
        response: The response, whose body was read.
        redirected_to: Where it leads, if it is a redirect that is not followed.
        broken: What its body broke off with, if it did.
    """
    status = response.status_code
    kind = STATUS_ERRORS.get(status, InternalServerError if status >= 500 else APIStatusError)
    body, text = error_body(response.content)
    message = f"HTTP {status}: {text}"
    if redirected_to is not None:
        message = (
            f"HTTP {status} leads to {redirected_to}, where this request is not sent; if it is right, set base_url"
        )
    elif 300 <= status < 400:
        message = f"HTTP {status}: a redirect that cannot be followed; is the base URL right?"
    elif broken is not None:
        message += " (the body of this error was cut off)"
    error = kind(message, body=body, request_id=request_id_of(response.headers), response=response)
    error.__cause__ = broken
    return error


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """Give the id under which the server logged the request; servers name the header differently."""
    return next((headers[name] for name in REQUEST_ID_HEADERS if name in headers), None)


def error_body(content: bytes) -> tuple[Any, str]:
    """Give the error object of a body and its message; servers write them in many ways."""
    try:
        value = json.loads(content)
    except ValueError:
        text = content.decode("utf-8", "replace").strip()
        return text, _short(text) or "(no body)"
    return error_value(value)


def error_value(value: Any) -> tuple[Any, str]:
    """Give the error object of a JSON value and its message.

    Servers write `{"error": {...}}`, `{"error": "..."}`, `{"detail": ...}`, the error object alone, or a list of one.
    """
    body = value
    if isinstance(value, list) and len(value) == 1:
        body = value = value[0]
    if isinstance(value, dict):
        body = value.get("error") or value
    message = body
    if isinstance(body, dict):
        message = body.get("message") or body.get("detail") or body.get("error") or body
    return body, _short(message if isinstance(message, str) else json.dumps(message, ensure_ascii=False))


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."
