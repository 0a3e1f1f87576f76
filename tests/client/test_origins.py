"""What goes to another origin than the caller's: what a request needs to be understood, over every transport."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chat_completions import (
    DefaultAioHttpClient,
    DefaultAsyncHttpx2Client,
    DefaultAsyncHttpxClient,
    DefaultHttpx2Client,
    DefaultHttpxClient,
)
from chat_completions._transport.steps import _origin
from tests.client.conftest import AsyncApi, SyncApi
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply

OK = json_reply({"id": "chatcmpl-1", "object": "chat.completion", "choices": []})
# aiohttp says of every request which compressions it reads.
NEEDED = {"host", "content-type", "content-length", "accept", "user-agent", "accept-encoding"}
SECRETS: dict[str, Any] = {
    "headers": {"Authorization": "Bearer secret-1", "X-Api-Key": "secret-2", "X-Team": "secret-3"},
    "cookies": {"session": "secret-4"},
    "params": {"key": "secret-5"},
}
MAKERS: dict[str, tuple[type[SyncApi], Any]] = {
    "httpx": (SyncApi, DefaultHttpxClient),
    "httpx2": (SyncApi, DefaultHttpx2Client),
    "async-httpx": (AsyncApi, DefaultAsyncHttpxClient),
    "async-httpx2": (AsyncApi, DefaultAsyncHttpx2Client),
    "aiohttp": (AsyncApi, DefaultAioHttpClient),
}


class Asking:
    """A client whose http client has all that an http client can have, over one of the transports."""

    def __init__(self, name: str) -> None:
        if name == "aiohttp":
            pytest.importorskip("httpx_aiohttp", reason="httpx-aiohttp is not installed")
        kind, self._make = MAKERS[name]
        self.api = kind()
        self.is_async = kind is AsyncApi
        self._http_clients: list[Any] = []

    def http_client(self, **arguments: Any) -> Any:
        self._http_clients.append(self._make(**arguments))
        return self._http_clients[-1]

    def shut_down(self) -> None:
        for http_client in self._http_clients:
            if self.is_async:
                self.api._runner.run(http_client.aclose())  # type: ignore[attr-defined]
            else:
                http_client.close()
        self.api.shut_down()

    def ask(self, base_url: str, *, http: dict[str, Any] | None = None, **settings: Any) -> Any:
        """Ask with a client of its own."""
        settings = {"max_retries": 0, **settings}
        client = self.api.client(base_url=base_url, http_client=self.http_client(**(http or {})), **settings)
        return self.api.create(client)


@pytest.fixture(params=MAKERS)
def asking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    asking = Asking(request.param)
    try:
        yield asking
    finally:
        asking.shut_down()


def redirect(location: str, **headers: str) -> Reply:
    return Reply([], 307, {"location": location, **{name.replace("_", "-"): text for name, text in headers.items()}})


def assert_bare(request: Received) -> None:
    assert "secret" not in f"{request.target} {request.headers} {request.body!r}"
    assert set(request.headers) - {"connection"} <= NEEDED
    assert request.json()["model"] == "m"


@pytest.mark.parametrize("auth", [None, ("user", "secret-6")])
def test_nothing_of_a_callers_http_client_crosses_an_origin(asking: Asking, auth: Any) -> None:
    with ScriptedServer(OK) as other:
        with ScriptedServer(redirect(other.base_url + "/there?a=1")) as server:
            settings: Any = {"api_key": "secret-7", "organization": "secret-8", "default_query": {"sig": "secret-9"}}
            asking.ask(server.base_url, http={**SECRETS, "auth": auth}, **settings)
    assert_bare(other.requests[0])
    assert other.requests[0].target == "/v1/there?a=1"
    sent = server.requests[0]
    assert sent.target.endswith("?key=secret-5&sig=secret-9")
    assert (sent.headers["x-team"], sent.headers["cookie"]) == ("secret-3", "session=secret-4")
    # Authentication of an http client's own is its last word, as it is in httpx.
    assert sent.headers["authorization"].startswith("Bearer secret-7" if auth is None else "Basic ")


def test_what_left_its_origin_stays_bare_on_all_its_way(asking: Asking) -> None:
    """From a to b, within b, and back to a; and when an attempt there fails and is repeated."""
    busy = json_reply({"error": {"message": "busy"}}, 503, retry_after_ms="1")
    with ScriptedServer() as a, ScriptedServer() as b:
        a.replies = (redirect(b.base_url + "/1", set_cookie="from=secret-a; Path=/"), busy, OK)
        b.replies = (redirect("/v1/2", set_cookie="from=secret-b; Path=/"), redirect(a.base_url + "/3"))
        assert asking.ask(a.base_url, http=SECRETS, api_key="secret-7", max_retries=1).id == "chatcmpl-1"
    assert [request.target for request in b.requests] == ["/v1/1", "/v1/2"]
    assert [request.target for request in a.requests[1:]] == ["/v1/3", "/v1/3"]
    for request in (*b.requests, *a.requests[1:]):
        assert_bare(request)


def test_a_redirect_within_the_origin_keeps_all(asking: Asking) -> None:
    with ScriptedServer() as server:
        host = server.base_url.removeprefix("http:")
        server.replies = (redirect("/v1/1?a=1"), redirect(host + "/2"), redirect(f"http:{host}/3"), OK)
        asking.ask(server.base_url, http=SECRETS, api_key="secret-7")
    assert [request.target for request in server.requests[1:]] == ["/v1/1?a=1", "/v1/2", "/v1/3"]
    for request in server.requests:
        headers = request.headers
        assert (headers["authorization"], headers["x-api-key"]) == ("Bearer secret-7", "secret-2")
        assert headers["cookie"] == "session=secret-4" and "idempotency-key" in headers


def test_the_user_of_an_address_stays_at_its_origin(asking: Asking) -> None:
    """One of our own address goes nowhere else, and one that a redirect names goes nowhere."""
    with ScriptedServer(OK) as other, ScriptedServer() as server:
        location = other.base_url.replace("//", "//their:secret-2@") + "/there"
        server.replies = (redirect(server.base_url.replace("//", "//their:secret-2@") + "/2"), redirect(location))
        asking.ask(server.base_url.replace("//", "//our:secret-1@"), api_key="")
    assert_bare(other.requests[0])
    assert "secret" not in other.requests[0].headers["host"]
    # "our:secret-1"
    assert {request.headers["authorization"] for request in server.requests} == {"Basic b3VyOnNlY3JldC0x"}


def test_what_a_hook_adds_does_not_cross_either(asking: Asking) -> None:
    def sign(request: Any) -> None:
        request.headers["X-Signed"] = "secret-10"

    async def sign_later(request: Any) -> None:
        sign(request)

    hooks = {"request": [sign_later if asking.is_async else sign]}
    with ScriptedServer(OK) as other, ScriptedServer(redirect(other.base_url)) as server:
        asking.ask(server.base_url, http={"event_hooks": hooks}, api_key="secret-7")
    assert server.requests[0].headers["x-signed"] == "secret-10"
    assert_bare(other.requests[0])


def test_what_a_class_of_the_callers_adds_does_not_cross() -> None:
    class Signing(DefaultHttpxClient):
        def build_request(self, *args: Any, **kwargs: Any) -> Any:
            request = super().build_request(*args, **kwargs)
            request.headers["X-Signed"] = "secret-10"
            return request

    api = SyncApi()
    with ScriptedServer(OK) as other, ScriptedServer(redirect(other.base_url)) as server:
        api.create(api.client(base_url=server.base_url, http_client=Signing(), api_key="secret-7"))
    api.shut_down()
    assert server.requests[0].headers["x-signed"] == "secret-10"
    assert_bare(other.requests[0])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://h/a", "http://H:80/b?c", True),
        ("https://h:443/a", "https://h", True),
        ("https://u:p@h/a", "https://h/", True),
        ("http://h/a", "https://h/a", False),
        ("http://h/a", "http://h:0/a", False),
        ("http://h:8000/a", "http://h:8001/a", False),
        ("http://h/a", "http://h.evil/a", False),
        ("http://h/a", "http://h@evil/a", False),
        ("http://h/a", "http://h:80@evil/a", False),
        ("http://h/a", "http://evil/@h", False),
        ("http://h/a", "http://evil#@h", False),
        ("http://h/a", "http://evil\\@h/", True),  # http libraries read a user "evil\\" here, too
        ("http://h/a", "http://h\\@evil/", False),
        ("http://127.0.0.1/a", "http://[::1]/a", False),
    ],
)
def test_what_is_the_same_origin(one: str, other: str, same: bool) -> None:
    assert (_origin(one) == _origin(other)) is same
