"""The entries of a script as data, and the values that a test may pass for one."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .completed_answers import is_message, plain


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One answer in a script.

    Attributes:
        label: Its description in messages.
        headers: Additional headers, which replace default ones.
        delay: Seconds before the answer begins.
    """

    label: str
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True, kw_only=True)
class JsonEntry(Entry):
    """A completion, sent as JSON or as a stream, as the request asks; or any other JSON value."""

    value: Any
    usage: Mapping[str, Any] | None = None
    finish_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class StreamEntry(Entry):
    """An event stream, as its parts."""

    parts: tuple[Any, ...]
    usage: Mapping[str, Any] | None
    finish_reason: str | None
    error: Mapping[str, Any] | None
    done: int
    cut_after: int | None
    chunk_delay: float
    split: int | None


@dataclass(frozen=True, kw_only=True)
class RawEntry(Entry):
    """A fixed response to any request.

    Attributes:
        status: The status; None for no response at all.
        content: The body.
        ending: `cut` closes the connection before the body is complete, `reset` resets it.
    """

    status: int | None
    content: bytes = b""
    ending: Literal["whole", "cut", "reset"] = "whole"


@dataclass(frozen=True, kw_only=True)
class Callback(Entry):
    """A function of the request that returns the answer."""

    function: Callable[..., Any]


class MismatchError(Exception):
    """The script's answer does not fit the request, or there is none."""


def entry_of(value: Any, fields: Mapping[str, Any], **options: Any) -> Entry:
    """Return the entry for a value of `reply`.

    Args:
        value: A text, a JSON object, a model or a function.
        fields: Additional fields of the message.
        options: Further attributes of the entry.

    Raises:
        TypeError: If the value has another type.
    """
    if isinstance(value, str):
        value = {"content": value}
    value = plain(value)
    if callable(value):
        if fields:
            raise TypeError(
                "a function returns the whole answer: tool_calls=, refusal= and reasoning= belong in what it returns"
            )
        return Callback(label="a function", function=value, delay=options.get("delay", 0.0))
    if isinstance(value, (list, tuple)):
        raise TypeError("pass several replies as separate arguments: reply(*values); parts of a stream go to stream()")
    if not isinstance(value, Mapping):
        raise TypeError(f"a reply must be a string, a message, a completion or a function, not {type(value).__name__}")
    if value.get("object") == "chat.completion.chunk":
        raise TypeError("a chunk is not a reply: pass chunks to stream([chunk, ...])")
    if fields and value and not is_message(value):
        raise TypeError(
            "tool_calls=, refusal= and reasoning= can be combined with a string or a message, not with a completion"
        )
    return JsonEntry(label="a reply", value=json_copy({**value, **fields}), **options)


def part_of(part: Any) -> Any:
    """Return a part of a stream as str, bytes, float or dict.

    Raises:
        TypeError: If it cannot be sent.
    """
    part = plain(part)
    if isinstance(part, (int, float)) and not isinstance(part, bool):
        check_not_negative(pause=part)
        return float(part)
    if isinstance(part, (str, bytes)):
        return part
    if isinstance(part, Mapping):
        return json_copy(part)
    raise TypeError(
        f"a part must be a string, a delta, a chunk, bytes or a pause in seconds, not {type(part).__name__}"
    )


def json_copy(value: Any) -> Any:
    """Return a copy of a JSON value, so that later changes by the test do not affect the script."""
    try:
        return json.loads(json.dumps(value, allow_nan=False, default=plain))
    except (TypeError, ValueError) as error:
        raise TypeError(f"this is not a JSON value: {error}") from error


def check_not_negative(**numbers: float | None) -> None:
    """Check that no number is negative.

    Raises:
        ValueError: If one is; the message names it.
    """
    for name, number in numbers.items():
        if number is not None and not (math.isfinite(number) and number >= 0):
            raise ValueError(f"{name} must be 0 or more, not {number!r}")
