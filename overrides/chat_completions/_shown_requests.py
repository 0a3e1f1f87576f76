"""The requests that errors hold: as they were sent, without what may be a credential in their address and headers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

HIDDEN = b"<hidden>"

_SHOWN = frozenset(
    {b"accept", b"accept-encoding", b"connection", b"content-length", b"content-type", b"host", b"idempotency-key"}
    | {b"user-agent"}
)


def shown(url: str) -> str:
    """Give an address without what may be secret in it: user, password, query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def hide_requests(source: Any) -> None:
    """Put requests without credentials in the place of those that a response, or an error of an http library, holds."""
    for holder in (source, *getattr(source, "history", ())):
        try:
            holder.request = _hidden(holder.request)
        except (AttributeError, RuntimeError):
            continue  # httpx raises a RuntimeError where there is none
    if getattr(source, "next_request", None) is not None:
        source.next_request = None


def _hidden(request: Any) -> Any:
    kinds = (base for base in type(request).__mro__ if base.__module__.partition(".")[0] in ("httpx", "httpx2"))
    kind: Any = next(kinds, None)
    if kind is None:
        return request
    headers = [(name, value if name.lower() in _SHOWN else HIDDEN) for name, value in request.headers.raw]
    try:
        content = request.content
    except Exception:  # that of a request whose body is sent as it is made
        content = None
    return kind(request.method, shown(str(request.url)), headers=headers, content=content)
