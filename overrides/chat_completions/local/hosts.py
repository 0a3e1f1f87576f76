"""The hosts that a server answers to.

A page in a browser can have its own name resolved to 127.0.0.1 (DNS rebinding), and then reads what a server on this
machine answers. It cannot change the `Host` that the browser sends, so a foreign one is refused (RFC 9110, 7.4).
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv6Address, ip_address

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import ApiError
from .events import json_bytes

# Who listens on all addresses is reached by names that nobody here knows.
_ANY = ("", "0.0.0.0", "::")


def answered_hosts(listens_on: Collection[str], allowed: Collection[str]) -> frozenset[str] | None:
    """Return the hosts that a server answers to besides loopback; None for all.

    Args:
        listens_on: The host that it was told to listen on, and the address that came of it.
        allowed: Further hosts.

    Raises:
        ValueError: One of them is no host.
    """
    if any(host in _ANY for host in listens_on):
        return None
    hosts = {host_of(_bracketed(host)) for host in listens_on}
    for name in [allowed] if isinstance(allowed, str) else allowed:
        host = host_of(_bracketed(name))
        if host is None:
            raise ValueError(f"{name!r} is no host to allow; give a name such as 'models.test', or an address")
        hosts.add(host)
    return frozenset(host for host in hosts if host)


def host_of(authority: str) -> str | None:
    """Return the host in a `Host` header or a URL, as hosts are compared; None for what is no host."""
    host, colon, port = authority.strip().lower().rpartition(":")
    if not colon or port.endswith("]"):
        host, port = authority.strip().lower(), ""
    if port.strip("0123456789"):
        return None
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        return None
    try:
        address = ip_address(host)
    except ValueError:
        host = host.removesuffix(".")
        return host if host and host.replace("-", "a").replace("_", "a").replace(".", "a").isalnum() else None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def is_answered(host: str | None, hosts: frozenset[str]) -> bool:
    """Return whether a server answers to a host, as `host_of` gave it."""
    if host is None:
        return False
    if host in hosts or host == "localhost" or host.endswith(".localhost"):  # RFC 6761, 6.3
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Hosts:
    """Refuse requests to foreign hosts, with 421.

    Args:
        app: The application that answers the others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "http":
            asked = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if scope["path"].startswith(("http://", "https://")):
                # The absolute form of a target, whose host counts in place of the header's (RFC 9112, 3.2.2).
                authority, _, path = scope["path"].partition("://")[2].partition("/")
                asked, scope = [authority], {**scope, "path": f"/{path}", "raw_path": f"/{path}".encode()}
            hosts: frozenset[str] | None = scope["app"].state.hosts
            # Without the header (HTTP/1.0) it was no browser.
            foreign = [host for host in asked if host and hosts is not None and not is_answered(host_of(host), hosts)]
            if foreign:
                message = (
                    f"This server does not answer to the host {foreign[0][:80]!r}; ask it as localhost, or start it"
                    " with --allow-host (allow_hosts) and that name."
                )
                refused = ApiError(421, message, param="host", code="host_not_allowed")
                response = Response(json_bytes(refused.body()), refused.status, media_type="application/json")
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _bracketed(host: str) -> str:
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
