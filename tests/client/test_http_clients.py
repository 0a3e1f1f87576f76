"""Http clients made by ours: their limits, who closes them, and what a caller's own one keeps to itself."""

from __future__ import annotations

import asyncio
import pickle
import sys
from typing import Any

import httpx
import httpx2
import pytest

import chat_completions
from chat_completions import (
    AsyncClient,
    Client,
    DefaultAioHttpClient,
    DefaultAsyncHttpx2Client,
    DefaultAsyncHttpxClient,
    DefaultHttpx2Client,
    DefaultHttpxClient,
)
from tests.client.conftest import MESSAGES
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply

OK = json_reply({"id": "chatcmpl-1", "object": "chat.completion", "choices": []})


def create(client: Client) -> Any:
    return client.chat.completions.create(model="m", messages=MESSAGES)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [DefaultHttpxClient, DefaultHttpx2Client])
def test_ours_are_closed_with_the_client_and_others_are_not(make: Any) -> None:
    with ScriptedServer(OK) as server:
        ours = make(headers={"x-lamp": "lit"})
        with Client(base_url=server.base_url, http_client=ours) as client:
            create(client)
        assert server.requests[0].headers["x-lamp"] == "lit"
        assert ours.is_closed and client.is_closed()
        with httpx.Client() as theirs:
            with Client(base_url=server.base_url, http_client=theirs) as client:
                create(client)
            assert not theirs.is_closed and not client.is_closed()
            assert create(client).id == "chatcmpl-1"


@pytest.mark.parametrize("make", [DefaultAsyncHttpxClient, DefaultAsyncHttpx2Client, DefaultAioHttpClient])
def test_async_ones_too(make: Any) -> None:
    if make is DefaultAioHttpClient:
        pytest.importorskip("httpx_aiohttp", reason="httpx-aiohttp is not installed")

    async def main() -> bool:
        ours = make()
        async with AsyncClient(base_url=server.base_url, http_client=ours) as client:
            completion = await client.chat.completions.create(model="m", messages=MESSAGES)  # type: ignore[arg-type]
            assert completion.id == "chatcmpl-1"
        return bool(ours.is_closed and client.is_closed())

    with ScriptedServer(OK) as server:
        assert asyncio.run(main())


@pytest.mark.parametrize("make", [DefaultHttpxClient, DefaultHttpx2Client])
def test_their_limits_are_those_of_a_client_unless_others_are_given(make: Any) -> None:
    library: Any = httpx if make is DefaultHttpxClient else httpx2
    with make() as ours, make(timeout=3, follow_redirects=False) as other:
        assert (ours.timeout, ours.follow_redirects) == (library.Timeout(600, connect=5), True)
        assert (other.timeout, other.follow_redirects) == (library.Timeout(3), False)
        assert ours._transport._pool._max_keepalive_connections == 1000


@pytest.mark.slow
@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_time_limits_of_an_http_client_hold_where_the_client_has_none(library: Any) -> None:
    with ScriptedServer(Reply([0.8, b'{"choices":[]}'], framing="close")) as server:
        with library.Client(timeout=0.2) as quick, library.Client() as plain:
            options: Any = {"base_url": server.base_url, "max_retries": 0}
            with pytest.raises(chat_completions.APITimeoutError):
                create(Client(http_client=quick, **options))
            with pytest.raises(chat_completions.APITimeoutError):
                create(Client(**options).with_options(http_client=quick))
            assert create(Client(http_client=quick, timeout=30, **options)).choices == []
            assert create(Client(http_client=plain, **options)).choices == []
            assert Client(http_client=plain, **options).timeout == httpx.Timeout(600, connect=5)


def test_a_copy_with_its_own_http_client() -> None:
    """Its connections are its own: closing the one leaves the other open."""
    with ScriptedServer(OK) as server, Client(base_url=server.base_url) as client:
        with client.with_options(http_client=DefaultHttpxClient(headers={"x-lamp": "lit"})) as copy:
            create(copy)
            create(client)
        assert copy.is_closed() and not client.is_closed()
        create(client)
        assert [request.headers.get("x-lamp") for request in server.requests] == ["lit", None, None]
        assert server.connections == 2


def test_a_proxy_and_its_password() -> None:
    """The request goes to the proxy with the whole address; what the proxy is told shows nowhere."""

    def reply(request: Received) -> Reply:
        return json_reply({"error": {"message": "no such lamp"}}, 404)

    with ScriptedServer(reply) as server:
        proxy = server.base_url.replace("http://", "http://keeper:secret-word@")
        with Client(base_url="http://lamp.example/v1", http_client=DefaultHttpxClient(proxy=proxy)) as client:
            with pytest.raises(chat_completions.NotFoundError) as raised:
                create(client)
        assert server.requests[0].target == "http://lamp.example/v1/chat/completions"
        assert server.requests[0].headers["proxy-authorization"].startswith("Basic ")
        assert "secret-word" not in f"{client!r} {vars(client)} {raised.value!r} {vars(raised.value)}"


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("DefaultHttpx2Client", "httpx2"),
        ("DefaultAsyncHttpx2Client", "httpx2"),
        ("DefaultAioHttpClient", "httpx_aiohttp"),
    ],
)
def test_what_is_not_installed_is_named(name: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match="pip install"):
        getattr(chat_completions, name)()


def test_a_client_that_was_closed_before_it_was_used() -> None:
    client = Client(base_url="http://127.0.0.1:9/v1")
    assert not client.is_closed()
    client.close()
    assert client.is_closed()


def test_the_headers_of_a_request_are_those_of_the_library_when_a_hook_changes_them() -> None:
    seen: list[Any] = []

    def change(request: httpx.Request) -> None:
        headers = request.headers
        before = httpx.Headers(headers.raw)
        assert list(headers) == list(before) and dict(headers) == dict(before) and headers == before
        assert [headers[name.upper()] for name in before] == list(before.values())
        assert repr(headers) == repr(before) and pickle.loads(pickle.dumps(headers)) == before
        headers["ACCEPT"] = "text/plain"
        assert headers["accept"] == dict(headers)["accept"] == "text/plain"
        del headers["Authorization"]
        assert "authorization" not in headers and headers.get("authorization") is None
        headers.update({"x-lamp": "lit"})
        assert headers["X-Lamp"] == "lit" and "x-lamp" in list(headers)
        assert headers.pop("content-type") == "application/json" and headers.setdefault("x-more", "1") == "1"
        seen.append(dict(headers))

    http_client = DefaultHttpxClient(event_hooks={"request": [change]}, headers={"x-own": "mine", "Accept": "*/*"})
    with (
        ScriptedServer(OK, OK) as server,
        Client(base_url=server.base_url, api_key="key", http_client=http_client) as client,
    ):
        for _ in range(2):
            create(client)
    # Each request has its own headers: what a hook changes in one is not in the next.
    for found, request in zip(seen, server.requests, strict=True):
        assert found == request.headers and found["x-own"] == "mine" and "content-type" not in found
    assert seen[0]["idempotency-key"] != seen[1]["idempotency-key"]


def test_calls_with_other_headers_do_not_get_those_of_the_last_one() -> None:
    keys = iter("abcd")
    with ScriptedServer(*[OK] * 4) as server, Client(base_url=server.base_url, api_key=lambda: next(keys)) as client:
        for extra in ({}, {"x-lamp": "lit", "idempotency-key": "mine"}, {"Accept": None}, {}):
            client.chat.completions.create(model="m", messages=MESSAGES, extra_headers=extra)  # type: ignore[arg-type]
    sent = [request.headers for request in server.requests]
    assert [headers["authorization"] for headers in sent] == [f"Bearer {key}" for key in "abcd"]
    assert ["x-lamp" in headers for headers in sent] == [False, True, False, False]
    assert [headers["idempotency-key"] == "mine" for headers in sent] == [False, True, False, False]
    assert [headers.get("accept") for headers in sent] == ["application/json"] * 2 + ["*/*", "application/json"]
