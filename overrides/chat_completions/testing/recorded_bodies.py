"""Bodies in the pieces in which they were read: in a readable form that restores the same bytes, and without secrets.

A piece of an event stream is written as events if they restore its bytes exactly, else as lines, or as base64 if it is
not text.
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

# (seconds since the previous piece, bytes)
Piece = tuple[float, bytes]
Edit = tuple[int, int, bytes]

# How servers write JSON. The file names the first style that restores the text, unless it is `compact`.
STYLES: dict[str, dict[str, Any]] = {
    "compact": {"ensure_ascii": False, "separators": (",", ":")},
    "spaced": {"ensure_ascii": False},
    "compact-ascii": {"separators": (",", ":")},
    "spaced-ascii": {},
    "indented": {"ensure_ascii": False, "indent": 2},
}
_DATA_LINE = re.compile(rb"^data: ?(\{.*\})[ \t]*\r?$", re.MULTILINE)


def json_value(text: str) -> Any:
    """Parse a JSON text that can be written again without loss.

    Raises:
        ValueError: If it cannot: invalid JSON, a repeated name in an object, NaN, or a number that is out of range.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_single)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def dump_json(value: Any, style: str) -> str:
    """Write a JSON value in one of the styles."""
    return json.dumps(value, **STYLES[style])


def style_of(value: Any, text: str) -> str | None:
    """Return the style that writes a value as this text, or None."""
    return next((style for style in STYLES if dump_json(value, style) == text), None)


def body_form(data: bytes) -> dict[str, Any]:
    """Return a whole body as it is written to the file: `json`, `lines` or `base64`; nothing for an empty one."""
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
    """Return the body for its form in the file.

    Raises:
        ValueError: If the form is invalid.
    """
    style = form.get("style", "compact")
    if style not in STYLES:
        raise ValueError(f"the style {style!r} is not one of {', '.join(STYLES)}")
    if "events" in form:
        return b"".join(f"data: {event_text(event, style)}\n\n".encode() for event in form["events"])
    if "lines" in form:
        return "\n".join(form["lines"]).encode("utf-8", "surrogatepass")
    if "base64" in form:
        try:
            return base64.b64decode(form["base64"], validate=True)
        except binascii.Error as error:
            raise ValueError(f"not valid base64: {error}") from error
    return dump_json(form["json"], style).encode("utf-8", "surrogatepass") if "json" in form else b""


def event_text(event: Any, style: str) -> str:
    """Return the data of an event; a string is returned unchanged."""
    return event if isinstance(event, str) else dump_json(event, style)


def piece_form(data: bytes) -> dict[str, Any]:
    """Return a piece of an event stream as it is written to the file: `events`, `lines` or `base64`."""
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
    return dump_json(clean, style_of(value, text.rstrip("\r\n")) or "compact").encode("utf-8", "surrogatepass")


def cleaned_pieces(pieces: Sequence[Piece], secrets: Secrets) -> list[Piece]:
    """Return the pieces of a body without secrets, even if one is spread over pieces or events."""
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
        (*span, dump_json(new, style_of(old, text) or "compact").encode("utf-8", "surrogatepass"))
        for (span, text, old), new in zip(found, cleaned, strict=True)
        if new != old
    ]


def _edited(data: bytes, ends: list[int], edits: Iterable[Edit]) -> tuple[bytes, list[int]]:
    """Return the data after replacements, and where the pieces end; an end inside a replacement moves behind it."""
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
        raise ValueError("an object has the same name twice")
    return value
