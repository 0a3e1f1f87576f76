"""HTTP clients with this package's limits, for callers who want to change something else: proxies, hooks, TLS.

A client closes such an HTTP client when it is closed itself; the caller closes any other one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, cast

import httpx

from chat_completions._transport.cookies import cookie_book
from chat_completions._transport.environment import environment_errors
from chat_completions._transport.settings import DEFAULT_CONNECT_TIMEOUT, DEFAULT_TIMEOUT
from chat_completions._transport.transport import (
    MAX_CONNECTIONS,
    MAX_IDLE_ASYNC_CONNECTIONS,
    MAX_IDLE_CONNECTIONS,
    default_ssl_context,
)
from chat_completions._types import publish

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")

# Arguments that say themselves which certificates to trust, or make them unnecessary.
_TRUST = frozenset({"cert", "transport", "trust_env", "verify"})


@publish()
class DefaultHttpxClient(httpx.Client):
    """An `httpx.Client` with this package's limits.

    Args:
        arguments: Those of `httpx.Client`, to override the defaults: `proxy`, `transport`, `event_hooks` and so on.
    """

    def __init__(self, **arguments: Any) -> None:
        with environment_errors():
            super().__init__(**_with_defaults(httpx, arguments, MAX_IDLE_CONNECTIONS))
        _ours(self, type(self), arguments)


@publish()
class DefaultAsyncHttpxClient(httpx.AsyncClient):
    """An `httpx.AsyncClient` with this package's limits.

    Args:
        arguments: Those of `httpx.AsyncClient`, to override the defaults.
    """

    def __init__(self, **arguments: Any) -> None:
        with environment_errors():
            super().__init__(**_with_defaults(httpx, arguments, MAX_IDLE_ASYNC_CONNECTIONS))
        _ours(self, type(self), arguments)


def DefaultHttpx2Client(**arguments: Any) -> httpx2.Client:
    """Create an `httpx2.Client` with this package's limits.

    Args:
        arguments: Those of `httpx2.Client`, to override the defaults.

    Raises:
        ImportError: The package httpx2 is not installed.
    """
    library = _httpx2()
    with environment_errors():
        client = cast("httpx2.Client", library.Client(**_with_defaults(library, arguments, MAX_IDLE_CONNECTIONS)))
    return _ours(client, DefaultHttpx2Client, arguments)


def DefaultAsyncHttpx2Client(**arguments: Any) -> httpx2.AsyncClient:
    """Create an `httpx2.AsyncClient` with this package's limits.

    Args:
        arguments: Those of `httpx2.AsyncClient`, to override the defaults.

    Raises:
        ImportError: The package httpx2 is not installed.
    """
    library = _httpx2()
    with environment_errors():
        client = cast(
            "httpx2.AsyncClient", library.AsyncClient(**_with_defaults(library, arguments, MAX_IDLE_ASYNC_CONNECTIONS))
        )
    return _ours(client, DefaultAsyncHttpx2Client, arguments)


def DefaultAioHttpClient(**arguments: Any) -> httpx.AsyncClient:
    """Create an `httpx.AsyncClient` that sends with aiohttp, with this package's limits.

    Args:
        arguments: Those of `httpx.AsyncClient`, to override the defaults.

    Raises:
        ImportError: The extra `aiohttp` is not installed.
    """
    try:
        library: Any = import_module("httpx_aiohttp")
    except ImportError as error:
        raise ImportError(
            "DefaultAioHttpClient needs httpx-aiohttp: pip install 'chat-completions-client[aiohttp]'"
        ) from error
    with environment_errors():
        client = cast(
            "httpx.AsyncClient",
            library.HttpxAiohttpClient(**_with_defaults(httpx, arguments, MAX_IDLE_ASYNC_CONNECTIONS)),
        )
    return _ours(client, DefaultAioHttpClient, arguments)


def _httpx2() -> Any:
    try:
        import httpx2
    except ImportError as error:
        raise ImportError("this client needs httpx2: pip install httpx2; or use httpx, which is installed") from error
    return httpx2


def _with_defaults(library: Any, arguments: Mapping[str, Any], idle: int) -> dict[str, Any]:
    defaults = {
        "timeout": library.Timeout(DEFAULT_TIMEOUT, connect=DEFAULT_CONNECT_TIMEOUT),
        "limits": library.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=idle),
        "follow_redirects": True,
    }
    if library is httpx and not _TRUST & arguments.keys():
        defaults["verify"] = default_ssl_context()
    return {**defaults, **arguments}


def _callers_cookies(http_client: Any) -> Any:
    book = cookie_book(http_client)
    return http_client.cookies if book is None else book.callers_own(http_client)


def _ours(http_client: T, make: Callable[..., T], arguments: Mapping[str, Any]) -> T:
    """Mark an HTTP client as closed with its client and created again for another process or event loop."""
    ours = cast(Any, http_client)
    ours.closes_with_client = True

    def made_again() -> T:
        # Without the cookies that servers set: these are kept by credential.
        live = {"headers": ours.headers, "params": ours.params, "cookies": _callers_cookies(ours), "auth": ours.auth}
        return make(**{**arguments, **live, "timeout": ours.timeout, "event_hooks": ours.event_hooks})

    # Only the caller can create its transports again.
    ours.made_again = None if {"transport", "mounts"} & arguments.keys() else made_again
    return http_client
