"""What an error reporter finds in the frames of a traceback: no credential, whatever failed, sync and async."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from chat_completions import (
    AsyncAzureClient,
    AsyncClient,
    AzureClient,
    Client,
    DefaultAioHttpClient,
    DefaultAsyncHttpx2Client,
    DefaultHttpx2Client,
    bulk,
    errors,
)
from chat_completions._traceback_locals import _PACKAGES
from tests.client.conftest import MESSAGES
from tests.client.scripted import Reply, ScriptedServer, json_reply, stream_reply

WORD = "sk-secret"
OK = json_reply({"id": "chatcmpl-1", "object": "chat.completion", "choices": []})
CHUNK = b'data: {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Hi"}}]}\n\n'
TOOL_CALL = {"id": "call-1", "type": "function", "function": {"name": "lamp", "arguments": "{}"}}
CALLS = json_reply({"choices": [{"index": 0, "message": {"tool_calls": [TOOL_CALL]}, "finish_reason": "tool_calls"}]})


def lamp() -> str:
    """Light it."""
    return "lit"


class Failing(Exception):
    """What a function of the caller's raises."""


def no_key() -> str:
    raise Failing("the vault is shut")


def bad_key() -> str:
    return WORD + "\n"


def http_clients(is_async: bool) -> Iterator[Any]:
    yield None
    yield DefaultAsyncHttpx2Client() if is_async else DefaultHttpx2Client()
    if is_async:
        pytest.importorskip("httpx_aiohttp", reason="httpx-aiohttp is not installed")
        yield DefaultAioHttpClient()


REPLIES: dict[str, Any] = {
    "400": json_reply({"error": {"message": "no"}}, 400),
    "401": json_reply({"error": {"message": "no"}}, 401),
    "503": json_reply({"error": {"message": "busy"}}, 503, retry_after_ms="1"),
    "html": Reply([b"<html>"], headers={"content-type": "text/html"}),
    "bad JSON": Reply([b'{"id'], headers={"content-type": "application/json"}),
    "undocumented": json_reply({}, 202),
    "error with 200": json_reply({"error": {"message": "no"}}),
    "cut": Reply([b"{"], headers={"content-type": "application/json", "content-length": "9"}, cut=True),
    "redirect loop": Reply([], 307, {"location": "/v1/chat/completions"}),
    "redirect without sense": Reply([], 302, {"location": "/v1"}),
    "redirect to nobody": Reply([], 307, {"location": "http://127.0.0.1:9/there?sig=1"}),
    "late": Reply([60.0, b"{}"]),
    "late for the deadline": Reply([60.0, b"{}"]),
}
STREAMS: dict[str, Any] = {
    "401": REPLIES["401"],
    "cut": stream_reply([CHUNK], cut=True),
    "incomplete": stream_reply([CHUNK]),
    "error event": stream_reply([CHUNK, b'data: {"error": {"message": "no"}}\n\n']),
    "no JSON": stream_reply([CHUNK, b"data: {\n\n"]),
    "no UTF-8": stream_reply([b"data: \xff\n\n"]),
    "html": Reply([b"<html>"], headers={"content-type": "text/html"}),
    "late": stream_reply([CHUNK, 60.0]),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "a misspelt field": {"mesages": []},
    "no JSON": {"temperature": float("nan")},
    "a header with a line end": {"extra_headers": {"X-Token": WORD + "\n"}},
    "a header of bytes": {"extra_headers": {"X-Token": WORD.encode()}},
    "half a character": {"extra_query": {"token": WORD + "\ud800"}},
    "a number of retries": {"max_retries": -1},
}


def reporters_view(error: BaseException) -> list[str]:
    """Return what stands in the frames of an error and its causes, apart from those of the test itself."""
    shown, links, seen = [], [error], set()
    while links:
        link = links.pop()
        seen.add(id(link))
        links += [other for other in (link.__cause__, link.__context__) if other is not None and id(other) not in seen]
        for frame, _ in traceback.walk_tb(link.__traceback__):
            module = frame.f_globals.get("__name__", "")
            if module.partition(".")[0] in _PACKAGES:
                shown += [f"{module}.{frame.f_code.co_name}: {k} = {_shown(v)}" for k, v in frame.f_locals.items()]
    return shown


def _shown(value: Any) -> str:
    """Return what reporters show of a value: its repr, or the attributes of an object that has none of its own."""
    return (
        f"{value!r} {vars(value)!r}"
        if type(value).__repr__ is object.__repr__ and hasattr(value, "__dict__")
        else repr(value)
    )


def assert_quiet(call: Callable[[], Any]) -> BaseException:
    with pytest.raises(Exception) as caught:
        call()
    found = [line for line in reporters_view(caught.value) if WORD in line]
    assert found == []
    return caught.value


class Sync:
    is_async = False
    client, azure = Client, AzureClient

    def run(self, client: Any, ask: str, **arguments: Any) -> Any:
        with client:
            if ask == "read":
                with client.chat.completions.with_streaming_response.create(**arguments) as response:
                    return response.read()
            if ask == "events":
                with client.chat.completions.stream(**arguments) as events:
                    return list(events)
            if ask == "list":
                return list(client.chat.completions.list(**arguments))
            completions = client.chat.completions.with_raw_response if ask == "raw" else client.chat.completions
            answer = getattr(completions, "create" if ask in ("raw", "next", "for") else ask)(**arguments)
            if ask == "next":
                while True:
                    next(answer)
            return answer.parse() if ask == "raw" else list(answer) if hasattr(answer, "__next__") else answer


class Async(Sync):
    is_async = True
    client, azure = AsyncClient, AsyncAzureClient  # type: ignore[assignment]

    def run(self, client: Any, ask: str, **arguments: Any) -> Any:
        return asyncio.run(self._run(client, ask, **arguments))

    async def _run(self, client: Any, ask: str, **arguments: Any) -> Any:
        async with client:
            if ask == "read":
                async with client.chat.completions.with_streaming_response.create(**arguments) as response:
                    return await response.read()
            if ask == "events":
                async with client.chat.completions.stream(**arguments) as events:
                    return [event async for event in events]
            if ask == "list":
                return [item async for item in client.chat.completions.list(**arguments)]
            completions = client.chat.completions.with_raw_response if ask == "raw" else client.chat.completions
            called = getattr(completions, "create" if ask in ("raw", "next", "for") else ask)(**arguments)
            answer = called if ask == "run_tools" and arguments.get("stream") else await called
            if ask == "next":
                while True:
                    await anext(answer)
            if ask == "raw":
                return answer.parse()
            return [item async for item in answer] if hasattr(answer, "__anext__") else answer


@pytest.fixture(params=[Sync(), Async()], ids=["sync", "async"])
def ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    return request.param


SECRETS: dict[str, Any] = {
    "api_key": WORD,
    "default_headers": {"X-Token": WORD},
    "default_query": {"token": WORD},
    "organization": "org",
    "max_retries": 0,
}


def asked(**more: Any) -> dict[str, Any]:
    options = {"extra_headers": {"X-More": WORD}, "extra_query": {"more": WORD}}
    return {"model": "m", "messages": MESSAGES, **options, **more}


@pytest.mark.parametrize("ask", ["create", "raw", "parse", "read", "run_tools", "list"])
@pytest.mark.parametrize("name", REPLIES)
def test_answers(ways: Any, ask: str, name: str) -> None:
    arguments = {"tools": [lamp]} if ask == "run_tools" else {}
    given = asked(**arguments)
    if ask == "list":
        given.pop("messages")
    if name == "late":
        given["timeout"] = 0.05
    if name == "late for the deadline":
        given["deadline"] = 0.05
    with ScriptedServer(REPLIES[name]) as server:
        for http_client in http_clients(ways.is_async):
            settings = {**SECRETS, "base_url": server.base_url, "http_client": http_client}
            if ask == "read" and name in ("html", "bad JSON", "undocumented", "error with 200"):
                continue
            if ask == "list" and name in ("redirect without sense",):
                continue
            assert_quiet(lambda settings=settings: ways.run(ways.client(**settings), ask, **given))


@pytest.mark.parametrize("ask", ["for", "next", "events", "run_tools"])
@pytest.mark.parametrize("name", STREAMS)
def test_streams(ways: Any, ask: str, name: str) -> None:
    more: dict[str, Any] = {} if ask == "events" else {"stream": True}
    if ask == "run_tools":
        more["tools"] = [lamp]
    if name == "late":
        more["idle_timeout"] = 0.05
    with ScriptedServer(STREAMS[name]) as server:
        for http_client in http_clients(ways.is_async):
            settings = {**SECRETS, "base_url": server.base_url, "http_client": http_client}
            assert_quiet(lambda settings=settings: ways.run(ways.client(**settings), ask, **asked(**more)))


@pytest.mark.parametrize("streams", [False, True])
def test_a_run_of_tools_that_fails_in_its_second_round(ways: Any, streams: bool) -> None:
    with ScriptedServer(CALLS, REPLIES["401"]) as server:
        client = ways.client(**SECRETS, base_url=server.base_url)
        error = assert_quiet(lambda: ways.run(client, "run_tools", **asked(tools=[lamp], stream=streams)))
    assert isinstance(error, errors.AuthenticationError) and error.run is not None


@pytest.mark.parametrize("ask", ["create", "raw", "parse", "events", "run_tools", "list"])
@pytest.mark.parametrize("name", OPTIONS)
def test_arguments_that_cannot_be_sent(ways: Any, ask: str, name: str) -> None:
    more: dict[str, Any] = {"tools": [lamp]} if ask == "run_tools" else {}
    given = asked(**more, **OPTIONS[name]) if ask != "list" else {**OPTIONS[name]}
    if ask == "list" and name in ("a misspelt field", "no JSON"):
        return
    assert_quiet(lambda: ways.run(ways.client(**SECRETS, base_url="http://127.0.0.1:9"), ask, **given))


@pytest.mark.parametrize("key", [no_key, bad_key, WORD + "\n", lambda: 1])
def test_keys(ways: Any, key: Any) -> None:
    for kind, more in ((ways.client, {}), (ways.azure, {"api_version": "v1"})):
        client = kind(**{**SECRETS, "api_key": key}, base_url="http://127.0.0.1:9", **more)
        assert_quiet(lambda client=client: ways.run(client, "create", **asked()))


def test_a_key_of_a_partial_function(ways: Any) -> None:
    import functools

    def fetch(password: str) -> str:
        del password
        raise Failing("the vault is shut")

    client = ways.client(**{**SECRETS, "api_key": functools.partial(fetch, WORD)}, base_url="http://127.0.0.1:9")
    assert_quiet(lambda: ways.run(client, "create", **asked()))


def test_nobody_there_and_a_closed_client(ways: Any) -> None:
    for http_client in http_clients(ways.is_async):
        settings = {**SECRETS, "base_url": "http://127.0.0.1:9/v1", "http_client": http_client}
        client = ways.client(**settings)
        assert_quiet(lambda client=client: ways.run(client, "create", **asked()))
        if http_client is not None:
            assert_quiet(lambda client=client: ways.run(client, "create", **asked()))
    user = f"http://ann:{WORD}@127.0.0.1:9/v1"
    assert_quiet(lambda: ways.run(ways.client(base_url=user, api_key=""), "create", **asked()))


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": f"ftp://ann:{WORD}@h"},
        {"base_url": f"http://ann:{WORD}@h"},
        {"max_retries": "many", "base_url": f"http://ann:{WORD}@h", "api_key": ""},
        {"on_unknown": 1},
    ],
)
def test_clients_that_cannot_be_made(ways: Any, settings: Any) -> None:
    given = {**SECRETS, **settings}
    assert_quiet(lambda: ways.client(**given))
    client = ways.client(**SECRETS)
    assert_quiet(lambda: client.with_options(**settings, default_headers={"X-Token": WORD}))
    for azure in ({"api_version": "v1"}, {"api_version": "v1", "azure_ad_token": WORD}):
        assert_quiet(lambda azure=azure: ways.azure(**given, **azure))


def test_a_file_of_requests(ways: Any, tmp_path: Any) -> None:
    settings = {**SECRETS, "base_url": f"ftp://ann:{WORD}@h"}
    (tmp_path / "in.jsonl").write_text("")
    if ways.is_async:
        arguments = (tmp_path / "in.jsonl", tmp_path / "out.jsonl")
        assert_quiet(lambda: asyncio.run(bulk.arun(*arguments, client_settings=settings)))
    else:
        assert_quiet(lambda: bulk.run(tmp_path / "in.jsonl", tmp_path / "out.jsonl", client_settings=settings))


def test_a_hook_that_raises(ways: Any) -> None:
    def fail(request: Any) -> None:
        raise Failing("no")

    async def fail_later(request: Any) -> None:
        raise Failing("no")

    kind: Any = httpx.AsyncClient if ways.is_async else httpx.Client
    own = kind(event_hooks={"request": [fail_later if ways.is_async else fail]})
    client = ways.client(**SECRETS, base_url="http://127.0.0.1:9", http_client=own)
    assert isinstance(assert_quiet(lambda: ways.run(client, "create", **asked())).__cause__, Failing)
