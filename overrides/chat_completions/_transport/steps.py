"""The steps of a plan, which a transport carries out.

They are not dataclasses, because every call imports them: to create one takes as long as to load a module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from chat_completions._types import Secret

# The headers that a request needs at another origin; all others may be credentials and stay at theirs.
_HARMLESS_HEADERS = frozenset({"accept", "content-type", "user-agent"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Send:
    """Send a request; the result is a response whose body has not been read.

    Attributes:
        params: The query; None for only that of the URL.
        timeout: httpx's four timeouts, in seconds; None for no limit.
        ends_at: When the headers must have arrived, in seconds of `time.monotonic`; None for no limit.
        is_bare: Whether it goes to another origin than the caller's, and so without the http client's headers, query,
            cookies and authentication.
        request: What the HTTP library sends, for errors; None until it is built.
    """

    __slots__ = ("content", "ends_at", "headers", "is_bare", "method", "params", "request", "timeout", "url")

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
        self.request: Any = None

    def redirected(self, target: str) -> Send:
        """Return the request to the target of a redirect.

        Once it has left its origin it stays bare, even if it is redirected back: another server must not decide where
        credentials are sent.
        """
        goes_out = _origin(target) != _origin(self.url)
        # The new URL has its own query. A user name in it is not sent.
        parts = urlsplit(target)
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        headers = {k: v for k, v in self.headers.items() if not goes_out or k.lower() in _HARMLESS_HEADERS}
        sent = Send(self.method, url, headers, None, self.content, self.ends_at)
        sent.is_bare = self.is_bare or goes_out
        return sent

    def with_headers(self, headers: Mapping[str, str]) -> Send:
        """Return the same request with other headers; an attempt that was abandoned keeps its own."""
        return Send(self.method, self.url, headers, self.params, self.content, self.ends_at)


class Read:
    """Read the body of a response: up to `limit` bytes, until `ends_at` in seconds of `time.monotonic`.

    With `cut`, what arrived of a body that is larger or breaks off is kept, and the result is the failure, if any.
    """

    __slots__ = ("cut", "ends_at", "limit", "response")

    def __init__(self, response: Any, limit: int, ends_at: float | None, cut: bool = False) -> None:
        self.response, self.limit, self.ends_at, self.cut = response, limit, ends_at, cut


class Close:
    """Close a response."""

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
    """Call the function that returns the API key; the result is the key, as a secret.

    An async function may take until `ends_at`, in seconds of `time.monotonic`.
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
