"""What a plan can ask of the transport that carries it out.

They are written out because a call imports them: each `dataclass` would take as long to make as a module to load.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from chat_completions._types import Secret

# What a request needs to be understood; everything else may be a credential and stays at its origin.
_HARMLESS_HEADERS = frozenset({"accept", "content-type", "user-agent"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Send:
    """Send a request; the result is a response of which only the head has been read.

    Attributes:
        params: The query; None for no other one than the address has.
        timeout: httpx's four time limits, in seconds, None for none.
        ends_at: By when the head has to be there, on the clock; None for no limit.
        is_bare: Whether it goes to another origin than the caller's: of the http client's headers, query, cookies and
            authentication nothing goes with it.
    """

    __slots__ = ("content", "ends_at", "headers", "is_bare", "method", "params", "timeout", "url")

    def __init__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        params: Mapping[str, Any] | None,
        content: bytes | None,
        ends_at: float | None = None,
    ) -> None:
        self.method, self.url, self.headers, self.params = method, url, headers, params
        self.content, self.ends_at = content, ends_at
        self.timeout: Mapping[str, float | None] = {}
        self.is_bare = False

    def redirected(self, target: str) -> Send:
        """Return the request to the address that a redirect leads to.

        Once it has left its origin it stays bare, also where it is led back: what a server beyond it says decides no
        longer what is sent where.
        """
        goes_out = _origin(target) != _origin(self.url)
        # The query went into the address that redirected us; the new one has what it needs. A user in it is not sent.
        parts = urlsplit(target)
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        headers = {k: v for k, v in self.headers.items() if not goes_out or k.lower() in _HARMLESS_HEADERS}
        sent = Send(self.method, url, headers, None, self.content, self.ends_at)
        sent.is_bare = self.is_bare or goes_out
        return sent


class Read:
    """Read the body of a response: up to `limit` bytes, by `ends_at` on the clock.

    With `cut`, what came of a body that is larger or breaks off is kept, and the result is the failure, if any.
    """

    __slots__ = ("cut", "ends_at", "limit", "response")

    def __init__(self, response: Any, limit: int, ends_at: float | None, cut: bool = False) -> None:
        self.response, self.limit, self.ends_at, self.cut = response, limit, ends_at, cut


class Close:
    """Let go of a response."""

    __match_args__ = ("response",)
    __slots__ = ("response",)

    def __init__(self, response: Any) -> None:
        self.response = response


class Sleep:
    """Wait for some seconds."""

    __match_args__ = ("seconds",)
    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Key:
    """Call the function that gives the API key; the result is what it gives, as a secret.

    An async function may take until `ends_at` on the clock.
    """

    __match_args__ = ("source", "ends_at")
    __slots__ = ("ends_at", "source")

    def __init__(self, source: Secret[Callable[[], Any]], ends_at: float | None) -> None:
        self.source, self.ends_at = source, ends_at


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    port = parts.port
    return parts.scheme, parts.hostname, _DEFAULT_PORTS.get(parts.scheme) if port is None else port


Step: TypeAlias = Send | Read | Close | Sleep | Key
