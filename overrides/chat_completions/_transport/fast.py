"""What `transport="fast"` means: aiohttp for an async client; for a sync one, httpx with its bodies read directly."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.request import getproxies

if TYPE_CHECKING:
    from chat_completions._types import TransportName

DIRECTLY = "httpx, bodies read directly"


def check_installed() -> None:
    """Check that what an async client sends with is installed.

    Raises:
        ImportError: It is not.
    """
    if find_spec("httpx_aiohttp") is None:
        raise ImportError(
            "transport='fast' needs httpx-aiohttp for an AsyncClient: pip install 'chat-completions-client[fast]'"
        )


def problem_of_aiohttp() -> str | None:
    """Return what the environment requires but aiohttp cannot do; None if there is nothing."""
    for scheme, proxy in getproxies().items():
        if scheme != "no" and proxy.lower().startswith("socks"):
            return f"aiohttp does not support SOCKS proxies, and the environment has one for {scheme}"
    return None


def senders(transport: TransportName) -> dict[str, str]:
    """Return what a `Client` and an `AsyncClient` that ask for a transport send with, in this environment.

    Raises:
        ImportError: A package is not installed.
    """
    if transport == "httpx":
        return {"Client": "httpx", "AsyncClient": "httpx"}
    check_installed()
    return {"Client": DIRECTLY, "AsyncClient": "aiohttp" if problem_of_aiohttp() is None else "httpx"}
