"""The generated package by itself: its own client, its endpoint functions, over a real socket."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from chat_completions.local import LocalServer
from chat_completions_api import AuthenticatedClient, Client
from chat_completions_api.api.chat import create_chat_completion, list_chat_completions
from chat_completions_api.errors import UnexpectedContent, UnexpectedStatus
from chat_completions_api.models import (
    ChatCompletion,
    ChatCompletionList,
    ChatCompletionUserMessage,
    CreateChatCompletionRequest,
    ErrorResponse,
)
from chat_completions_api.types import Response
from tests.client.scripted import Reply, ScriptedServer, json_reply

KEY = "sk-generated-secret"
BODY = CreateChatCompletionRequest(model="m", messages=[ChatCompletionUserMessage(content="Hello")], store=True)


def _awaited(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*, client: AuthenticatedClient, **arguments: Any) -> Any:
        async def inside() -> Any:
            async with client:
                return await function(client=client, **arguments)

        return asyncio.run(inside())

    return call


def _within(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*, client: AuthenticatedClient, **arguments: Any) -> Any:
        with client:
            return function(client=client, **arguments)

    return call


def _kinds(module: Any) -> list[Any]:
    return [
        pytest.param(_within(module.sync), False, id="sync"),
        pytest.param(_within(module.sync_detailed), True, id="sync_detailed"),
        pytest.param(_awaited(module.asyncio), False, id="asyncio"),
        pytest.param(_awaited(module.asyncio_detailed), True, id="asyncio_detailed"),
    ]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(api_keys=[KEY]) as server:
        yield server


@pytest.mark.parametrize(("call", "detailed"), _kinds(create_chat_completion))
@pytest.mark.parametrize("body", [BODY, {"model": "m", "messages": [ChatCompletionUserMessage(content="Hello")]}])
def test_create_by_all_four_functions(server: LocalServer, call: Any, detailed: bool, body: Any) -> None:
    result = call(client=AuthenticatedClient(server.base_url, token=KEY), body=body)
    if detailed:
        assert isinstance(result, Response)
        assert (result.status_code, result.headers["content-type"]) == (200, "application/json")
        result = result.parsed
    assert isinstance(result, ChatCompletion)
    assert "Hello" in (result.choices[0].message.content or "")


@pytest.mark.parametrize(("call", "detailed"), _kinds(list_chat_completions))
def test_list_by_all_four_functions(server: LocalServer, call: Any, detailed: bool) -> None:
    client = AuthenticatedClient(server.base_url, token=KEY)
    body = {**BODY.to_dict(), "metadata": {"a": "1"}}
    with client:
        create_chat_completion.sync(client=client, body=body)
    result = call(client=AuthenticatedClient(server.base_url, token=KEY), metadata={"a": "1"}, limit=1, order="desc")
    if detailed:
        assert result.status_code == 200
        result = result.parsed
    assert isinstance(result, ChatCompletionList)
    assert [stored["metadata"] for stored in result.data] == [{"a": "1"}]


@pytest.mark.parametrize(("call", "detailed"), _kinds(list_chat_completions))
@pytest.mark.parametrize("status", [418, 529])
def test_an_undocumented_status_of_a_list_raises(call: Any, detailed: bool, status: int) -> None:
    with ScriptedServer(json_reply({}, status)) as server, pytest.raises(UnexpectedStatus):
        call(client=AuthenticatedClient(server.base_url, token=KEY))


@pytest.mark.parametrize(("call", "detailed"), _kinds(create_chat_completion))
@pytest.mark.parametrize("status", [418, 529, 600])
def test_an_undocumented_status_raises(call: Any, detailed: bool, status: int) -> None:
    with ScriptedServer(json_reply({"error": {"message": "No."}}, status)) as server:
        with pytest.raises(UnexpectedStatus) as caught:
            call(client=AuthenticatedClient(server.base_url, token=KEY), body=BODY)
    assert (caught.value.status_code, caught.value.content) == (status, b'{"error": {"message": "No."}}')
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(("call", "detailed"), _kinds(create_chat_completion))
def test_an_undocumented_status_is_visible_where_raising_is_turned_off(call: Any, detailed: bool) -> None:
    with ScriptedServer(json_reply({}, 529)) as server:
        client = AuthenticatedClient(server.base_url, token=KEY, raise_on_unexpected_status=False)
        if detailed:
            response = call(client=client, body=BODY)
            assert (response.status_code, response.parsed, response.content) == (529, None, b"{}")
        else:
            with pytest.raises(UnexpectedStatus):
                call(client=client, body=BODY)


def test_a_documented_error_status_is_parsed() -> None:
    body = {"error": {"message": "Slow down.", "type": "t", "param": None, "code": None}}
    with ScriptedServer(json_reply(body, 429)) as server, AuthenticatedClient(server.base_url, token=KEY) as client:
        result = create_chat_completion.sync(client=client, body=BODY)
    assert isinstance(result, ErrorResponse)
    assert result.to_dict() == body


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"null", b"data: {}\n\n"])
def test_a_body_that_is_no_object_raises(content: bytes) -> None:
    with ScriptedServer(Reply([content])) as server, AuthenticatedClient(server.base_url, token=KEY) as client:
        with pytest.raises(UnexpectedContent, match="base URL"):
            create_chat_completion.sync(client=client, body=BODY)


def test_the_token_shows_in_no_repr_and_no_pickle() -> None:
    client = AuthenticatedClient("http://u:p@127.0.0.1:1/v1", token=KEY, headers={"x": KEY}, cookies={"y": KEY})
    client.get_httpx_client()
    for shown in (client, client.with_headers({"a": KEY}), Client("http://127.0.0.1:1", headers={"x": KEY})):
        assert KEY not in repr(shown)
        assert "u:p" not in repr(shown)
        with pytest.raises(TypeError, match="secrets"):
            pickle.dumps(shown)
    client.get_httpx_client().close()


def test_the_clients_settings_reach_the_server() -> None:
    with ScriptedServer(json_reply({"object": "list", "data": []})) as server:
        plain = AuthenticatedClient(server.base_url, token="t", prefix="", auth_header_name="api-key")
        with plain.with_headers({"x-a": "1"}).with_cookies({"c": "2"}).with_timeout(httpx.Timeout(5)) as client:
            list_chat_completions.sync(client=client)
    headers = server.requests[0].headers
    assert (headers["api-key"], headers["x-a"], headers["cookie"]) == ("t", "1", "c=2")


def test_a_client_of_ones_own_is_used() -> None:
    with ScriptedServer(json_reply({"object": "list", "data": []})) as server:
        with httpx.Client(base_url=server.base_url, headers={"x-own": "1"}) as own:
            client = AuthenticatedClient("http://127.0.0.1:1", token="t").set_httpx_client(own)
            list_chat_completions.sync(client=client, after="x")
    assert server.requests[0].headers["x-own"] == "1"
    assert server.requests[0].target == "/v1/chat/completions?after=x"
