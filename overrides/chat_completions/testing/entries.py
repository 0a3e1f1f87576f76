"""The answers of a script, as data; and what a test may say where one is meant."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .shapes import is_message, plain


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One answer of a script.

    Attributes:
        label: What it is, for messages.
        headers: Headers beside the usual ones, which they replace.
        delay: Seconds before the answer begins.
    """

    label: str
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Said(Entry):
    """A completion, as JSON or as a stream, whichever is asked for; or any other JSON value."""

    value: Any
    usage: Mapping[str, Any] | None = None
    finish_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Streamed(Entry):
    """An event stream, given by its parts."""

    parts: tuple[Any, ...]
    usage: Mapping[str, Any] | None
    finish_reason: str | None
    error: Mapping[str, Any] | None
    done: int
    cut_after: int | None
    chunk_delay: float
    split: int | None


@dataclass(frozen=True, kw_only=True)
class Raw(Entry):
    """A response as it is, whatever the request.

    Attributes:
        status: The status; None for no response at all.
        content: The body.
        ending: `cut` closes the connection before the body is whole, `reset` breaks it.
    """

    status: int | None
    content: bytes = b""
    ending: Literal["whole", "cut", "reset"] = "whole"


@dataclass(frozen=True, kw_only=True)
class Callback(Entry):
    """A function of the request that gives the answer."""

    function: Callable[..., Any]


class MisfitError(Exception):
    """An answer does not go with the request, or there is none."""


def said(value: Any, fields: Mapping[str, Any], **options: Any) -> Entry:
    """Return the answer that a value of `reply` stands for.

    Args:
        value: A text, a JSON object, a model or a function.
        fields: Fields of the message beside what the value says.
        options: Further attributes of the answer.

    Raises:
        TypeError: The value is none of these.
    """
    if isinstance(value, str):
        value = {"content": value}
    value = plain(value)
    if callable(value):
        if fields:
            raise TypeError("a function gives the whole answer: tool_calls=, refusal= and reasoning= go into it")
        return Callback(label="a function", function=value, delay=options.get("delay", 0.0))
    if isinstance(value, (list, tuple)):
        raise TypeError("reply() takes several replies as several arguments: reply(*values); stream() takes parts")
    if not isinstance(value, Mapping):
        raise TypeError(f"a reply is a text, a message, a completion or a function, not {type(value).__name__}")
    if value.get("object") == "chat.completion.chunk":
        raise TypeError("a chunk is no reply: stream([chunk, ...]) takes chunks")
    if fields and value and not is_message(value):
        raise TypeError("tool_calls=, refusal= and reasoning= go with a text or a message, not with a completion")
    return Said(label="a reply", value=json_copy({**value, **fields}), **options)


def part_of(part: Any) -> Any:
    """Return a part of a stream in the shape in which it is kept: str, bytes, float or dict.

    Raises:
        TypeError: It is nothing that can be sent.
    """
    part = plain(part)
    if isinstance(part, (int, float)) and not isinstance(part, bool):
        checked(pause=part)
        return float(part)
    if isinstance(part, (str, bytes)):
        return part
    if isinstance(part, Mapping):
        return json_copy(part)
    raise TypeError(f"a part is a text, a delta, a chunk, bytes or a pause in seconds, not {type(part).__name__}")


def json_copy(value: Any) -> Any:
    """Return a copy of a JSON value, so that what a test changes later changes no answer."""
    try:
        return json.loads(json.dumps(value, allow_nan=False, default=plain))
    except (TypeError, ValueError) as error:
        raise TypeError(f"this is no JSON value: {error}") from error


def checked(**numbers: float | None) -> None:
    """Refuse numbers below 0.

    Raises:
        ValueError: One is; the message names it.
    """
    for name, number in numbers.items():
        if number is not None and not (math.isfinite(number) and number >= 0):
            raise ValueError(f"{name} must be 0 or more, not {number!r}")
