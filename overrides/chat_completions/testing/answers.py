"""Turn an entry of a script into the HTTP response to send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chat_completions.local.events import DONE, event_bytes, json_bytes

from .completed_answers import Frame, chunks_of, completion_of, is_message
from .entries import Entry, JsonEntry, MismatchError, RawEntry, StreamEntry
from .received import ReceivedRequest

_STREAM = {"content-type": "text/event-stream; charset=utf-8"}
_JSON = {"content-type": "application/json"}


@dataclass
class HttpReply:
    """An HTTP response to send.

    Attributes:
        parts: Bytes to send one by one, and pauses in seconds.
        status: The status; None for no response at all.
        headers: The headers, without those that frame the body.
        length: The body's length in bytes; None uses chunked encoding.
        ending: Whether it is complete, is cut, or resets the connection.
        delay: Seconds before it begins.
        stored: The completion to store, for listings.
    """

    parts: list[bytes | float]
    status: int | None = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    ending: Literal["whole", "cut", "reset"] = "whole"
    delay: float = 0.0
    stored: dict[str, Any] | None = None


def http_reply(entry: Entry, request: ReceivedRequest, number: int) -> HttpReply:
    """Return the response to a request.

    Args:
        entry: The entry of the script; not a function.
        request: The request.
        number: How many requests were answered before.

    Raises:
        MismatchError: If the entry does not fit the request.
    """
    frame = Frame.of(number, request.body)
    if isinstance(entry, RawEntry):
        # A cut response announces one byte more than it has.
        length = len(entry.content) + (entry.ending == "cut")
        parts: list[bytes | float] = [entry.content] if entry.content else []
        return HttpReply(parts, entry.status, dict(entry.headers), length, entry.ending, entry.delay)
    if isinstance(entry, StreamEntry):
        if not request.is_stream:
            raise MismatchError(
                "the script's next answer is a stream, but the request does not ask for one; reply() works for both"
            )
        headers = {**_STREAM, **entry.headers}
        ending: Literal["whole", "cut"] = "whole" if entry.cut_after is None else "cut"
        return HttpReply(list(_stream_parts(entry, frame)), 200, headers, None, ending, entry.delay)
    assert isinstance(entry, JsonEntry)
    return _json_reply(entry, request, frame)


def _json_reply(entry: JsonEntry, request: ReceivedRequest, frame: Frame) -> HttpReply:
    value = entry.value
    is_completion = is_message(value) or "choices" in value
    if is_completion and request.method != "POST":
        raise MismatchError("the script's next answer is a completion, but the request asks for a list; use page()")
    if is_completion:
        value = completion_of(value, frame, entry.usage, entry.finish_reason)
    stored = None
    if is_completion and frame.request.get("store") is True:
        value = stored = {"metadata": frame.request.get("metadata") or {}, **value}
    if is_completion and request.is_stream:
        parts = [event_bytes(chunk) for chunk in chunks_of(value, frame.wants_usage)]
        headers = {**_STREAM, **entry.headers}
        return HttpReply([*parts, DONE], 200, headers, None, "whole", entry.delay, stored)
    content = json_bytes(value)
    headers = {**_JSON, **entry.headers}
    return HttpReply([content], 200, headers, len(content), "whole", entry.delay, stored)


def _stream_parts(entry: StreamEntry, frame: Frame) -> Iterator[bytes | float]:
    sent = 0
    for part in _events(entry, frame):
        if isinstance(part, (int, float)):
            yield part
            continue
        if entry.cut_after is not None and sent >= entry.cut_after:
            return
        if sent and entry.chunk_delay:
            yield entry.chunk_delay
        sent += 1
        size = entry.split or len(part) or 1
        for begin in range(0, len(part), size):
            yield part[begin : begin + size]


def _events(entry: StreamEntry, frame: Frame) -> Iterator[bytes | float]:
    fields = frame.fields("chat.completion.chunk")
    wants_usage = frame.wants_usage or entry.usage is not None
    if wants_usage:
        fields["usage"] = None
    is_first, is_finished, text = True, False, ""
    for part in entry.parts:
        if isinstance(part, (bytes, float)):
            yield part
            continue
        if isinstance(part, str):
            text += part
            part = {"content": part}
        if not {"choices", "object", "error", "usage"} & part.keys():
            delta = {**({"role": "assistant"} if is_first else {}), **part}
            part = {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}]}
        is_first = False
        is_finished = is_finished or _finishes(part)
        yield event_bytes(part if "error" in part else {**fields, **part})
    if entry.error is not None:
        yield event_bytes({"error": entry.error})
        return
    if entry.finish_reason is not None and not is_finished:
        choice = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": entry.finish_reason}
        yield event_bytes({**fields, "choices": [choice]})
    if wants_usage:
        yield event_bytes({**fields, "choices": [], "usage": frame.usage({"content": text}, entry.usage)})
    for _ in range(entry.done):
        yield DONE


def _finishes(chunk: Mapping[str, Any]) -> bool:
    return any(
        isinstance(choice, dict) and choice.get("finish_reason") is not None for choice in chunk.get("choices") or ()
    )
