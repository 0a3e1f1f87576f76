"""Azure's clients: addresses, versions, keys and tokens, and that no key goes where it does not belong."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from chat_completions import AsyncAzureClient, AzureClient, errors
from tests.client.conftest import MESSAGES
from tests.client.scripted import Received, ScriptedServer, json_reply

OK = json_reply({"id": "chatcmpl-1", "object": "chat.completion", "choices": []})
PAGE = json_reply({"object": "list", "data": [], "has_more": False})
VERSION: dict[str, Any] = {"api_version": "v1"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    for name in ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_ENDPOINT", "OPENAI_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    # What is OpenAI's must not go to Azure.
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with ScriptedServer(OK) as server:
        yield server


def endpoint(server: ScriptedServer) -> str:
    return server.base_url.removesuffix("/v1")


def create(client: AzureClient, model: str = "lamp") -> Any:
    with client:
        return client.chat.completions.create(model=model, messages=MESSAGES)  # type: ignore[arg-type]


def credentials(request: Received) -> tuple[str | None, str | None]:
    return request.headers.get("api-key"), request.headers.get("authorization")


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({}, "/openai/deployments/night%20lamp%2F2/chat/completions?api-version=v1"),
        ({"azure_deployment": "d/1"}, "/openai/deployments/d%2F1/chat/completions?api-version=v1"),
        ({"default_query": {"a": "b"}}, "/openai/deployments/night%20lamp%2F2/chat/completions?a=b&api-version=v1"),
    ],
)
def test_where_it_sends(server: ScriptedServer, arguments: dict[str, Any], path: str) -> None:
    for trail in ("", "/"):
        create(
            AzureClient(azure_endpoint=endpoint(server) + trail, api_key="k", **VERSION, **arguments), "night lamp/2"
        )
        assert server.requests[-1].target == path
        assert server.requests[-1].json()["model"] == "night lamp/2"


def test_a_whole_address(server: ScriptedServer) -> None:
    create(AzureClient(base_url=f"{server.base_url}/deployments/x", api_key="k", **VERSION))
    create(AzureClient(base_url=server.base_url, api_key="k", **VERSION))
    assert [request.target for request in server.requests] == [
        "/v1/deployments/x/chat/completions?api-version=v1",
        "/v1/deployments/lamp/chat/completions?api-version=v1",
    ]


def test_listing_has_no_deployment() -> None:
    with ScriptedServer(PAGE) as server:
        with AzureClient(azure_endpoint=endpoint(server), api_key="k", **VERSION) as client:
            assert client.chat.completions.list(limit=1).data == []
        assert server.requests[0].target == "/openai/chat/completions?api-version=v1&limit=1"


def test_which_credential_goes_where(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    address: dict[str, Any] = {"azure_endpoint": endpoint(server), **VERSION}
    create(AzureClient(api_key="a", **address))
    create(AzureClient(api_key=lambda: "b", **address))
    create(AzureClient(azure_ad_token="c", **address))
    create(AzureClient(azure_ad_token_provider=lambda: "d", **address))
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "e")
    create(AzureClient(**address))
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "f")
    create(AzureClient(**address))
    create(AzureClient(api_key="g", **address))
    assert [credentials(request) for request in server.requests] == [
        ("a", None),
        ("b", None),
        (None, "Bearer c"),
        (None, "Bearer d"),
        ("e", None),
        (None, "Bearer f"),
        ("g", None),
    ]


def test_headers_of_the_callers_win(server: ScriptedServer) -> None:
    for headers in ({"API-Key": "mine"}, {"api-key": None}):
        create(
            AzureClient(azure_endpoint=endpoint(server), api_key="k", default_headers=headers, **VERSION)  # type: ignore[arg-type]
        )
    assert [request.headers.get("api-key") for request in server.requests] == ["mine", None]


def test_copies_keep_the_kind_of_credential(server: ScriptedServer) -> None:
    client = AzureClient(azure_endpoint=endpoint(server), azure_ad_token="t", **VERSION)
    with client:
        for copy in (
            client.with_options(timeout=3),
            client.with_options(api_key="k"),
            client.with_options(max_retries=0).with_options(api_key="k").copy(timeout=1),
        ):
            copy.chat.completions.create(model="lamp", messages=MESSAGES)  # type: ignore[arg-type]
    assert [credentials(request) for request in server.requests] == [(None, "Bearer t"), ("k", None), ("k", None)]


def test_pickles_hold_no_credential(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ({"api_key": "secret-1"}, {"azure_ad_token": "secret-2"}):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(AzureClient(azure_endpoint=endpoint(server), **given, **VERSION))
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "secret-1")
    key = AzureClient(azure_endpoint=endpoint(server), **VERSION)
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "secret-2")
    token = AzureClient(azure_endpoint=endpoint(server), **VERSION)
    monkeypatch.delenv("AZURE_OPENAI_API_KEY")
    monkeypatch.delenv("AZURE_OPENAI_AD_TOKEN")
    pickled = [pickle.dumps(client) for client in (key, token)]
    assert b"secret" not in b"".join(pickled)
    with pytest.raises(errors.ChatCompletionsError, match="AZURE_OPENAI_API_KEY"):
        pickle.loads(pickled[0])
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    create(pickle.loads(pickled[0]))
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "t")
    create(pickle.loads(pickled[1]))
    assert [credentials(request) for request in server.requests] == [("k", None), (None, "Bearer t")]
    assert "secret" not in f"{key!r} {vars(key._settings)} {token!r} {vars(token._settings)}"


def test_a_stream_and_a_response_that_is_streamed(server: ScriptedServer) -> None:
    with AzureClient(azure_endpoint=endpoint(server), api_key="k", **VERSION) as client:
        ask: Any = {"model": "lamp", "messages": MESSAGES}
        with client.chat.completions.with_streaming_response.create(**ask) as response:
            assert response.parse().id == "chatcmpl-1"
        client.chat.completions.with_raw_response.create(**ask)
        assert len({request.target for request in server.requests}) == 1


def test_a_retry_goes_to_the_same_deployment() -> None:
    busy = json_reply({"error": {"message": "busy"}}, 503, retry_after_ms="1")
    with ScriptedServer(busy, busy, OK) as server:
        create(AzureClient(azure_endpoint=endpoint(server), api_key="k", **VERSION))
        assert len({(request.target, request.headers["api-key"]) for request in server.requests}) == 1


def test_async_functions_for_tokens(server: ScriptedServer) -> None:
    async def token() -> str:
        await asyncio.sleep(0)
        return "t"

    async def main() -> None:
        address: Any = {"azure_endpoint": endpoint(server), **VERSION}
        for arguments in ({"azure_ad_token_provider": token}, {"api_key": token}):
            async with AsyncAzureClient(**address, **arguments) as client:  # type: ignore[arg-type]
                await client.chat.completions.create(model="lamp", messages=MESSAGES)  # type: ignore[arg-type]

    asyncio.run(main())
    assert [credentials(request) for request in server.requests] == [(None, "Bearer t"), ("t", None)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"azure_endpoint": "http://x", "api_version": "v1"}, "AZURE_OPENAI_API_KEY"),
        ({"azure_endpoint": "http://x", "api_key": "k"}, "api_version="),
        ({"api_key": "k", "api_version": "v1"}, "azure_endpoint="),
        (
            {"azure_endpoint": "http://x", "base_url": "http://y", "api_key": "k", "api_version": "v1"},
            "omit azure_endpoint",
        ),
        ({"azure_deployment": "d", "base_url": "http://y", "api_key": "k", "api_version": "v1"}, "omit azure_endpoint"),
        ({"azure_endpoint": "http://x", "api_key": "k", "azure_ad_token": "t", "api_version": "v1"}, "only one of"),
        ({"azure_endpoint": "http://x", "azure_deployment": "..", "api_key": "k", "api_version": "v1"}, "deployment"),
    ],
)
def test_what_is_missing_or_too_much_is_named(server: ScriptedServer, arguments: dict[str, Any], words: str) -> None:
    for kind in (AzureClient, AsyncAzureClient):
        with pytest.raises(errors.ChatCompletionsError, match=words):
            kind(**arguments)


def test_a_model_that_is_no_name_of_a_deployment(server: ScriptedServer) -> None:
    with pytest.raises(errors.RequestValidationError, match="not the name of a deployment"):
        create(AzureClient(azure_endpoint=endpoint(server), api_key="k", **VERSION), "..")
    assert server.requests == []
