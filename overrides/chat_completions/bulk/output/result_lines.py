"""The lines of the output and of the error file, as the Batch API has them. No I/O.

A result is `{"id", "custom_id", "response", "error"}`: an answer with its status, id and body, or null and an error's
code and message. Additions to the format: the `attempts` of a failure, and in an error the `line` of the input.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from http.client import responses
from typing import TYPE_CHECKING, Any, NamedTuple

from chat_completions._contract.json_reader import reader
from chat_completions._failures import failure_of

if TYPE_CHECKING:
    from chat_completions._response_info import Attempt
    from chat_completions.bulk.input.requests import Malformed

_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_HEAD = re.compile(rb'\{"id":"[^"]*","custom_id":(' + _TEXT + rb"),").match
_CONSTANTS = re.compile(_TEXT + rb"|-?(?:NaN|Infinity)").sub
_MOST_TOKENS = 10**9  # of one answer; a number beyond is no count, and would upset all that is reckoned with it
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_. -]{2,49}").fullmatch  # a code or a type that says something
_REPORTED = re.compile(r"batch_req_([0-9a-f]{24})").fullmatch


class Result(NamedTuple):
    """The result of a line of the input.

    Attributes:
        line: The line to write, with its end.
        failed: Whether it belongs in the error file.
        tokens: The server's count of prompt and completion tokens; None if it did not report them.
        reason: Why it failed, in a few words; empty if it did not.
    """

    line: bytes
    failed: bool
    tokens: tuple[int, int] | None = None
    reason: str = ""


def digest_of(run: str, custom_id: str | None, rest: bytes) -> str:
    """Return a unique name for a request in a run: 32 hexadecimal digits."""
    name = b"" if custom_id is None else json.dumps(custom_id).encode()
    return hashlib.blake2b(name + b"\n" + rest, digest_size=16, key=run.encode()[:64]).hexdigest()


def answered(digest: str, custom_id: str, status: int, request_id: str | None, content: bytes) -> Result | None:
    """Return the result of a request that was answered; None if the response is not a completion.

    Args:
        digest: The request's name in the run.
        custom_id: The request's `custom_id`.
        status: The answer's status.
        request_id: The server's id of the request; without one, our own is used.
        content: The answer's body.

    Raises:
        ValueError: Its token count is not plausible.
    """
    body = object_of(content)
    if body is None or not isinstance(body.get("choices"), list) or failure_of(body) is not None:
        return None
    # In one piece: the body may be large.
    line = b'%s"response":%s,"error":null}\n'
    encoded_response = _response(digest, status, request_id, _on_one_line(content))
    return Result(line % (_head(digest, custom_id), encoded_response), False, _usage(body))


def _response(digest: str, status: int, request_id: str | None, body: bytes) -> bytes:
    encoded_response = json.dumps(request_id or f"bulk_{digest}").encode()
    return b'{"status_code":%d,"request_id":%s,"body":%s}' % (status, encoded_response, body)


def _on_one_line(content: bytes) -> bytes:
    """Return a JSON text as it was written, but on one line, and without NaN and Infinity, which JSON does not have."""
    text = content.removeprefix(b"\xef\xbb\xbf").strip()
    if b"\n" in text or b"\r" in text:
        text = text.replace(b"\n", b" ").replace(b"\r", b" ")  # white space: in a JSON text they are nothing else
    if b"NaN" in text or b"Infinity" in text:
        # A reader of the whole file would stop at them.
        text = _CONSTANTS(lambda found: found[0] if found[0].startswith(b'"') else b"null", text)
    return text


def failed(
    digest: str,
    custom_id: str,
    attempts: Sequence[Attempt],
    *,
    code: str = "",
    message: str = "",
    response: tuple[int, str | None, bytes] | None = None,
) -> Result:
    """Return the result of a request that failed for good.

    Args:
        digest: The request's name in the run.
        custom_id: The request's `custom_id`.
        attempts: Its attempts.
        code: The kind of failure, if there was no usable answer.
        message: What happened.
        response: The answer's status, request id and body, if the answer reports the failure.
    """
    encoded_response, reason = b"null", code.replace("_", " ")
    if response is not None:
        status, request_id, content = response
        found = object_of(content)
        if not code:
            reason = _reason(status, found)
        body = _on_one_line(content) if found is not None else encoded(content.decode("utf-8", "replace"))
        encoded_response = _response(digest, status, request_id, body)
    rest = {
        "error": {"code": code, "message": message} if code else None,
        "attempts": [
            {"status": a.status, "delay": _rounded(a.delay), "reason": a.reason, "seconds": _rounded(a.seconds)}
            for a in attempts
        ],
    }
    line = b'%s"response":%s,%s\n'
    return Result(line % (_head(digest, custom_id), encoded_response, encoded(rest)[1:]), True, None, reason)


def _reason(status: int, body: Mapping[str, Any] | None) -> str:
    """Return why a server refused, in a few words: the status, and the error's code or type or the status's name."""
    failure = failure_of(body) if body is not None else None
    names = (failure.get("code"), failure.get("type")) if isinstance(failure, Mapping) else ()
    named = next((name for name in names if isinstance(name, str) and _NAME(name)), None)
    if named is None:
        named = responses.get(status, "").lower()
    return f"{status} {named.replace('_', ' ')}".strip()


def reported(digest: str, fault: Malformed) -> Result:
    """Return the result of a line that is not a request."""
    error = {"code": fault.code, "message": f"line {fault.number}: {fault.message}", "line": fault.number}
    return Result(
        _head(digest, fault.custom_id) + encoded({"response": None, "error": error})[1:] + b"\n",
        True,
        None,
        f"invalid line: {fault.code.removeprefix('invalid_').replace('_', ' ')}",
    )


def _head(digest: str, custom_id: str | None) -> bytes:
    return f'{{"id":"batch_req_{digest[:24]}","custom_id":{json.dumps(custom_id)},'.encode()


def number_of(digest: str) -> int:
    """Return the number that identifies a line that is not a request and has no `custom_id`."""
    return int(digest[:24], 16)


def ended_by(line: bytes) -> str | int | None:
    """Return what a line of the output or of the error file is a result of: a `custom_id` or a `number_of`.

    Returns:
        None if it is not a result.
    """
    match = _HEAD(line)
    if match is not None:
        # Nothing else of the line is looked at: there may be gigabytes of them.
        complete = line.endswith((b"}", b"}\n")) and b"\0" not in line
        return str(json.loads(match[1])) if complete else None
    value = object_of(line)
    if value is None:
        return None
    if isinstance(value.get("custom_id"), str):
        return str(value["custom_id"])
    named = _REPORTED(str(value.get("id")))
    return None if named is None else number_of(named[1])


def encoded(value: Any) -> bytes:
    """Return a value as JSON on one line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate, which JSON can say and UTF-8 cannot
        return json.dumps(value, separators=(",", ":")).encode()


def object_of(content: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a body; None if it is not one."""
    try:
        value = reader()(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _usage(body: Mapping[str, Any]) -> tuple[int, int] | None:
    usage = body.get("usage")
    if not isinstance(usage, dict):
        return None
    names = ("prompt_tokens", "completion_tokens")
    # In Python, true and false are ints; in JSON, they are not numbers.
    counts = [count if type(count := usage.get(name)) is int else None for name in names]
    for name, count in zip(names, counts, strict=True):
        if count is not None and count > _MOST_TOKENS:
            raise ValueError(f"usage.{name} is a number beyond all counts")
    if counts == [None, None]:
        return None
    prompt, completion = (max(0, count or 0) for count in counts)
    return prompt, completion


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
