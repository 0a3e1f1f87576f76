"""Map failures to our errors: an exception or an error response in, an `APIError` out."""

from __future__ import annotations

import json
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chat_completions._contract import json_reader
from chat_completions._failures import failure_of, message_of
from chat_completions._redaction import hide_requests, redact_url
from chat_completions._response_info import request_id_of
from chat_completions.errors import (
    STATUS_ERRORS,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    ChatCompletionsError,
    InternalServerError,
    within_depth,
)

if TYPE_CHECKING:
    import httpx

SHOWN_CHARACTERS = 2000  # of a body that a message quotes
SHOWN_SERVER = 80  # characters of the header `server`

# What sends a request. What its code raises is a failure of the exchange; all other code is the caller's.
_LIBRARIES = frozenset(
    {
        "aiohappyeyeballs",
        "aiohttp",
        "anyio",
        "brotli",
        "brotlicffi",
        "certifi",
        "chat_completions",
        "h11",
        "h2",
        "hpack",
        "httpcore",
        "httpcore2",
        "httpx",
        "httpx2",
        "httpx_aiohttp",
        "hyperframe",
        "idna",
        "multidict",
        "sniffio",
        "socksio",
        "truststore",
        "yarl",
        "zstandard",
    }
)
_NOT_CONNECTED = frozenset({"ConnectError", "ClientConnectorError"})
_ABOUT_ADDRESS = frozenset({"InvalidURL", "UnsupportedProtocol"})
_NOT_SENT = _ABOUT_ADDRESS | {"CookieConflict", "LocalProtocolError"}
_VERSION = re.compile(r"v\d+\w*").fullmatch
_ABOUT_MODEL = re.compile("model|deployment", re.I).search


def connection_error(failure: Exception, url: str) -> APIError | None:
    """Return our error for an exception while a request was sent or its response read.

    None for exceptions that are raised as they are: our errors that are not an APIError, and those of tests. An
    exception from the caller's code, such as an event hook, is not retried unless it is an HTTP library's error or an
    OSError. The HTTP libraries have unrelated classes of the same names, so names decide.

    Args:
        failure: What was raised.
        url: The URL of the API, for messages.
    """
    if isinstance(failure, ChatCompletionsError):
        return failure if isinstance(failure, APIError) else None
    if _is_of_tests(failure):
        return None
    hide_requests(failure)
    origin = _origin(failure)
    kinds = _kinds(origin)
    what = words_of(failure)
    error: APIError
    if not _is_transports(failure, kinds):
        # A message of the caller's code may quote a secret; that of a library's says what is wrong.
        name = type(failure).__name__
        said = "" if _is_callers(failure) else f": {_short(what)}"
        error = APIConnectionError(f"the request to {_failed_url(failure, url)} failed: {name}{said}")
        error._may_pass = False
    elif "TimeoutException" in kinds or isinstance(origin, TimeoutError):
        error = APITimeoutError(
            f"no response in time from {url} ({type(failure).__name__}); retry, or increase timeout"
        )
    elif kinds & _NOT_CONNECTED:
        hint = "; does the server speak plain http?" if "WRONG_VERSION_NUMBER" in what else ""
        error = APIConnectionError(f"cannot reach {_failed_url(failure, url)}: {what}{hint}")
    elif any(frame.f_code.co_name == "_build_redirect_request" for frame in _frames(failure)):
        # httpx always builds the next request, even if it is not sent.
        error = APIError(f"{url} redirects to an invalid URL ({what}); check base_url")
    elif kinds & _NOT_SENT:
        # The messages of these errors may quote a header.
        reason = what if kinds & _ABOUT_ADDRESS else type(origin).__name__
        error = APIError(
            f"the request to {_failed_url(failure, url)} cannot be sent: {reason}; check the URL and headers"
        )
    elif "DecodingError" in kinds:
        error = APIResponseValidationError(f"the body from {_failed_url(failure, url)} cannot be decompressed: {what}")
    else:
        error = APIConnectionError(f"the connection to {_failed_url(failure, url)} broke: {what}")
    error.__cause__ = failure
    return error


def key_error(failure: Exception) -> APIError | None:
    """Return our error for an exception of the function that returns the key; None if it is raised as it is.

    Only an HTTP library's error or an OSError is mapped; others are not the request's fault.
    """
    kinds = _kinds(failure)
    if isinstance(failure, ChatCompletionsError) or not _is_transports(failure, kinds):
        return None
    hide_requests(failure)
    kind = APITimeoutError if "TimeoutException" in kinds or isinstance(failure, TimeoutError) else APIConnectionError
    # Its message may quote what it sent to get the key.
    return kind(f"the function that returns the API key failed: {type(failure).__name__}")


def _kinds(failure: BaseException) -> set[str]:
    """Return the names of the HTTP libraries' classes that an exception is an instance of."""
    return {kind.__name__ for kind in type(failure).__mro__ if _package(kind.__module__) in _LIBRARIES}


def _is_transports(failure: Exception, kinds: set[str]) -> bool:
    """Return whether an exception is of the kind that sending and receiving raises."""
    return bool(kinds or isinstance(failure, (OSError, EOFError))) and "HTTPStatusError" not in kinds


def _is_of_tests(failure: Exception) -> bool:
    """Return whether an exception says that a test's expectation is not met."""
    return (isinstance(failure, AssertionError) and _is_callers(failure)) or any(
        kind.__module__.startswith("chat_completions.testing") for kind in type(failure).__mro__
    )


def _origin(failure: BaseException) -> BaseException:
    """Return the original exception: httpx-aiohttp maps most of aiohttp's errors to timeouts."""
    cause = failure.__cause__
    return cause if cause is not None and _package(type(cause).__module__) == "aiohttp" else failure


def words_of(failure: Exception) -> str:
    """Return the message of an exception, without the URL and the secrets that some of aiohttp's quote."""
    origin = _origin(failure)
    names = ("message", "certificate_error", "os_error") if _package(type(origin).__module__) == "aiohttp" else ()
    if "InvalidURL" in {kind.__name__ for kind in type(origin).__mro__} and names:
        return "its URL is not valid"  # aiohttp's message quotes the whole URL
    text = str(next((said for name in names if (said := getattr(origin, name, None))), origin))
    return " ".join(text.split()) or type(origin).__name__


def _is_callers(failure: Exception) -> bool:
    """Return whether the caller's code raised it, such as an event hook, an auth or a transport."""
    package = ""
    for frame in _frames(failure):
        if (found := _package(frame.f_globals.get("__name__", ""))) not in sys.stdlib_module_names:
            package = found
    return package not in _LIBRARIES


def _frames(failure: Exception) -> Iterator[FrameType]:
    return (frame for frame, _ in traceback.walk_tb(failure.__traceback__))


def _package(module: str) -> str:
    # In tests, the substitute for a server counts as the caller's code.
    return "" if module.startswith("chat_completions.testing") else module.partition(".")[0]


def _failed_url(failure: Exception, url: str) -> str:
    """Return the URL that failed; after a redirect, the origin of its target."""
    try:
        target, known = urlsplit(str(failure.request.url)), urlsplit(url)  # type: ignore[attr-defined]
        if (target.scheme, target.hostname, target.port) == (known.scheme, known.hostname, known.port):
            return url
    except (AttributeError, RuntimeError, ValueError):
        return url  # httpx raises a RuntimeError where there is no request
    return f"{target.scheme}://{target.hostname}" + (f":{target.port}" if target.port else "")


def deadline_error(deadline: float | None, error: APIStatusError | None = None) -> APITimeoutError:
    """Return the error for a call that reached its deadline.

    Args:
        deadline: The deadline, in seconds.
        error: The error whose body was being read, if any.
    """
    message = f"the deadline of {deadline:g} s passed before a response arrived"
    if error is None:
        return APITimeoutError(message)
    late = APITimeoutError(
        f"{message}; the last response was {error.message}",
        body=error.body,
        request_id=error.request_id,
        response=error.response,
    )
    late.__cause__ = error
    return late


def status_error(
    response: httpx.Response,
    *,
    path: str = "",
    redirected_to: str | None = None,
    redirected_from: str | None = None,
    broken: Exception | None = None,
) -> APIStatusError:
    """Return the error for a response without a success status.

    Args:
        response: The response, whose body was read.
        path: The path of the operation, which follows the base URL.
        redirected_to: The target of a redirect that is not followed.
        redirected_from: The base URL, if a redirect led from it to another server, to which no credentials are sent.
        broken: The exception that ended its body early, if any.
    """
    status = response.status_code
    kind = STATUS_ERRORS.get(status, InternalServerError if status >= 500 else APIStatusError)
    body, text = error_body(response.content)
    if redirected_to is not None:
        base_url = redirected_to.removesuffix(path)
        hint = "check base_url" if base_url == redirected_to else f"if that is intended, set base_url to {base_url}"
        message = f"HTTP {status} redirects to {redirected_to}, which is not followed; {hint}"
    elif 300 <= status < 400:
        message = f"HTTP {status}: a redirect that cannot be followed; check base_url"
    else:
        from chat_completions._transport.html_page import headline, server_of  # no successful call needs it

        message = f"HTTP {status}: {text}"
        if isinstance(body, str) and headline(body) is not None:
            message = _page_message(status, text, server_of(body) or response.headers.get("server", ""))
        if status in (404, 405):
            message += _place(response, text)
        if broken is not None:
            message += " (the error body was cut off)"
        if redirected_from is not None and status in (401, 403):
            message += _left(redirected_from, response, path)
    error = kind(message, body=body, request_id=request_id_of(response.headers), response=response)
    error.__cause__ = broken
    return error


def _page_message(status: int, title: str, server: str) -> str:
    """Return the message for an HTML page: the status, which most titles begin with, the title and the server."""
    text = f"HTTP {title}" if title.startswith(str(status)) else f"HTTP {status}: {title}"
    return f"{text} ({server[:SHOWN_SERVER]})" if server else text


def _place(response: httpx.Response, text: str) -> str:
    """Return which request found nothing, and what may be wrong with the base URL."""
    try:
        method, url = response.request.method, redact_url(str(response.request.url))
    except RuntimeError:
        return ""  # httpx raises it where there is no request
    segments = urlsplit(url).path.split("/")
    versions = [segment for segment in segments if _VERSION(segment)]
    hint = ""
    if len(versions) > len(set(versions)):
        hint = f"; does base_url have /{versions[-1]} twice?"
    elif segments.count("completions") > 1:
        hint = "; base_url must not end in /chat/completions"
    elif response.status_code == 404 and not versions and not _ABOUT_MODEL(text) and "deployments" not in segments:
        hint = "; does base_url lack /v1?"
    return f" ({method} {url}){hint}"


def _left(base_url: str, response: httpx.Response, path: str) -> str:
    """Return a note that a redirect led to another server, where credentials are not sent."""
    target = redact_url(str(response.request.url))
    return (
        f"; {base_url} redirected to {target}, another server, where credentials are not sent; "
        f"if that is intended, set base_url to {target.removesuffix(path)}"
    )


def text_of(response: httpx.Response) -> str:
    """Return the body of a response as text, whatever its stated encoding."""
    try:
        return response.text
    except Exception:  # of many types: the stated encoding may even be one from bytes to bytes
        return response.content.decode("utf-8", "replace")


def error_body(content: bytes) -> tuple[Any, str]:
    """Return the error object of a body and its message; servers have many formats."""
    try:
        value = json_reader.loads_leniently(content)
    except (ValueError, RecursionError):
        text = content.decode("utf-8", "replace").strip()
        return text, _quoted(text) or "(no body)"
    return error_value(value)


def error_value(value: Any) -> tuple[Any, str]:
    """Return the error object of a JSON value and its message.

    Servers write what `failure_of` recognizes, the error object alone, or a list of one.
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    body = failure_of(value)
    body = within_depth(value if body is None else body)
    message = within_depth(message_of(body))
    return body, _quoted(message) if isinstance(message, str) else _short(json.dumps(message, ensure_ascii=False))


def _quoted(text: str) -> str:
    """Return the part of a text that a message quotes: its beginning.

    Gateways pass on what they received: an HTML page is quoted by its title, an error as JSON by its message.
    """
    from chat_completions._transport.html_page import headline

    if (title := headline(text)) is not None:
        return title
    if text.lstrip()[:1] in ("{", "["):
        with suppress(ValueError, RecursionError):
            return error_value(json.loads(text))[1]
    return _short(text)


def _short(text: str) -> str:
    if len(text) <= SHOWN_CHARACTERS:
        return text
    # Not in the middle of a word, for a credential that is cut could not be recognized.
    start, space, _ = text[:SHOWN_CHARACTERS].rpartition(" ")
    return (start if space else text[:SHOWN_CHARACTERS]) + "..."
