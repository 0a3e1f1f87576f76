"""The script of the server (replies, streams, errors and faults, in order), and which request got which answer."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from chat_completions._types import publish

from .completed_answers import page_of, plain, tool_call
from .entries import (
    Entry,
    JsonEntry,
    MismatchError,
    RawEntry,
    StreamEntry,
    check_not_negative,
    entry_of,
    json_copy,
    part_of,
)
from .received import ReceivedRequest

# Defaults for each status: type, code, message.
_ERRORS: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "The request is invalid."),
    401: ("invalid_request_error", "invalid_api_key", "The API key is incorrect."),
    403: ("permission_error", None, "The API key does not have permission."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist."),
    429: ("requests", "rate_limit_exceeded", "Too many requests."),
    503: ("server_error", "overloaded", "The server is overloaded."),
}
_QUOTA = "insufficient_quota"
# Longer than any test waits.
_NEVER = 86_400.0


@publish("chat_completions.testing")
class Script:
    """Answers in order, one for each request to `.../chat/completions`.

    Every method adds to the script and returns it, so that calls can be chained. `times` adds the same answer several
    times, `headers` are sent in addition to the default ones, and `delay` is the seconds before the answer begins.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._fallback: Entry | None = None

    def reply(
        self,
        *values: Any,
        tool_calls: Iterable[Any] | None = None,
        refusal: str | None = None,
        reasoning: str | None = None,
        finish_reason: str | None = None,
        usage: Mapping[str, int] | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        times: int = 1,
    ) -> Self:
        """Answer the next requests with completions, as a stream if the request asks for one.

        Args:
            values: One for each request: a text, or a message, a completion or any other JSON object, as a dict or a
                model. Or a function that takes the `ReceivedRequest` and returns one of these, a `Script` of one
                answer, or None for the answer of the local server. It may be async; if it raises, the test fails.
            tool_calls: Tool calls in place of or in addition to the text: `(name, arguments)`, or as in the API.
            refusal: The text of a refusal.
            reasoning: The reasoning text, sent as `reasoning_content`, the name that many servers use.
            finish_reason: The finish reason; by default `tool_calls` or `stop`.
            usage: Token counts to send in place of computed ones, such as `{"prompt_tokens": 9}`.
            headers: Additional headers.
            delay: Seconds before the answer.
            times: How many times to add the answer.

        Raises:
            TypeError: If a value cannot be sent.
        """
        fields: dict[str, Any] = {}
        if tool_calls is not None:
            fields["tool_calls"] = [plain(call) for call in tool_calls]
            for number, call in enumerate(fields["tool_calls"]):
                tool_call(call, number, "")
        if refusal is not None:
            fields["refusal"] = refusal
        if reasoning is not None:
            fields["reasoning_content"] = reasoning
        if not values and not fields:
            raise TypeError("reply() needs a string, a message, a completion, a function, or tool_calls=")
        entries = [
            entry_of(value, fields, usage=usage, finish_reason=finish_reason, headers=_lower(headers), delay=delay)
            for value in values or ({},)
        ]
        return self._add(entries, times)

    def stream(
        self,
        parts: Iterable[Any],
        *,
        finish_reason: str | None = "stop",
        usage: Mapping[str, int] | None = None,
        error: str | Mapping[str, Any] | None = None,
        done: int = 1,
        cut_after: int | None = None,
        chunk_delay: float = 0.0,
        split: int | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        times: int = 1,
    ) -> Self:
        """Answer the next request, which must ask for a stream, with these parts, one event each.

        Args:
            parts: A string is a piece of the content; a dict without `choices`, `object`, `error` and `usage` is a
                delta, any other dict or model a whole chunk; bytes are sent unchanged; a number is a pause in seconds.
            finish_reason: The finish reason of the chunk that is added at the end, unless a part has one; None adds
                no such chunk.
            usage: Token counts of a last chunk; by default it has computed counts and is sent if the request asks.
            error: Ends the stream with an error event: a message or an error object.
            done: How many times `[DONE]` is sent at the end; never after an error.
            cut_after: Number of events after which the connection is closed.
            chunk_delay: Seconds between the events.
            split: Maximum number of bytes to send at once.
            headers: Additional headers, such as another `content-type`.
            delay: Seconds before the answer.
            times: How many times to add the answer.

        Raises:
            TypeError: If a part cannot be sent.
            ValueError: If a number is out of range.
        """
        check_not_negative(done=done, cut_after=cut_after, chunk_delay=chunk_delay)
        if split is not None and split < 1:
            raise ValueError(f"split must be at least 1, not {split!r}")
        if isinstance(parts, (str, bytes, Mapping)):
            raise TypeError(f"stream() takes a list of parts, not {type(parts).__name__}; reply() takes a single text")
        if isinstance(error, str):
            error = {"message": error, "type": "server_error", "param": None, "code": None}
        entry = StreamEntry(
            label="a stream",
            parts=tuple(part_of(part) for part in parts),
            usage=usage,
            finish_reason=finish_reason,
            error=error,
            done=done,
            cut_after=cut_after,
            chunk_delay=chunk_delay,
            split=split,
            headers=_lower(headers),
            delay=delay,
        )
        return self._add([entry], times)

    def page(
        self, completions: Iterable[Any] = (), *, has_more: bool = False, delay: float = 0.0, times: int = 1
    ) -> Self:
        """Answer the next request, whatever it asks for, with a page of stored completions (dicts or models)."""
        value = page_of([plain(completion) for completion in completions], has_more)
        return self._add([JsonEntry(label="a page", value=json_copy(value), delay=delay)], times)

    def fail(
        self,
        status: int = 500,
        message: str | None = None,
        *,
        code: str | None = None,
        type: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        times: int = 1,
    ) -> Self:
        """Answer the next request, whatever it asks for, with an error.

        Args:
            status: The HTTP status, from 400 to 599.
            message: The API's error message.
            code: The API's error code, such as `insufficient_quota`; by default that of the status.
            type: The API's error type; by default that of the status.
            param: The field at fault.
            retry_after: Seconds that the client should wait.
            headers: Additional headers.
            delay: Seconds before the answer.
            times: How many times to add the answer.

        Raises:
            ValueError: If the status is not an error status.
        """
        if not 400 <= status <= 599:
            raise ValueError(f"status must be from 400 to 599, not {status!r}; raw() and html() send any response")
        check_not_negative(retry_after=retry_after)
        default_type, default_code, default_message = _ERRORS.get(
            status, ("server_error" if status >= 500 else "invalid_request_error", None, "The server failed.")
        )
        if code == _QUOTA:
            default_type, default_message = _QUOTA, "The quota is exhausted."
        error = {
            "message": default_message if message is None else message,
            "type": default_type if type is None else type,
            "param": param,
            "code": default_code if code is None else code,
        }
        usual_headers = {"content-type": "application/json"}
        if retry_after is not None:
            usual_headers |= {
                "retry-after": str(math.ceil(retry_after)),
                "retry-after-ms": str(round(retry_after * 1000)),
            }
        return self.raw(
            json.dumps({"error": error}),
            status=status,
            headers={**usual_headers, **(headers or {})},
            delay=delay,
            times=times,
        )

    def raw(
        self,
        content: str | bytes = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        cut: bool = False,
        delay: float = 0.0,
        times: int = 1,
    ) -> Self:
        """Answer the next request, whatever it asks for, with this body, sent as JSON unless the headers say otherwise.

        Args:
            content: The body; it does not have to match the content type.
            status: The HTTP status.
            headers: Additional headers.
            cut: Whether the connection is closed before the body is as long as announced.
            delay: Seconds before the answer.
            times: How many times to add the answer.

        Raises:
            ValueError: If the status is not that of a final response.
        """
        if not 200 <= status <= 599:
            raise ValueError(f"status must be from 200 to 599, not {status!r}")
        entry = RawEntry(
            label=f"status {status}" + (", cut" if cut else ""),
            status=status,
            content=content.encode() if isinstance(content, str) else bytes(content),
            ending="cut" if cut else "whole",
            headers={"content-type": "application/json", **_lower(headers)},
            delay=delay,
        )
        return self._add([entry], times)

    def html(self, status: int = 200, *, delay: float = 0.0, times: int = 1) -> Self:
        """Answer the next request with a web page, as a proxy or a wrong URL does."""
        page = f"<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n"
        return self.raw(page, status=status, headers={"content-type": "text/html"}, delay=delay, times=times)

    def drop(self, *, reset: bool = False, delay: float = 0.0, times: int = 1) -> Self:
        """Close the connection of the next request without an answer; with `reset`, reset it."""
        entry = RawEntry(label="no answer", status=None, ending="reset" if reset else "cut", delay=delay)
        return self._add([entry], times)

    def stall(self, *, times: int = 1) -> Self:
        """Leave the next request without an answer until the client disconnects."""
        return self.drop(delay=_NEVER, times=times)

    def always(self, value: Any) -> Self:
        """Set the answer for every request beyond the script: a value as for `reply`, or a `Script` of one answer."""
        self._fallback = only_entry(value)
        return self

    def _add(self, entries: list[Entry], times: int) -> Self:
        if times < 1:
            raise ValueError(f"times must be at least 1, not {times!r}")
        for entry in entries:
            check_not_negative(delay=entry.delay)
        self._entries += entries * times
        return self


def only_entry(value: Any) -> Entry:
    """Return the one entry for a value.

    Raises:
        TypeError: If there is none, or several.
    """
    if not isinstance(value, Script):
        return entry_of(value, {})
    if len(value._entries) != 1:
        raise TypeError(f"a Script with one answer is needed here, not {len(value._entries)}")
    return value._entries[0]


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


@publish("chat_completions.testing")
class ScriptError(AssertionError):
    """The requests did not match the script, or one of its functions failed."""


class ScriptPlayer(Script):
    """A script, and a record of the requests that it answered.

    Args:
        exact: Whether a request beyond the script, or an unused answer, fails the test.
        validate: Whether requests are checked against the specification before the script answers.
    """

    def __init__(self, *, exact: bool, validate: bool) -> None:
        super().__init__()
        self.exact = exact
        self.validate = validate
        self.requests: list[ReceivedRequest] = []
        self._arrived = threading.Condition()
        self._outcomes: list[str] = []
        self._taken = 0
        self._failures: list[BaseException] = []

    def _record(self, request: ReceivedRequest) -> int:
        """Record a request, and return its number from 0."""
        with self._arrived:
            self.requests.append(request)
            self._outcomes.append("no answer yet")
            self._arrived.notify_all()
            return len(self.requests) - 1

    def _set_outcome(self, number: int, outcome: str) -> None:
        """Record what answered a request."""
        if number < len(self._outcomes):
            self._outcomes[number] = outcome

    def _next_entry(self, check: Callable[[Entry], None]) -> tuple[str, Entry | None]:
        """Return the label and entry for the next request; None leaves it to the local server.

        Args:
            check: Raises if the request is refused; then the entry stays for the next request.
        """
        with self._arrived:
            if self._taken < len(self._entries):
                entry = self._entries[self._taken]
                check(entry)
                self._taken += 1
                return f"answer {self._taken} of the script: {entry.label}", entry
            if self._fallback is not None:
                check(self._fallback)
                return f"always: {self._fallback.label}", self._fallback
            if self.exact:
                raise MismatchError("the script is over, but there is another request")
            return "the local server", None

    def _record_failure(self, number: int, error: Exception) -> Exception:
        """Record an error in the test, and return the error that `verify` raises."""
        if isinstance(error, MismatchError):
            error = ScriptError(f"request {number + 1}, {self.requests[number]}: {error}")
        self._set_outcome(number, f"{type(error).__name__}: {error}")
        self._failures.append(error)
        return error
