"""One interface for the two clients, so that each test is a row for both."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import httpx2
import pytest

from chat_completions import AsyncClient, AsyncStream, Client, DefaultAioHttpClient
from chat_completions._transport import transport as transports

MESSAGES = [{"role": "user", "content": "Hello"}]
# httpx2 reads all certificates for each of its clients, which takes longer than most tests.
CERTIFICATES = httpx2.create_ssl_context()


class SyncApi:
    """The sync client, as it is."""

    httpx2 = False  # whether httpx2 sends

    def __init__(self) -> None:
        self._clients: list[Client] = []

    def client(self, **settings: Any) -> Any:
        self._clients.append(Client(**{"api_key": "sk-test", **settings}))
        return self._clients[-1]

    def create(self, client: Any, **arguments: Any) -> Any:
        return client.chat.completions.create(**{"model": "m", "messages": MESSAGES, **arguments})

    def list(self, client: Any, **arguments: Any) -> Any:
        return client.chat.completions.list(**arguments)

    def chunks(self, stream: Any) -> list[Any]:
        return list(stream)

    def next(self, stream: Any) -> Any:
        return next(stream)

    def texts(self, stream: Any) -> list[str]:
        return list(stream.text_deltas())

    def close(self, thing: Any) -> None:
        thing.close()

    def shut_down(self) -> None:
        for client in self._clients:
            client.close()


class AsyncApi(SyncApi):
    """The async client, driven by an event loop of its own."""

    def __init__(self) -> None:
        self._clients = []
        self._runner = asyncio.Runner()

    def client(self, **settings: Any) -> Any:
        self._clients.append(AsyncClient(**{"api_key": "sk-test", **settings}))  # type: ignore[arg-type]
        return self._clients[-1]

    def create(self, client: Any, **arguments: Any) -> Any:
        return self._runner.run(super().create(client, **arguments))

    def list(self, client: Any, **arguments: Any) -> Any:
        async def first() -> Any:
            return await client.chat.completions.list(**arguments)

        return self._runner.run(first())

    def chunks(self, stream: AsyncStream[Any]) -> list[Any]:
        async def collect() -> list[Any]:
            return [chunk async for chunk in stream]

        return self._runner.run(collect())

    def next(self, stream: AsyncStream[Any]) -> Any:
        async def one() -> Any:
            return await anext(stream)

        return self._runner.run(one())

    def texts(self, stream: AsyncStream[Any]) -> list[str]:
        async def collect() -> list[str]:
            return [text async for text in stream.text_deltas()]

        return self._runner.run(collect())

    def close(self, thing: Any) -> None:
        self._runner.run(thing.close())

    def shut_down(self) -> None:
        for client in self._clients:
            self.close(client)
        self._runner.close()


class SyncHttpx2Api(SyncApi):
    """The sync client, sending with an httpx2.Client."""

    httpx2 = True

    def __init__(self) -> None:
        super().__init__()
        self._http_clients: list[httpx2.Client] = []

    def client(self, **settings: Any) -> Any:
        if "http_client" not in settings:
            settings["http_client"] = httpx2.Client(verify=CERTIFICATES)
            self._http_clients.append(settings["http_client"])
        return super().client(**settings)

    def close(self, thing: Any) -> None:
        super().close(thing)
        if isinstance(thing, Client):
            for http_client in self._http_clients:
                http_client.close()

    def shut_down(self) -> None:
        for http_client in self._http_clients:
            http_client.close()
        super().shut_down()


class AsyncHttpx2Api(AsyncApi):
    """The async client, sending with an httpx2.AsyncClient."""

    httpx2 = True

    def __init__(self) -> None:
        super().__init__()
        self._http_clients: list[httpx2.AsyncClient] = []

    def client(self, **settings: Any) -> Any:
        if "http_client" not in settings:
            settings["http_client"] = httpx2.AsyncClient(verify=CERTIFICATES)
            self._http_clients.append(settings["http_client"])
        return super().client(**settings)

    def close(self, thing: Any) -> None:
        super().close(thing)
        if isinstance(thing, AsyncClient):
            for http_client in self._http_clients:
                self._runner.run(http_client.aclose())

    def shut_down(self) -> None:
        for http_client in self._http_clients:
            self._runner.run(http_client.aclose())
        super().shut_down()


class AioHttpApi(AsyncApi):
    """The async client, sending with aiohttp."""

    def client(self, **settings: Any) -> Any:
        if "http_client" not in settings:
            settings["http_client"] = DefaultAioHttpClient()
        return super().client(**settings)


class SyncFastApi(SyncApi):
    """The sync client with the fast transport."""

    def client(self, **settings: Any) -> Any:
        return super().client(**{"transport": "fast", **settings})


class AsyncFastApi(AsyncApi):
    """The async client with the fast transport, which is aiohttp."""

    def client(self, **settings: Any) -> Any:
        return super().client(**{"transport": "fast", **settings})


KINDS: dict[str, type[SyncApi]] = {
    "sync": SyncApi,
    "async": AsyncApi,
    "sync-httpx2": SyncHttpx2Api,
    "async-httpx2": AsyncHttpx2Api,
    "aiohttp": AioHttpApi,
    "sync-fast": SyncFastApi,
    "async-fast": AsyncFastApi,
}

# All that the tests make sends with this one: `make test-transports` sets it. Empty for what each test says.
TRANSPORT = os.environ.get("TRANSPORT", "")
# What runs over aiohttp and the fast transports without it, too: where transports differ most.
WHERE_THEY_DIFFER = frozenset({"test_calls", "test_faults", "test_retries", "test_streams"})
# What does not run over httpx2 without it: what is said of replies, which no transport sees.
NOT_OVER_HTTPX2 = frozenset({"test_events", "test_fast_path", "test_on_unknown", "test_pages"})


def kinds(module: str) -> dict[str, type[SyncApi]]:
    """Return the kinds of client that the tests of a module run with; other folders' tests run over httpx alone."""
    if TRANSPORT:
        return {name: kind for name, kind in KINDS.items() if TRANSPORT in name}
    package, _, name = module.rpartition(".")
    over = {"aiohttp", "sync-fast"} if name in WHERE_THEY_DIFFER else set()
    if package == "tests.client" and name not in NOT_OVER_HTTPX2:
        over |= {"sync-httpx2", "async-httpx2"}
    return {kind: api for kind, api in KINDS.items() if kind in ("sync", "async") or kind in over}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what takes `api` with each kind; a folder whose conftest takes `api` from here takes this, too."""
    if "api" in metafunc.fixturenames:
        found = kinds(metafunc.module.__name__)
        metafunc.parametrize("api", list(found.values()), ids=list(found), indirect=True)


@pytest.fixture(autouse=True)
def transport(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the clients that tests construct by themselves send with the transport that is asked for."""
    if TRANSPORT == "fast":
        monkeypatch.setenv("CHAT_COMPLETIONS_TRANSPORT", "fast")
    elif TRANSPORT == "httpx2":
        monkeypatch.setattr(transports, "_new_client", made(httpx2.Client, False))
        monkeypatch.setattr(transports, "_new_async_client", made(httpx2.AsyncClient, True))


def made(kind: Callable[..., Any], is_async: bool) -> Callable[[], Any]:
    proxied = httpx.AsyncHTTPTransport if is_async else httpx.HTTPTransport
    return lambda: kind(**transports._client_arguments(proxied))


@pytest.fixture
def api(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncApi]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    kind: Callable[[], SyncApi] = request.param
    api = kind()
    try:
        yield api
    finally:
        api.shut_down()
