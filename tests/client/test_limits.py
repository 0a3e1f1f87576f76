"""Limits of time and size hold for all that a server may send, over every transport."""

from __future__ import annotations

import asyncio
import functools
import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import httpx2
import pytest
import zstandard

from chat_completions import AsyncClient, Client, DefaultAioHttpClient, DefaultHttpxClient, errors, response_info
from tests.client.conftest import MESSAGES, SyncApi
from tests.client.scripted import Reply, ScriptedServer, json_reply, stream_reply

pytestmark = pytest.mark.slow

OK = json_reply({"id": "chatcmpl-1", "object": "chat.completion", "choices": []})
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2000\r\n\r\n"
ERROR = b"HTTP/1.1 %d Reason\r\ncontent-type: application/json\r\ncontent-length: 2000\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
CHUNK = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
DRIP = 0.05  # seconds between two bytes; less than any limit of a read here
DEADLINE = 0.4
LATER = 2.0  # seconds, where something has to arrive before the deadline, on a busy machine too

# What comes at once, and what drips in from then on, for ever.
LATE: dict[str, tuple[bytes, bytes]] = {
    "head": (b"HTTP/1.1 200 OK\r\nx-long: ", b"x"),
    "informational": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "body": (HEAD, b" "),
    "error-body": (ERROR % 400, b" "),
    "busy-body": (ERROR % 503, b" "),
    "nothing": (b"", b""),
    "silent-body": (HEAD, b""),
    "endless-body": (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{}", b" "),
}


@contextmanager
def dripping(start: bytes, drip: bytes, *, kept: bytes = b"") -> Iterator[str]:
    """Run a server that answers each request with a start and drips from then on; the first one with `kept`."""
    over = threading.Event()
    first = [kept] if kept else []

    def serve(connection: socket.socket) -> None:
        try:
            with connection:
                while connection.recv(65536):
                    if first:
                        connection.sendall(first.pop())
                        continue
                    connection.sendall(start)
                    while not over.wait(DRIP):
                        connection.sendall(drip)
                    return
        except OSError:
            pass

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def ends_in_time() -> Iterator[None]:
    """Fail where what should take `DEADLINE` takes what only a call without a deadline takes."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("late", LATE.values(), ids=LATE.keys())
def test_a_deadline_ends_a_call(api: SyncApi, late: tuple[bytes, bytes]) -> None:
    with dripping(*late) as base_url, ends_in_time():
        client = api.client(base_url=base_url, deadline=DEADLINE)
        with pytest.raises(errors.APITimeoutError, match=r"the deadline of 0\.4 s passed") as caught:
            api.create(client)
        assert len(caught.value.attempts) == 1


@pytest.mark.parametrize("late", LATE.values(), ids=LATE.keys())
def test_a_deadline_ends_a_call_over_aiohttp(late: tuple[bytes, bytes]) -> None:
    async def main(base_url: str) -> None:
        async with AsyncClient(base_url=base_url, http_client=DefaultAioHttpClient(), deadline=DEADLINE) as client:
            with pytest.raises(errors.APITimeoutError, match=r"the deadline of 0\.4 s passed"):
                await client.chat.completions.create(model="m", messages=MESSAGES)  # type: ignore[arg-type]

    with dripping(*late) as base_url, ends_in_time():
        asyncio.run(main(base_url))


@pytest.mark.parametrize("late", [LATE["head"], LATE["body"]], ids=["head", "body"])
def test_a_deadline_ends_a_call_over_a_connection_that_was_kept(api: SyncApi, late: tuple[bytes, bytes]) -> None:
    kept = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n" + b'{"choices":[]}'
    with dripping(*late, kept=kept) as base_url, ends_in_time():
        client = api.client(base_url=base_url)
        api.create(client)
        with pytest.raises(errors.APITimeoutError, match="the deadline of"):
            api.create(client, deadline=DEADLINE)


@pytest.mark.parametrize("status", [400, 503])
def test_a_deadline_in_an_error_body_keeps_what_came(api: SyncApi, status: int) -> None:
    start = ERROR % status + b"the lamp is out"
    with dripping(start, b"!") as base_url, ends_in_time():
        with pytest.raises(errors.APITimeoutError, match="the lamp is out") as caught:
            api.create(api.client(base_url=base_url, deadline=LATER))
        assert caught.value.status_code == status and caught.value.body.startswith("the lamp is out")
        assert [attempt.status for attempt in caught.value.attempts] == [status]


@pytest.mark.parametrize("drip", [b"", b":", b": ping\n\n", b"x"], ids=["silence", "comment", "pings", "event"])
@pytest.mark.parametrize("limits", [{"deadline": LATER}, {"idle_timeout": DEADLINE}], ids=["deadline", "idle"])
def test_a_limit_ends_a_stream(api: SyncApi, drip: bytes, limits: dict[str, float]) -> None:
    """The bytes of a stream without a length also end with its connection, which must not look like its end."""
    with dripping(STREAM + CHUNK, drip) as base_url, ends_in_time():
        stream = api.create(api.client(base_url=base_url), stream=True, **limits)
        assert api.next(stream).choices[0].delta.content == "a"
        with pytest.raises(errors.StreamTimeoutError) as caught:
            api.next(stream)
        assert caught.value.partial is not None


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("read", ["read", "iter_bytes", "parse"])
def test_a_deadline_ends_the_reading_of_a_streamed_response(kind: Any, read: str) -> None:
    async def aread(base_url: str) -> None:
        async with kind(base_url=base_url, deadline=DEADLINE) as client:
            asked = client.chat.completions.with_streaming_response.create(model="m", messages=MESSAGES)
            async with asked as response:
                if read == "iter_bytes":
                    async for _ in response.iter_bytes():
                        pass
                await getattr(response, read)()

    with dripping(*LATE["body"]) as base_url, ends_in_time(), pytest.raises(errors.APITimeoutError):
        if kind is AsyncClient:
            asyncio.run(aread(base_url))
        with kind(base_url=base_url, deadline=DEADLINE) as client:
            with client.chat.completions.with_streaming_response.create(model="m", messages=MESSAGES) as response:
                if read == "iter_bytes":
                    list(response.iter_bytes())
                getattr(response, read)()


def test_the_time_of_the_caller_is_no_silence(api: SyncApi) -> None:
    """The server sent the second chunk long before it was asked for."""
    with ScriptedServer(stream_reply([CHUNK, 0.05, CHUNK, 60.0])) as server:
        stream = api.create(api.client(base_url=server.base_url), stream=True, idle_timeout=1)
        api.next(stream)
        time.sleep(1.5)
        assert api.next(stream).choices[0].delta.content == "a"
        api.close(stream)


def test_a_deadline_on_many_threads_ends_each_by_itself() -> None:
    """One client, 64 threads: half of the calls are late, and none of the others is harmed."""
    late = Reply([60.0, b"{}"])

    with ScriptedServer(lambda request: late if b"late" in request.body else OK) as server:
        with Client(base_url=server.base_url, max_retries=0, timeout=120) as client:
            outcomes: list[tuple[bool, type]] = []

            def work(number: int) -> None:
                is_late = number % 2 == 1
                for _ in range(3):
                    try:
                        client.chat.completions.create(
                            model="late" if is_late else "m",
                            messages=MESSAGES,  # type: ignore[arg-type]
                            deadline=0.3 if is_late else 60,
                        )
                        outcomes.append((is_late, type(None)))
                    except Exception as error:
                        outcomes.append((is_late, type(error)))

            threads = [threading.Thread(target=work, args=(number,)) for number in range(64)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert len(outcomes) == 192
    assert set(outcomes) == {(True, errors.APITimeoutError), (False, type(None))}


@pytest.mark.parametrize("status", [200, 429, 503])
@pytest.mark.parametrize(
    ("ending", "timeout", "times"),
    [(Reply([b'{"id'], cut=True), 60, 2), (Reply([b'{"id', 60.0]), 2, 1)],  # a busy machine needs part of the 2 s
    ids=["cut", "stalled"],
)
def test_a_reply_that_breaks_off_is_retried(
    api: SyncApi, status: int, ending: Reply, timeout: float, times: int
) -> None:
    headers = {"content-type": "application/json", "content-length": "100", "retry-after-ms": "1"}
    broken = Reply(ending.pieces, status, headers, cut=ending.cut)
    with ScriptedServer(*[broken] * times, OK) as server:
        completion = api.create(api.client(base_url=server.base_url, timeout=timeout))
        assert completion.id == "chatcmpl-1" and len(server.requests) == times + 1
        assert [attempt.status for attempt in response_info(completion).attempts] == [status] * times + [200]
        assert len({request.headers["idempotency-key"] for request in server.requests}) == 1


def test_a_reply_that_breaks_off_at_last(api: SyncApi) -> None:
    headers = {"content-type": "application/json", "content-length": "100"}
    with ScriptedServer(Reply([b'{"id'], 200, headers, cut=True)) as server:
        with pytest.raises(errors.APIConnectionError, match="broke") as caught:
            api.create(api.client(base_url=server.base_url, max_retries=1))
        assert len(server.requests) == 2 and [a.status for a in caught.value.attempts] == [200, 200]


@pytest.mark.parametrize(("status", "requests"), [(400, 1), (503, 2)])
def test_an_error_whose_body_breaks_off(api: SyncApi, status: int, requests: int) -> None:
    headers = {"content-type": "text/plain", "content-length": "100", "retry-after-ms": "1"}
    with ScriptedServer(Reply([b"the lamp"], status, headers, cut=True)) as server:
        with pytest.raises(errors.APIStatusError, match=r"the lamp.*cut off") as caught:
            api.create(api.client(base_url=server.base_url, max_retries=1))
        assert (caught.value.status_code, caught.value.body) == (status, "the lamp")
        assert len(server.requests) == requests


COMPLETION = {"id": "chatcmpl-1", "object": "chat.completion", "choices": [], "filler": ""}


def large(size: int) -> bytes:
    body = json.dumps(COMPLETION).encode()
    return body[:-2] + b" " * (size - len(body)) + body[-2:]


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "gzip, gzip": lambda body: gzip.compress(gzip.compress(body)),
    "gzip, deflate": lambda body: zlib.compress(gzip.compress(body)),
}


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("coding", CODINGS)
def test_a_reply_has_a_limit_of_size(api: SyncApi, coding: str, framing: str) -> None:
    def reply(size: int) -> Reply:
        headers = {"content-type": "application/json", "content-encoding": coding}
        return Reply([CODINGS[coding](large(size))], headers=headers, framing=framing)

    if coding == "zstd" and api.httpx2:
        pytest.skip("httpx2 reads zstd from Python 3.14 on, or with another package")
    with ScriptedServer(reply(100_000), reply(100_001), OK) as server:
        client = api.client(base_url=server.base_url, max_response_bytes=100_000)
        assert api.create(client).id == "chatcmpl-1"
        with pytest.raises(errors.ResponseTooLargeError, match="larger than 100000 bytes") as caught:
            api.create(client)
        assert not caught.value.is_retryable and caught.value.status_code == 200
        assert api.create(client).id == "chatcmpl-1" and len(server.requests) == 3


def test_the_limit_of_size_holds_for_lists_and_raw_and_streamed_responses() -> None:
    with ScriptedServer(Reply([large(2000)])) as server:
        with Client(base_url=server.base_url).with_options(max_response_bytes=1000) as client:
            asked: Any = {"model": "m", "messages": MESSAGES}
            with pytest.raises(errors.ResponseTooLargeError):
                client.chat.completions.list()
            with pytest.raises(errors.ResponseTooLargeError):
                client.chat.completions.with_raw_response.create(**asked)
            with client.chat.completions.with_streaming_response.create(**asked) as response:
                with pytest.raises(errors.ResponseTooLargeError):
                    response.parse()
            with client.chat.completions.with_streaming_response.create(**asked) as response:
                assert len(b"".join(response.iter_bytes())) == 2000


@pytest.mark.parametrize("size", [0, -1, 1.5, "1"])
def test_a_limit_that_is_none(size: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="max_response_bytes"):
        Client(base_url="http://127.0.0.1", max_response_bytes=size)


def test_an_error_body_is_read_up_to_a_mebibyte(api: SyncApi) -> None:
    with ScriptedServer(Reply([b"x" * (3 << 20)], 400)) as server:
        with pytest.raises(errors.BadRequestError) as caught:
            api.create(api.client(base_url=server.base_url))
        assert len(caught.value.body) == 1 << 20
        assert 2000 < len(str(caught.value)) < 2100


PEAK = """
import resource, sys
from chat_completions import Client, errors
base_url, stream = sys.argv[1], sys.argv[2] == "stream"
client = Client(base_url=base_url, max_retries=0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    reply = client.chat.completions.create(model="m", messages=[], stream=stream)
    for _ in reply if stream else ():
        pass
except errors.APIError as error:
    print(type(error).__name__, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@functools.cache
def bomb(coding: str, start: bytes) -> bytes:
    """Make a body of 900 MB, of which less than one is sent."""
    block = b" " * (1 << 20)
    if coding == "zstd":
        zstd = zstandard.ZstdCompressor(level=19).compressobj()
        return b"".join([zstd.compress(start), *(zstd.compress(block) for _ in range(900)), zstd.flush()])
    # After a full flush, the same block gives the same bytes; it need not be compressed 900 times.
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    first, then = (deflate.compress(text) + deflate.flush(zlib.Z_FULL_FLUSH) for text in (start, block))
    return first + then * 900


@pytest.mark.parametrize("stream", [False, True], ids=["reply", "stream"])
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_bomb_is_a_typed_error(coding: str, stream: bool) -> None:
    """Memory stays near what the limit allows: 256 MiB of a reply, which is joined once, and 64 MiB of an event."""
    import subprocess
    import sys

    kind = "text/event-stream" if stream else "application/json"
    body = bomb(coding, b"data: " if stream else b"{")
    with ScriptedServer(Reply([body], headers={"content-type": kind, "content-encoding": coding})) as server:
        done = subprocess.run(
            [sys.executable, "-c", PEAK, server.base_url, "stream" if stream else "reply"],
            capture_output=True,
            text=True,
        )
    name, megabytes = done.stdout.split()
    assert name == ("StreamError" if stream else "ResponseTooLargeError"), done.stderr
    assert int(megabytes) < 700


@pytest.mark.parametrize("codings", ["gzip, gzip, gzip", "zstd, zstd", "zstd, br", "gzip, zstd"])
def test_a_response_that_is_compressed_many_times_over(api: SyncApi, codings: str) -> None:
    """It is not undone, whether it is a reply, an error or a stream; each of them gives its connection back."""

    def reply(status: int, kind: str = "application/json") -> Reply:
        return Reply([b"x"], status, {"content-type": kind, "content-encoding": codings, "retry-after-ms": "1"})

    with ScriptedServer(reply(200), reply(503), reply(400), reply(200, "text/event-stream"), OK) as server:
        client = api.client(base_url=server.base_url)
        with pytest.raises(errors.APIResponseValidationError, match=r"compressed \d+ times"):
            api.create(client)
        with pytest.raises(errors.BadRequestError):
            api.create(client)
        with pytest.raises(errors.StreamError, match=r"compressed \d+ times"):
            api.chunks(api.create(client, stream=True))
        assert api.create(client).id == "chatcmpl-1"
        assert [a.status for a in response_info(api.create(client)).attempts] == [200]
        assert len(server.requests) == 6


@pytest.mark.parametrize("coding", ["zstd, zstd", "gzip, gzip", "gzip, gzip, gzip"])
def test_replies_that_are_refused_keep_no_connection(coding: str) -> None:
    """A pool of three connections is enough for ten of them."""
    headers = {"content-type": "application/json", "content-encoding": coding}
    with ScriptedServer(Reply([b"x"], 500, headers)) as server:
        http_client = DefaultHttpxClient(limits=httpx.Limits(max_connections=3))
        with Client(base_url=server.base_url, http_client=http_client, max_retries=0, timeout=60) as client:
            for deadline in (None, 60) * 5:
                with pytest.raises(errors.InternalServerError):
                    client.chat.completions.create(model="m", messages=MESSAGES, deadline=deadline)  # type: ignore[arg-type]


@pytest.mark.parametrize("coding", ["zstd, zstd", "zstd", "gzip, gzip"])
def test_a_bomb_in_a_bomb_takes_no_memory(coding: str) -> None:
    import subprocess
    import sys

    body = bomb("zstd" if "zstd" in coding else "gzip", b"{")
    if "," in coding:
        body = (zstandard.ZstdCompressor().compress if "zstd" in coding else gzip.compress)(body)
    for status, name in ((200, "APIResponseValidationError|ResponseTooLargeError"), (400, "BadRequestError")):
        headers = {"content-type": "application/json", "content-encoding": coding}
        with ScriptedServer(Reply([body], status, headers)) as server:
            done = subprocess.run(
                [sys.executable, "-c", PEAK, server.base_url, "reply"], capture_output=True, text=True
            )
        kind, megabytes = done.stdout.split()
        assert kind in name and int(megabytes) < 700


def lookup_takes(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    original = socket.getaddrinfo

    def late(*arguments: Any, **options: Any) -> Any:
        time.sleep(seconds)
        return original(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", late)


def test_nothing_is_sent_once_a_call_was_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is looked up for longer than the deadline; whoever calls again must not pay twice."""
    with ScriptedServer(OK) as server, Client(base_url=server.base_url, max_retries=0) as client:
        lookup_takes(0.8, monkeypatch)
        with pytest.raises(errors.APITimeoutError, match="the deadline of"):
            client.chat.completions.create(model="m", messages=MESSAGES, deadline=0.2)  # type: ignore[arg-type]
        assert no_call_goes_on()
        assert server.requests == []


def no_call_goes_on() -> bool:
    """Wait until no thread of a call is left that was given up."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if not any(thread.name == "chat-completions-call" for thread in threading.enumerate()):
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("make", [None, DefaultHttpxClient, httpx.Client, httpx2.Client])
@pytest.mark.parametrize("late", [LATE["head"], LATE["informational"]], ids=["head", "informational"])
def test_a_call_that_was_late_leaves_nothing_behind(make: Any, late: tuple[bytes, bytes]) -> None:
    """Over connections of the pool, whose head drips: no thread, and no connection that others wait for."""
    kept = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n" + b'{"choices":[]}'
    limits = {"limits": (httpx2 if make is httpx2.Client else httpx).Limits(max_connections=1)}
    http_client = make(**limits) if make else None
    with dripping(*late, kept=kept) as base_url:
        with Client(base_url=base_url, max_retries=0, timeout=60, http_client=http_client) as client:
            client.chat.completions.create(model="m", messages=MESSAGES)  # type: ignore[arg-type]
            for _ in range(3):
                with pytest.raises(errors.APITimeoutError, match="the deadline of"):
                    client.chat.completions.create(model="m", messages=MESSAGES, deadline=0.3)  # type: ignore[arg-type]
            assert no_call_goes_on()
        if http_client is not None:
            http_client.close()


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_key_function_is_held_to_the_deadline(kind: Any) -> None:
    def key() -> str:
        time.sleep(60 if kind is Client else 0)
        return "k"

    async def akey() -> str:
        await asyncio.sleep(60)
        return "k"

    async def main(base_url: str) -> None:
        async with AsyncClient(base_url=base_url, api_key=akey, deadline=DEADLINE) as client:
            await client.chat.completions.create(model="m", messages=MESSAGES)  # type: ignore[arg-type]

    with ScriptedServer(OK) as server, ends_in_time(), pytest.raises(errors.APITimeoutError, match="the deadline of"):
        if kind is AsyncClient:
            asyncio.run(main(server.base_url))
        Client(base_url=server.base_url, api_key=key, deadline=DEADLINE).chat.completions.create(
            model="m",
            messages=MESSAGES,  # type: ignore[arg-type]
        )


NUMBERS = [float("nan"), -1, "5", True]


@pytest.mark.parametrize("number", NUMBERS, ids=str)
@pytest.mark.parametrize("name", ["deadline", "done_timeout", "idle_timeout", "timeout"])
def test_a_time_limit_that_is_none(api: SyncApi, name: str, number: Any) -> None:
    with ScriptedServer(OK) as server:
        for make in (lambda: api.client(base_url=server.base_url, **{name: number}),
                     lambda: api.create(api.client(base_url=server.base_url), **{name: number}),
                     lambda: api.client(base_url=server.base_url).with_options(**{name: number})):  # fmt: skip
            with pytest.raises((TypeError, ValueError), match=name):
                make()
        assert server.requests == []


@pytest.mark.parametrize(
    "number",
    [float("inf"), 1e10, 1e300, 2**63, 10**400, 3_000_000],
    ids=lambda n: f"{n:.5}"[:9] if isinstance(n, float) else str(n)[:9],
)
@pytest.mark.parametrize("name", ["deadline", "done_timeout", "idle_timeout", "timeout"])
def test_a_time_limit_beyond_every_clock_is_no_limit(api: SyncApi, name: str, number: Any) -> None:
    with ScriptedServer(OK, stream_reply([CHUNK, b"data: [DONE]\n\n"])) as server:
        assert api.create(api.client(base_url=server.base_url, **{name: number})).id == "chatcmpl-1"
        assert len(api.chunks(api.create(api.client(base_url=server.base_url), stream=True, **{name: number}))) == 1


def test_a_compressed_stream_reads_as_any_other(api: SyncApi) -> None:
    body = CHUNK * 50 + b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    for coding in ("gzip", "deflate", "gzip, gzip", *(() if api.httpx2 else ("zstd",))):
        headers = {"content-type": "text/event-stream", "content-encoding": coding}
        with ScriptedServer(Reply([CODINGS[coding](body)], headers=headers, framing="chunked")) as server:
            client = api.client(base_url=server.base_url)
            for _ in range(2):
                assert len(api.chunks(api.create(client, stream=True))) == 51
            assert server.connections == 1
