"""The requests that errors hold: as they were sent, without possible credentials in their URL and headers."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

HIDDEN = b"<hidden>"

_SHOWN = frozenset(
    {b"accept", b"accept-encoding", b"connection", b"content-length", b"content-type", b"host", b"idempotency-key"}
    | {b"user-agent"}
)

_SECRET_NAME = re.compile(r"auth|code|cookie|key|pass|secret|sig|token")
_LIKE_A_TOKEN = re.compile(r"(?=\S*\d)\S{16,}")
_PLAIN = re.compile(r"[\w.~-]*", re.ASCII)  # the same in every notation
_SHORTEST = 6  # characters; shorter texts may occur in a message by chance


def redact_url(url: str) -> str:
    """Return a URL without its possible secrets: user, password, query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def hide_requests(source: Any) -> None:
    """Replace the requests that a response or an HTTP library's error holds by ones without credentials."""
    for holder in (source, *getattr(source, "history", ())):
        try:
            holder.request = hidden_request(holder.request)
        except (AttributeError, RuntimeError):
            continue  # httpx raises a RuntimeError where there is none
    if getattr(source, "next_request", None) is not None:
        source.next_request = None


def hidden_request(request: Any) -> Any:
    """Return a copy of an HTTP library's request without credentials; of any other kind, the request."""
    kinds = (base for base in type(request).__mro__ if base.__module__.partition(".")[0] in ("httpx", "httpx2"))
    kind: Any = next(kinds, None)
    if kind is None:
        return request
    headers = [(name, value if name.lower() in _SHOWN else HIDDEN) for name, value in request.headers.raw]
    try:
        content = request.content
    except Exception:  # a streamed request body cannot be read
        content = None
    return kind(request.method, redact_url(str(request.url)), headers=headers, content=content)


def credentials_in(request: Any) -> list[str]:
    """Return the credentials of a request, the longest first: servers quote it in errors."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    pairs = [pair for pair in pairs if pair[0].lower().encode() not in _SHOWN]
    quoted = []
    for name, value in (*pairs, *request.url.params.items()):
        if _SECRET_NAME.search(name.lower()) or _LIKE_A_TOKEN.fullmatch(value):
            # Servers quote it without its scheme ("Bearer"), or without the name of the cookie.
            quoted += [value, value.partition(" ")[2], *(part.partition("=")[2] for part in value.split(";"))]
    found = {text.strip() for text in quoted}
    found = {text for text in found if len(text) >= _SHORTEST and text.encode() != HIDDEN}
    return sorted(found.union(*map(_escaped, found)), key=len, reverse=True)


def _escaped(text: str) -> list[str]:
    """Return a text as HTML pages, JSON and URLs write it, where that differs."""
    if _PLAIN.fullmatch(text):
        return []
    import html
    import json
    from urllib.parse import quote, quote_plus

    return [
        html.escape(text),
        html.escape(text, quote=False),
        json.dumps(text)[1:-1],
        quote(text),
        quote(text, ""),
        quote_plus(text),
    ]


def without(value: Any, credentials: list[str]) -> Any:
    """Return a JSON value with credentials hidden in its strings; it must not be deeper than Python recurses."""
    if isinstance(value, str):
        for credential in credentials:
            value = value.replace(credential, HIDDEN.decode())
    elif isinstance(value, list):
        return [without(item, credentials) for item in value]
    elif isinstance(value, dict):
        return {without(name, credentials): without(item, credentials) for name, item in value.items()}
    return value
