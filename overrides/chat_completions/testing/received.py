"""A request as the server received it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from chat_completions._types import publish

from .secrets import REMOVED, is_harmless_header, is_harmless_in_query


class Masked(Mapping[str, str]):
    """Names and values; the repr shows only values that are known to be harmless.

    Args:
        pairs: Names and values; the values of a repeated name are joined with a comma.
        any_case: Whether names are case-insensitive, like those of headers.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], *, any_case: bool = False) -> None:
        self._any_case = any_case
        self._values: dict[str, str] = {}
        for name, value in pairs:
            key = name.lower() if any_case else name
            self._values[key] = f"{self._values[key]}, {value}" if key in self._values else value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower() if self._any_case else name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        harmless = is_harmless_header if self._any_case else is_harmless_in_query
        return repr({name: value if harmless(name) else REMOVED for name, value in self._values.items()})


@publish("chat_completions.testing")
@dataclass(frozen=True)
class ReceivedRequest:
    """A received request.

    Attributes:
        method: The method, in upper case.
        path: The path, such as `/v1/chat/completions`, percent-decoded.
        query: The parameters of the query.
        headers: The headers; names are case-insensitive.
        body: The body's JSON value; None if it is empty or not JSON.
        time: When it had arrived completely, as Unix time in seconds.
        content: The body's bytes.
    """

    method: str
    path: str
    query: Masked
    headers: Masked
    body: Any
    time: float
    content: bytes = field(repr=False)

    @classmethod
    def of(
        cls, method: str, target: str, headers: Iterable[tuple[str, str]], content: bytes, time: float
    ) -> ReceivedRequest:
        """Create a request from its method, target, headers and body."""
        parts = urlsplit(target)
        query = Masked(parse_qsl(parts.query, keep_blank_values=True))
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            body = None
        return cls(method, unquote(parts.path), query, Masked(headers, any_case=True), body, time, content)

    @property
    def is_stream(self) -> bool:
        """Whether the request asks for a stream."""
        return isinstance(self.body, dict) and self.body.get("stream") is True

    def __str__(self) -> str:
        what = f"{self.method} {self.path}"
        if isinstance(self.body, dict):
            what += f" model={self.body.get('model')!r}" + (" stream" if self.is_stream else "")
        return what
