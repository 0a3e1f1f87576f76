"""What the scripted server answers, in order: replies, streams, errors and faults."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Self

from .entries import Entry, Raw, Said, Streamed, checked, json_copy, part_of, said
from .shapes import page_of, plain, tool_call

# What the API says with a status, where a test does not: type, code, message.
_ERRORS: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "The request is wrong."),
    401: ("invalid_request_error", "invalid_api_key", "The API key is wrong."),
    403: ("permission_error", None, "The key may not do this."),
    404: ("invalid_request_error", "model_not_found", "There is no such model."),
    429: ("requests", "rate_limit_exceeded", "Too many requests."),
    503: ("server_error", "overloaded", "The server has too much to do."),
}
_QUOTA = "insufficient_quota"
# Longer than any test waits.
_NEVER = 86_400.0


class Script:
    """Answers in order, one for each request to `.../chat/completions`.

    Every method adds to the script and returns it, so that calls can be chained; `times` adds the same answer so many
    times, `headers` are sent beside the usual ones, and `delay` is how many seconds pass before the answer begins.
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
        """Answer the next requests with completions; they go out as a stream where one is asked for.

        Args:
            values: One for each request: the text; a message, a completion or any other JSON object, as a dict or a
                model; or a function that takes the `ReceivedRequest` and gives one of these, a `Script` of one answer,
                or None for the answer of the local server. It may be async, and what it raises fails the test.
            tool_calls: Calls instead of a text, or beside it: `(name, arguments)`, or as the API writes them.
            refusal: What the model says to refuse.
            reasoning: What the model thinks; goes out as `reasoning_content`, as many servers name it.
            finish_reason: Why it ends; by default `tool_calls` or `stop`.
            usage: Token counts where they should not be counted, such as `{"prompt_tokens": 9}`.
            headers: Headers beside the usual ones.
            delay: Seconds before the answer.
            times: How often.

        Raises:
            TypeError: A value is nothing that can be said.
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
            raise TypeError("reply() needs what to say: a text, a message, a completion, a function, or tool_calls=")
        entries = [
            said(value, fields, usage=usage, finish_reason=finish_reason, headers=dict(headers or {}), delay=delay)
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
        """Answer the next request, which has to ask for a stream, with these parts, one event each.

        Args:
            parts: A text is a piece of the content; a dict without `choices`, `object`, `error` and `usage` is a delta,
                any other dict or model a whole chunk; bytes go out as they are; a number is a pause in seconds.
            finish_reason: The finish reason of the chunk that is added at the end, unless a part has one; None for no
                such chunk.
            usage: Token counts of a last chunk; without them it is sent where the request asks for it, and counted.
            error: Ends the stream with an error inside of it: a message or an error object.
            done: How often `[DONE]` is sent at the end; an error has none.
            cut_after: The connection is closed after so many events.
            chunk_delay: Seconds between the events.
            split: The most bytes that are sent at once.
            headers: Headers beside the usual ones, such as another `content-type`.
            delay: Seconds before the answer.
            times: How often.

        Raises:
            TypeError: A part is nothing that can be sent.
            ValueError: A number is out of range.
        """
        checked(done=done, cut_after=cut_after, chunk_delay=chunk_delay)
        if split is not None and split < 1:
            raise ValueError(f"split must be at least 1, not {split!r}")
        if isinstance(parts, (str, bytes, Mapping)):
            raise TypeError(f"stream() takes a list of parts, not one {type(parts).__name__}; reply() takes one text")
        if isinstance(error, str):
            error = {"message": error, "type": "server_error", "param": None, "code": None}
        entry = Streamed(
            label="a stream",
            parts=tuple(part_of(part) for part in parts),
            usage=usage,
            finish_reason=finish_reason,
            error=error,
            done=done,
            cut_after=cut_after,
            chunk_delay=chunk_delay,
            split=split,
            headers=dict(headers or {}),
            delay=delay,
        )
        return self._add([entry], times)

    def page(
        self, completions: Iterable[Any] = (), *, has_more: bool = False, delay: float = 0.0, times: int = 1
    ) -> Self:
        """Answer the next request, of whatever kind, with a page of stored completions (dicts or models)."""
        value = page_of([plain(completion) for completion in completions], has_more)
        return self._add([Said(label="a page", value=json_copy(value), delay=delay)], times)

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
        """Answer the next request, of whatever kind, with an error.

        Args:
            status: The HTTP status, from 400 to 599.
            message: What the API says.
            code: The API's code, such as `insufficient_quota`; by default the usual one of the status.
            type: The API's kind of error; by default the usual one of the status.
            param: The field at fault.
            retry_after: Seconds that the client is asked to wait.
            headers: Headers beside the usual ones.
            delay: Seconds before the answer.
            times: How often.

        Raises:
            ValueError: The status is none of an error.
        """
        if not 400 <= status <= 599:
            raise ValueError(f"status must be from 400 to 599, not {status!r}; raw() and html() give any response")
        checked(retry_after=retry_after)
        usual_type, usual_code, usual_message = _ERRORS.get(
            status, ("server_error" if status >= 500 else "invalid_request_error", None, "The server failed.")
        )
        if code == _QUOTA:
            usual_type, usual_message = _QUOTA, "The quota is used up."
        error = {
            "message": usual_message if message is None else message,
            "type": usual_type if type is None else type,
            "param": param,
            "code": usual_code if code is None else code,
        }
        told = {"content-type": "application/json"}
        if retry_after is not None:
            told |= {"retry-after": str(math.ceil(retry_after)), "retry-after-ms": str(round(retry_after * 1000))}
        return self.raw(
            json.dumps({"error": error}), status=status, headers={**told, **(headers or {})}, delay=delay, times=times
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
        """Answer the next request, of whatever kind, with this body, as JSON unless the headers say otherwise.

        Args:
            content: The body; it need not be what it says it is.
            status: The HTTP status.
            headers: Headers beside the usual ones.
            cut: Whether the connection is closed before the body is as long as the head says.
            delay: Seconds before the answer.
            times: How often.

        Raises:
            ValueError: The status is none of a response.
        """
        if not 200 <= status <= 599:
            raise ValueError(f"status must be from 200 to 599, not {status!r}")
        entry = Raw(
            label=f"status {status}" + (", cut" if cut else ""),
            status=status,
            content=content.encode() if isinstance(content, str) else bytes(content),
            ending="cut" if cut else "whole",
            headers={"content-type": "application/json", **_lower(headers)},
            delay=delay,
        )
        return self._add([entry], times)

    def html(self, status: int = 200, *, delay: float = 0.0, times: int = 1) -> Self:
        """Answer the next request with a web page, as a proxy or a wrong address does."""
        page = f"<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n"
        return self.raw(page, status=status, headers={"content-type": "text/html"}, delay=delay, times=times)

    def drop(self, *, reset: bool = False, delay: float = 0.0, times: int = 1) -> Self:
        """Close the connection of the next request without an answer; with `reset`, by breaking it."""
        entry = Raw(label="no answer", status=None, ending="reset" if reset else "cut", delay=delay)
        return self._add([entry], times)

    def stall(self, *, times: int = 1) -> Self:
        """Take the next request and stay silent until the client goes away."""
        return self.drop(delay=_NEVER, times=times)

    def always(self, value: Any) -> Self:
        """Answer with this whatever the script has no answer for: what one value of `reply` may be, or a `Script`."""
        self._fallback = only_entry(value)
        return self

    def _add(self, entries: list[Entry], times: int) -> Self:
        if times < 1:
            raise ValueError(f"times must be at least 1, not {times!r}")
        for entry in entries:
            checked(delay=entry.delay)
        self._entries += entries * times
        return self


def only_entry(value: Any) -> Entry:
    """Return the one answer that a value stands for.

    Raises:
        TypeError: It stands for none, or for several.
    """
    if not isinstance(value, Script):
        return said(value, {})
    if len(value._entries) != 1:
        raise TypeError(f"a Script of one answer is needed here, not of {len(value._entries)}")
    return value._entries[0]


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}
