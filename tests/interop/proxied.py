"""The table of nginx: what each client library gets through it, compared with what the server behind it sends."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chat_completions import (
    AsyncClient,
    Client,
    DefaultAioHttpClient,
    DefaultAsyncHttpx2Client,
    DefaultAsyncHttpxClient,
    DefaultHttpx2Client,
    DefaultHttpxClient,
    response_info,
)
from chat_completions.errors import ChatCompletionsError, StreamError
from tests.interop.nginx import KEEPALIVE_SECONDS, LARGEST_BODY, Nginx

WORDS = "The tree is naïve, the river 🙂 sleeps, and " * 3
REQUEST: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": WORDS}]}
LONG = {"messages": [{"role": "user", "content": "Q" * LARGEST_BODY}]}
COLUMNS: Mapping[str, Callable[..., Any]] = {
    "httpx": DefaultHttpxClient,
    "httpx, async": DefaultAsyncHttpxClient,
    "httpx2": DefaultHttpx2Client,
    "httpx2, async": DefaultAsyncHttpx2Client,
    "aiohttp": DefaultAioHttpClient,
}
ASYNC = ("httpx, async", "httpx2, async", "aiohttp")


@dataclass(frozen=True)
class Row:
    """One way through nginx.

    Attributes:
        path: The location.
        way: A reply, a stream, or calls with pauses longer than the connection is kept.
        expected: What comes of it.
        address: The attribute of `Nginx` with the address.
        request: What the request has beside REQUEST.
        client: Arguments of the client.
        http2: Whether it is over HTTP/2, which needs a client library that has it.
    """

    name: str
    path: str
    way: Literal["reply", "stream", "calls"]
    expected: Expected
    address: Literal["plain", "secure", "brief", "once"] = "plain"
    request: Mapping[str, Any] = field(default_factory=dict)
    client: Mapping[str, Any] = field(default_factory=dict)
    http2: bool = False


@dataclass(frozen=True)
class Expected:
    """What comes of a row.

    Attributes:
        error: The class of the error; None for the server's own text.
        status: The status of the error.
        says: A part of its message.
        compressed: Whether the body is compressed.
        arrival: How the chunks of a stream arrive: one by one, several together, or all at its end.
    """

    error: str | None = None
    status: int | None = None
    says: str = ""
    compressed: bool = False
    arrival: Literal["single", "blocks", "once"] = "single"


@dataclass
class Outcome:
    """What came of a row: texts, the error, and the last response's facts."""

    texts: list[str] = field(default_factory=list)
    error: ChatCompletionsError | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    arrival: str | None = None
    partial: bool = False


OK = Expected()
ROWS = [
    Row("nginx", "/unbuffered", "reply", OK),
    Row("nginx, stream", "/unbuffered", "stream", OK),
    Row("buffering", "/buffered", "reply", OK),
    # Pieces of a chunked body are passed on as they come, in spite of buffering; HTTP/1.0, the default, has none.
    Row("buffering, stream", "/buffered", "stream", OK),
    Row("buffering, HTTP/1.0 behind, stream", "/old", "stream", Expected(arrival="blocks")),
    Row("gzip", "/gzip", "reply", Expected(compressed=True)),
    Row("gzip, stream", "/gzip", "stream", Expected(compressed=True)),
    Row("gzip and buffering, stream", "/gzip-buffered", "stream", Expected(compressed=True, arrival="once")),
    Row("HTTP/2", "/unbuffered", "reply", OK, "secure", http2=True),
    Row("HTTP/2, stream", "/unbuffered", "stream", OK, "secure", http2=True),
    Row("HTTP/2, gzip, stream", "/gzip", "stream", Expected(compressed=True), "secure", http2=True),
    Row("keepalive 1 s", "", "calls", OK, "brief"),
    Row("keepalive for one request", "", "calls", OK, "once"),
    Row("502", "/nobody", "reply", Expected("InternalServerError", 502, "502 Bad Gateway")),
    Row("502, stream", "/nobody", "stream", Expected("InternalServerError", 502, "502 Bad Gateway")),
    Row("504", "/silent", "reply", Expected("InternalServerError", 504, "504 Gateway Time-out")),
    Row("504, stream", "/silent", "stream", Expected("InternalServerError", 504, "504 Gateway Time-out")),
    Row("504, HTTP/2", "/silent", "reply", Expected("InternalServerError", 504, "504"), "secure", http2=True),
    Row("read timeout in a stream", "/slow", "stream", Expected("StreamConnectionError")),
    Row("read timeout, HTTP/2", "/slow", "stream", Expected("StreamConnectionError"), "secure", http2=True),
    Row("413", "/small", "reply", Expected("APIStatusError", 413, "413"), request=LONG),
]


def run(row: Row, nginx: Nginx, column: str) -> Outcome:
    """Make the row's calls with a client library."""
    base_url = f"{getattr(nginx, row.address)}{row.path}/v1"
    options: dict[str, Any] = {"verify": nginx.trust} if row.address == "secure" else {}
    settings = {"api_key": "none", "base_url": base_url, "max_retries": 0, "timeout": 30.0, **row.client}
    http_client = COLUMNS[column](**options, **({"http2": True} if row.http2 else {}))
    outcome = Outcome()
    if column in ASYNC:
        asyncio.run(_run_async(row, AsyncClient(http_client=http_client, **settings), outcome))
    else:
        _run(row, Client(http_client=http_client, **settings), outcome)
    return outcome


def _run(row: Row, client: Client, outcome: Outcome) -> None:
    with client:
        try:
            if row.way == "stream":
                with client.chat.completions.create(**REQUEST | row.request, stream=True) as stream:
                    try:
                        for chunk in stream:
                            _take_chunk(chunk, outcome)
                    finally:
                        _take_stream(stream, outcome)
            for pause in _pauses(row):
                time.sleep(pause)
                _take_reply(client.chat.completions.create(**REQUEST | row.request), outcome)
        except ChatCompletionsError as error:
            _take_error(error, outcome)


async def _run_async(row: Row, client: AsyncClient, outcome: Outcome) -> None:
    async with client:
        try:
            if row.way == "stream":
                async with await client.chat.completions.create(**REQUEST | row.request, stream=True) as stream:
                    try:
                        async for chunk in stream:
                            _take_chunk(chunk, outcome)
                    finally:
                        _take_stream(stream, outcome)
            for pause in _pauses(row):
                await asyncio.sleep(pause)
                _take_reply(await client.chat.completions.create(**REQUEST | row.request), outcome)
        except ChatCompletionsError as error:
            _take_error(error, outcome)


def _pauses(row: Row) -> list[float]:
    """Return the pauses before each call that is not streamed."""
    # The last one is about as long as nginx keeps the connection.
    return {"reply": [0.0], "calls": [0.0, 0.0, KEEPALIVE_SECONDS + 0.5, KEEPALIVE_SECONDS], "stream": []}[row.way]


def _take_chunk(chunk: Any, outcome: Outcome) -> None:
    outcome.texts[:] = ["".join([*outcome.texts, *(choice.delta.content or "" for choice in chunk.choices)])]


def _take_stream(stream: Any, outcome: Outcome) -> None:
    gaps = stream.timings.time_between_tokens
    outcome.arrival = "once" if gaps is None or gaps.max == 0 else "blocks" if gaps.p50 == 0 else "single"
    outcome.headers, outcome.version = stream.response.headers, stream.response.http_version


def _take_reply(completion: Any, outcome: Outcome) -> None:
    outcome.texts.append(completion.choices[0].message.content)
    outcome.headers = response_info(completion).headers


def _take_error(error: ChatCompletionsError, outcome: Outcome) -> None:
    outcome.error = error
    outcome.partial = isinstance(error, StreamError) and bool(error.partial and error.partial.choices)


def problems(row: Row, nginx: Nginx, outcome: Outcome) -> Iterator[str]:
    """Yield what is not as expected."""
    expected, error = row.expected, outcome.error
    if (type(error).__name__ if error else None) != expected.error:
        yield f"{error!r}, not {expected.error}"
    if error is not None:
        if getattr(error, "status_code", None) != expected.status:
            yield f"the status is {getattr(error, 'status_code', None)}"
        if expected.says not in str(error):
            yield f"the message does not say {expected.says!r}: {error}"
        if expected.status is None and not outcome.partial:
            yield "what had arrived is not in the error"
        return
    if {*outcome.texts} != {_text_behind(nginx.direct)}:
        yield f"the texts are {outcome.texts}"
    if ("gzip" in outcome.headers.get("content-encoding", "")) != expected.compressed:
        yield f"content-encoding is {outcome.headers.get('content-encoding')}"
    if row.way == "stream" and row.http2 != (outcome.version == "HTTP/2"):
        yield f"over {outcome.version}"
    if outcome.arrival is not None and outcome.arrival != expected.arrival:
        yield f"the chunks arrived so: {outcome.arrival}"


@functools.cache
def _text_behind(address: str) -> str | None:
    """Return the text that the server behind nginx gives."""
    with Client(base_url=f"{address}/v1", api_key="none") as client:
        return client.chat.completions.create(**REQUEST).choices[0].message.content


def cannot(row: Row, column: str) -> str | None:
    """Return why a row is not run with a client library, None if it is."""
    return "aiohttp has no HTTP/2" if row.http2 and column == "aiohttp" else None
