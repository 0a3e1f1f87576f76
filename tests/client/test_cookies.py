"""A cookie that a server set in answer to one credential is never sent with another one, over every transport."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from chat_completions import AsyncAzureClient, AzureClient, Client, errors
from chat_completions._transport import cookies as cookie_books
from tests.client.conftest import AsyncApi, SyncApi
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply
from tests.client.test_origins import Asking, asking, redirect  # noqa: F401

BODY = {"id": "chatcmpl-1", "object": "chat.completion", "choices": []}


def who(request: Received) -> str:
    headers = request.headers
    return headers.get("x-api-key") or headers.get("api-key") or headers["authorization"].removeprefix("Bearer ")


def greeting(request: Received) -> Reply:
    """Set a cookie that tells whom it is for."""
    return json_reply(BODY, set_cookie=f"session=of-{who(request)}; Path=/")


def cookies(server: ScriptedServer) -> list[str | None]:
    return [request.headers.get("cookie") for request in server.requests]


def named(server: ScriptedServer) -> str:
    """Return the address by the name of the host: aiohttp keeps no cookies of an address that is a number."""
    return server.base_url.replace("127.0.0.1", "localhost")


@pytest.fixture(params=["own", "default", "theirs"])
def client_of(request: pytest.FixtureRequest, asking: Asking) -> Callable[..., Any]:  # noqa: F811
    """Make clients whose http client is their own, one of our making, or one of the caller's."""

    def make(server: ScriptedServer, **settings: Any) -> Any:
        http_client = None if request.param == "own" else asking.http_client()
        if request.param == "theirs":
            http_client.closes_with_client = False
            http_client.made_again = None
        return asking.api.client(base_url=named(server), api_key="a", http_client=http_client, **settings)

    return make


def test_copies_with_different_keys(asking: Asking, client_of: Callable[..., Any]) -> None:  # noqa: F811
    with ScriptedServer(greeting) as server:
        a = client_of(server)
        b = a.with_options(api_key="b")
        same = a.with_options(timeout=60)
        header = a.with_options(default_headers={"X-Api-Key": "c"})
        rotating = iter(["d", "e", "d"])
        function = a.with_options(api_key=lambda: next(rotating))
        for client in (a, b, same, header, a, b, header, function, function, function, a):
            asking.api.create(client)
    expected = [None, None, "of-a", None, "of-a", "of-b", "of-c", None, None, "of-d", "of-a"]
    assert cookies(server) == [value and f"session={value}" for value in expected]


def test_what_the_caller_put_there_is_sent_with_every_key(asking: Asking) -> None:  # noqa: F811
    with ScriptedServer(greeting) as server:
        http_client = asking.http_client(cookies={"mine": "1"})
        http_client.cookies.set("lamp", "2", domain="localhost.local")
        a = asking.api.client(base_url=named(server), api_key="a", http_client=http_client)
        b = a.with_options(api_key="b")
        for client in (a, b, a):
            asking.api.create(client)
        http_client.cookies.set("late", "3", domain="localhost.local")
        asking.api.create(b)
    found = [sorted((value or "").split("; ")) for value in cookies(server)]
    assert found[:2] == [["lamp=2", "mine=1"]] * 2
    assert found[2] == ["lamp=2", "mine=1", "session=of-a"]
    assert found[3] == ["lamp=2", "late=3", "mine=1", "session=of-b"]


def test_two_clients_of_one_http_client(asking: Asking) -> None:  # noqa: F811
    with ScriptedServer(greeting) as server:
        http_client = asking.http_client()
        for key in ("a", "b", "a"):
            asking.api.create(asking.api.client(base_url=named(server), api_key=key, http_client=http_client))
    assert cookies(server) == [None, None, "session=of-a"]


def test_a_cookie_that_is_taken_back(asking: Asking) -> None:  # noqa: F811
    gone = json_reply(BODY, set_cookie="session=; Path=/; Max-Age=0")
    with ScriptedServer(greeting, gone, json_reply(BODY)) as server:
        client = asking.api.client(base_url=named(server), api_key="a", http_client=asking.http_client())
        for _ in range(3):
            asking.api.create(client)
    assert cookies(server) == [None, "session=of-a", None]


def test_failures_retries_and_redirects_set_cookies_too(asking: Asking) -> None:  # noqa: F811
    def busy(request: Received) -> Reply:
        return json_reply({}, 503, retry_after_ms="1", set_cookie="busy=1; Path=/")

    def elsewhere(request: Received) -> Reply:
        return redirect("/v1/2", set_cookie="moved=1; Path=/")

    with ScriptedServer(busy, elsewhere, json_reply(BODY)) as server:
        a = asking.api.client(base_url=named(server), api_key="a", http_client=asking.http_client())
        asking.api.create(a)
        asking.api.create(a.with_options(api_key="b"))
        asking.api.create(a)
    found = [sorted((value or "").split("; ")) for value in cookies(server)]
    assert found == [[""], ["busy=1"], ["busy=1", "moved=1"], [""], ["busy=1", "moved=1"]]


def test_another_origin_sets_none_that_is_sent(asking: Asking) -> None:  # noqa: F811
    planted = json_reply(BODY, set_cookie="planted=1; Path=/")
    with ScriptedServer(planted) as other, ScriptedServer() as server:
        server.replies = (redirect(named(other) + "/there"), json_reply(BODY))
        client = asking.api.client(base_url=named(server), api_key="a", http_client=asking.http_client())
        asking.api.create(client)
        asking.api.create(client)
    assert cookies(server) + cookies(other) == [None, None, None]


def test_azure(asking: Asking) -> None:  # noqa: F811
    with ScriptedServer(greeting) as server:
        kind: Any = AsyncAzureClient if asking.is_async else AzureClient
        http_client = asking.http_client()
        a = kind(azure_endpoint=named(server), api_version="v1", api_key="a", http_client=http_client)
        for client in (a, a.with_options(api_key="b"), a):
            asking.api.create(client)
        asking.api.close(a)
    assert cookies(server) == [None, None, "session=of-a"]


def test_what_is_not_yet_known_to_be_an_answers_is_not_sent() -> None:
    """Between the moment at which the library keeps a cookie and that at which we hear of it, too."""
    kept, go_on = threading.Event(), threading.Event()

    def hold(response: httpx.Response) -> None:
        # The library has the cookie by now.
        if response.request.headers["authorization"] == "Bearer a":
            kept.set()
            assert go_on.wait(60)

    with ScriptedServer(greeting) as server, httpx.Client(event_hooks={"response": [hold]}) as http_client:
        a = Client(base_url=named(server), api_key="a", http_client=http_client)
        thread = threading.Thread(target=SyncApi().create, args=(a,))
        thread.start()
        assert kept.wait(60) and http_client.cookies
        SyncApi().create(a.with_options(api_key="b"))
        go_on.set()
        thread.join()
        SyncApi().create(a.with_options(api_key="c"))
    assert cookies(server) == [None, None, None]


def test_a_way_of_the_callers_to_build_requests() -> None:
    class Signing(httpx.Client):
        def build_request(self, *args: Any, **kwargs: Any) -> httpx.Request:
            return super().build_request(*args, **kwargs)

    with ScriptedServer(greeting) as server, Signing(cookies={"mine": "1"}) as http_client:
        a = Client(base_url=named(server), api_key="a", http_client=http_client)
        for client in (a, a.with_options(api_key="b"), a):
            SyncApi().create(client)
        a.chat.completions.create(model="m", messages=[], extra_headers={"Cookie": "given=1"})
    found = [sorted((value or "").split("; ")) for value in cookies(server)]
    assert found == [["mine=1"], ["mine=1"], ["mine=1", "session=of-a"], ["given=1"]]


def test_keys_that_change_with_each_call_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cookie_books, "_MOST_CREDENTIALS", 3)
    with ScriptedServer(greeting) as server:
        with httpx.Client() as http_client:
            client = Client(base_url=named(server), api_key="0", http_client=http_client)
            for key in "0123401":
                SyncApi().create(client.with_options(api_key=key))
            book = cookie_books.cookie_book(http_client)
            assert book is not None and len(book._kept) == 3 and len(book._answers) <= 7
    assert cookies(server) == [None] * 7


def test_a_session_of_the_callers_that_would_add_something_does_not_follow_to_another_origin() -> None:
    """What such a session has is in every request that it sends; it cannot be told not to."""
    pytest.importorskip("httpx_aiohttp", reason="httpx-aiohttp is not installed")
    import aiohttp
    from httpx_aiohttp import AiohttpTransport

    api = AsyncApi()

    async def session(**arguments: Any) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(**arguments)

    given: list[dict[str, Any]] = [
        {"headers": {"X-Api-Key": "secret"}},
        {"cookies": {"mine": "secret"}},
        {"trust_env": True},
        {},
    ]
    with ScriptedServer(json_reply(BODY)) as other, ScriptedServer(redirect(named(other))) as server:
        for arguments in given:
            own = api._runner.run(session(**arguments))
            http_client = httpx.AsyncClient(transport=AiohttpTransport(client=own))
            client = api.client(base_url=named(server), http_client=http_client)
            if arguments:
                with pytest.raises(errors.ChatCompletionsError, match="another origin"):
                    api.create(client)
            else:
                api.create(client)
            api._runner.run(http_client.aclose())
        assert len(server.requests) == len(given) and len(other.requests) == 1
    api.shut_down()


def test_another_event_loop_has_the_callers_cookies_only() -> None:
    """One of our http clients is made again there."""
    from chat_completions import AsyncClient, DefaultAsyncHttpxClient

    async def ask(client: Any) -> None:
        await client.chat.completions.create(model="m", messages=[])

    with ScriptedServer(greeting) as server:
        http_client = DefaultAsyncHttpxClient(cookies={"mine": "1"})
        a = AsyncClient(base_url=named(server), api_key="a", http_client=http_client)
        asyncio.run(ask(a))
        asyncio.run(ask(a.with_options(api_key="b")))
    assert cookies(server) == ["mine=1", "mine=1"]
