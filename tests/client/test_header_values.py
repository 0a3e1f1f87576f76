"""Headers that cannot be sent: an error before anything is sent, which names the header and never shows its value."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from chat_completions import AsyncAzureClient, AsyncClient, AzureClient, Client, DefaultHttpxClient, errors
from tests.client.conftest import MESSAGES, SyncApi
from tests.client.scripted import ScriptedServer, json_reply
from tests.client.test_origins import Asking, asking  # noqa: F401

OK = json_reply({"id": "chatcmpl-1", "object": "chat.completion", "choices": []})
BROKEN = [
    "sk-secret\n",
    "sk-secret\r\nX-Evil: 1",
    "\tsk-secret",
    "sk-secret ",
    "sk-\0secret",
    "sk-secret-ä",
    "sk-secret\x1b",
]


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[Any]:
    """Look that nothing is sent, tried again, logged or told."""

    def check(error: BaseException) -> None:
        said = [caplog.text, "".join(traceback.format_exception(error)), repr(error), str(vars(error))]
        said += [str(attempt) for attempt in getattr(error, "attempts", ())]
        said += [repr(link) for link in (error.__cause__, error.__context__)]
        assert "secret" not in "".join(said).replace("test_header_values", "")
        assert "another attempt" not in caplog.text

    # What the http libraries say at DEBUG is theirs.
    with caplog.at_level(logging.INFO), caplog.at_level(logging.DEBUG, "chat_completions"):
        yield check


@pytest.mark.parametrize("value", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("place", ["default_headers", "extra_headers", "organization", "project"])
def test_a_value_that_no_header_can_hold(asking: Asking, quiet: Any, place: str, value: str) -> None:  # noqa: F811
    given = {"X-Token": value} if place.endswith("headers") else value
    with ScriptedServer(OK) as server:
        client = asking.api.client(
            base_url=server.base_url,
            http_client=asking.http_client(),
            **({place: given} if place != "extra_headers" else {}),
        )
        with pytest.raises(errors.RequestValidationError, match=r"header '(X-Token|OpenAI-.*)'") as caught:
            asking.api.create(client, **({place: given} if place == "extra_headers" else {}))
        assert server.requests == []
    assert not isinstance(caught.value, errors.APIError)
    assert len(caught.value.problems) == 1
    quiet(caught.value)


@pytest.mark.parametrize("value", BROKEN, ids=range(len(BROKEN)))
def test_a_key_and_what_gives_keys(api: SyncApi, quiet: Any, value: str) -> None:
    with ScriptedServer(OK) as server:
        for key in (value, lambda: value):
            with pytest.raises(errors.ChatCompletionsError, match="API key") as caught:
                api.create(api.client(base_url=server.base_url, api_key=key))
            quiet(caught.value)
        for kind in (AzureClient, AsyncAzureClient):
            for argument in ("api_key", "azure_ad_token"):
                client = kind(azure_endpoint=server.base_url, api_version="v1", **{argument: value})  # type: ignore[arg-type]
                with pytest.raises(errors.ChatCompletionsError, match="API key") as caught:
                    api.create(client) if kind is AzureClient and type(api) is SyncApi else _asked(client)
                quiet(caught.value)
        assert server.requests == []


def _asked(client: Any) -> None:
    import asyncio

    async def ask() -> None:
        await client.chat.completions.create(model="m", messages=MESSAGES)

    if isinstance(client, AsyncClient):
        asyncio.run(ask())
    else:
        client.chat.completions.create(model="m", messages=MESSAGES)


def test_a_value_of_the_http_clients(asking: Asking, quiet: Any) -> None:  # noqa: F811
    http = {"headers": {"X-Token": BROKEN[0]}}
    with ScriptedServer(OK) as server:
        with pytest.raises(errors.RequestValidationError, match=r"(?i)x-token") as caught:
            asking.ask(server.base_url, http=http, max_retries=2)
        assert server.requests == []
    quiet(caught.value)


def test_a_value_of_a_way_to_authenticate(quiet: Any) -> None:
    class Signing(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Iterator[Any]:  # type: ignore[override]
            request.headers["X-Token"] = "sk-secret\n"
            yield request

    with ScriptedServer(OK) as server:
        with Client(base_url=server.base_url, api_key="k", http_client=DefaultHttpxClient(auth=Signing())) as client:
            with pytest.raises(errors.RequestValidationError, match="http client") as caught:
                client.chat.completions.create(model="m", messages=MESSAGES)  # type: ignore[arg-type]
        assert server.requests == []
    quiet(caught.value)


@pytest.mark.parametrize("name", ["", "sk-secret\n", "X Token", "X:sk-secret", "sk-secret-ä", "sk-\0secret"])
def test_a_name_that_is_none(api: SyncApi, quiet: Any, name: str) -> None:
    with ScriptedServer(OK) as server:
        with pytest.raises(errors.RequestValidationError, match="a header name") as caught:
            api.create(api.client(base_url=server.base_url), extra_headers={name: "1"})
        assert server.requests == []
    quiet(caught.value)


@pytest.mark.parametrize("headers", [{"X-Token": 1}, {"X-Token": b"sk-secret"}, {b"X-Token": "sk-secret"}])
def test_what_is_no_text(api: SyncApi, quiet: Any, headers: Any) -> None:
    with ScriptedServer(OK) as server:
        for settings, options in (({"default_headers": headers}, {}), ({}, {"extra_headers": headers})):
            with pytest.raises(TypeError, match="str") as caught:
                api.create(api.client(base_url=server.base_url, **settings), **options)
            quiet(caught.value)
        assert server.requests == []


def test_none_takes_a_header_away_and_tabs_and_empty_values_are_sent(api: SyncApi) -> None:
    with ScriptedServer(OK) as server:
        headers = {"X-A": "", "X-B": "b\tb", "authorization": None}
        api.create(api.client(base_url=server.base_url), extra_headers=headers)
    sent = server.requests[0].headers
    assert (sent["x-a"], sent["x-b"]) == ("", "b\tb") and "authorization" not in sent


def test_half_a_character_in_a_query(api: SyncApi, quiet: Any) -> None:
    with ScriptedServer(OK) as server:
        for query in ({"sig": "sk-secret\ud800"}, {"sig": ["a", "sk-secret\ud800"]}):
            with pytest.raises(errors.RequestValidationError, match="query parameter 'sig'") as caught:
                api.create(api.client(base_url=server.base_url), extra_query=query)
            quiet(caught.value)
        api.create(api.client(base_url=server.base_url), extra_query={"a": "\n", "b": "ä", "c": 1, "d": True})
    assert server.requests[0].target.endswith("?a=%0A&b=%C3%A4&c=1&d=true")


@pytest.mark.parametrize(
    "url",
    [
        "sk-secret",
        "user:sk-secret@example.com/v1",
        "http://user:sk-secret@example.com/v1\n",
        "http://user:sk-secret@exa\0mple.com/v1",
        "ftp://example.com/?key=sk-secret",
        "http://user:sk-secret@exam℀ple.com",
    ],
)
def test_an_address_that_is_none(api: SyncApi, quiet: Any, url: str) -> None:
    with pytest.raises(errors.ChatCompletionsError, match="the base URL") as caught:
        api.client(base_url=url)
    quiet(caught.value)
