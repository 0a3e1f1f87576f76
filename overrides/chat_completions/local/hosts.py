"""Check the `Host` header of requests, against DNS rebinding.

A web page can make its own domain resolve to 127.0.0.1 and then read the responses of a server on this machine. It
cannot change the `Host` that the browser sends, so a request for a foreign host is refused (RFC 9110, 7.4).
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv6Address, ip_address

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import ApiError
from .events import json_bytes

# A server that listens on all addresses can be reached under names that we do not know.
_ANY = ("", "0.0.0.0", "::")


def allowed_hosts(listens_on: Collection[str], allowed: Collection[str]) -> frozenset[str] | None:
    """Return the hosts that a server accepts besides loopback; None for all.

    Args:
        listens_on: The host that it was configured to listen on, and the resulting address.
        allowed: Further hosts.

    Raises:
        ValueError: If one of them is not a host.
    """
    if any(host in _ANY for host in listens_on):
        return None
    hosts = {host_of(_bracketed(host)) for host in listens_on}
    for name in [allowed] if isinstance(allowed, str) else allowed:
        host = host_of(_bracketed(name))
        if host is None:
            raise ValueError(f"{name!r} is not a host; use a name such as 'models.test' or an IP address")
        hosts.add(host)
    return frozenset(host for host in hosts if host)


def host_of(authority: str) -> str | None:
    """Return the normalized host of a `Host` header or URL authority; None if it is not a host."""
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


def is_allowed(host: str | None, hosts: frozenset[str]) -> bool:
    """Return whether a server accepts a host that `host_of` returned."""
    if host is None:
        return False
    if host in hosts or host == "localhost" or host.endswith(".localhost"):  # RFC 6761, 6.3
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class HostFilter:
    """Refuse requests for foreign hosts with status 421.

    Args:
        app: The application that handles the other requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            requested = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if scope["path"].startswith(("http://", "https://")):
                # A target in absolute form: its host replaces the header's (RFC 9112, 3.2.2).
                authority, _, path = scope["path"].partition("://")[2].partition("/")
                requested, scope = [authority], {**scope, "path": f"/{path}", "raw_path": f"/{path}".encode()}
            hosts: frozenset[str] | None = scope["app"].state.hosts
            # Without the header (HTTP/1.0), the request is not from a browser.
            foreign = [
                host for host in requested if host and hosts is not None and not is_allowed(host_of(host), hosts)
            ]
            if foreign:
                message = (
                    f"This server does not accept requests for the host {foreign[0][:80]!r}; use localhost, or start"
                    " the server with --allow-host (allow_hosts) and that name."
                )
                refused = ApiError(421, message, param="host", code="host_not_allowed")
                response = Response(json_bytes(refused.body()), refused.status, media_type="application/json")
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _bracketed(host: str) -> str:
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
