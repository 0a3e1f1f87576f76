"""The lines of the output and of the error file, as the Batch API has them. No I/O.

A result is `{"id", "custom_id", "response", "error"}`: an answer with its status, id and body, or null and an error's
code and message. What ours have beyond that: the `attempts` of a failure, and in an error the `line` of the input.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from chat_completions._json import reader

if TYPE_CHECKING:
    from chat_completions._exchange import Attempt
    from chat_completions.bulk.requests import Malformed

_HEAD = re.compile(rb'\{"id":"[^"]*","custom_id":("(?:[^"\\]|\\.)*"),').match
_REPORTED = re.compile(r"batch_req_([0-9a-f]{24})").fullmatch


class Result(NamedTuple):
    """What became of a line of the input.

    Attributes:
        line: The line to write, with its end.
        failed: Whether it belongs into the error file.
        tokens: What the server counted: prompt and completion; None where it did not say.
    """

    line: bytes
    failed: bool
    tokens: tuple[int, int] | None = None


def digest_of(run: str, custom_id: str | None, rest: bytes) -> str:
    """Give what names a request in a run, and another request differently: 32 hexadecimal digits."""
    name = b"" if custom_id is None else json.dumps(custom_id).encode()
    return hashlib.blake2b(name + b"\n" + rest, digest_size=16, key=run.encode()[:64]).hexdigest()


def answered(digest: str, custom_id: str, status: int, request_id: str | None, content: bytes) -> Result | None:
    """Give the result of a request that was answered; None if the answer is no JSON object.

    Args:
        digest: The request's name in the run.
        custom_id: The request's `custom_id`.
        status: The answer's status.
        request_id: The server's id of the request; without one, ours stands there.
        content: The answer's body.
    """
    body = object_of(content)
    if body is None or (body.get("error") and "choices" not in body):
        return None
    written = content.strip()
    if b"\n" in written or b"\r" in written or b"NaN" in written or b"Infinity" in written or written[:1] != b"{":
        # Written anew on one line; JSON has no NaN, and a reader of the whole file would stop at it.
        written = encoded(json.loads(content, parse_constant=lambda constant: None))
    head = _head(digest, custom_id)
    # In one piece: the body may be large.
    told = json.dumps(request_id or f"bulk_{digest}")
    line = b'%s"response":{"status_code":%d,"request_id":%s,"body":%s},"error":null}\n'
    return Result(line % (head, status, told.encode(), written), False, _usage(body))


def failed(
    digest: str,
    custom_id: str,
    attempts: Sequence[Attempt],
    *,
    code: str = "",
    message: str = "",
    response: tuple[int, str | None, bytes] | None = None,
) -> Result:
    """Give the result of a request that failed for good.

    Args:
        digest: The request's name in the run.
        custom_id: The request's `custom_id`.
        attempts: How it was tried.
        code: The kind of failure, where there was no answer, or none to use.
        message: What happened.
        response: The answer's status, request id and body, where the failure is what it says.
    """
    told: Any = None
    if response is not None:
        status, request_id, content = response
        body: Any = object_of(content)
        body = content.decode("utf-8", "replace") if body is None else body
        told = {"status_code": status, "request_id": request_id or f"bulk_{digest}", "body": body}
    rest = {
        "response": told,
        "error": {"code": code, "message": message} if code else None,
        "attempts": [
            {"status": a.status, "delay": _rounded(a.delay), "reason": a.reason, "seconds": _rounded(a.seconds)}
            for a in attempts
        ],
    }
    return Result(_head(digest, custom_id) + encoded(rest)[1:] + b"\n", True)


def reported(digest: str, fault: Malformed) -> Result:
    """Give the result of a line that is no request."""
    error = {"code": fault.code, "message": f"line {fault.number}: {fault.message}", "line": fault.number}
    return Result(
        _head(digest, fault.custom_id) + encoded({"response": None, "error": error})[1:] + b"\n",
        True,
    )


def _head(digest: str, custom_id: str | None) -> bytes:
    return f'{{"id":"batch_req_{digest[:24]}","custom_id":{json.dumps(custom_id)},'.encode()


def number_of(digest: str) -> int:
    """Give the number that stands for a line which is no request, and has no `custom_id`."""
    return int(digest[:24], 16)


def ended_by(line: bytes) -> str | int | None:
    """Give what a line of the output or of the error file ends: a `custom_id`, or what `number_of` gave.

    Returns:
        None if it is no result.
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
    """Give a value as JSON on one line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate, which JSON can say and UTF-8 cannot
        return json.dumps(value, separators=(",", ":")).encode()


def object_of(content: bytes) -> dict[str, Any] | None:
    """Give the JSON object that a body is, None if it is none."""
    try:
        value = reader()(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _usage(body: Mapping[str, Any]) -> tuple[int, int] | None:
    usage = body.get("usage")
    if not isinstance(usage, dict):
        return None
    counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
    if not any(isinstance(count, int) for count in counts):
        return None
    prompt, completion = (count if isinstance(count, int) and count >= 0 else 0 for count in counts)
    return prompt, completion


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
