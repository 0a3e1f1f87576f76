"""`transport="fast"`: bodies that are read directly are as h11 reads them; where it cannot be had, httpx sends."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
from collections.abc import Iterator
from typing import Any

import httpcore
import httpx
import pytest

from chat_completions import (
    NOT_GIVEN,
    AsyncAzureClient,
    AsyncClient,
    AzureClient,
    Client,
    DefaultAsyncHttpxClient,
    DefaultHttpxClient,
    errors,
)
from chat_completions._transport import chunked_body, fast
from chat_completions._transport.chunked_body import read_directly
from tests.client.conftest import CERTIFICATES, MESSAGES
from tests.client.scripted import ScriptedServer, stream_reply
from tests.client.test_streams import DONE, chunk

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GOOD = b"5\r\nhello\r\n1\r\n!\r\n"
VARIABLE = "CHAT_COMPLETIONS_TRANSPORT"
CLIENTS = [Client, AsyncClient, AzureClient, AsyncAzureClient]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch, transport: None) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", VARIABLE, "ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


def read(pieces: list[bytes], *, directly: bool, method: str = "POST") -> tuple[bytes, Any, str]:
    """Return the body of a response that arrives in these pieces, the exception that ends it, and the connection."""
    transport = httpx.HTTPTransport(verify=CERTIFICATES)
    transport._pool = httpcore.ConnectionPool(network_backend=httpcore.MockBackend(pieces))
    with httpx.Client(transport=transport, trust_env=False) as client:
        response = client.send(client.build_request(method, "http://server/"), stream=True)
        if directly:
            assert read_directly(response)
        body, failure = b"", None
        try:
            for data in response.iter_raw():
                assert data
                body += data
        except httpx.HTTPError as error:
            failure = error
            assert error.request is response.request
        said = str(failure).partition(":")[0]
        return body, (type(failure), said), repr([str(each) for each in transport._pool.connections])


BODIES = {
    "two chunks": GOOD + b"0\r\n\r\n",
    "none": b"0\r\n\r\n",
    "many": b"".join(b"%x\r\n%s\r\n" % (size, b"x" * size) for size in range(1, 20)) + b"0\r\n\r\n",
    "line ends within": b"6\r\n\r\n0\r\n\r\r\n2\r\n\r\n\r\n0\r\n\r\n",
    "upper case": b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
    "zeros before": b"0005\r\nhello\r\n000000000001\r\n!\r\n000\r\n\r\n",
    "an extension": b"5;a=b\r\nhello\r\n1\r\n!\r\n0;c\r\n\r\n",
    "a trailer": GOOD + b"0\r\nDigest: x\r\n\r\n",
    "bytes after the end": GOOD + b"0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "broken off in a size": GOOD + b"5",
    "broken off after a size": GOOD + b"5\r\n",
    "broken off in a chunk": GOOD + b"5\r\nhel",
    "broken off after a chunk": GOOD + b"5\r\nhello",
    "broken off in a line end": GOOD + b"5\r\nhello\r",
    "broken off before the end": GOOD,
    "broken off in the end": GOOD + b"0\r\n",
    "not a number": GOOD + b"xyz\r\nhello\r\n0\r\n\r\n",
    "Python's numbers": GOOD + b"0x5\r\nhello\r\n0\r\n\r\n",
    "a sign": GOOD + b"+5\r\nhello\r\n0\r\n\r\n",
    "a space": GOOD + b" 5\r\nhello\r\n0\r\n\r\n",
    "a space after": GOOD + b"5 \r\nhello\r\n0\r\n\r\n",
    "line feeds alone": b"5\nhello\n0\n\n",
    "an empty size": GOOD + b"\r\n5\r\nhello\r\n0\r\n\r\n",
    "an endless size": GOOD + b"f" * 200 + b"\r\n",
    "a huge size": GOOD + b"ffffffffff\r\nhello",
    "a wrong line end": GOOD + b"5\r\nhelloXX1\r\n!\r\n0\r\n\r\n",
    "a longer chunk": GOOD + b"5\r\nhello!\r\n0\r\n\r\n",
    "a wrong line end like a size": GOOD + b"5\r\nhelloA\r\n0123456789\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("body", list(BODIES.values()), ids=list(BODIES))
def test_a_body_is_what_h11_reads_wherever_it_is_split(body: bytes) -> None:
    """Bytes, error and what becomes of the connection are the same."""
    wire = HEAD + body
    splits = [[wire], [HEAD, body], [HEAD, *(body[at : at + 1] for at in range(len(body)))]]
    splits += [[wire[:at], wire[at:]] for at in range(len(HEAD), len(wire))]
    for pieces in splits:
        plain, direct = (read([*pieces], directly=directly) for directly in (False, True))
        if plain[1][1] == "malformed chunk footer":
            plain = plain[0], (plain[1][0], "illegal chunk header"), plain[2]
        assert direct == plain, pieces


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_other_bodies_are_h11s(wire: bytes) -> None:
    for at in range(30, len(wire)):
        assert read([wire[:at], wire[at:]], directly=True) == read([wire[:at], wire[at:]], directly=False)
    assert read([HEAD], directly=True, method="HEAD") == read([HEAD], directly=False, method="HEAD")


def test_chunks_that_are_there_together_are_read_at_once() -> None:
    transport = httpx.HTTPTransport(verify=CERTIFICATES)
    transport._pool = httpcore.ConnectionPool(network_backend=httpcore.MockBackend([HEAD, GOOD * 3, b"0\r\n\r\n"]))
    with (
        httpx.Client(transport=transport, trust_env=False) as client,
        client.stream("GET", "http://server/") as response,
    ):
        assert read_directly(response)
        assert list(response.iter_raw()) == [b"hello!" * 3]


def test_a_program_that_logs_httpcores_steps_is_shown_those_of_the_body(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "httpcore.http11"):
        read([HEAD + GOOD + b"0\r\n\r\n"], directly=True)
    assert "receive_response_body.complete" in caplog.text


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(stream_reply([chunk("a"), chunk("b", "stop"), DONE])) as server:
        yield server


def made(kind: Any, **settings: Any) -> Any:
    azure = {"azure_endpoint": "http://localhost:1", "api_version": "1"} if "Azure" in kind.__name__ else {}
    if "base_url" in settings:
        azure.pop("azure_endpoint", None)
    return kind(**{"api_key": "sk-secret", **azure, **settings})


def text(client: Any) -> str:
    """Stream a completion, and close the client."""
    if isinstance(client, Client):
        with client:
            return "".join(client.chat.completions.create(model="m", messages=MESSAGES, stream=True).text_deltas())

    async def main() -> str:
        async with client:
            stream = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
            return "".join([piece async for piece in stream.text_deltas()])

    return asyncio.run(main())


def sender(client: Any, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what sends the call of a client."""
    used = []
    body = chunked_body._ChunkedBody
    monkeypatch.setattr(chunked_body, "_ChunkedBody", lambda *given: used.append("directly") or body(*given))
    import httpx_aiohttp

    handle = httpx_aiohttp.AiohttpTransport.handle_async_request

    async def handled(*arguments: Any) -> Any:
        used.append("aiohttp")
        return await handle(*arguments)

    monkeypatch.setattr(httpx_aiohttp.AiohttpTransport, "handle_async_request", handled)
    assert text(client) == "ab"
    return used[0] if used else "httpx"


@pytest.mark.parametrize("kind", CLIENTS)
def test_each_client_takes_it_as_an_argument_and_from_the_environment(
    kind: Any, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = "aiohttp" if "Async" in kind.__name__ else "directly"
    assert sender(made(kind, base_url=server.base_url, transport="fast"), server, monkeypatch) == wanted
    assert sender(made(kind, base_url=server.base_url), server, monkeypatch) == "httpx"
    monkeypatch.setenv(VARIABLE, "fast")
    assert sender(made(kind, base_url=server.base_url), server, monkeypatch) == wanted
    assert sender(made(kind, base_url=server.base_url, transport="httpx"), server, monkeypatch) == "httpx"
    assert sender(made(kind, base_url=server.base_url, transport=NOT_GIVEN), server, monkeypatch) == wanted


@pytest.mark.parametrize("kind", CLIENTS)
def test_copies_have_it_and_may_have_another(
    kind: Any, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = "aiohttp" if "Async" in kind.__name__ else "directly"
    monkeypatch.setenv("OPENAI_API_KEY" if "Azure" not in kind.__name__ else "AZURE_OPENAI_API_KEY", "sk-secret")
    client = made(kind, base_url=server.base_url, api_key=None, transport="fast")
    assert client.with_options(timeout=3)._transport is client._transport
    assert client.with_options(transport="fast")._transport is client._transport
    monkeypatch.setenv(VARIABLE, "httpx")
    for alike in (copy.copy(client), copy.deepcopy(client), pickle.loads(pickle.dumps(client))):
        assert alike.transport == "fast"
        assert sender(alike, server, monkeypatch) == wanted
    other = client.with_options(transport="httpx")
    assert other.transport == "httpx" and other._transport is not client._transport
    assert sender(other, server, monkeypatch) == "httpx"
    assert not client.is_closed()
    client.transport = "httpx"
    assert sender(client, server, monkeypatch) == "httpx"


def test_another_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in CLIENTS:
        with pytest.raises(ValueError, match=r"^transport is 'aiohttp'; pass 'httpx' or 'fast'$"):
            made(kind, transport="aiohttp")
    with pytest.raises(ValueError, match="transport is 3"):
        made(Client).with_options(transport=3)
    monkeypatch.setenv(VARIABLE, "quick")
    with pytest.raises(errors.ChatCompletionsError, match=rf"^{VARIABLE} is 'quick'; set it to httpx or fast"):
        made(Client)
    assert made(Client, transport="httpx").transport == "httpx"


def test_a_missing_package_is_named_when_the_client_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'chat-completions-client\[fast\]'"):
        made(AsyncClient, transport="fast")
    with pytest.raises(ImportError, match="httpx-aiohttp"):
        made(AsyncClient).with_options(transport="fast")
    assert made(Client, transport="fast").transport == "fast"


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_with_an_http_client_of_the_callers_that_sends(
    kind: Any, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    http_client = DefaultHttpxClient() if kind is Client else DefaultAsyncHttpxClient()
    with caplog.at_level(logging.INFO, "chat_completions"):
        client = made(kind, base_url=server.base_url, transport="fast", http_client=http_client)
        assert sender(client, server, monkeypatch) == "httpx"
    assert caplog.messages == ["transport='fast' is not used: the client has an http_client"]


def test_aiohttp_has_no_socks_proxies_so_httpx_sends(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A proxy of another scheme counts, too: a redirect may lead there."""
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:sk-secret@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with caplog.at_level(logging.INFO, "chat_completions"):
        assert sender(made(AsyncClient, base_url=server.base_url, transport="fast"), server, monkeypatch) == "httpx"
    (said,) = (line for line in caplog.messages if "not used" in line)
    assert said.endswith("aiohttp does not support SOCKS proxies, and the environment has one for https")
    assert "sk-secret" not in caplog.text


def test_an_unknown_httpcore_reads_itself_and_it_is_said_once(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(chunked_body, "_parser_and_read", lambda stream: (None, None))
    client = made(Client, base_url=server.base_url, transport="fast")
    with caplog.at_level(logging.INFO, "chat_completions"):
        assert len(list(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))) == 2
        assert sender(client, server, monkeypatch) == "httpx"
    assert caplog.messages == ["transport='fast' is not used: this version of httpx is not supported"]


def test_a_connection_is_used_again_after_done(server: ScriptedServer) -> None:
    with made(Client, base_url=server.base_url, transport="fast") as client:
        for _ in range(5):
            assert len(list(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))) == 2
    assert server.connections == 1
