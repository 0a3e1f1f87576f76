"""Settings that are assigned to a client: each takes effect for the next call, or raises; none is shown or lost."""

from __future__ import annotations

import asyncio
import copy
import inspect
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from chat_completions import NOT_GIVEN, AsyncAzureClient, AsyncClient, AzureClient, Client, errors
from chat_completions._transport.settings import Settings
from tests.client.conftest import MESSAGES
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply

BODY = {"id": "chatcmpl-1", "object": "chat.completion", "choices": []}
CLIENTS = [Client, AsyncClient, AzureClient, AsyncAzureClient]
SETTINGS = list(inspect.signature(Settings).parameters)
AZURE = ["azure_endpoint", "azure_deployment", "api_version", "azure_ad_token", "azure_ad_token_provider"]
HIDDEN = ["api_key", "default_headers", "default_query"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    with ScriptedServer(json_reply(BODY)) as server:
        yield server


def client_of(kind: Any, server: ScriptedServer, **settings: Any) -> Any:
    azure = {"api_version": "1"} if "Azure" in kind.__name__ else {}
    return kind(**{"api_key": "sk-first-key", "base_url": server.base_url, **azure, **settings})


def called(create: Any, **arguments: Any) -> Any:
    result = create(model="m", messages=MESSAGES, **arguments)
    return asyncio.run(result) if inspect.isawaitable(result) else result  # type: ignore[arg-type]


def keys(server: ScriptedServer) -> list[str | None]:
    return [one.headers.get("api-key", one.headers.get("authorization")) for one in server.requests]


@pytest.mark.parametrize("kind", CLIENTS)
def test_resources_that_were_taken_before_see_what_is_assigned(kind: Any, server: ScriptedServer) -> None:
    client = client_of(kind, server)
    chat, create, raw = client.chat, client.chat.completions.create, client.chat.completions.with_raw_response
    for get in (lambda: create, lambda: chat.completions.create, lambda: raw.create):
        client.api_key = f"sk-{len(server.requests)}"
        client.default_headers = {"X-Round": str(len(server.requests))}
        client.default_query = {"round": str(len(server.requests))}
        called(get())
    scheme = "" if "Azure" in kind.__name__ else "Bearer "
    assert keys(server) == [f"{scheme}sk-0", f"{scheme}sk-1", f"{scheme}sk-2"]
    assert [one.headers["x-round"] for one in server.requests] == ["0", "1", "2"]
    assert ["round=2" in one.target for one in server.requests] == [False, False, True]
    assert "round=0" not in server.requests[-1].target, "what is assigned takes the place of all"


@pytest.mark.parametrize("kind", CLIENTS)
def test_every_setting_can_be_assigned_and_is_read_or_hidden(kind: Any, server: ScriptedServer) -> None:
    def hook(unknown: Any) -> None:
        pass

    values = {
        "api_key": "sk-other",
        "base_url": server.base_url + "/x",
        "organization": "org",
        "project": "proj",
        "timeout": 3.5,
        "max_retries": 7,
        "deadline": 8.0,
        "idle_timeout": 9.0,
        "done_timeout": None,
        "max_response_bytes": 10,
        "default_headers": {"X-A": "b"},
        "default_query": {"a": "b"},
        "validate": True,
        "on_unknown": hook,
        "unknown_nulls": False,
        "transport": "fast",
    }
    assert [*values] == SETTINGS
    client = client_of(kind, server)
    for name, value in values.items():
        setattr(client, name, value)
        if name in HIDDEN:
            with pytest.raises(AttributeError, match=rf"{name} cannot be read.*client\.{name} = "):
                getattr(client, name)
        else:
            assert getattr(client, name) == value
    for name, value in values.items():
        if name not in HIDDEN:
            assert getattr(client, name) == value, "a later assignment keeps the earlier ones"
    assert isinstance(kind.timeout, property) and kind.timeout.__doc__


def test_a_call_sends_what_is_assigned(server: ScriptedServer) -> None:
    with ScriptedServer(json_reply({}, 503, retry_after="0")) as other, client_of(Client, server) as client:
        client.organization, client.project, client.base_url = "org", "proj", other.base_url + "/deeper/"
        client.max_retries = 4
        with pytest.raises(errors.InternalServerError, match="503"):
            called(client.chat.completions.create)
        assert len(other.requests) == 5 and not server.requests
        assert {one.target for one in other.requests} == {"/v1/deeper/chat/completions"}
        head = other.requests[0].headers
        assert (head["openai-organization"], head["openai-project"]) == ("org", "proj")
        client.organization = client.project = None
        client.max_retries = 0
        with pytest.raises(errors.InternalServerError):
            called(client.chat.completions.create)
        assert not {"openai-organization", "openai-project"} & {*other.requests[-1].headers}
    assert client.base_url == other.base_url + "/deeper"


def test_time_limits_take_effect(server: ScriptedServer) -> None:
    with ScriptedServer(Reply([1.0, b"{}"])) as slow, client_of(Client, slow, max_retries=0) as client:
        client.timeout = 0.1
        with pytest.raises(errors.APITimeoutError, match="increase timeout"):
            called(client.chat.completions.create)
        client.timeout, client.deadline = NOT_GIVEN, 0.1
        with pytest.raises(errors.APITimeoutError, match=r"deadline of 0\.1 s"):
            called(client.chat.completions.create)
        assert client.timeout == httpx.Timeout(600, connect=5)


def test_none_is_no_organization_even_if_the_environment_has_one(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-there")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-there")
    client = client_of(Client, server, api_key=None)
    assert client.organization == "org-there"
    client.organization = client.api_key = None
    assert client.organization is None
    called(client.chat.completions.create)
    assert keys(server) == [None]
    client.organization = client.api_key = NOT_GIVEN
    assert client.organization == "org-there"
    called(client.with_options(api_key=None, organization=None).chat.completions.create)
    assert keys(server) == [None, "Bearer sk-there"]
    third_party = client_of(Client, server, api_key="sk-of-a-vendor").with_options(api_key=None, base_url=None)
    called(third_party.chat.completions.create)
    assert keys(server)[-1] == "Bearer sk-of-a-vendor", "the key of the environment goes to nobody else"


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("timeout", "5", TypeError),
        ("max_retries", -1, ValueError),
        ("max_retries", None, TypeError),
        ("deadline", float("nan"), ValueError),
        ("max_response_bytes", 0, ValueError),
        ("base_url", "ftp://x", errors.ChatCompletionsError),
        ("on_unknown", 5, TypeError),
    ],
)
def test_values_are_checked_as_the_constructor_checks_them(
    kind: Any, name: str, value: Any, error: Any, server: ScriptedServer
) -> None:
    client = client_of(kind, server)
    with pytest.raises(error) as assigned:
        setattr(client, name, value)
    with pytest.raises(error) as made:
        client_of(kind, server, **{name: value})
    assert str(assigned.value) == str(made.value)
    called(client.chat.completions.create)


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_name_that_is_no_setting_raises(kind: Any, server: ScriptedServer) -> None:
    client = client_of(kind, server)
    for name, hint in (
        ("time_out", "did you mean 'timeout'"),
        ("API_key", "did you mean 'api_key'"),
        ("max_retry", "did you mean 'max_retries'"),
        ("http_client", r"with_options\(http_client=\.\.\.\)"),
        ("webhook_secret", "the settings are"),
    ):
        with pytest.raises(AttributeError, match=rf"'{name}' is not a setting of {kind.__name__}; .*{hint}"):
            setattr(client, name, "x")
        assert not hasattr(client, name)
    if "Azure" not in kind.__name__:
        with pytest.raises(AttributeError, match="not a setting"):
            client.api_version = "1"
    with pytest.raises(AttributeError):
        client.beta = client
    with pytest.raises(AttributeError):
        del client.api_key


def test_a_subclass_keeps_attributes_of_its_own(server: ScriptedServer) -> None:
    class Tenant(Client):
        time_outs: int = 3

        def __init__(self, tenant: str, **settings: Any) -> None:
            self.tenant = tenant
            super().__init__(**settings)
            self._private = tenant
            self.time_outs = 4

    client = Tenant("a", api_key="sk-first-key", base_url=server.base_url)
    client.tenant = "b"
    for other in (client.with_options(timeout=1), copy.copy(client), copy.deepcopy(client)):
        assert (other.tenant, other._private, other.time_outs) == ("b", "a", 4)
    with pytest.raises(AttributeError, match=r"did you mean 'timeout'.*define time_out in the class"):
        client.time_out = 5  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", CLIENTS)
def test_copies_have_settings_of_their_own(kind: Any, server: ScriptedServer) -> None:
    client = client_of(kind, server)
    called(client.chat.completions.create)
    copies = [client.with_options(max_retries=1), client.copy(), copy.copy(client), copy.deepcopy(client)]
    client.api_key = "sk-of-the-first"
    for number, other in enumerate(copies):
        other.organization = f"org-{number}"
        called(other.chat.completions.create)
    called(client.chat.completions.create)
    scheme = "" if "Azure" in kind.__name__ else "Bearer "
    assert keys(server)[1:] == [f"{scheme}sk-first-key"] * 4 + [f"{scheme}sk-of-the-first"]
    assert [one.headers.get("openai-organization") for one in server.requests[1:]] == [
        "org-0",
        "org-1",
        "org-2",
        "org-3",
        None,
    ]


def test_cookies_of_the_old_key_are_not_sent_with_a_new_one() -> None:
    with ScriptedServer(json_reply(BODY, set_cookie="session=old; Path=/")) as server:
        with client_of(Client, server) as client:
            called(client.chat.completions.create)
            called(client.chat.completions.create)
            client.api_key = "sk-second-key"
            called(client.chat.completions.create)
            client.api_key = "sk-first-key"
            called(client.chat.completions.create)
        assert [one.headers.get("cookie") for one in server.requests] == [None, "session=old", None, "session=old"]


def test_a_call_keeps_the_settings_that_it_began_with() -> None:
    """While it waits for its retry, everything is assigned."""
    waits, go_on = threading.Event(), threading.Event()

    def first(request: Received) -> Reply:
        waits.set()
        go_on.wait(5)
        return json_reply({}, 503, retry_after="0")

    with ScriptedServer(first, json_reply(BODY)) as server, client_of(Client, server) as client:
        thread = threading.Thread(target=called, args=(client.chat.completions.create,))
        thread.start()
        assert waits.wait(5)
        client.api_key, client.max_retries, client.base_url = "sk-second-key", 0, "http://127.0.0.1:9/v1"
        client.default_headers = {"X-New": "1"}
        go_on.set()
        thread.join(5)
    assert keys(server) == ["Bearer sk-first-key"] * 2
    assert "x-new" not in server.requests[1].headers


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_call_adds_no_name_to_the_settings(server: ScriptedServer, kind: Any) -> None:
    """Another thread may be copying them by their names."""
    client = client_of(kind, server)
    before = list(vars(client._settings))
    called(client.chat.completions.create)
    assert list(vars(client._settings)) == before


def test_threads_assign_while_others_call(server: ScriptedServer) -> None:
    """No assignment is lost, and each request has a whole set of settings."""
    with client_of(Client, server, default_headers={"X-Pair": "0"}) as client:
        until = time.monotonic() + 0.3
        failures: list[BaseException] = []

        def run(work: Any) -> None:
            try:
                while time.monotonic() < until:
                    work()
            except BaseException as failure:
                failures.append(failure)

        def assign(name: str) -> Any:
            numbers = iter(range(10**6))

            def work() -> None:
                value = f"{name}-{next(numbers)}"
                setattr(client, name, value)
                assert getattr(client, name) == value

            return work

        works = [assign("organization"), assign("project"), lambda: called(client.chat.completions.create)]
        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert not failures and server.requests


@pytest.mark.parametrize("kind", CLIENTS)
def test_no_assigned_secret_is_shown(kind: Any, server: ScriptedServer) -> None:
    client = client_of(kind, server)
    client.api_key = "sk-very-secret"
    client.default_headers = {"X-Auth": "very-secret"}
    client.default_query = {"code": "very-secret", "api-version": "1"}
    shown = f"{client!r} {vars(client)} {vars(client._sender)} {vars(client._settings)}"
    for name in HIDDEN:
        with pytest.raises(AttributeError) as read:
            getattr(client, name)
        shown += f"{read.value}"
    with pytest.raises(errors.ChatCompletionsError) as raised:
        client.base_url = "sk-very-secret"
    shown += str(raised.value)
    link = raised.value.__traceback__
    while link is not None:
        if "chat_completions" in link.tb_frame.f_globals["__name__"]:
            shown += str(link.tb_frame.f_locals)
        link = link.tb_next
    assert "very-secret" not in shown


@pytest.mark.parametrize("kind", [AzureClient, AsyncAzureClient])
def test_azures_settings_are_changed_by_copies_and_assignments(
    kind: Any, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    place = server.base_url.removesuffix("/v1")

    def last() -> tuple[str, str | None]:
        return server.requests[-1].target, keys(server)[-1]

    client = kind(azure_endpoint=place, azure_deployment="d1", api_version="v1", api_key="key-1")
    steps: list[tuple[dict[str, Any], str, str]] = [
        ({}, "/openai/deployments/d1/chat/completions?api-version=v1", "key-1"),
        ({"api_version": "v2"}, "/openai/deployments/d1/chat/completions?api-version=v2", "key-1"),
        ({"azure_deployment": "d2"}, "/openai/deployments/d2/chat/completions?api-version=v2", "key-1"),
        ({"azure_ad_token": "t1"}, "/openai/deployments/d2/chat/completions?api-version=v2", "Bearer t1"),
        (
            {"azure_ad_token_provider": lambda: "t2", "azure_endpoint": place + "/proxy"},
            "/proxy/openai/deployments/d2/chat/completions?api-version=v2",
            "Bearer t2",
        ),
        (
            {"default_query": {"a": "b"}},
            "/proxy/openai/deployments/d2/chat/completions?a=b&api-version=v2",
            "Bearer t2",
        ),
        ({"api_key": "key-2"}, "/proxy/openai/deployments/d2/chat/completions?a=b&api-version=v2", "key-2"),
        ({"base_url": place + "/v1"}, "/v1/deployments/m/chat/completions?a=b&api-version=v2", "key-2"),
        (
            {"azure_endpoint": place, "azure_deployment": "d3"},
            "/openai/deployments/d3/chat/completions?a=b&api-version=v2",
            "key-2",
        ),
    ]
    other = client
    for changes, target, key in steps:
        for name, value in changes.items():
            setattr(client, name, value)
        other = other.copy(**changes)
        for each in (client, other, other.with_options(timeout=3), copy.copy(client)):
            called(each.chat.completions.create)
            path, _, query = last()[0].partition("?")
            assert f"{path}?{'&'.join(sorted(query.split('&')))}" == target
            assert last()[1] == key
    assert (client.azure_endpoint, client.azure_deployment, client.api_version) == (place, "d3", "v2")
    client.azure_deployment = None
    called(client.chat.completions.create)
    assert last()[0].startswith("/openai/deployments/m/chat/completions")


@pytest.mark.parametrize("kind", [AzureClient, AsyncAzureClient])
def test_azure_says_what_is_missing(kind: Any, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "sk-of-the-environment")
    client = client_of(kind, server)
    for name in ("api_key", "azure_ad_token", "azure_ad_token_provider"):
        with pytest.raises(errors.ChatCompletionsError, match="missing credentials"):
            setattr(client, name, None)
        with pytest.raises(AttributeError, match="may hold a secret"):
            getattr(client, name)
    for change in ({"azure_ad_token": "t", "api_key": "k"}, {"base_url": "http://a/", "azure_endpoint": "http://b"}):
        with pytest.raises(errors.ChatCompletionsError, match=r"pass only one|omit azure_endpoint"):
            client.with_options(**change)
    with pytest.raises(errors.ChatCompletionsError, match="pass azure_endpoint as well"):
        client.azure_deployment = "d"
    called(client.with_options(api_key=None, azure_ad_token=None, base_url=None).chat.completions.create)
    assert keys(server) == ["sk-first-key"]
    assert {*AZURE} <= {*inspect.signature(kind.with_options).parameters}


@pytest.mark.parametrize("module", ["openai", "openai._types"])
@pytest.mark.parametrize("name", ["NotGiven", "Omit"])
def test_the_official_sdks_values_for_what_is_left_out_count_as_ours(
    name: str, module: str, server: ScriptedServer
) -> None:
    left_out = type(name, (), {"__module__": module, "__bool__": lambda self: False})()
    client = Client(**{**dict.fromkeys([*SETTINGS, "http_client"], left_out), "base_url": server.base_url})
    client = client.with_options(**dict.fromkeys([*SETTINGS, "http_client"], left_out))
    options = ("temperature", "stream", "extra_headers", "extra_query", "extra_body", "timeout", "max_retries")
    called(client.chat.completions.create, **dict.fromkeys((*options, "deadline", "validate"), left_out))
    assert {*server.requests[0].json()} == {"model", "messages"}
    other = type(name, (), {"__module__": "another"})()
    with pytest.raises(errors.RequestValidationError):
        called(client.chat.completions.create, temperature=other)
