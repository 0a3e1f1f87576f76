"""One call to the API as a plan: what to send, when to wait, what to do with the response. No I/O.

A plan is a generator. It yields steps (`Send`, `Read`, `Close`, `Sleep`, `Key`), is sent their results or thrown their
failures, and returns a `CallResult`. The sync and the async transport carry out the same plans.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from chat_completions import _logging
from chat_completions._response_info import Attempt
from chat_completions._transport.call import CallResult
from chat_completions._transport.error_mapping import connection_error, deadline_error, key_error, status_error
from chat_completions._transport.header_checks import check_query, refuse_quoted_header
from chat_completions._transport.settings import (
    DEFAULT_CONNECT_TIMEOUT,
    DEFAULT_TIMEOUT,
    Settings,
    checked_seconds,
    checked_timeout,
    has_server,
    validated_api_key,
)
from chat_completions._transport.steps import Close, Key, Read, Send, Sleep, Step
from chat_completions._types import NotGiven, Secret, revealed, without_omitted
from chat_completions.errors import APIConnectionError, APIError, APITimeoutError

if TYPE_CHECKING:
    from chat_completions._transport.call import Call

MAX_REDIRECTS = 10
MAX_ERROR_BYTES = 1024 * 1024  # the part of an error's body that is read
MAX_LOCATION = 8192  # characters; RFC 9110, section 4.1 asks for 8,000
_REDIRECTS = {"GET": frozenset({301, 302, 303, 307, 308}), "POST": frozenset({307, 308})}


class _Plan:
    """One call over its attempts: its limits, its request, and what was tried."""

    sending: Send

    def __init__(self, settings: Settings, call: Call) -> None:
        self.settings, self.call = settings, call
        self.deadline, self.idle, self.done = settings.deadline, settings.idle_timeout, settings.done_timeout
        if not isinstance(call.deadline, NotGiven):
            self.deadline = checked_seconds("deadline", call.deadline)
        if not isinstance(call.idle_timeout, NotGiven):
            self.idle = checked_seconds("idle_timeout", call.idle_timeout)
        if not isinstance(call.done_timeout, NotGiven):
            self.done = checked_seconds("done_timeout", call.done_timeout)
        self.retries = settings.max_retries if isinstance(call.max_retries, NotGiven) else call.max_retries
        self.began_at = self.begun = time.monotonic()
        self.ends_at = None if self.deadline is None else self.began_at + self.deadline
        self.limits = _limits(settings, call, self.idle)
        self.attempts: list[Attempt] = []
        self.redirects = 0

    def with_history(self, error: APIError) -> APIError:
        """Return the error that ends the call, with its attempts and the time elapsed."""
        error.attempts, error.elapsed = tuple(self.attempts), time.monotonic() - self.began_at
        return error

    def steps(self) -> Generator[Step, Any, CallResult]:
        """Plan the call from its beginning."""
        key = yield from self._key()
        self.sending = _request(self.settings, self.call, key, self.ends_at)
        self.call.is_made = True
        return (yield from self._attempts())

    def steps_after(self, error: APIError) -> Generator[Step, Any, CallResult]:
        """Plan the attempts after one whose response had begun: its stream broke before it yielded anything.

        Args:
            error: The error of the stream, which is raised if there are no more attempts.
        """
        status = self.attempts.pop().status
        yield from self._next(error, status, self._delay())
        return (yield from self._attempts())

    def _next(self, error: APIError, status: int | None, delay: float | None) -> Generator[Step, Any, None]:
        """Wait for the next attempt, and give its request the current key; see `_wait`."""
        yield from self._wait(error, status, delay)
        key = self.settings.api_key
        if key is None or not callable(key.reveal()) or self.sending.is_bare:
            return
        sent = _request(self.settings, self.call, (yield from self._key()), self.ends_at).headers
        kept = {name: value for name, value in self.sending.headers.items() if name.lower() == "idempotency-key"}
        self.sending = self.sending.with_headers({**sent, **kept})

    def _key(self) -> Generator[Step, Any, Secret[str] | None]:
        """Return the key of an attempt; an attempt fails if the function that returns the key does.

        Raises:
            APIError: There are no attempts left, or another one is not worth it.
            ChatCompletionsError: The key cannot be sent.
        """
        key: Any = self.settings.api_key
        while key is not None and callable(key.reveal()):
            self.begun = time.monotonic()
            try:
                key = yield Key(key, self.ends_at)
                break
            except Exception as failure:
                is_late = self.ends_at is not None and time.monotonic() >= self.ends_at
                if is_late and isinstance(failure, APITimeoutError):
                    error: APIError | None = deadline_error(self.deadline)
                else:
                    error = key_error(failure)
                if error is None:
                    raise
                error.__cause__ = failure
            yield from self._wait(error, None, self._delay() if error.is_retryable else None)
        return key if validated_api_key(revealed(key)) else None

    def _delay(self, headers: Mapping[str, str] | None = None, content: bytes = b"") -> float | None:
        """Return the seconds until the next attempt; see `retry.delay`."""
        from chat_completions._transport import retry  # no successful call needs it

        return retry.delay(len(self.attempts) + 1, headers, content)

    def _wait(self, error: APIError, status: int | None, delay: float | None) -> Generator[Step, Any, None]:
        """Record an attempt that failed, and wait for the next one; raise the error if there is none.

        Args:
            error: How the attempt failed.
            status: The status of its response, None without one.
            delay: Seconds until the next attempt; None if another one is not worth it.
        """
        now = time.monotonic()
        too_long = delay is None or (self.ends_at is not None and now + delay >= self.ends_at)
        if delay is None or too_long or len(self.attempts) >= self.retries:
            self.attempts.append(Attempt(status, None, error.message, now - self.begun))
            raise self.with_history(error)
        self.attempts.append(Attempt(status, delay, error.message, now - self.begun))
        _logging.waiting(delay, error.message)
        yield Sleep(delay)

    def _attempts(self) -> Generator[Step, Any, CallResult]:
        settings, call, ends_at = self.settings, self.call, self.ends_at
        while True:
            self.begun = begun = time.monotonic()
            sending = self.sending
            status: int | None = None
            target: Secret[str] | None = None
            try:
                if ends_at is not None and begun >= ends_at:
                    raise deadline_error(self.deadline)
                sending.timeout = _within(self.limits, ends_at)
                _logging.sending(sending.method, sending.url, len(self.attempts) + 1, sending.content)
                response = yield sending
                status = head = int(response.status_code)
                headed_at = time.monotonic()
                _logging.response_received(head, headed_at - begun, response.headers)
                if 200 <= head < 300:
                    if not call.stream_body:
                        yield Read(response, settings.max_response_bytes, ends_at)
                    self.attempts.append(Attempt(status, seconds=headed_at - begun))
                    return self._result(response, headed_at)
                target = _redirect_target(response)
                is_right = target is not None and _may_follow(sending, head, target.reveal())
                if target is not None and is_right and self.redirects < MAX_REDIRECTS:
                    yield Close(response)
                    self.redirects += 1
                    _logging.redirected(target.reveal())
                    self.sending = sending.redirected(target.reveal())
                    continue
                broken = yield Read(response, MAX_ERROR_BYTES, ends_at, cut=True)
            except Exception as failure:
                error = _step_error(failure, settings, self.deadline, ends_at)
                if error is None:
                    raise
                error._hide_credentials(sending)
                if error.request is None:
                    error._take_request(sending)
                # Also if the body of a successful response broke off: what it said is not known.
                worth = isinstance(error, APIConnectionError) and error.is_retryable
                wait = self._delay() if worth else None
            else:
                led_to = _logging.redact_url(target.reveal()) if target else None
                left = settings.redacted_url() if sending.is_bare else None
                path = call.request["url"]
                error = status_error(response, path=path, redirected_to=led_to, redirected_from=left, broken=broken)
                if broken is not None and ends_at is not None and time.monotonic() >= ends_at:
                    error = deadline_error(self.deadline, error)
                from chat_completions._retryable import should_retry  # no successful call needs it

                worth = should_retry(head, response.headers, error.code, error.type) and target is None
                wait = self._delay(response.headers, response.content) if worth else None
            yield from self._next(error, status, wait)

    def _result(self, response: Any, headed_at: float) -> CallResult:
        settings = self.settings
        result = CallResult(
            response,
            self.attempts,
            self.ends_at,
            self.idle,
            settings.on_unknown,
            self.began_at,
            self.begun,
            headed_at,
            time.monotonic(),
            settings.max_response_bytes,
        )
        result.call, result.done_timeout, result.redacted_url = self.call, self.done, settings.redacted_url()
        result.steps_after = self.steps_after
        return result


def call_plan(settings: Settings, call: Call) -> Generator[Step, Any, CallResult]:
    """Plan a call: its attempts, the redirects that it follows, and its time limits.

    Raises:
        APIError: The call failed for good.
    """
    return _Plan(settings, call).steps()


def _request(settings: Settings, call: Call, key: Secret[str] | None, ends_at: float | None) -> Send:
    """Return the request of a call.

    Raises:
        RequestValidationError: A header or a query parameter cannot be sent.
        TypeError: A header is not a string.
    """
    request, extra_headers, extra_query = call.request, call.extra_headers.reveal(), call.extra_query.reveal()
    method = str(request["method"]).upper()
    # Nearly all calls of a client have the same headers, but for the idempotency key.
    extra = {**request.get("headers", {}), **(extra_headers or {})}
    source = (revealed(key), extra, method, call.stream)
    last = settings._last_headers.reveal()
    if last is None or last[0] != source:
        headers = settings.headers(key, extra)
        if call.stream:
            headers = {"Accept": "text/event-stream", **{k: v for k, v in headers.items() if k != "Accept"}}
        last = (source, headers, method == "POST" and "idempotency-key" not in map(str.lower, headers))
        settings._last_headers = Secret(last)
    headers = last[1].copy()
    if last[2]:
        headers["Idempotency-Key"] = _new_key()
    params = without_omitted({**settings.default_query.reveal(), **request.get("params", {}), **(extra_query or {})})
    if params:
        check_query(params)
    url = settings.address.reveal() + request["url"]
    return Send(method, url, headers, params, request.get("content"), ends_at)


def _new_key() -> str:
    """Return an idempotency key; `uuid.uuid4` takes five times as long."""
    digits = os.urandom(16).hex()
    return f"chat-completions-{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _step_error(
    failure: Exception, settings: Settings, deadline: float | None, ends_at: float | None
) -> APIError | None:
    """Return our error for the exception of a step; that of the deadline, if the deadline ended the step."""
    refuse_quoted_header(failure)
    error = connection_error(failure, settings.redacted_url())
    if isinstance(error, APITimeoutError) and ends_at is not None and time.monotonic() >= ends_at:
        error = deadline_error(deadline)
        error.__cause__ = failure
    return error


def _limits(settings: Settings, call: Call, idle: float | None) -> dict[str, float | None]:
    """Return httpx's four timeouts, in seconds; None for no limit."""
    timeout = settings.timeout if isinstance(call.timeout, NotGiven) else checked_timeout(call.timeout)
    limits: dict[str, float | None]
    if isinstance(timeout, NotGiven):
        limits = dict.fromkeys(("connect", "read", "write", "pool"), DEFAULT_TIMEOUT)
        limits["connect"] = DEFAULT_CONNECT_TIMEOUT
    elif timeout is None or isinstance(timeout, (int, float)):
        limits = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
    else:
        limits = dict(timeout.as_dict())
    if call.stream and idle is not None:
        limits["read"] = _shorter(limits["read"], idle)
    return limits


def _within(limits: dict[str, float | None], ends_at: float | None) -> dict[str, float | None]:
    if ends_at is None:
        return limits
    left = max(0.001, ends_at - time.monotonic())
    return {name: _shorter(limit, left) for name, limit in limits.items()}


def _shorter(limit: float | None, other: float) -> float:
    return other if limit is None else min(limit, other)


def _redirect_target(response: Any) -> Secret[str] | None:
    """Return the URL that a response redirects to; None for no redirect, or one without a valid URL."""
    location = str(response.headers.get("location", "")).strip()
    if response.status_code not in _REDIRECTS["GET"] or not 0 < len(location) <= MAX_LOCATION:
        return None
    try:
        target = urljoin(str(response.request.url), location)
    except ValueError:
        return None  # an invalid IPv6 address
    is_usable = target.lower().startswith(("http://", "https://")) and has_server(target)
    return Secret(target) if is_usable and location.isprintable() and " " not in location else None


def _may_follow(sent: Send, status: int, target: str) -> bool:
    """Return whether a redirect keeps the method and the body, and does not lead from https to http."""
    downgrades = urlsplit(sent.url).scheme == "https" and urlsplit(target).scheme != "https"
    return status in _REDIRECTS.get(sent.method, ()) and not downgrades
