"""The official SDK's clients of `chat_completions.compat`, whose chat completions go through this package."""

from __future__ import annotations

import asyncio
import inspect
import os
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chat_completions import errors
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply, stream_reply
from tests.switching.replies import broken, called, ended, failed, page, said, streamed, told

if "OFFICIAL_SDK_REQUIRED" not in os.environ:
    pytest.importorskip("openai", reason="`make switching` installs the official SDK")

import httpx2
import openai
from openai.pagination import AsyncCursorPage, SyncCursorPage
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
from pydantic import BaseModel

from chat_completions import compat

ASKED: dict[str, Any] = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Any wind?"}]}
TOOL = {"type": "function", "function": {"name": "wind", "parameters": {"type": "object", "properties": {}}}}
KEY = "sk-compat-key"


class Lamp(BaseModel):
    """What is asked for."""

    on: bool


async def _list(items: Any) -> list[Any]:
    return [item async for item in items]


class Side:
    """One of the two clients, for tests that are the same for both."""

    def __init__(self, kind: Any) -> None:
        self.kind, self.is_async = kind, kind is compat.AsyncOpenAI
        self._runner, self._clients = asyncio.Runner(), list[Any]()

    def client(self, server: ScriptedServer, **settings: Any) -> Any:
        self._clients.append(self.kind(**{"api_key": KEY, "base_url": server.base_url, "max_retries": 0, **settings}))
        return self._clients[-1]

    def run(self, outcome: Any) -> Any:
        """Return the outcome of a call, which is awaited."""

        async def awaited() -> Any:
            return await outcome

        return self._runner.run(awaited()) if inspect.isawaitable(outcome) else outcome

    def close(self) -> None:
        for client in self._clients:
            self.run(client.close())
        self._runner.close()

    def all(self, method: Callable[..., Any], **arguments: Any) -> list[Any]:
        """Return what a call yields."""

        async def collected() -> list[Any]:
            found = method(**arguments)
            return await _list(await found if inspect.iscoroutine(found) else found)

        return self.run(collected()) if self.is_async else list(method(**arguments))

    def events(self, client: Any, **arguments: Any) -> tuple[list[Any], Any]:
        """Return the events of `.stream()`, and the final completion."""

        async def collected() -> tuple[list[Any], Any]:
            async with client.chat.completions.stream(**arguments) as stream:
                return await _list(stream), await stream.get_final_completion()

        if self.is_async:
            return self.run(collected())
        with client.chat.completions.stream(**arguments) as stream:
            return list(stream), stream.get_final_completion()


@pytest.fixture(params=[compat.OpenAI, compat.AsyncOpenAI], ids=lambda kind: kind.__name__)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    side = Side(request.param)
    yield side
    side.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """Return a function that starts a server with some replies."""
    servers: list[ScriptedServer] = []

    def start(*replies: Reply | Callable[[Received], Reply]) -> ScriptedServer:
        servers.append(ScriptedServer(*replies))
        return servers[-1].__enter__()

    yield start
    for server in servers:
        server.__exit__()


def test_a_completion_is_the_sdks(side: Side, serve: Any) -> None:
    client = side.client(server := serve(said("Aye.", message={"reasoning_content": "Hm."})))
    assert isinstance(client, openai.AsyncOpenAI if side.is_async else openai.OpenAI)
    completion = side.run(client.chat.completions.create(**ASKED, temperature=0.5, extra_body={"top_k": 3}))
    assert type(completion) is ChatCompletion
    assert completion.choices[0].message.content == "Aye."
    assert completion.choices[0].message.model_extra == {"reasoning_content": "Hm."}
    assert completion._request_id == "req-7"
    assert server.requests[0].json() == {**ASKED, "temperature": 0.5, "top_k": 3}


def test_what_the_client_repairs_is_repaired(side: Side, serve: Any) -> None:
    body = b'{"id": "c", "choices": [{"index": 0, "finish_reason": "null", "message": {"content": "a\x01b"}}]}'
    client = side.client(serve(Reply([body])))
    choice = side.run(client.chat.completions.create(**ASKED)).choices[0]
    assert (choice.finish_reason, choice.message.content) == (None, "a\x01b")
    raw = side.run(client.chat.completions.with_raw_response.create(**ASKED))
    assert raw.parse().choices[0] == choice and raw.elapsed.total_seconds() > 0


def test_a_stream_is_the_sdks(side: Side, serve: Any) -> None:
    client = side.client(server := serve(told(usage=True)))
    chunks = side.all(client.chat.completions.create, **ASKED, stream=True, stream_options={"include_usage": True})
    assert {type(chunk) for chunk in chunks} == {ChatCompletionChunk}
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert (text, chunks[-1].usage.total_tokens) == ("The wind rose.", 17)
    raw = side.run(client.chat.completions.with_raw_response.create(**ASKED, stream=True))
    assert raw.headers["x-lamp"] == "lit"
    stream = raw.parse()
    assert isinstance(stream, openai.AsyncStream if side.is_async else openai.Stream)
    assert server.requests[1].headers["accept"] == "text/event-stream"
    side.run(stream.close())


def test_events_and_values(side: Side, serve: Any) -> None:
    text = streamed([*_said('{"on"', ": true}")])
    client = side.client(server := serve(text, said('{"on": true}')))
    events, completion = side.events(client, **ASKED, response_format=Lamp)
    assert [event.delta for event in events if event.type == "content.delta"] == ['{"on"', ": true}"]
    assert completion.choices[0].message.parsed == Lamp(on=True)
    parsed = side.run(client.chat.completions.parse(**ASKED, response_format=Lamp))
    assert type(parsed).__mro__[1] is ParsedChatCompletion and parsed.choices[0].message.parsed == Lamp(on=True)
    assert server.requests[1].json()["response_format"]["json_schema"]["name"] == "Lamp"


def _said(*pieces: str) -> Iterator[dict[str, Any]]:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    for piece in pieces:
        yield {**head, "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def test_a_value_that_was_cut_off_is_the_sdks_error(side: Side, serve: Any) -> None:
    client = side.client(serve(ended("length")))
    with pytest.raises(openai.LengthFinishReasonError):
        side.run(client.chat.completions.parse(**ASKED, response_format=Lamp))


def test_tools_and_the_message_sent_back(side: Side, serve: Any) -> None:
    client = side.client(server := serve(called("wind", "{}"), said("None.")))
    message = side.run(client.chat.completions.create(**ASKED, tools=[TOOL])).choices[0].message
    [call] = message.tool_calls
    answer = {"role": "tool", "tool_call_id": call.id, "content": "none"}
    side.run(client.chat.completions.create(model="m", messages=[*ASKED["messages"], message, answer], tools=[TOOL]))
    sent = server.requests[1].json()["messages"][1]
    assert sent["tool_calls"] == [call.to_dict()] and sent["role"] == "assistant"


def test_pages(side: Side, serve: Any) -> None:
    client = side.client(server := serve(page("c-1", "c-2", more=True), page("c-3")))
    found = side.all(client.chat.completions.list, limit=2, metadata={"watch": "night"}, extra_query={"x": "y"})
    assert [completion.id for completion in found] == ["c-1", "c-2", "c-3"]
    assert {type(completion) for completion in found} == {ChatCompletion}
    query = "limit=2&metadata%5Bwatch%5D=night&x=y"
    assert [request.target for request in server.requests] == [
        f"/v1/chat/completions?{query}",
        f"/v1/chat/completions?{query}&after=c-2",
    ]
    first = side.run(client.chat.completions.with_raw_response.list()).parse()
    assert isinstance(first, AsyncCursorPage if side.is_async else SyncCursorPage)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (404, openai.NotFoundError),
        (418, openai.APIStatusError),
        (429, openai.RateLimitError),
        (503, openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_statuses_are_the_sdks_errors(side: Side, serve: Any, status: int, kind: type, stream: bool) -> None:
    client = side.client(serve(failed(status, f"no, {KEY}", code="dark")))
    with pytest.raises(openai.APIStatusError) as caught:
        side.run(client.chat.completions.create(**ASKED, stream=stream))
    error = caught.value
    assert type(error) is kind and isinstance(error.__cause__, errors.APIStatusError)
    assert (error.status_code, error.code, error.request_id) == (status, "dark", "req-7")
    assert error.response.headers["x-lamp"] == "lit"
    assert KEY not in "".join(traceback.TracebackException.from_exception(error).format())
    assert KEY not in f"{error.body}{error.request.headers}{vars(error.__cause__)}"


@pytest.mark.parametrize(
    ("reply", "kind", "cause"),
    [
        (broken("cut"), openai.APIConnectionError, errors.StreamConnectionError),
        (broken("silent"), openai.APITimeoutError, errors.StreamTimeoutError),
        (broken("error"), openai.APIError, errors.StreamError),
        (streamed([*_said("The")][:1], done=False), openai.APIConnectionError, errors.IncompleteStreamError),
    ],
    ids=["cut", "silent", "error", "incomplete"],
)
def test_a_broken_stream_is_the_sdks_error_with_what_arrived(
    side: Side, serve: Any, reply: Reply, kind: type, cause: type
) -> None:
    client = side.client(serve(reply), timeout=0.4)
    for attempt in (
        lambda: side.all(client.chat.completions.create, **ASKED, stream=True),
        lambda: side.events(client, **ASKED),
    ):
        with pytest.raises(openai.APIError) as caught:
            attempt()
        assert type(caught.value) is kind and type(caught.value.__cause__) is cause
        partial: Any = caught.value.partial  # type: ignore[attr-defined]
        assert type(partial) is ChatCompletion and partial.choices[0].message.content == "The"


def test_a_cut_before_the_first_chunk_is_sent_again(side: Side, serve: Any) -> None:
    client = side.client(server := serve(stream_reply([b": hello\n\n"], cut=True), told()), max_retries=1)
    chunks = side.all(client.chat.completions.create, **ASKED, stream=True)
    assert len(server.requests) == 2 and chunks[1].choices[0].delta.content == "The"
    client = side.client(serve(stream_reply([b": hello\n\n"], cut=True), told()), max_retries=1)
    raw = side.run(client.chat.completions.with_raw_response.create(**ASKED, stream=True))
    with pytest.raises(openai.APIConnectionError):
        side.all(raw.parse)


def test_a_stream_that_is_left_closes_its_connection(side: Side, serve: Any) -> None:
    server = serve(
        Reply([*told().pieces[:2], *[0.01, b": wait\n\n"] * 1000], headers=told().headers, framing="chunked")
    )
    client = side.client(server)

    async def left() -> None:
        async with await client.chat.completions.create(**ASKED, stream=True) as stream:
            async for _ in stream:
                break
        await client.close()

    if side.is_async:
        side.run(left())
    else:
        with client, client.chat.completions.create(**ASKED, stream=True) as stream:
            next(stream)
    assert server.wait_until_closed(5)


def test_other_failures_are_the_sdks_errors(side: Side, serve: Any) -> None:
    client = side.client(serve(Reply([b"<html>no</html>"], headers={"content-type": "text/html"})))
    with pytest.raises(openai.APIResponseValidationError, match="check base_url"):
        side.run(client.chat.completions.create(**ASKED))
    with pytest.raises(openai.OpenAIError, match="/temperature"):
        side.run(client.chat.completions.create(**ASKED, temperature=float("nan")))
    with pytest.raises(openai.APIConnectionError):
        side.run(client.with_options(base_url="http://127.0.0.1:9").chat.completions.create(**ASKED))


def test_retries_are_the_packages(side: Side, serve: Any) -> None:
    client = side.client(server := serve(failed(500), failed(429, "in 10ms"), said("Third time.")), max_retries=2)
    raw = side.run(client.chat.completions.with_raw_response.create(**ASKED))
    assert raw.retries_taken == 2 and raw.parse().choices[0].message.content == "Third time."
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
    hasty = side.client(other := serve(failed(500)), max_retries=2).with_options(max_retries=0)
    with pytest.raises(openai.InternalServerError):
        side.run(hasty.chat.completions.create(**ASKED))
    assert len(other.requests) == 1


def test_settings_count_whenever_they_are_made(side: Side, serve: Any) -> None:
    server, other = serve(said()), serve(said())
    client = side.client(
        server,
        organization="org-1",
        project="p-1",
        default_headers={"x-harbour": "Brest"},
        default_query={"watch": ["night", "day"]},
        timeout=httpx2.Timeout(7, connect=1),
    )
    call = {**ASKED, "extra_headers": {"x-own": "1"}, "extra_query": {"b": 2}}
    side.run(client.chat.completions.create(**call))
    client.api_key, client.base_url, client.organization = "sk-second", f"{other.base_url}/two?version=2", "org-2"
    side.run(client.chat.completions.create(**ASKED))
    side.run(client.copy(api_key="sk-third", default_headers={"x-harbour": "Oban"}).chat.completions.create(**ASKED))
    first, second, third = server.requests[0], *other.requests
    names = ("authorization", "openai-organization", "openai-project", "x-harbour", "x-own")
    seen = [[request.headers.get(name) for name in names] for request in (first, second, third)]
    assert seen == [
        [f"Bearer {KEY}", "org-1", "p-1", "Brest", "1"],
        ["Bearer sk-second", "org-2", "p-1", "Brest", None],
        ["Bearer sk-third", "org-2", "p-1", "Oban", None],
    ]
    assert first.target == "/v1/chat/completions?watch%5B%5D=night&watch%5B%5D=day&b=2"
    assert second.target == "/v1/two/chat/completions?version=2&watch%5B%5D=night&watch%5B%5D=day"
    assert first.headers["user-agent"].startswith(f"{side.kind.__name__}/Python")


def test_a_key_function_is_asked_for_each_attempt(side: Side, serve: Any) -> None:
    asked: list[str] = []

    def key() -> str:
        asked.append(f"sk-{len(asked)}")
        return asked[-1]

    async def later() -> str:
        return key()

    client = side.client(server := serve(failed(500), said()), api_key=later if side.is_async else key, max_retries=1)
    side.run(client.chat.completions.create(**ASKED))
    side.run(client.chat.completions.create(**ASKED, extra_headers={"Authorization": "Bearer own"}))
    keys = [request.headers["authorization"] for request in server.requests]
    assert keys == ["Bearer sk-0", "Bearer sk-1", "Bearer own"] and asked == ["sk-0", "sk-1"]


def test_the_http_client_sends(side: Side, serve: Any) -> None:
    kind = httpx2.AsyncClient if side.is_async else httpx2.Client
    server = serve(said())
    http_client = kind(headers={"x-from": "http client"}, params={"q": "1"})
    client = side.client(server, http_client=http_client)
    side.run(client.chat.completions.create(**ASKED))
    assert server.requests[0].headers["x-from"] == "http client" and server.requests[0].target.endswith("?q=1")
    side.run(client.close())
    assert http_client.is_closed
    with pytest.raises(openai.OpenAIError, match="closed"):
        side.run(client.chat.completions.create(**ASKED))


def test_all_else_is_the_sdks(side: Side, serve: Any) -> None:
    server = serve(json_reply({"object": "list", "data": [{"id": "m"}]}), said(), said())
    client = side.client(server)
    assert [model.id for model in side.all(client.models.list)] == ["m"]
    assert side.run(client.chat.completions.retrieve("c-1")).id == "chatcmpl-1"
    assert side.run(client.post("/chat/completions", body=ASKED, cast_to=object))["id"] == "chatcmpl-1"
    assert [request.target for request in server.requests[:2]] == ["/v1/models", "/v1/chat/completions/c-1"]


def test_what_is_not_supported_is_refused(side: Side, serve: Any) -> None:
    identity = {
        "client_id": "c",
        "identity_provider_id": "i",
        "service_account_id": "s",
        "provider": {"token_type": "jwt", "get_token": lambda: "t"},
    }
    client = side.kind(workload_identity=identity, base_url="http://127.0.0.1:9")
    with pytest.raises(openai.OpenAIError, match="workload_identity="):
        side.run(client.chat.completions.create(**ASKED))


def test_a_streaming_response(side: Side, serve: Any) -> None:
    client = side.client(serve(said(), told()))

    async def read(stream: bool) -> Any:
        async with client.chat.completions.with_streaming_response.create(**ASKED, stream=stream) as response:
            parsed = await response.parse()
            return await _list(parsed) if stream else parsed

    def read_now(stream: bool) -> Any:
        with client.chat.completions.with_streaming_response.create(**ASKED, stream=stream) as response:
            parsed = response.parse()
            return list(parsed) if stream else parsed

    completion, chunks = [side.run(read(stream)) if side.is_async else read_now(stream) for stream in (False, True)]
    assert completion.choices[0].message.content == "Aye." and len(chunks) == 5


def test_threads_share_a_client(serve: Any) -> None:
    def reply(request: Received) -> Reply:
        text = request.json()["messages"][0]["content"]
        return streamed(_said(text, "!")) if request.json().get("stream") else said(text)

    client = Side(compat.OpenAI).client(serve(reply))

    def work(number: int) -> bool:
        asked: Any = {"model": "m", "messages": [{"role": "user", "content": f"ship {number}"}]}
        whole = client.chat.completions.create(**asked).choices[0].message.content
        chunks = client.chat.completions.create(**asked, stream=True)
        text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
        return (whole, text) == (f"ship {number}", f"ship {number}!")

    with client, ThreadPoolExecutor(64) as pool:
        assert all(pool.map(work, range(256)))


def test_tasks_share_a_client(serve: Any) -> None:
    def reply(request: Received) -> Reply:
        return said(request.json()["messages"][0]["content"])

    async def work() -> list[str]:
        async with Side(compat.AsyncOpenAI).client(serve(reply)) as client:
            asked: list[Any] = [{"model": "m", "messages": [{"role": "user", "content": str(n)}]} for n in range(200)]
            found = await asyncio.gather(*(client.chat.completions.create(**each) for each in asked))
            return [completion.choices[0].message.content for completion in found]

    assert asyncio.run(work()) == [str(number) for number in range(200)]
