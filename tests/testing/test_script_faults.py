"""Faults on demand: each one, and what the client makes of it, over real sockets, sync and async, httpx and httpx2."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from chat_completions import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    BadRequestError,
    IncompleteStreamError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    StreamConnectionError,
    StreamError,
    StreamTimeoutError,
    response_info,
)
from chat_completions.testing import Script, ScriptedServer
from tests.client.conftest import MESSAGES, SyncApi


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(exact=True) as server:
        yield server


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": MESSAGES, **fields}


@pytest.mark.parametrize(
    ("script", "error", "said"),
    [
        (lambda s: s.fail(400, param="n", code="bad"), BadRequestError, "HTTP 400"),
        (lambda s: s.fail(404), NotFoundError, "does not exist"),
        (lambda s: s.fail(429), RateLimitError, "Too many requests"),
        (lambda s: s.fail(500, "My words."), InternalServerError, "My words"),
        (lambda s: s.fail(529), InternalServerError, "HTTP 529"),
        (lambda s: s.html(), APIResponseValidationError, "text/html"),
        (lambda s: s.html(502), InternalServerError, "HTTP 502"),
        (lambda s: s.raw('{"id": '), APIResponseValidationError, "is not a JSON object"),
        (lambda s: s.raw(b"\xff"), APIResponseValidationError, "is not a JSON object"),
        (lambda s: s.raw(), APIResponseValidationError, "is not a JSON object"),
        (lambda s: s.raw('{"id": "x"}', cut=True), APIConnectionError, "broke"),
        (lambda s: s.drop(), APIConnectionError, "broke"),
        (lambda s: s.drop(reset=True), APIConnectionError, "broke"),
        (lambda s: s.stall(), APITimeoutError, "no response in time"),
        (lambda s: s.reply("late", delay=30), APITimeoutError, "no response in time"),
    ],
)
def test_a_fault_instead_of_a_completion(
    api: SyncApi, server: ScriptedServer, script: Callable[[Script], Any], error: type[Exception], said: str
) -> None:
    """Each fault reaches the client as what it is, once, and a connection that was kept serves the next request."""
    client = api.client(base_url=server.base_url, max_retries=0)
    script(server)
    server.reply("and then")
    with pytest.raises(error, match=said) as failed:
        api.create(client, **({"timeout": 0.4} if error is APITimeoutError else {}))
    assert type(failed.value) is error
    assert api.create(client).choices[0].message.content == "and then"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("parts", "options", "error", "texts"),
    [
        (["a", "b", "c"], {"cut_after": 2}, StreamConnectionError, "ab"),
        (["a", "b", "c"], {"cut_after": 0}, StreamConnectionError, ""),
        (["a", "b"], {"cut_after": 9}, None, "ab"),
        (["a", "b"], {"done": 0}, None, "ab"),
        (["a", "b"], {"done": 0, "finish_reason": None}, IncompleteStreamError, "ab"),
        (["a", "b"], {"done": 1, "finish_reason": None}, None, "ab"),
        (["a", "b"], {"done": 3}, None, "ab"),
        (["a", "b"], {"error": "overloaded"}, StreamError, "ab"),
        (["a", {"error": {"message": "overloaded", "code": "x"}}, "b"], {}, StreamError, "a"),
        (["a", b"event: error\ndata: overloaded\n\n"], {}, StreamError, "a"),
        (["a", b"data: {oops\n\n", "b"], {}, StreamError, "a"),
        (["a", b"data: \xff\n\n", "b"], {}, StreamError, "a"),
        (["a", b": a comment\n\n", "b"], {}, None, "ab"),
        (["Grüße, ", "żółw"], {"split": 1}, None, "Grüße, żółw"),
        (["a" * 5000, "b"], {"split": 1000}, None, "a" * 5000 + "b"),
        (["a", 0.02, "b"], {"chunk_delay": 0.01, "delay": 0.01}, None, "ab"),
        (["a"], {"headers": {"Content-Type": "text/plain"}}, None, "a"),
        (["a", 60, "b"], {}, StreamTimeoutError, "a"),
        ([], {}, None, ""),
    ],
)
def test_a_fault_within_a_stream(
    api: SyncApi, server: ScriptedServer, parts: list[Any], options: dict[str, Any], error: Any, texts: str
) -> None:
    """What came before the fault is given, the fault is told, and the next request goes well."""
    client = api.client(base_url=server.base_url, max_retries=0)
    server.stream(parts, **options).reply("and then")
    stream = api.create(client, stream=True, idle_timeout=1.5 if error is StreamTimeoutError else None)
    if error is None:
        assert "".join(api.texts(stream)) == texts
    else:
        with pytest.raises(error) as failed:
            api.texts(stream)
        assert type(failed.value) is error
        if texts:
            assert failed.value.partial.choices[0].message.content == texts
        if "overloaded" in str((parts, options)):
            assert "overloaded" in str(failed.value)
    assert api.create(client).choices[0].message.content == "and then"


@pytest.mark.parametrize("fault", [lambda s: s.html(), lambda s: s.raw("{}")], ids=["html", "json"])
def test_no_stream_where_one_was_asked_for(api: SyncApi, server: ScriptedServer, fault: Any) -> None:
    """Faults that are no stream answer a request for one, too."""
    fault(server)
    with pytest.raises(StreamError):
        api.chunks(api.create(api.client(base_url=server.base_url, max_retries=0), stream=True))


@pytest.mark.parametrize("attempts", [1, 2])
def test_retries_are_seen(api: SyncApi, server: ScriptedServer, attempts: int) -> None:
    """`retry_after` is what the client waits, and what it tells."""
    server.fail(429, retry_after=0.05, times=attempts).reply("at last")
    begin = time.perf_counter()
    completion = api.create(api.client(base_url=server.base_url))
    assert time.perf_counter() - begin >= 0.05 * attempts
    assert completion.choices[0].message.content == "at last"
    told = [(attempt.status, attempt.delay) for attempt in response_info(completion).attempts]
    assert told == [(429, 0.05)] * attempts + [(200, None)]
    gaps = [after.time - before.time for before, after in itertools.pairwise(server.requests)]
    assert all(gap >= 0.04 for gap in gaps)


@pytest.mark.parametrize(("seconds", "headers"), [(2, ("2", "2000")), (0.25, ("1", "250")), (0, ("0", "0"))])
def test_both_headers_ask_for_the_wait(server: ScriptedServer, seconds: float, headers: tuple[str, str]) -> None:
    """Clients that know whole seconds only are asked as well."""
    server.fail(503, retry_after=seconds)
    response = httpx.post(f"{server.base_url}/chat/completions", json=body(), trust_env=False)
    assert (response.headers["retry-after"], response.headers["retry-after-ms"]) == headers


def test_each_part_is_a_read(server: ScriptedServer) -> None:
    """A client reads the events one by one, and with `split` so many bytes, however quick they come."""
    url = f"{server.base_url}/chat/completions"
    server.stream(["a", "b"]).stream(["a", "b"], split=7)
    with httpx.Client(trust_env=False) as client:
        for most in (None, 7):
            with client.stream("POST", url, json=body(stream=True)) as response:
                pieces = list(response.iter_raw())
            if most is None:
                assert len(pieces) == 4 and all(piece.endswith(b"\n\n") for piece in pieces)
            else:
                assert max(map(len, pieces)) == most and len(pieces) > 50


def test_what_is_raw_is_raw(server: ScriptedServer) -> None:
    """Status, headers and bytes arrive as they were said."""
    server.raw(b"\x00\xffanything", status=418, headers={"Content-Type": "image/png", "X-Odd": "yes"})
    response = httpx.post(f"{server.base_url}/chat/completions", json=body(), trust_env=False)
    assert (response.status_code, response.content) == (418, b"\x00\xffanything")
    assert (response.headers["content-type"], response.headers["x-odd"]) == ("image/png", "yes")


def test_faults_do_not_ask_what_the_request_is(server: ScriptedServer) -> None:
    """An error or a cut answers lists, and requests that the specification does not allow."""
    server.fail(500, times=2)
    url = f"{server.base_url}/chat/completions"
    assert httpx.get(url, trust_env=False).status_code == 500
    assert httpx.post(url, content=b"no JSON", trust_env=False).status_code == 500


@pytest.mark.parametrize("script", [lambda s: s.stall(), lambda s: s.stream(["a", 60, "b"])], ids=["stall", "pause"])
def test_closing_does_not_wait_for_the_script(script: Any) -> None:
    """A server that is silent on purpose closes at once, and its client hears of it."""
    threads = set(threading.enumerate())
    with httpx.Client(trust_env=False, timeout=20) as client:
        server = ScriptedServer().start()
        script(server)
        failures: list[Exception] = []

        def ask() -> None:
            try:
                client.post(f"{server.base_url}/chat/completions", json=body(stream=True))
            except httpx.TransportError as error:
                failures.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        server.wait_for_requests()
        begin = time.perf_counter()
        server.close()
        assert time.perf_counter() - begin < 30
        asking.join(10)
    assert len(failures) == 1
    assert set(threading.enumerate()) <= threads


@pytest.mark.parametrize("script", [lambda s: s.stall(), lambda s: s.stream(["a", 60, "b"])], ids=["stall", "pause"])
def test_a_client_that_goes_away_is_let_go(server: ScriptedServer, script: Any, caplog: Any) -> None:
    """Nothing is logged as an error, and the next request is served."""
    script(server)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{server.base_url}/chat/completions", json=body(stream=True), trust_env=False, timeout=0.5)
    server.reply("next")
    assert httpx.post(f"{server.base_url}/chat/completions", json=body(), trust_env=False).status_code == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_half_a_request_is_no_request(server: ScriptedServer) -> None:
    """A client that goes away in the middle of its body is not noted, and no answer is spent on it."""
    host, port = server.url.removeprefix("http://").split(":")
    server.reply("whole")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{")
    time.sleep(0.05)
    assert not server.requests
    assert httpx.post(f"{server.base_url}/chat/completions", json=body(), trust_env=False).status_code == 200
