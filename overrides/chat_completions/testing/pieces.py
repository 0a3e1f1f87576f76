"""A body as it came, in pieces: written so that a person can read it, read back to the same bytes, and cleaned.

A piece of an event stream is written as its events where they can be made again byte for byte, else as its lines, and
as base64 where it is no text.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from .secrets import REMOVED, Secrets

# (seconds since the piece before, bytes)
Piece = tuple[float, bytes]
Edit = tuple[int, int, bytes]

# How servers write JSON; the first one that gives the same text again is named in the file, unless it is `compact`.
STYLES: dict[str, dict[str, Any]] = {
    "compact": {"ensure_ascii": False, "separators": (",", ":")},
    "spaced": {"ensure_ascii": False},
    "compact-ascii": {"separators": (",", ":")},
    "spaced-ascii": {},
    "indented": {"ensure_ascii": False, "indent": 2},
}
_DATA_LINE = re.compile(rb"^data: ?(\{.*\})[ \t]*\r?$", re.MULTILINE)


def json_value(text: str) -> Any:
    """Read a JSON text that can be written again without loss.

    Raises:
        ValueError: It is none, or holds what is lost: a name twice in an object, NaN, a number that is out of range.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_single)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def written(value: Any, style: str) -> str:
    """Write a JSON value in one of the styles."""
    return json.dumps(value, **STYLES[style])


def style_of(value: Any, text: str) -> str | None:
    """Return the style in which a value was written as a text; None for one of no known style."""
    return next((style for style in STYLES if written(value, style) == text), None)


def body_form(data: bytes) -> dict[str, Any]:
    """Return a whole body as the file holds it: `json`, `lines` or `base64`; nothing for an empty one."""
    if not data:
        return {}
    try:
        text = data.decode()
        value = json_value(text)
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
    except ValueError:
        return {"lines": text.split("\n")}
    style = style_of(value, text.rstrip("\r\n"))
    return {"json": value} if style in ("compact", None) else {"json": value, "style": style}


def body_bytes(form: dict[str, Any]) -> bytes:
    """Return the body that a form stands for.

    Raises:
        ValueError: The form is none.
    """
    style = form.get("style", "compact")
    if style not in STYLES:
        raise ValueError(f"the style {style!r} is none of {', '.join(STYLES)}")
    if "events" in form:
        return b"".join(f"data: {event_text(event, style)}\n\n".encode() for event in form["events"])
    if "lines" in form:
        return "\n".join(form["lines"]).encode("utf-8", "surrogatepass")
    if "base64" in form:
        try:
            return base64.b64decode(form["base64"], validate=True)
        except binascii.Error as error:
            raise ValueError(f"no base64: {error}") from error
    return written(form["json"], style).encode("utf-8", "surrogatepass") if "json" in form else b""


def event_text(event: Any, style: str) -> str:
    """Return the data of an event: a text is meant as it is."""
    return event if isinstance(event, str) else written(event, style)


def piece_form(data: bytes) -> dict[str, Any]:
    """Return a piece of an event stream as the file holds it: `events`, `lines` or `base64`."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return body_form(data)
    for style in ("compact", "spaced", "compact-ascii", "spaced-ascii"):
        events = [_event(block.removeprefix("data: ")) for block in text.removesuffix("\n\n").split("\n\n")]
        form = {"events": events} | ({} if style == "compact" else {"style": style})
        if body_bytes(form) == data:
            return form
    return {"lines": text.split("\n")}


def _event(text: str) -> Any:
    try:
        value = json_value(text)
    except ValueError:
        return text
    return value if isinstance(value, dict) else text


def cleaned_body(data: bytes, secrets: Secrets) -> bytes:
    """Return a whole body without secrets."""
    try:
        text = data.decode()
        value = json_value(text)
    except ValueError:
        return secrets.data(data)
    (clean,) = secrets.json([value])
    if clean == value:
        return data
    return written(clean, style_of(value, text.rstrip("\r\n")) or "compact").encode("utf-8", "surrogatepass")


def cleaned_pieces(pieces: Sequence[Piece], secrets: Secrets) -> list[Piece]:
    """Return the pieces of a body without secrets, also where one is spread over pieces or over events."""
    data = b"".join(piece for _, piece in pieces)
    ends = []
    at = 0
    for _, piece in pieces:
        at += len(piece)
        ends.append(at)
    data, ends = _edited(data, ends, _event_edits(data, secrets))
    data, ends = _edited(data, ends, [(begin, end, REMOVED.encode()) for begin, end in secrets.places(data)])
    begins = [0, *ends]
    return [(seconds, data[begins[number] : ends[number]]) for number, (seconds, _) in enumerate(pieces)]


def _event_edits(data: bytes, secrets: Secrets) -> list[Edit]:
    found = []
    for match in _DATA_LINE.finditer(data):
        try:
            text = match[1].decode()
            value = json_value(text)
        except ValueError:
            continue
        found.append((match.span(1), text, value))
    cleaned = secrets.json([value for _, _, value in found])
    return [
        (*span, written(new, style_of(old, text) or "compact").encode("utf-8", "surrogatepass"))
        for (span, text, old), new in zip(found, cleaned, strict=True)
        if new != old
    ]


def _edited(data: bytes, ends: list[int], edits: Iterable[Edit]) -> tuple[bytes, list[int]]:
    """Make replacements, and say where the pieces end then; an end within a replacement moves behind it."""
    parts: list[bytes] = []
    new_ends = list(ends)
    done = 0
    for begin, end, new in sorted(edits):
        if begin < done:
            continue
        parts += [data[done:begin], new]
        shift = len(new) - (end - begin)
        for number, old in enumerate(ends):
            if old >= end:
                new_ends[number] += shift
            elif old > begin:
                new_ends[number] += end - old + shift
        done = end
    return b"".join([*parts, data[done:]]), new_ends


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits} is out of range")
    return number


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return value
