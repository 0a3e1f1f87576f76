"""JSON pointers as URI fragments (RFC 6901, section 6): `#/paths/~1chat~1completions/get`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

# What RFC 3986 section 3.5 allows in a fragment beside letters and digits, without `%` and `~`, which mean something.
_FRAGMENT_SAFE = "!$&'()*+,-./:;=?@_~"


def escape(token: str) -> str:
    """Return a key as a JSON pointer spells it (RFC 6901, section 3)."""
    return token.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """Return the key that a JSON pointer spells so."""
    return token.replace("~1", "/").replace("~0", "~")


def join(pointer: str, *segments: str | int) -> str:
    """Return the pointer to the value at `segments` below `pointer`."""
    for segment in segments:
        pointer += _encoded(segment)
    return pointer


@lru_cache(maxsize=10_000)
def _encoded(segment: str | int) -> str:
    """Return a slash and a segment: cached, because many pointers have the names of properties."""
    return "/" + quote(escape(str(segment)), safe=_FRAGMENT_SAFE, errors="surrogatepass")


def fragment(pointer: str) -> str:
    """Return a pointer whose characters are not percent-encoded yet: one line of ASCII, whatever the names in it."""
    return pointer[:1] + quote(pointer[1:], safe=_FRAGMENT_SAFE, errors="replace")


def split(pointer: str) -> list[str]:
    """Return the unescaped segments of a pointer that is `#` or begins with `#/`."""
    return [unescape(segment) for segment in unquote(pointer[1:]).split("/")[1:]]


def follow(document: Any, value: Any, at: str = "#") -> tuple[Any, str]:
    """Return the target of a `$ref`, through any further ones, and its pointer; anything else is returned unchanged.

    Raises:
        LookupError: It leads nowhere.
    """
    while isinstance(value, dict) and "$ref" in value:
        segments = split(value["$ref"])
        value, at = find(document, segments), join("#", *segments)
    return value, at


def find(document: Any, segments: Iterable[str]) -> Any:
    """Return the value at `segments`.

    Raises:
        LookupError: There is no such value.
    """
    value = document
    for segment in segments:
        if isinstance(value, dict):
            value = value[segment]
        elif isinstance(value, list) and len(segment) < 10 and segment.isdecimal() and segment.isascii():
            value = value[int(segment)]
        else:
            raise LookupError(segment)
    return value
