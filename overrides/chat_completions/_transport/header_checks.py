"""Check headers and query before anything is sent; the errors show no values. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from chat_completions.errors import RequestValidationError

# RFC 9110, section 5.6.2.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BROKEN_VALUE = re.compile(rb"\A[ \t]|[ \t]\Z|[\x00-\x08\x0a-\x1f\x7f]")
_QUOTED = re.compile("[Ii]llegal header (?:value|name)")
_SURROGATE = re.compile("[\ud800-\udfff]")


def wrong_kind_of_header(name: str, value: object) -> str:
    """Return the message for a header that is not a string."""
    return f"the header {name!r} must be a str or None, not {type(value).__name__}"


def check_headers(headers: Mapping[Any, Any]) -> None:
    """Check that headers can be sent.

    Raises:
        TypeError: A name or a value is not a string.
        RequestValidationError: A header cannot carry its value; the message names the header only.
    """
    for name, value in headers.items():
        if not isinstance(name, str):
            raise TypeError(f"a header name must be a str, not {type(name).__name__}")
        if not _NAME.fullmatch(name):
            # The name is not shown: it may be a value in the wrong place.
            raise _refused("a header name", "is empty, or contains an invalid character")
        if not isinstance(value, str):
            raise TypeError(wrong_kind_of_header(name, value))
        if not value.isascii():
            raise _refused(f"the header {name!r}", "contains non-ASCII characters")
        if not value.isprintable() or value != value.strip():
            check_raw_headers([(name.encode(), value.encode())])


def check_raw_headers(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Check the headers as they are sent, including those of the caller's HTTP client.

    Raises:
        RequestValidationError: A header cannot carry its value; the message names the header only.
    """
    for name, value in headers:
        if _BROKEN_VALUE.search(value):
            raise _refused(
                f"the header {name.decode('latin-1')!r}",
                "contains a control character, or starts or ends with whitespace (strip it if it comes from a file)",
            )


def refuse_quoted_header(failure: BaseException) -> None:
    """Raise our error if an HTTP library refused a header of the caller's authentication and quotes it.

    Raises:
        RequestValidationError: It did; the value is removed from the library's error as well.
    """
    link: BaseException | None = failure
    quotes = False
    while link is not None:
        if type(link).__name__ == "LocalProtocolError" and (found := _QUOTED.match(str(link))):
            link.args, quotes = (found[0],), True
        link = link.__cause__ or link.__context__
    if quotes:
        raise _refused("a header of the http client", "cannot be sent") from failure


def check_query(query: Mapping[str, Any]) -> None:
    """Check that a query can be encoded.

    Raises:
        RequestValidationError: It contains half of a surrogate pair; the message names the parameter only.
    """
    for name, value in query.items():
        for text in (name, *(value if isinstance(value, list | tuple) else (value,))):
            if isinstance(text, str) and not text.isascii() and _SURROGATE.search(text):
                raise _refused(f"the query parameter {name!a}", "contains half of a surrogate pair")


def _refused(what: str, problem: str) -> RequestValidationError:
    return RequestValidationError(
        f"{what} {problem}; nothing was sent",
        problems=((what.removeprefix("the "), problem),),
    )
