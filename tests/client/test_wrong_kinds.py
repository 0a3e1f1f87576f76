"""Arguments of the wrong kind are refused in a sentence: the client's when it is made, a call's before it is sent."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import httpx
import httpx2
import pytest

from chat_completions import AsyncAzureClient, AsyncClient, AzureClient, Client

from .scripted import ScriptedServer, json_reply

KEYS = {"api_key": "sk-test", "base_url": "http://127.0.0.1:9/v1"}
MESSAGES = [{"role": "user", "content": "Hello"}]
CLIENTS = {
    Client: {},
    AsyncClient: {},
    AzureClient: {"api_version": "2024-10-21"},
    AsyncAzureClient: {"api_version": "2024-10-21"},
}
SETTINGS: list[tuple[str, Any, str]] = [
    ("timeout", "5", "timeout is '5'; pass a number of seconds"),
    ("timeout", (1, 2), "pass a number of seconds"),
    ("base_url", 5, "base_url must be a str, not int"),
    ("base_url", b"http://a", "base_url must be a str, not bytes"),
    ("organization", 5, "organization must be a str, not int"),
    ("project", b"p", "project must be a str, not bytes"),
    ("default_headers", 5, "default_headers must be a dict, not int"),
    ("default_headers", [("a", "b")], "default_headers must be a dict, not list"),
    ("default_headers", {"a": 5}, "the header 'a' must be a str or None, not int"),
    ("default_headers", {5: "a"}, "default_headers must have keys of type str, not int"),
    ("max_retries", "2", "max_retries is '2'"),
    ("deadline", "5", "deadline is '5'"),
    ("on_unknown", 5, "on_unknown must be a function that takes an Unknown, not int"),
]
PLAIN: list[tuple[str, Any, str]] = [
    *SETTINGS,
    ("api_key", 5, "api_key must be a str or a function, not int"),
    ("api_key", b"sk-secret", "api_key must be a str or a function, not bytes"),
    ("default_query", "a=b", "default_query must be a dict, not str"),
    ("default_query", 5, "default_query must be a dict, not int"),
]


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize(("name", "value", "message"), SETTINGS)
def test_settings_of_every_client(kind: Any, name: str, value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        kind(**{**KEYS, **CLIENTS[kind], name: value})
    with pytest.raises(TypeError, match=message):
        kind(**{**KEYS, **CLIENTS[kind]}).with_options(**{name: value})


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(("name", "value", "message"), PLAIN)
def test_settings_of_plain_clients(kind: Any, name: str, value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message) as caught:
        kind(**{**KEYS, name: value})
    assert "sk-secret" not in str(caught.value)
    with pytest.raises(TypeError, match=message):
        kind(**KEYS).with_options(**{name: value})


@pytest.mark.parametrize("kind", CLIENTS)
def test_http_clients(kind: Any) -> None:
    is_async = kind in (AsyncClient, AsyncAzureClient)
    name = "AsyncClient" if is_async else "Client"
    fitting = [httpx.AsyncClient(), httpx2.AsyncClient()] if is_async else [httpx.Client(), httpx2.Client()]
    wrong = [httpx.Client(), httpx2.Client()] if is_async else [httpx.AsyncClient(), httpx2.AsyncClient()]
    for http_client in fitting:
        kind(**KEYS, **CLIENTS[kind], http_client=http_client)
        kind(**KEYS, **CLIENTS[kind]).with_options(http_client=http_client)
    for http_client in (*wrong, object(), 5, "http", httpx.Response(200), getattr(httpx, name)):
        for make in (
            lambda it: kind(**KEYS, **CLIENTS[kind], http_client=it),
            lambda it: kind(**KEYS, **CLIENTS[kind]).with_options(http_client=it),
        ):
            with pytest.raises(
                TypeError, match=rf"^http_client must be an httpx.{name}\(\) or an httpx2.{name}\(\), not"
            ):
                make(http_client)


@pytest.mark.parametrize("ask", ["create", "parse", "list"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": "5"}, "timeout is '5'"),
        ({"max_retries": "5"}, "max_retries is '5'"),
        ({"extra_headers": "a"}, "extra_headers must be a dict, not str"),
        ({"extra_headers": {"a": 5}}, "the header 'a' must be a str"),
        ({"extra_query": 5}, "extra_query must be a dict, not int"),
        ({"extra_query": "a=b"}, "extra_query must be a dict, not str"),
    ],
)
def test_options_of_calls(ask: str, options: Any, message: str) -> None:
    client: Any = Client(**KEYS)  # type: ignore[arg-type]
    arguments = {} if ask == "list" else {"model": "m", "messages": MESSAGES}
    with pytest.raises(TypeError, match=message):
        getattr(client.chat.completions, ask)(**arguments, **options)


@pytest.mark.parametrize("extra_body", [5, "a", [("a", 1)], {5: 1}])
def test_extra_bodies(extra_body: Any) -> None:
    with pytest.raises(TypeError, match=r"extra_body must"):
        Client(**KEYS).chat.completions.create(model="m", messages=MESSAGES, extra_body=extra_body)  # type: ignore


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"messages": MESSAGES}, "create() missing 1 required keyword-only argument: 'model'"),
        ({"model": "m"}, "create() missing 1 required keyword-only argument: 'messages'"),
        ({}, "create() missing 2 required keyword-only arguments: 'messages' and 'model'"),
    ],
)
@pytest.mark.parametrize("ask", ["create", "parse", "stream", "raw"])
def test_what_a_request_must_have(ask: str, arguments: Any, message: str) -> None:
    completions: Any = Client(**KEYS).chat.completions  # type: ignore[arg-type]
    call = completions.with_raw_response.create if ask == "raw" else getattr(completions, ask)
    with pytest.raises(TypeError) as caught:
        with contextlib.ExitStack() as stack:
            stack.enter_context(call(**arguments))
    assert str(caught.value) == message


def test_a_run_of_tools_must_have_the_same() -> None:
    completions: Any = Client(**KEYS).chat.completions  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'model'"):
        completions.run_tools(messages=MESSAGES, tools=[])
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'messages'"):
        completions.run_tools(model="m", tools=[])


async def _create(arguments: Any) -> None:
    client: Any = AsyncClient(**KEYS)  # type: ignore[arg-type]
    await client.chat.completions.create(**arguments)


def test_an_async_request_must_have_the_same() -> None:
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'model'"):
        asyncio.run(_create({"messages": MESSAGES}))


def test_extra_body_may_have_what_a_request_must_have() -> None:
    with ScriptedServer(json_reply({"choices": [{"index": 0, "message": {"content": "Hm"}}]})) as server:
        client: Any = Client(api_key="sk-test", base_url=server.base_url)
        client.chat.completions.create(messages=MESSAGES, extra_body={"model": "m"})
        assert json.loads(server.requests[0].body)["model"] == "m"
