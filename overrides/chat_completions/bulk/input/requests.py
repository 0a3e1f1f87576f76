"""The lines of the input: requests as the Batch API has them, `{"custom_id", "method", "url", "body"}`. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

OPERATION = "/chat/completions"
CHARACTERS_A_TOKEN = 4  # roughly, in English; what a server counts corrects it
TOKENS_A_FILE = 1000  # that an image or a recording counts for before the server has counted
_MAX_QUOTED = 100  # characters of what is wrong, in a message
_SPACE: Any = re.compile(r"[ \t\n\r]*").match


class Request(NamedTuple):
    """A request of the input.

    Attributes:
        number: Its line, from 1.
        custom_id: The id that its author gave it.
        body: Its body, byte for byte as it was written.
        stream: Whether it asks for a stream.
        tokens: The estimated number of tokens; 0 if it was not estimated.
    """

    number: int
    custom_id: str
    body: bytes
    stream: bool
    tokens: int


class Malformed(NamedTuple):
    """A line of the input that is not a request.

    Attributes:
        number: The line, from 1.
        custom_id: Its `custom_id`; None where that cannot be read, or is another request's.
        code: The kind of fault, in the Batch API's words if it has any.
        message: What is wrong, and what to do.
    """

    number: int
    custom_id: str | None
    code: str
    message: str


class _MalformedError(ValueError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def request_of(number: int, raw: bytes, *, count: bool = False) -> Request | Malformed:
    """Return the request that a line holds, or what is wrong with it.

    Args:
        number: Its number, from 1.
        raw: Its bytes.
        count: Whether to estimate the tokens.
    """
    custom_id: str | None = None
    try:
        text = raw.decode()
        fields = _fields(text)
        custom_id = _text(fields, "custom_id")
        method = _text(fields, "method")
        if method.upper() != "POST":
            raise _MalformedError("invalid_method", f"method is {_quoted(method)}; it must be POST")
        _check_url(_text(fields, "url"))
        if "body" not in fields:
            raise _MalformedError("missing_required_parameter", "body is missing")
        body, start, end = fields["body"]
        if not isinstance(body, dict):
            raise _MalformedError("invalid_body", f"body is {_kind(body)}; it must be an object, the request itself")
    except UnicodeDecodeError as error:
        return Malformed(number, custom_id, "invalid_encoding", f"the line is not valid UTF-8 (byte {error.start})")
    except _MalformedError as error:
        return Malformed(number, custom_id, error.code, str(error))
    except RecursionError:
        return Malformed(number, custom_id, "invalid_json_line", "the line is nested too deeply")
    except json.JSONDecodeError as error:
        message = f"the line is not JSON: {error.msg} (column {error.colno})"
        if not text.rstrip().endswith("}"):
            message += "; it is truncated, or is still being written"
        return Malformed(number, custom_id, "invalid_json_line", message)
    except ValueError as error:
        return Malformed(number, custom_id, "invalid_json_line", f"the line is not JSON: {error}")
    sent = text[start:end].encode()
    return Request(number, custom_id, sent, body.get("stream") is True, _tokens(body, len(sent)) if count else 0)


def _fields(text: str) -> dict[str, tuple[Any, int, int]]:
    """Return the fields of a JSON object: the value of each, and where it begins and ends.

    With the places, a body can be sent as it was written, without being encoded again.
    """
    at = _SPACE(text, 1 if text.startswith("\ufeff") else 0).end()
    if text[at : at + 1] != "{":
        value = _decoder.raw_decode(text, at)[0]
        raise _MalformedError("invalid_json_line", f"the line is {_kind(value)}; it must be an object")
    fields: dict[str, tuple[Any, int, int]] = {}
    at = _SPACE(text, at + 1).end()
    if text[at : at + 1] == "}":
        return _at_end(text, at, fields)
    while True:
        key, at = _decoder.raw_decode(text, at)
        if not isinstance(key, str):
            raise json.JSONDecodeError("the name of a field is missing", text, at)
        at = _SPACE(text, at).end()
        if text[at : at + 1] != ":":
            raise json.JSONDecodeError("':' is missing", text, at)
        start = _SPACE(text, at + 1).end()
        value, end = _decoder.raw_decode(text, start)
        fields[key] = value, start, end
        at = _SPACE(text, end).end()
        mark = text[at : at + 1]
        if mark == "}":
            return _at_end(text, at, fields)
        if mark != ",":
            raise json.JSONDecodeError("',' or '}' is missing", text, at)
        at = _SPACE(text, at + 1).end()


def _at_end(text: str, at: int, fields: dict[str, tuple[Any, int, int]]) -> dict[str, tuple[Any, int, int]]:
    if _SPACE(text, at + 1).end() != len(text):
        raise json.JSONDecodeError("there is more after the object", text, at + 1)
    return fields


def _refuse(constant: str) -> Any:
    raise ValueError(f"numbers must be finite, not {constant}")


_decoder = json.JSONDecoder(parse_constant=_refuse)


def _text(fields: Mapping[str, tuple[Any, int, int]], name: str) -> str:
    if name not in fields:
        raise _MalformedError("missing_required_parameter", f"{name} is missing")
    value = fields[name][0]
    if not isinstance(value, str) or not value:
        raise _MalformedError(f"invalid_{name}", f"{name} is {_kind(value)}; it must be a string")
    return value


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _MalformedError("invalid_url", f"url {_quoted(url)} is not a URL") from None
    if parts.scheme or parts.netloc:
        raise _MalformedError("invalid_url", "url is a full URL; use the path, and set the server with base_url")
    if parts.query or not parts.path.endswith(OPERATION):
        raise _MalformedError(
            "invalid_url", f"url is {_quoted(url)}; only /v1{OPERATION} is supported, without a query"
        )


def _kind(value: Any) -> str:
    kinds: Mapping[type, str] = {dict: "an object", list: "an array", str: "a string", bool: "true or false"}
    return "empty" if value == "" else "null" if value is None else kinds.get(type(value), "a number")


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _MAX_QUOTED else text[:_MAX_QUOTED] + "...")


def _tokens(body: Mapping[str, Any], size: int) -> int:
    """Estimate the tokens of a request and, if it has a limit, of its answer."""
    asked = next(
        (limit for name in ("max_completion_tokens", "max_tokens") if isinstance(limit := body.get(name), int)), 0
    )
    choices = body.get("n")
    characters, files = size, 0
    if size > 4096:
        # What is written as base64 counts by another measure, and may be most of the line.
        for found in _long_texts(body.get("messages")):
            if found.startswith("data:") or " " not in found[:1000]:
                characters, files = characters - len(found), files + 1
    prompt = max(0, characters) // CHARACTERS_A_TOKEN + files * TOKENS_A_FILE
    return prompt + max(0, asked) * (choices if isinstance(choices, int) and choices > 0 else 1)


def _long_texts(value: Any) -> list[str]:
    found: list[str] = []
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, str):
            if len(value) > 2048:
                found.append(value)
        elif isinstance(value, dict):
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
    return found
