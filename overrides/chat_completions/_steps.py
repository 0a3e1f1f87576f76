"""What a plan can ask of the transport that carries it out.

They are written out because a call imports them: each `dataclass` would take as long to make as a module to load.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias


class Send:
    """Send a request; the result is a response of which only the head has been read, by `ends_at` on the clock."""

    __slots__ = ("content", "ends_at", "headers", "method", "params", "timeout", "url")

    def __init__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        params: Mapping[str, Any],
        content: bytes | None,
        timeout: Mapping[str, float | None],
        ends_at: float | None = None,
    ) -> None:
        self.method, self.url, self.headers, self.params = method, url, headers, params
        self.content, self.timeout, self.ends_at = content, timeout, ends_at


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
    """Call the function that gives the API key; an async one may take until `ends_at` on the clock."""

    __match_args__ = ("source", "ends_at")
    __slots__ = ("ends_at", "source")

    def __init__(self, source: Callable[[], Any], ends_at: float | None) -> None:
        self.source, self.ends_at = source, ends_at


Step: TypeAlias = Send | Read | Close | Sleep | Key
