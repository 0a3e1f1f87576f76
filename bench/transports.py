"""Transports that answer from memory, for httpx and for httpx2, so that no socket is in the figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import httpx2

BASE_URL = "http://bench.invalid/v1"
REQUEST = {"model": "bench", "messages": [{"role": "user", "content": "Go on."}], "stream": True}
STREAM_HEADERS = {"content-type": "text/event-stream; charset=utf-8", "x-request-id": "req_bench"}
JSON_HEADERS = {"content-type": "application/json", "x-request-id": "req_bench"}


class _Pieces(httpx.SyncByteStream):
    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)


class _Pieces2(_Pieces, httpx2.SyncByteStream):
    pass


class _Memory(httpx.BaseTransport):
    def __init__(self, headers: dict[str, str], pieces: Sequence[bytes]) -> None:
        self._headers, self._pieces = headers, pieces

    def handle_request(self, request: Any) -> Any:
        return httpx.Response(200, headers=self._headers, stream=_Pieces(self._pieces))


class _Memory2(httpx2.BaseTransport):
    def __init__(self, headers: dict[str, str], pieces: Sequence[bytes]) -> None:
        self._headers, self._pieces = headers, pieces

    def handle_request(self, request: Any) -> Any:
        return httpx2.Response(200, headers=self._headers, stream=_Pieces2(self._pieces))


def streaming_client(pieces: Sequence[bytes]) -> httpx.Client:
    """Return an httpx client whose every answer is an event stream of these pieces, one a read."""
    return httpx.Client(transport=_Memory(STREAM_HEADERS, pieces))


def streaming_client2(pieces: Sequence[bytes]) -> httpx2.Client:
    """Return the same of httpx2, which the official SDK is built on."""
    return httpx2.Client(transport=_Memory2(STREAM_HEADERS, pieces))


def json_client(body: bytes) -> httpx.Client:
    """Return an httpx client whose every answer is this JSON."""
    return httpx.Client(transport=_Memory(JSON_HEADERS, [body]))


def json_client2(body: bytes) -> httpx2.Client:
    """Return the same of httpx2."""
    return httpx2.Client(transport=_Memory2(JSON_HEADERS, [body]))
