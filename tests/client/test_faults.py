"""Whatever a server or the environment says, the caller gets an error of ours, whose cause is what was raised."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import pickle
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import chat_completions
from chat_completions import errors
from tests.cli.certificates import TlsServer, self_signed
from tests.cli.commands import nobody
from tests.client.conftest import SyncApi
from tests.client.scripted import Reply, ScriptedServer, json_reply, stream_reply
from tests.client.test_calls import COMPLETION
from tests.client.test_events import run
from tests.client.test_streams import DONE, chunk, text_of

OK = json_reply(COMPLETION)


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def raised(call: Callable[[], Any]) -> errors.ChatCompletionsError:
    with pytest.raises(errors.ChatCompletionsError) as caught:
        call()
    error = caught.value
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert (type(other), str(other)) == (type(error), str(error))
    return error


LOCATIONS = {
    "a port too high": "http://h:99999/",
    "no number": "http://h:x/",
    "a negative port": "http://h:-1/",
    "half an IPv6 address": "http://[::1/",
    "no IPv6 address": "http://[zz]/",
    "no host": "http://:80/x",
    "a script": "javascript:x",
    "a file": "file:///etc/passwd",
    "another scheme": "ftp://h/",
    "20 KB": "/" + "x" * 20_000,
    "a control character": "/\x01x",
    "a space": "/a b",
    "nothing": "",
}


@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS.keys())
def test_a_redirect_to_what_is_no_address(api: SyncApi, location: str) -> None:
    with ScriptedServer(json_reply({}, 307, location=location), OK) as server:
        client = api.client(base_url=server.base_url, max_retries=0)
        error = raised(lambda: api.create(client))
        # What the library itself refuses, as aiohttp does long and odd headers, is a broken connection.
        assert isinstance(error, errors.APIError)
        assert "redirect" in str(error) or type(error) is errors.APIConnectionError
        assert api.create(client).id == COMPLETION["id"]


@pytest.mark.parametrize("location", ["http://\xe9\xe9.invalid/", "http://xn--a/", "http://%31/", "http://-/"])
def test_a_redirect_to_what_no_request_can_go_to(api: SyncApi, location: str) -> None:
    with ScriptedServer(json_reply({}, 307, location=location), OK) as server:
        error = raised(lambda: api.create(api.client(base_url=server.base_url, max_retries=0)))
        assert isinstance(error, errors.APIError)


@pytest.mark.parametrize("levels", [150, 600, 900, 1500, 50_000])
@pytest.mark.parametrize("status", [200, 400])
def test_the_body_of_an_error_may_be_deep(api: SyncApi, levels: int, status: int) -> None:
    body = b'{"error": {"message": "No.", "code": "c", "param": ' + deep(levels) + b"}}"
    with ScriptedServer(Reply([body], status), OK) as server:
        client = api.client(base_url=server.base_url)
        error = raised(lambda: api.create(client))
        assert isinstance(error, errors.APIError) and error.body is not None
        assert "No." in str(error) or (status == 200 and levels > 900)
        if levels < 900:
            assert error.code == "c"
        assert api.create(client).id == COMPLETION["id"]


@pytest.mark.parametrize("opening", [b"[", b'{"a":'], ids=["arrays", "objects"])
@pytest.mark.parametrize("levels", [150, 400, 600, 900])
def test_a_chunk_may_be_deep(api: SyncApi, levels: int, opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    odd = b'{"id": "x", "choices": [{"index": 0, "delta": %s1%s}]}' % (opening * levels, closing * levels)
    for delta in (odd, odd.replace(b'"delta": ', b'"delta": {"odd": ').replace(b"}]}", b"}}]}")):
        with ScriptedServer(stream_reply([b"data: " + delta + b"\n\n", chunk("a", "stop"), DONE])) as server:
            client = api.client(base_url=server.base_url)
            with contextlib.suppress(errors.StreamError):
                stream = api.create(client, stream=True)
                api.chunks(stream)
                assert text_of(stream.completion) == "a"
            assert stream.timings.chunks >= 0


@pytest.mark.parametrize("levels", [150, 600, 900, 5000])
def test_what_had_arrived_of_a_stream_may_be_deep(api: SyncApi, levels: int) -> None:
    odd = b'data: {"id": "x", "choices": [{"index": 0, "delta": {"content": "b", "odd": ' + deep(levels) + b"}}]}\n\n"
    with ScriptedServer(stream_reply([chunk("a"), odd])) as server:
        stream = api.create(api.client(base_url=server.base_url, max_retries=0), stream=True)
        error = raised(lambda: api.chunks(stream))
        assert isinstance(error, errors.StreamError)
        assert text_of(pickle.loads(pickle.dumps(error)).partial) == text_of(error.partial)


EVENTS = [
    b'event: error\ndata: {"choices": true}\n\n',
    b'event: error\ndata: {"choices": 1}\n\n',
    b'event: error\ndata: {"error": {"choices": 1}}\n\n',
    b'data: {"error": {"choices": true}}\n\n',
    b'data: {"error": {"choices": {"a": 1}}}\n\n',
    b'data: {"error": [], "object": "error"}\n\n',
    b'event: error\ndata: {"choices": ' + deep(900) + b"}\n\n",
    b'event: error\ndata: {"error": ' + deep(2000) + b"}\n\n",
    b"event: error\ndata: " + b"9" * 5000 + b"\n\n",
    b'data: {"choices": [{"index": ' + b"9" * 5000 + b"}]}\n\n",
]


@pytest.mark.parametrize("event", EVENTS, ids=range(len(EVENTS)))
def test_an_error_inside_a_stream_may_have_any_shape(api: SyncApi, event: bytes) -> None:
    with ScriptedServer(stream_reply([chunk("a"), event, DONE])) as server:
        client = api.client(base_url=server.base_url)
        error = raised(lambda: api.chunks(api.create(client, stream=True)))
        assert isinstance(error, errors.StreamError) and text_of(error.partial) == "a"


@pytest.mark.parametrize(
    "body", [b'{"choices": true}', b'{"choices": 1}', b'{"choices": {"a": 1}}', b'{"choices": "x"}']
)
def test_a_reply_that_does_not_stream_may_have_any_shape(api: SyncApi, body: bytes) -> None:
    with ScriptedServer(Reply([body])) as server:
        stream = api.create(api.client(base_url=server.base_url), stream=True)
        assert isinstance(raised(lambda: api.chunks(stream)), errors.StreamError)


@pytest.mark.parametrize("data", [True, 1, {"a": 1}, "x"])
def test_a_page_may_have_anything_for_its_items(api: SyncApi, data: Any) -> None:
    with ScriptedServer(json_reply({"data": data, "has_more": True})) as server:
        page = api.list(api.client(base_url=server.base_url))
        assert page.data == []
        assert isinstance(raised(page.has_next_page), errors.PaginationError)


@pytest.mark.parametrize("charset", ["hex", "rot13", "base64", "idna", "undefined", "no-such"])
def test_a_body_is_text_whatever_it_says_of_itself(api: SyncApi, charset: str) -> None:
    reply = Reply([b"no JSON"], headers={"content-type": f"text/plain; charset={charset}"})
    with ScriptedServer(reply) as server:
        client = api.client(base_url=server.base_url)
        error = raised(lambda: api.create(client))
        assert isinstance(error, errors.APIResponseValidationError) and isinstance(error.body, str)


def test_a_raw_response_without_json(api: SyncApi) -> None:
    with ScriptedServer(Reply([b"{" + b"9" * 10], headers={"content-type": "text/plain; charset=hex"})) as server:
        raw = run(api, api.client(base_url=server.base_url).chat.completions.with_raw_response.create(**ASKED))
        assert raw.text == "{" + "9" * 10
        assert isinstance(raised(raw.json), errors.APIResponseValidationError)


ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_a_body_that_cannot_be_decompressed(api: SyncApi, coding: str) -> None:
    bad = Reply([b"\x01no such thing" * 10], headers={"content-type": "application/json", "content-encoding": coding})
    with ScriptedServer(bad, bad, OK) as server:
        client = api.client(base_url=server.base_url)
        assert isinstance(raised(lambda: api.create(client)), errors.APIResponseValidationError)
        assert isinstance(raised(lambda: api.chunks(api.create(client, stream=True))), errors.StreamError)
        assert api.create(client).id == COMPLETION["id"]
        assert len(server.requests) == 3


def test_a_cookie_that_no_header_carries_spoils_no_later_call(api: SyncApi) -> None:
    with ScriptedServer(json_reply(COMPLETION, set_cookie="a=\u00e9"), OK) as server:
        client = api.client(base_url=server.base_url)
        assert api.create(client).id == api.create(client).id == COMPLETION["id"]


@pytest.mark.parametrize(
    "url", ["http://h:99999", "http://h:x/v1", "http://h:-1", "http://127.0.0.1:0/v1", "http://[::1", "http://:80/v1"]
)
def test_a_base_url_that_names_no_server(url: str) -> None:
    for kind in (chat_completions.Client, chat_completions.AsyncClient):
        assert "is not a valid URL" in str(raised(lambda kind=kind: kind(base_url=url, api_key="k")))


@contextmanager
def raw_server(*pieces: bytes | threading.Event) -> Iterator[str]:
    """Send the pieces of one reply to every request, each after an event if one is before it; never close."""
    listener = socket.create_server(("127.0.0.1", 0))
    sockets: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            sockets.append(connection)
            connection.recv(65536)
            for piece in pieces:
                if isinstance(piece, bytes):
                    connection.sendall(piece)
                else:
                    piece.wait(60)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in sockets:
            connection.close()
        thread.join(60)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
HEADS = {
    "no status": b"HTTP/1.1 abc\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x00\r\n\r\n",
    "no name of a header": b"HTTP/1.1 200 OK\r\n: x\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
    "a negative length": b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",
    "a length of words": b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n{}",
    "a header too long": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n",
    "NUL in a header": b"HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS.keys())
def test_a_head_that_is_none(api: SyncApi, head: bytes) -> None:
    """It is told at once, by the same class over each transport."""
    with raw_server(head) as url:
        error = raised(lambda: api.create(api.client(base_url=url, max_retries=0, timeout=60)))
        assert type(error) is errors.APIConnectionError and error.is_retryable and "broke" in str(error)


@pytest.mark.parametrize("size", [b"zz\r\nhello\r\n", b"-5\r\n"])
def test_a_bad_chunk_ends_a_stream_at_once(api: SyncApi, size: bytes) -> None:
    told = threading.Event()
    data = chunk("a")
    with raw_server(HEAD + b"%x\r\n%s\r\n" % (len(data), data), told, size) as url:
        stream = api.create(api.client(base_url=url, max_retries=0, timeout=60), stream=True)
        assert api.next(stream).choices[0].delta.content == "a"
        told.set()
        error = raised(lambda: api.chunks(stream))
        assert type(error) is errors.StreamConnectionError and text_of(error.partial) == "a"


def test_nobody_is_there(api: SyncApi, monkeypatch: pytest.MonkeyPatch) -> None:
    known = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        if b"no-such-host" in (host if isinstance(host, bytes) else str(host).encode()):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with nobody() as refusing:
        for host in (refusing, "no-such-host.invalid"):
            client = api.client(base_url=f"http://{host}/v1", max_retries=0)
            error = raised(lambda client=client: api.create(client))
            assert type(error) is errors.APIConnectionError and error.is_retryable
            assert "cannot reach" in str(error)


def test_a_certificate_that_is_not_trusted(api: SyncApi, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, begins=timedelta(0), ends=timedelta(days=1))
    with TlsServer(certificate, key, OK) as server:
        error = raised(lambda: api.create(api.client(base_url=server.base_url, max_retries=0)))
        assert type(error) is errors.APIConnectionError
        assert "cannot reach" in str(error) and "CERTIFICATE_VERIFY_FAILED" in str(error)
        assert server.requests == []


def test_a_handshake_that_is_refused(api: SyncApi) -> None:
    with raw_server(b"\x15\x03\x03\x00\x02\x02\x28") as url:
        error = raised(lambda: api.create(api.client(base_url=url.replace("http:", "https:"), max_retries=0)))
        assert type(error) is errors.APIConnectionError and "cannot reach" in str(error)


class Odd(LookupError):
    """What the caller's own code raises."""


def test_what_an_event_hook_raises_is_the_cause_of_our_error(api: SyncApi) -> None:
    def hook(_: Any) -> None:
        raise kind("no")

    async def async_hook(_: Any) -> None:
        raise kind("no")

    is_async = not isinstance(api.client(), chat_completions.Client)
    made: Any = httpx.AsyncClient if is_async else httpx.Client
    with ScriptedServer(OK) as server:
        for kind in (Odd, OSError, ValueError, UnicodeError, TimeoutError):
            for when in ("request", "response"):
                hooks = {when: [async_hook if is_async else hook]}
                http_client = made(event_hooks=hooks)
                client = api.client(base_url=server.base_url, http_client=http_client, max_retries=0)
                with pytest.raises(errors.APIConnectionError) as caught:
                    api.create(client)
                run(api, http_client.aclose() if is_async else http_client.close())
                assert type(caught.value.__cause__) is kind
                assert caught.value.is_retryable is issubclass(kind, OSError)


def test_a_key_function_that_cannot_reach_its_server_is_asked_again(api: SyncApi) -> None:
    for kind, asked in ((OSError, 2), (httpx.ConnectError, 2), (TimeoutError, 2)):
        calls = []

        def key(kind: type[Exception] = kind, calls: list[int] = calls) -> str:
            calls.append(1)
            raise kind("sk-secret")

        with pytest.raises(errors.APIConnectionError, match=f"returns the API key failed: {kind.__name__}") as caught:
            api.create(api.client(api_key=key, base_url="http://127.0.0.1:1/v1", max_retries=1))
        assert len(calls) == len(caught.value.attempts) == asked
        assert type(caught.value.__cause__) is kind and "secret" not in str(caught.value)
        assert isinstance(caught.value, errors.APITimeoutError) is (kind is TimeoutError)


@pytest.mark.parametrize("kind", [Odd, AssertionError])
def test_what_else_a_key_function_raises_is_raised_as_it_is(api: SyncApi, kind: type[Exception]) -> None:
    calls = []

    def key() -> str:
        calls.append(1)
        raise kind("expected")

    with pytest.raises(kind, match="expected"):
        api.create(api.client(api_key=key, base_url="http://127.0.0.1:1/v1"))
    assert len(calls) == 1


def test_an_assertion_of_a_library_is_no_tests_expectation() -> None:
    """The codec asserts that it is used with its own error handler."""
    with ScriptedServer(Reply([b"ff"], headers={"content-type": "text/plain; charset=hex"})) as server:
        client = chat_completions.Client(api_key="sk-test", base_url=server.base_url, max_retries=0)
        completions = client.chat.completions.with_streaming_response
        with completions.create(model="m", messages=[]) as response, pytest.raises(errors.APIConnectionError) as caught:
            list(response.iter_text())
    assert type(caught.value.__cause__) is AssertionError and not caught.value.is_retryable


def test_a_key_function_is_asked_for_each_attempt(api: SyncApi) -> None:
    """All attempts have one idempotency key; a key that an error quotes is hidden, whichever attempt it was of."""
    keys = iter(f"sk-number-{number}" for number in range(9))

    def quoting(request: Any) -> Any:
        return json_reply({"error": {"message": f"no: {request.headers['authorization']}"}}, 503, retry_after="0")

    with ScriptedServer(quoting) as server:
        client = api.client(api_key=lambda: next(keys), base_url=server.base_url, max_retries=2)
        with pytest.raises(errors.InternalServerError) as caught:
            api.create(client)
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer sk-number-0", "Bearer sk-number-1", "Bearer sk-number-2"]
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
    assert "sk-number" not in f"{caught.value} {caught.value.attempts}"


ENVIRONMENTS: dict[str, tuple[dict[str, str], str]] = {
    "a proxy of an unknown scheme": ({"HTTP_PROXY": "socks://u:sk-secret@127.0.0.1:1"}, "HTTP_PROXY"),
    "a proxy's bad port": ({"ALL_PROXY": "http://u:sk-secret@h:99999"}, "ALL_PROXY"),
    "no proxy's address": ({"http_proxy": "http://["}, "http_proxy"),
    "an exemption that is none": ({"NO_PROXY": "h:x", "HTTP_PROXY": "http://127.0.0.1:1"}, "NO_PROXY"),
    "a file that is not there": ({"SSL_CERT_FILE": "/no/such/file"}, "SSL_CERT_FILE"),
    "a file without a certificate": ({"SSL_CERT_FILE": "/dev/null"}, "SSL_CERT_FILE"),
    "a folder for a file": ({"SSL_CERT_FILE": "/"}, "SSL_CERT_FILE"),
    "a folder that is not there": ({"SSL_CERT_DIR": "/no/such/folder"}, "SSL_CERT_DIR"),
}
MAKERS = {
    "own": None,
    "httpx": (chat_completions.DefaultHttpxClient, chat_completions.DefaultAsyncHttpxClient),
    "httpx2": (chat_completions.DefaultHttpx2Client, chat_completions.DefaultAsyncHttpx2Client),
    "aiohttp": (None, chat_completions.DefaultAioHttpClient),
}


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


@pytest.mark.parametrize(("variables", "named"), ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
def test_an_environment_that_cannot_be_used_is_told_of(
    surroundings: pytest.MonkeyPatch, variables: dict[str, str], named: str
) -> None:
    for name, value in variables.items():
        surroundings.setenv(name, value)
    with ScriptedServer(OK) as server:
        with chat_completions.Client(base_url=server.base_url, api_key="k") as client:
            error = raised(lambda: client.chat.completions.create(**ASKED))
        assert named in str(error) and "sk-secret" not in str(error) and not isinstance(error, errors.APIError)

        async def main() -> None:
            async with chat_completions.AsyncClient(base_url=server.base_url, api_key="k") as client:
                await client.chat.completions.create(**ASKED)

        assert str(raised(lambda: asyncio.run(main()))) == str(error)
        assert server.requests == []


def test_certificates_that_cannot_be_loaded_are_told_of_where_tls_is_asked_for(
    surroundings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "certificates.pem").write_text("nothing")
    surroundings.setenv("SSL_CERT_FILE", str(tmp_path / "certificates.pem"))
    with ScriptedServer(OK) as server:
        secure = server.base_url.replace("http:", "https:")
        with chat_completions.Client(base_url=server.base_url, api_key="k") as client:
            client.chat.completions.create(**ASKED)
            error = raised(lambda: client.with_options(base_url=secure).chat.completions.create(**ASKED))
        assert "SSL_CERT_FILE" in str(error) and not isinstance(error, errors.APIError)

        async def main() -> None:
            async with chat_completions.AsyncClient(base_url=secure, api_key="k") as client:
                await client.chat.completions.create(**ASKED)

        assert str(raised(lambda: asyncio.run(main()))) == str(error)
        assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["httpx", "httpx2", "aiohttp"])
def test_http_clients_of_ours_tell_of_it_too(surroundings: pytest.MonkeyPatch, name: str) -> None:
    surroundings.setenv("ALL_PROXY", "gopher://127.0.0.1:1")
    for make in MAKERS[name] or ():
        if make is not None:
            assert "ALL_PROXY" in str(raised(make))


@pytest.mark.parametrize("exempt", ["127.0.0.1", "[::1],127.0.0.1", "::1/128, 127.0.0.1", "fe80::/10,127.0.0.1", "*"])
def test_a_server_that_needs_no_proxy_is_reached(surroundings: pytest.MonkeyPatch, exempt: str) -> None:
    """Whatever is wrong with the proxy, and however NO_PROXY writes IPv6 addresses."""
    surroundings.setenv("NO_PROXY", exempt)
    for proxy in ("socks://127.0.0.1:1", "socks5://127.0.0.1:1", "http://127.0.0.1:1"):
        surroundings.setenv("ALL_PROXY", proxy)
        with ScriptedServer(OK) as server:
            with chat_completions.Client(base_url=server.base_url, api_key="k") as client:
                assert client.chat.completions.create(**ASKED).id == COMPLETION["id"]
