"""What a plan can ask of the transport that carries it out.

They are written out because a call imports them: each `dataclass` would take as long to make as a module to load.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias


class Send:
    """Send a request; the result is a response of which only the head has been read."""

    __slots__ = ("content", "headers", "method", "params", "timeout", "url")

    def __init__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        params: Mapping[str, Any],
        content: bytes | None,
        timeout: Mapping[str, float | None],
    ) -> None:
        self.method, self.url, self.headers, self.params = method, url, headers, params
        self.content, self.timeout = content, timeout


class Read:
    """Read the whole body of a response."""

    __match_args__ = ("response",)
    __slots__ = ("response",)

    def __init__(self, response: Any) -> None:
        self.response = response


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
    """Call the function that gives the API key; the result is what it gives."""

    __match_args__ = ("source",)
    __slots__ = ("source",)

    def __init__(self, source: Callable[[], Any]) -> None:
        self.source = source


Step: TypeAlias = Send | Read | Close | Sleep | Key
