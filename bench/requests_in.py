"""The little of HTTP that the bench's servers read: a request with its length, one after another."""

from __future__ import annotations

import asyncio
import json
from typing import Any


class RequestReader(asyncio.Protocol):
    """One connection; what derives from it answers each request's JSON."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0)
        if found and len(body) >= length:
            self._buffer = body[length:]
            self._asked(json.loads(body[:length]))

    def _asked(self, request: dict[str, Any]) -> None:
        """Answer a request."""
        raise NotImplementedError
