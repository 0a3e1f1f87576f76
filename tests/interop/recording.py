"""HTTP transports that keep the bytes of each response, and know whether it was closed and on which connection."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import httpx


@dataclass
class Exchange:
    """A request and what came back."""

    status: int
    headers: httpx.Headers
    connection: Any
    body: bytearray = field(default_factory=bytearray)
    closed: bool = False

    @property
    def content_type(self) -> str:
        return str(self.headers.get("content-type", ""))

    @property
    def is_stream(self) -> bool:
        return "text/event-stream" in self.content_type

    @property
    def is_json(self) -> bool:
        return self.status == 200 and "application/json" in self.content_type

    def json(self) -> Any:
        """Return the value of a body that is JSON."""
        return json.loads(httpx.Response(200, headers=self.headers, content=bytes(self.body)).content)

    def events(self) -> list[Any]:
        """Return the values of a stream's whole events, but `[DONE]`; read plainly, without the client's code."""
        text = bytes(self.body).decode("utf-8", "ignore").replace("\r\n", "\n")
        *whole, _ = text.split("\n\n")
        lines = [line for block in whole for line in block.split("\n") if line.startswith("data:")]
        return [json.loads(line[5:]) for line in lines if line[5:].strip() != "[DONE]"]


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        for data in cast(httpx.SyncByteStream, self._stream):
            self._exchange.body += data
            yield data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in cast(httpx.AsyncByteStream, self._stream):
            self._exchange.body += data
            yield data

    def close(self) -> None:
        cast(httpx.SyncByteStream, self._stream).close()
        self._exchange.closed = True

    async def aclose(self) -> None:
        await cast(httpx.AsyncByteStream, self._stream).aclose()
        self._exchange.closed = True


class Recorder:
    """The exchanges of one row."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    @property
    def open(self) -> int:
        """How many responses are not closed."""
        return sum(not exchange.closed for exchange in self.exchanges)

    def keep(self, response: httpx.Response) -> httpx.Response:
        network = response.extensions.get("network_stream")
        connection = network.get_extra_info("client_addr") if network is not None else None
        exchange = Exchange(response.status_code, response.headers, connection)
        self.exchanges.append(exchange)
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_Stream(response.stream, exchange),
            extensions=response.extensions,
        )


class RecordingTransport(httpx.HTTPTransport):
    """Sends as httpx does, and records."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(limits=httpx.Limits(max_connections=100, max_keepalive_connections=100))
        self._recorder = recorder

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._recorder.keep(super().handle_request(request))

    def busy(self) -> int:
        """How many connections have an unfinished response."""
        return _busy(self._pool)


class AsyncRecordingTransport(httpx.AsyncHTTPTransport):
    """Sends as httpx does, and records."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(limits=httpx.Limits(max_connections=100, max_keepalive_connections=100))
        self._recorder = recorder

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._recorder.keep(await super().handle_async_request(request))

    def busy(self) -> int:
        """How many connections have an unfinished response."""
        return _busy(self._pool)


def _busy(pool: Any) -> int:
    return sum(not (connection.is_idle() or connection.is_closed()) for connection in pool.connections)
