"""The contenders over sockets: asynchronous clients, each opened once and then reading many streams at once."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.util import find_spec
from typing import Any, Protocol

import aiohttp
import httpx
import httpx2
from httpx_aiohttp import HttpxAiohttpClient

from bench.reading import text_in_dict, text_in_model
from bench.streams import OFFICIAL, OURS, SSE

RAW = "raw httpx"
NONE_IDLE = "ours, none kept idle"
ALL_IDLE = "ours, all kept idle"
OVER_AIOHTTP = "ours over httpx-aiohttp"
OVER_HTTPX2 = "ours over httpx2"
FAST_TRANSPORT = 'ours, transport="fast"'
RAW_AIOHTTP = "raw aiohttp"
# The same for everybody, and what ours and the official SDK have by themselves.
CONNECTIONS = {"max_connections": 1000, "max_keepalive_connections": 100}
MESSAGES = [{"role": "user", "content": "Go on."}]
_PATH = "/chat/completions"


class Meter(Protocol):
    """Is told how far the streams are."""

    chunks: int

    def opened(self) -> None: ...
    def ended(self) -> None: ...


One = Callable[[str, Meter], Awaitable[int]]
Opening = Callable[[str], contextlib.AbstractAsyncContextManager[One]]


async def _by_hand(pieces: AsyncIterator[bytes], meter: Meter) -> int:
    """Read a stream from the pieces of its body, and return the length of its text."""
    size, buffer = 0, b""
    async for data in pieces:
        *events, buffer = (buffer + data).split(b"\n\n")
        for event in events:
            payload = event[6:]
            if payload != b"[DONE]":
                meter.chunks += 1
                size += text_in_dict(json.loads(payload))
    meter.ended()
    return size


@contextlib.asynccontextmanager
async def _raw(url: str) -> AsyncIterator[One]:
    async with _httpx() as client:

        async def one(model: str, meter: Meter) -> int:
            body = {"model": model, "messages": MESSAGES, "stream": True}
            async with client.stream("POST", url + _PATH, json=body) as response:
                response.raise_for_status()
                meter.opened()
                return await _by_hand(response.aiter_bytes(), meter)

        yield one


@contextlib.asynccontextmanager
async def _sse(url: str) -> AsyncIterator[One]:
    from httpx_sse import aconnect_sse

    async with _httpx() as client:

        async def one(model: str, meter: Meter) -> int:
            size = 0
            body = {"model": model, "messages": MESSAGES, "stream": True}
            async with aconnect_sse(client, "POST", url + _PATH, json=body) as source:
                meter.opened()
                async for event in source.aiter_sse():
                    if event.data != "[DONE]":
                        meter.chunks += 1
                        size += text_in_dict(json.loads(event.data))
                meter.ended()
            return size

        yield one


@contextlib.asynccontextmanager
async def _raw_aiohttp(url: str) -> AsyncIterator[One]:
    async with aiohttp_session() as session:

        async def one(model: str, meter: Meter) -> int:
            body = {"model": model, "messages": MESSAGES, "stream": True}
            async with session.post(url + _PATH, json=body) as response:
                response.raise_for_status()
                meter.opened()
                return await _by_hand(response.content.iter_any(), meter)

        yield one


@contextlib.asynccontextmanager
async def our_client(url: str, http_client: Any = None, **settings: Any) -> AsyncIterator[Any]:
    """Open one of our clients, and close it and its HTTP client."""
    from chat_completions import AsyncClient

    async with AsyncClient(base_url=url, api_key="bench", http_client=http_client, **settings) as client:
        yield client
    if http_client is not None:
        await http_client.aclose()


@contextlib.asynccontextmanager
async def _ours(url: str, http_client: Any = None, **settings: Any) -> AsyncIterator[One]:
    async with our_client(url, http_client, **settings) as client:
        yield lambda model, meter: _read(client, model, meter)


def sync_readers(url: str) -> dict[str, Callable[[str], int]]:
    """Return what reads one stream after the other: with ours over each transport, by hand, and the official SDK."""
    from chat_completions import Client

    client = httpx.Client(timeout=120)

    def by_hand(model: str) -> int:
        size = 0
        body = {"model": model, "messages": MESSAGES, "stream": True}
        with client.stream("POST", url + _PATH, json=body) as response:
            response.raise_for_status()
            buffer = b""
            for data in response.iter_bytes():
                *events, buffer = (buffer + data).split(b"\n\n")
                for event in events:
                    payload = event[6:]
                    if payload != b"[DONE]":
                        size += text_in_dict(json.loads(payload))
        return size

    readers = {OURS: _reader(Client(base_url=url, api_key="bench")), RAW: by_hand}
    if has_fast_transport():
        fast: Any = {"transport": "fast"}
        readers[FAST_TRANSPORT] = _reader(Client(base_url=url, api_key="bench", **fast))
    if find_spec("openai"):
        from openai import OpenAI

        readers[OFFICIAL] = _reader(OpenAI(base_url=url, api_key="bench", max_retries=0))
    return readers


def _reader(client: Any) -> Callable[[str], int]:
    def read(model: str) -> int:
        stream = client.chat.completions.create(model=model, messages=MESSAGES, stream=True)
        return sum(map(text_in_model, stream))

    return read


@functools.cache
def has_fast_transport() -> bool:
    """Return whether this version of the client has one."""
    from chat_completions import Client

    settings: Any = {"api_key": "bench", "transport": "fast"}
    try:
        Client(**settings).close()
    except TypeError:
        return False
    return True


def aiohttp_session() -> aiohttp.ClientSession:
    """Return a session with as many connections as the other clients have."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS["max_connections"])
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))


@contextlib.asynccontextmanager
async def _official(url: str) -> AsyncIterator[One]:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(base_url=url, api_key="bench", http_client=over_httpx2(), max_retries=0) as client:
        yield lambda model, meter: _read(client, model, meter)


async def _read(client: Any, model: str, meter: Meter) -> int:
    size = 0
    stream = await client.chat.completions.create(model=model, messages=MESSAGES, stream=True)
    meter.opened()
    async for chunk in stream:
        meter.chunks += 1
        size += text_in_model(chunk)
    meter.ended()
    return size


def _httpx(idle: int = CONNECTIONS["max_keepalive_connections"]) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=CONNECTIONS["max_connections"], max_keepalive_connections=idle)
    return httpx.AsyncClient(limits=limits, timeout=120)


def over_httpx2() -> httpx2.AsyncClient:
    """Return an HTTP client for the official SDK."""
    return httpx2.AsyncClient(limits=httpx2.Limits(**CONNECTIONS), timeout=120)


def over_aiohttp() -> httpx.AsyncClient:
    """Return one that sends with aiohttp."""
    return HttpxAiohttpClient(limits=httpx.Limits(**CONNECTIONS), timeout=120)


OPENINGS: dict[str, Opening] = {
    RAW: _raw,
    SSE: _sse,
    OURS: _ours,
    FAST_TRANSPORT: lambda url: _ours(url, transport="fast"),
    RAW_AIOHTTP: _raw_aiohttp,
    NONE_IDLE: lambda url: _ours(url, _httpx(0)),
    ALL_IDLE: lambda url: _ours(url, _httpx(CONNECTIONS["max_connections"])),
    OVER_AIOHTTP: lambda url: _ours(url, over_aiohttp()),
    OVER_HTTPX2: lambda url: _ours(url, over_httpx2()),
    OFFICIAL: _official,
}
