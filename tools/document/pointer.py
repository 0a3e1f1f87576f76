"""JSON pointers as URI fragments (RFC 6901, section 6): `#/paths/~1chat~1completions/get`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

# What RFC 3986 section 3.5 allows in a fragment beside letters and digits, without `%` and `~`, which mean something.
_FRAGMENT_SAFE = "!$&'()*+,-./:;=?@_~"


def join(pointer: str, *segments: str | int) -> str:
    """Return the pointer to the value at `segments` below `pointer`."""
    for segment in segments:
        pointer += "/" + quote(str(segment).replace("~", "~0").replace("/", "~1"), safe=_FRAGMENT_SAFE)
    return pointer


def fragment(pointer: str) -> str:
    """Return a pointer whose characters are not percent-encoded yet: one line of ASCII, whatever the names in it."""
    return pointer[:1] + quote(pointer[1:], safe=_FRAGMENT_SAFE, errors="replace")


def split(pointer: str) -> list[str]:
    """Return the unescaped segments of a pointer that is `#` or begins with `#/`."""
    return [segment.replace("~1", "/").replace("~0", "~") for segment in unquote(pointer[1:]).split("/")[1:]]


def find(document: Any, segments: Iterable[str]) -> Any:
    """Return the value at `segments`.

    Raises:
        LookupError: Nothing is there.
    """
    value = document
    for segment in segments:
        if isinstance(value, dict):
            value = value[segment]
        elif isinstance(value, list) and segment.isdecimal() and segment.isascii():
            value = value[int(segment)]
        else:
            raise LookupError(segment)
    return value
