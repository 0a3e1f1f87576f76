"""`with_streaming_response`: the head first, the body when it is asked for, our errors, the connection let go of."""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chat_completions import AsyncClient, Client, errors, response_info
from chat_completions._client import streaming_response
from chat_completions._transport import response_body
from tests.client.conftest import MESSAGES, AsyncApi, SyncApi
from tests.client.scripted import Reply, ScriptedServer, json_reply, stream_reply

COMPLETION = {"id": "chatcmpl-1", "object": "chat.completion", "choices": []}
OK = json_reply(COMPLETION, x_request_id="req-1")
CHUNK = {"id": "c", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}


def done(api: SyncApi, value: Any) -> Any:
    """Return what a method gives, awaited where it has to be."""

    async def wait() -> Any:
        return await value

    return api._runner.run(wait()) if isinstance(api, AsyncApi) else value


def listed(api: SyncApi, pieces: Any) -> list[Any]:
    async def collect() -> list[Any]:
        return [piece async for piece in pieces]

    return api._runner.run(collect()) if isinstance(api, AsyncApi) else list(pieces)


@contextlib.contextmanager
def opened(api: SyncApi, client: Any, method: str = "create", **arguments: Any) -> Iterator[Any]:
    asked = {"model": "m", "messages": MESSAGES, **arguments} if method == "create" else arguments
    manager = getattr(client.chat.completions.with_streaming_response, method)(**asked)
    enter, leave = ("__aenter__", "__aexit__") if isinstance(api, AsyncApi) else ("__enter__", "__exit__")
    response = done(api, getattr(manager, enter)())
    try:
        yield response
    finally:
        done(api, getattr(manager, leave)(None, None, None))


def test_the_head_is_there_before_the_body(api: SyncApi) -> None:
    """The server holds the body back until the head has been looked at."""
    body = [b'{"id": "c', 0.3, b'hatcmpl-1", "choices": []}']
    with ScriptedServer(Reply(body, framing="chunked")) as server:
        client = api.client(base_url=server.base_url)
        with opened(api, client) as response:
            assert (response.status_code, response.is_closed) == (200, False)
            assert response.http_response.is_stream_consumed is False
            assert repr(response).endswith("APIResponse [200 Reason]>")
            first = next(iter(response.iter_text())) if not isinstance(api, AsyncApi) else '{"id": "c'
            assert first == '{"id": "c'
        assert server.wait_until_closed() is True


def test_a_read_body_can_be_had_again(api: SyncApi) -> None:
    with ScriptedServer(OK) as server:
        client = api.client(base_url=server.base_url)
        for _ in range(3):
            with opened(api, client) as response:
                assert json.loads(done(api, response.read())) == COMPLETION == done(api, response.json())
                completion = done(api, response.parse())
                assert completion is done(api, response.parse())
                assert (completion.to_dict(), completion._request_id) == (COMPLETION, "req-1")
                assert response_info(completion).attempts == response_info(response).attempts
                assert b"".join(listed(api, response.iter_bytes())) == done(api, response.read())
        assert server.connections == 1


def test_a_body_that_is_left_alone_is_let_go_of(api: SyncApi) -> None:
    with ScriptedServer(Reply([b'{"id": ', 0.5, b'"c"}'])) as server:
        client = api.client(base_url=server.base_url)
        with opened(api, client) as response:
            pass
        assert response.is_closed
        done(api, response.close())


def test_lines_of_a_compressed_body(api: SyncApi) -> None:
    packed = gzip.compress(b'{"id":\n"\xe2\x98\x83"}')
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    with ScriptedServer(Reply([packed[:9], packed[9:]], headers=headers)) as server:
        with opened(api, api.client(base_url=server.base_url)) as response:
            assert listed(api, response.iter_lines()) == ['{"id":', '"\N{SNOWMAN}"}']
            assert response.is_closed


def test_an_iterated_body_is_gone(api: SyncApi) -> None:
    with ScriptedServer(OK) as server:
        with opened(api, api.client(base_url=server.base_url)) as response:
            listed(api, response.iter_bytes(3))
            with pytest.raises(errors.ChatCompletionsError, match="already been iterated"):
                done(api, response.parse())


@pytest.mark.slow
def test_a_body_that_breaks_off_or_stalls(api: SyncApi) -> None:
    broken = [Reply([b'{"id": '], framing="chunked", cut=True)] * 2
    stalled = [Reply([b'{"id": ', 60.0], framing="chunked")] * 2
    with ScriptedServer(*broken, *stalled) as server:
        for kind in (errors.APIConnectionError, errors.APITimeoutError):
            client = api.client(base_url=server.base_url, timeout=60 if kind is errors.APIConnectionError else 1)
            with opened(api, client) as response, pytest.raises(kind) as read:
                done(api, response.read())
            assert read.value.__cause__ is not None and read.value.request is not None
            assert type(read.value) is kind
            with opened(api, client) as response, pytest.raises(kind):
                listed(api, response.iter_lines())


@pytest.mark.slow
def test_the_deadline_is_of_the_body_too(api: SyncApi, clock_of: Callable[..., Callable[[float], None]]) -> None:
    advance = clock_of(response_body, streaming_response)
    drops = [piece for _ in range(600) for piece in (b" ", 0.1)]
    with ScriptedServer(Reply([b'{"id"', *drops, b":1}"], framing="chunked")) as server:
        with opened(api, api.client(base_url=server.base_url), deadline=600) as response:
            advance(599.5)
            with pytest.raises(errors.APITimeoutError):
                listed(api, response.iter_bytes())


def test_an_error_is_raised_on_entering(api: SyncApi) -> None:
    error = json_reply({"error": {"message": "busy", "code": "x"}}, 503, retry_after_ms="1")
    with ScriptedServer(error, error, OK) as server:
        client = api.client(base_url=server.base_url, max_retries=1)
        with pytest.raises(errors.InternalServerError, match="busy"), opened(api, client):
            pass
        with opened(api, client) as response:
            assert (response.retries_taken, response.method, response.url.path) == (0, "POST", "/v1/chat/completions")
    with ScriptedServer(error, OK) as server, opened(api, api.client(base_url=server.base_url)) as response:
        assert response.retries_taken == 1


def test_a_stream_is_parsed_to_a_stream(api: SyncApi) -> None:
    data = f"data: {json.dumps(CHUNK)}\n\ndata: [DONE]\n\n".encode()
    with ScriptedServer(stream_reply([data])) as server:
        client = api.client(base_url=server.base_url)
        with opened(api, client, stream=True) as response:
            stream = done(api, response.parse())
            assert [chunk.choices[0].delta.content for chunk in api.chunks(stream)] == ["Hi"]
            assert stream.completion.choices[0].message.content == "Hi"
        with opened(api, client, stream=True) as response:
            assert listed(api, response.iter_lines())[0].startswith("data: ")
        assert [request.headers["accept"] for request in server.requests] == ["text/event-stream"] * 2
        assert server.connections == 1


def test_a_page_is_parsed_to_a_page(api: SyncApi) -> None:
    page = {"object": "list", "data": [COMPLETION], "has_more": False}
    with ScriptedServer(json_reply(page)) as server:
        with opened(api, api.client(base_url=server.base_url), "list", limit=1) as response:
            parsed = done(api, response.parse())
        assert [completion.id for completion in listed(api, parsed)] == ["chatcmpl-1"]
        assert server.requests[0].target.endswith("?limit=1")


def test_a_reply_of_a_type_is_parsed_to_it(api: SyncApi) -> None:
    pydantic = pytest.importorskip("pydantic")
    light = pydantic.create_model("Light", on=(bool, ...))
    reply = {"choices": [{"index": 0, "message": {"content": '{"on": true}'}, "finish_reason": "stop"}]}
    with ScriptedServer(json_reply(reply)) as server:
        asked = {"model": "m", "messages": MESSAGES, "response_format": light}
        with opened(api, api.client(base_url=server.base_url), "parse", **asked) as response:
            assert done(api, response.parse()).choices[0].message.parsed == light(on=True)
        assert server.requests[0].json()["response_format"]["json_schema"]["name"] == "Light"


def test_nothing_is_sent_before_it_is_entered() -> None:
    with ScriptedServer(OK) as server, Client(base_url=server.base_url) as client:
        client.chat.completions.with_streaming_response.create(model="m", messages=[])
        AsyncClient(base_url=server.base_url).chat.completions.with_streaming_response.list()
        assert server.requests == []
