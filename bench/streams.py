"""The contenders that read a stream from memory: functions that read it once, and give what they read in all."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import httpx

from bench.fixtures import StreamFixture, in_reads
from bench.reading import readers, said_in_dict, said_in_model, size_in_event
from bench.transports import BASE_URL, REQUEST, streaming_client, streaming_client2

LIMIT = "httpx + json"
OURS = "ours"
OFFICIAL = "official SDK"
SSE = "httpx-sse + json"
PLAIN = "plain generator"
EVENTS = "ours, .stream()"
OFFICIAL_EVENTS = "official .stream()"

URL = BASE_URL + "/chat/completions"
ARGUMENTS: dict[str, Any] = {"model": REQUEST["model"], "messages": REQUEST["messages"]}
Contender = Callable[[], int]
Read = Callable[[Any], int]


def contenders(fixture: StreamFixture, pieces: Sequence[bytes], plain_chunk: Any) -> dict[str, Contender]:
    """Return all of them for one stream.

    Args:
        fixture: The stream.
        pieces: Its body as it is read.
        plain_chunk: The plain generator's class of a chunk.
    """
    in_dict, in_model, _ = readers(fixture)
    client = streaming_client(pieces)
    return {
        LIMIT: lambda: untyped(client, in_dict),
        OURS: ours(pieces, in_model),
        EVENTS: our_events(pieces),
        SSE: lambda: with_httpx_sse(client, in_dict),
        PLAIN: lambda: untyped(client, in_model, plain_chunk.from_dict),
        OFFICIAL: official(pieces, in_model),
        OFFICIAL_EVENTS: official_events(pieces),
    }


def everyday(body: bytes, in_dict: Read = said_in_dict, in_model: Read = said_in_model) -> dict[str, Contender]:
    """Return what reads a body by hand, with `create(stream=True)`, with `.stream()` and with the official SDK.

    All read the same fields of each chunk, and stop where the client raises an error of the stream. The official SDK is
    left out where it is not installed.
    """
    from chat_completions.errors import ChatCompletionsError

    pieces = in_reads(body)
    client = streaming_client(pieces)
    # A loop by hand is written for the server that it reads.
    blank = b"\r\n\r\n" if b"\r\n\r\n" in body else b"\n\n"
    found: dict[str, Contender] = {
        OURS: _by_chunk(_our_client(pieces), in_model, ChatCompletionsError),
        EVENTS: _chunks_by_event(_our_client(pieces), in_model, ChatCompletionsError),
        LIMIT: lambda: untyped(client, in_dict, blank=blank),
    }
    if find_spec("openai"):
        from openai import OpenAIError

        found[OFFICIAL] = _by_chunk(_official_client(pieces), in_model, OpenAIError)
    return found


def untyped(
    client: httpx.Client, read: Read, decode: Callable[[Any], Any] | None = None, *, blank: bytes = b"\n\n"
) -> int:
    """Read a stream by hand: split at the blank lines, and load; the limit of what a client can do without types."""
    size = 0
    with client.stream("POST", URL, json=REQUEST) as response:
        response.raise_for_status()
        buffer = b""
        for data in response.iter_bytes():
            *events, buffer = (buffer + data).split(blank)
            for event in events:
                if event[:1] == b":":
                    continue
                payload = event[6:]
                if payload == b"[DONE]":
                    return size
                value = json.loads(payload)
                size += read(value if decode is None else decode(value))
    return size


def with_httpx_sse(client: httpx.Client, read: Read) -> int:
    """Read a stream with httpx-sse, and load its events."""
    from httpx_sse import connect_sse

    size = 0
    with connect_sse(client, "POST", URL, json=REQUEST) as source:
        for event in source.iter_sse():
            if event.data == "[DONE]":
                break
            size += read(json.loads(event.data))
    return size


def ours(pieces: Sequence[bytes], read: Read) -> Contender:
    """Return what reads a stream with `create(stream=True)`."""
    return _by_chunk(_our_client(pieces), read)


def our_events(pieces: Sequence[bytes]) -> Contender:
    """Return what reads a stream with `.stream()`."""
    return _by_event(_our_client(pieces))


def official(pieces: Sequence[bytes], read: Read) -> Contender:
    """Return what reads a stream with the official SDK."""
    return _by_chunk(_official_client(pieces), read)


def official_events(pieces: Sequence[bytes]) -> Contender:
    """Return what reads a stream with the official SDK's `.stream()`."""
    return _by_event(_official_client(pieces))


def _our_client(pieces: Sequence[bytes]) -> Any:
    from chat_completions import Client

    return Client(base_url=BASE_URL, api_key="bench", http_client=streaming_client(pieces))


def _official_client(pieces: Sequence[bytes]) -> Any:
    from openai import OpenAI

    return OpenAI(base_url=BASE_URL, api_key="bench", http_client=streaming_client2(pieces))


def _by_chunk(client: Any, read: Read, *ends: type[Exception]) -> Contender:
    """Both clients have the same calls; errors of `ends` end a stream, as its last chunk does."""

    def run() -> int:
        size = 0
        try:
            for chunk in client.chat.completions.create(**ARGUMENTS, stream=True):
                size += read(chunk)
        except ends:
            pass
        return size

    return run


def _chunks_by_event(client: Any, read: Read, *ends: type[Exception]) -> Contender:
    def run() -> int:
        size = 0
        try:
            with client.chat.completions.stream(**ARGUMENTS) as stream:
                for event in stream:
                    if event.type == "chunk":
                        size += read(event.chunk)
        except ends:
            pass
        return size

    return run


def _by_event(client: Any) -> Contender:
    def run() -> int:
        size = 0
        with client.chat.completions.stream(**ARGUMENTS) as stream:
            for event in stream:
                size += size_in_event(event)
        return size

    return run


def check(fixture: StreamFixture, found: dict[str, Contender]) -> None:
    """See that every contender reads the whole stream.

    Raises:
        AssertionError: One reads something else.
    """
    expected = readers(fixture)[2]
    for name, run in found.items():
        size = run()
        if size != expected:
            raise AssertionError(f"{name} reads {size} of the stream {fixture.name!r}, not {expected}")
