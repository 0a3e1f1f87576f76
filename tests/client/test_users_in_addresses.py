"""A user and a password in the base URL: sent as they ever were, shown by nobody, and never in the place of a key."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest

from chat_completions import AsyncAzureClient, AzureClient, errors
from tests.client.conftest import SyncApi
from tests.client.scripted import Reply, ScriptedServer, json_reply
from tests.client.test_origins import Asking, asking  # noqa: F401

OK = json_reply({"id": "chatcmpl-1", "object": "chat.completion", "choices": []})


def at(user: str, server: ScriptedServer) -> str:
    return server.base_url.replace("//", f"//{user}@")


@pytest.mark.parametrize(
    ("user", "pair"),
    [
        ("ann:secret-1", "ann:secret-1"),
        ("ann", "ann:"),
        (":secret-1", ":secret-1"),
        ("a%40b:s%3Ae:c%2Fr", "a@b:s:e:c/r"),
        ("j%C3%B6rg:s\u00e9cret", "jörg:sécret"),
    ],
)
def test_a_user_is_sent_as_http_libraries_send_it(asking: Asking, user: str, pair: str) -> None:  # noqa: F811
    with ScriptedServer(OK) as server:
        asking.ask(at(user, server), api_key="")
        header = server.requests[0].headers["authorization"]
        assert header == "Basic " + base64.b64encode(pair.encode()).decode()
        if "s\u00e9" not in user:  # which httpx itself writes in another way
            import httpx

            httpx.post(at(user, server), json={}, trust_env=False)
            assert server.requests[1].headers["authorization"] == header
        assert server.requests[0].headers["host"] == server.base_url.removeprefix("http://").removesuffix("/v1")


@pytest.mark.parametrize("user", ["", ":"])
def test_no_user_is_none(asking: Asking, user: str) -> None:  # noqa: F811
    with ScriptedServer(OK) as server:
        asking.ask(at(user, server), api_key="k")
    assert server.requests[0].headers["authorization"] == "Bearer k"


def test_nobody_logs_or_shows_a_user(asking: Asking, caplog: pytest.LogCaptureFixture) -> None:  # noqa: F811
    failed = json_reply({"error": {"message": "no"}}, 400)
    with ScriptedServer(Reply([], 307, {"location": "/2"}), failed) as server, caplog.at_level(logging.INFO):
        with pytest.raises(errors.BadRequestError) as caught:
            asking.ask(at("ann:secret-1", server), api_key="")
    error = caught.value
    assert "HTTP Request: POST http://127.0.0.1" in caplog.text  # httpx's own log
    shown = f"{caplog.text} {error!r} {error.request!r} {error.request and error.request.url} {error.response.url}"
    assert "secret" not in shown and "ann" not in shown


def test_a_user_and_a_key_that_was_given_are_refused(api: SyncApi, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "http://ann:secret-1@127.0.0.1:9/v1"
    for key in ("sk-secret-2", lambda: "sk-secret-2"):
        with pytest.raises(errors.ChatCompletionsError, match="user") as caught:
            api.client(base_url=url, api_key=key)
        assert "secret" not in str(caught.value)
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with pytest.raises(errors.ChatCompletionsError, match="user"):
        api.client(api_key="sk-secret-2")
    plain, with_user = api.client(base_url="http://127.0.0.1:9", api_key="k"), api.client(base_url=url, api_key="")
    with pytest.raises(errors.ChatCompletionsError, match="user"):
        plain.with_options(base_url=url)
    with pytest.raises(errors.ChatCompletionsError, match="user"):
        with_user.with_options(api_key="k")
    assert plain.with_options(base_url=url, api_key="").base_url == "http://127.0.0.1:9/v1"
    for kind in (AzureClient, AsyncAzureClient):
        for given in ({"api_key": "k"}, {"azure_ad_token": "k"}, {"azure_ad_token_provider": lambda: "k"}):
            with pytest.raises(errors.ChatCompletionsError, match="user"):
                kind(azure_endpoint=url, api_version="v1", **given)  # type: ignore[arg-type]


def test_a_key_of_the_environment_is_left_out_and_the_log_says_so(
    api: SyncApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-2")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "sk-secret-3")
    with ScriptedServer(OK) as server, caplog.at_level(logging.INFO, "chat_completions"):
        url = at("ann:secret-1", server)
        api.create(api.client(base_url=url, api_key=None))
        # The key is the environment's in a copy, too.
        api.create(api.client(base_url=server.base_url, api_key=None).with_options(base_url=url))
        with AzureClient(azure_endpoint=url, api_version="v1") as azure:
            azure.chat.completions.create(model="m", messages=[])
        told = [record.getMessage() for record in caplog.records if "environment" in record.getMessage()]
        assert len(told) == 3 and "secret" not in caplog.text
        api.create(api.client(base_url=server.base_url, api_key=None).with_options(timeout=9))
    *first, last = [request.headers.get("authorization") for request in server.requests]
    assert first == ["Basic YW5uOnNlY3JldC0x"] * 3 and last == "Bearer sk-secret-2"
    assert not [request for request in server.requests if "api-key" in request.headers]


def test_a_header_of_the_callers_wins_over_the_user(api: SyncApi) -> None:
    with ScriptedServer(OK) as server:
        client: Any = api.client(base_url=at("ann:secret-1", server), api_key="")
        api.create(client.with_options(default_headers={"authorization": "Bearer mine"}))
        api.create(client, extra_headers={"Authorization": None})
    assert [request.headers.get("authorization") for request in server.requests] == ["Bearer mine", None]
