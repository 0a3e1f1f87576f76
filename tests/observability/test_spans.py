"""The span of each call: what it says, when it ends, and what it is beside other spans."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import threading
import time
from typing import Any

import httpx
import pytest
from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes, http_attributes, openai_attributes
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics
from opentelemetry.semconv.attributes import error_attributes, server_attributes
from opentelemetry.semconv.attributes import http_attributes as stable_http
from opentelemetry.trace import SpanKind, StatusCode

from chat_completions import (
    APIConnectionError,
    APIResponseValidationError,
    AsyncClient,
    AuthenticationError,
    Client,
    StreamError,
)
from chat_completions.local import LocalServer
from chat_completions.observability import _attributes
from tests.client.conftest import MESSAGES
from tests.client.scripted import Reply, ScriptedServer, json_reply, stream_reply
from tests.observability.conftest import COMPLETION, DONE, END, ROLE, USAGE, Telemetry, event

STREAM = stream_reply([ROLE, event({"content": "Hi"}), END, USAGE, DONE])
REPLIES = {False: json_reply(COMPLETION, x_request_id="req-1"), True: STREAM}


def finish(api: Any, answer: Any) -> None:
    if hasattr(answer, "text_deltas"):
        api.chunks(answer)


@pytest.mark.parametrize("stream", [False, True])
def test_what_a_span_says(api: Any, telemetry: Telemetry, stream: bool) -> None:
    asked = {
        "temperature": 0.5,
        "top_p": 1,
        "frequency_penalty": -0.5,
        "presence_penalty": 0.25,
        "seed": 7,
        "n": 2,
        "stop": ["a", "b"],
        "max_completion_tokens": 99,
        "service_tier": "flex",
        "response_format": {"type": "json_object"},
        "extra_body": {"top_k": 40},
    }
    with ScriptedServer(REPLIES[stream]) as server:
        client = telemetry.observe(api.client(base_url=server.base_url))
        finish(api, api.create(client, stream=stream or None, **asked))
    span, told = telemetry.span, telemetry.told
    assert (span.name, span.kind) == ("chat m", SpanKind.CLIENT)
    assert span.status.status_code is StatusCode.UNSET
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 1,
        "gen_ai.request.top_k": 40,
        "gen_ai.request.frequency_penalty": -0.5,
        "gen_ai.request.presence_penalty": 0.25,
        "gen_ai.request.seed": 7,
        "gen_ai.request.choice.count": 2,
        "gen_ai.request.stop_sequences": ("a", "b"),
        "gen_ai.request.max_tokens": 99,
        "gen_ai.output.type": "json",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "m-2026",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 34,
        "gen_ai.usage.cache_read.input_tokens": 5,
        "gen_ai.usage.reasoning.output_tokens": 7,
        "openai.api.type": "chat_completions",
        "openai.request.service_tier": "flex",
        "server.address": "127.0.0.1",
        "server.port": int(server.base_url.rpartition(":")[2].partition("/")[0]),
        "chat_completions.request_id": "req-1",
    }
    if stream:
        expected |= {"gen_ai.request.stream": True, "chat_completions.stream.complete": True}
        assert 0 < told.pop("gen_ai.response.time_to_first_chunk") < 5
        assert 0 < told.pop("chat_completions.response.time_to_first_token") < 5
    else:
        expected |= {"openai.response.service_tier": "default", "openai.response.system_fingerprint": "fp_1"}
    assert told == expected
    assert span.instrumentation_scope is not None
    assert span.instrumentation_scope.name == "chat_completions"


def test_the_names_are_those_of_the_conventions() -> None:
    modules = (
        gen_ai_attributes,
        openai_attributes,
        http_attributes,
        stable_http,
        server_attributes,
        error_attributes,
        gen_ai_metrics,
    )
    known = {value for module in modules for value in vars(module).values() if isinstance(value, str)}
    texts = [text for module in ("_attributes", "_operations") for text in _texts(module)]
    names = {text for text in texts if text.startswith(("gen_ai.", "openai.", "server.", "error.", "http."))}
    assert len(names) > 30
    assert names - known == {"gen_ai.usage."}  # the beginning of two that are known
    providers = {provider.value for provider in gen_ai_attributes.GenAiProviderNameValues} | {"moonshot_ai"}
    assert set(_attributes._PROVIDERS.values()) <= providers


def _texts(module: str) -> list[str]:
    import ast
    import importlib.util

    spec = importlib.util.find_spec(f"chat_completions.observability.{module}")
    assert spec is not None
    assert spec.origin is not None
    with open(spec.origin, encoding="utf-8") as source:  # noqa: PTH123
        tree = ast.parse(source.read())
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_a_list_has_a_span_for_each_page(api: Any, telemetry: Telemetry) -> None:
    def page(last: str, more: bool) -> Reply:
        return json_reply({"object": "list", "data": [{**COMPLETION, "id": last}], "has_more": more, "last_id": last})

    with ScriptedServer(page("a", True), page("b", False)) as server:
        listing = api.list(telemetry.observe(api.client(base_url=server.base_url)), model="m")
        following = listing.get_next_page()
        if asyncio.iscoroutine(following):
            api._runner.run(following)
    for span in telemetry.spans:
        assert (span.name, span.kind) == ("list_chat_completions", SpanKind.CLIENT)
        told = dict(span.attributes or {})
        assert told["gen_ai.operation.name"] == "list_chat_completions"
        assert told["chat_completions.page.items"] == 1
        assert not [name for name in told if name.startswith("openai.")]
    assert len(telemetry.spans) == 2


@pytest.mark.parametrize("stream", [False, True])
def test_an_error(api: Any, telemetry: Telemetry, stream: bool) -> None:
    body = {"error": {"message": "Incorrect API key provided: sk-test", "code": "invalid_api_key"}}
    with ScriptedServer(json_reply(body, 401, x_request_id="req-9")) as server:
        client = telemetry.observe(api.client(base_url=server.base_url))
        with pytest.raises(AuthenticationError):
            api.create(client, stream=stream)
    span = telemetry.span
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "HTTP 401, invalid_api_key")
    assert telemetry.told["error.type"] == "AuthenticationError"
    assert telemetry.told["chat_completions.request_id"] == "req-9"
    assert "sk-test" not in span.to_json()


def test_no_connection(api: Any, telemetry: Telemetry) -> None:
    client = telemetry.observe(api.client(base_url="http://127.0.0.1:9/v1", max_retries=0))
    with pytest.raises(Exception, match="cannot reach"):
        api.create(client)
    assert telemetry.told["error.type"] == "APIConnectionError"


def test_a_success_that_is_none(api: Any, telemetry: Telemetry) -> None:
    html = Reply([b"<html>"], headers={"content-type": "text/html"})
    with ScriptedServer(html, Reply([b"{}"], 202)) as server:
        client = telemetry.observe(api.client(base_url=server.base_url))
        with pytest.raises(APIResponseValidationError):
            api.create(client)
        with pytest.raises(Exception, match="202"):
            api.create(client)
    assert [dict(span.attributes or {})["error.type"] for span in telemetry.spans] == [
        "APIResponseValidationError",
        "APIStatusError",
    ]
    assert all(span.status.status_code is StatusCode.ERROR for span in telemetry.spans)


def test_retries_are_events_and_no_errors(api: Any, telemetry: Telemetry) -> None:
    slow = json_reply({"error": {"message": "a secret of the server"}}, 429, retry_after_ms="150")
    with ScriptedServer(slow, slow, REPLIES[False]) as server:
        api.create(telemetry.observe(api.client(base_url=server.base_url)))
    span = telemetry.span
    assert span.status.status_code is StatusCode.UNSET
    assert telemetry.told["http.request.resend_count"] == 2
    events = span.events
    assert [event.name for event in events] == ["chat_completions.retry"] * 2
    assert dict(events[0].attributes or {}) == {"http.response.status_code": 429, "chat_completions.retry.delay": 0.15}
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.start_time < events[0].timestamp < events[0].timestamp + 140_000_000 < events[1].timestamp
    assert events[1].timestamp + 140_000_000 < span.end_time
    assert "secret" not in span.to_json()


STREAM_FAULTS = {
    "cut": (stream_reply([ROLE, event({"content": "Hi"})], cut=True), "StreamConnectionError"),
    "incomplete": (stream_reply([ROLE, event({"content": "Hi"})]), "IncompleteStreamError"),
    "error": (stream_reply([ROLE, event({"content": "Hi"}), b'data: {"error": {"message": "No"}}\n\n']), "StreamError"),
}


@pytest.mark.parametrize("fault", STREAM_FAULTS)
def test_a_stream_that_fails(api: Any, telemetry: Telemetry, fault: str) -> None:
    reply, kind = STREAM_FAULTS[fault]
    with ScriptedServer(reply) as server:
        stream = api.create(telemetry.observe(api.client(base_url=server.base_url)), stream=True)
        assert not telemetry.spans
        with pytest.raises(StreamError):
            api.chunks(stream)
    told = telemetry.told
    assert told["error.type"] == kind
    assert told["chat_completions.stream.complete"] is False
    assert (told["gen_ai.response.id"], told["gen_ai.response.model"]) == ("chatcmpl-1", "m-2026")
    assert telemetry.span.status.status_code is StatusCode.ERROR


def test_a_stream_that_is_sent_again_is_one_span(api: Any, telemetry: Telemetry) -> None:
    with ScriptedServer(stream_reply([b": soon\n\n"], cut=True), STREAM) as server:
        api.chunks(api.create(telemetry.observe(api.client(base_url=server.base_url)), stream=True))
    assert telemetry.told["http.request.resend_count"] == 1
    assert telemetry.told["chat_completions.stream.complete"] is True
    assert [event.name for event in telemetry.span.events] == ["chat_completions.retry"]


@pytest.mark.parametrize("how", ["close", "break", "forget"])
def test_a_stream_that_is_left_early(api: Any, telemetry: Telemetry, how: str) -> None:
    with ScriptedServer(stream_reply([ROLE, event({"content": "Hi"}), 0.5])) as server:
        stream = api.create(telemetry.observe(api.client(base_url=server.base_url)), stream=True)
        if how == "break":
            leave_loop(api, stream)
        else:
            api.next(stream)
        if how == "close":
            api.close(stream)
        else:
            del stream
            gc.collect()
        told = telemetry.told
    assert "error.type" not in told
    assert told["chat_completions.stream.complete"] is False
    assert told["gen_ai.response.model"] == "m-2026"
    assert telemetry.span.status.status_code is StatusCode.UNSET


def leave_loop(api: Any, stream: Any) -> None:
    if not hasattr(stream, "__anext__"):
        for _ in stream:
            break
        return

    async def leave() -> None:
        async for _ in stream:
            break

    api._runner.run(leave())


def test_the_end_is_the_end_and_not_when_it_was_noticed(telemetry: Telemetry) -> None:
    at_once = stream_reply([ROLE + event({"content": "Hi"}) + END + USAGE + DONE])
    with ScriptedServer(at_once) as server, Client(base_url=server.base_url, api_key="k") as client:
        telemetry.observe(client)
        stream = client.chat.completions.create(model="m", messages=[], stream=True)
        chunks = iter(stream)
        for _ in range(4):
            next(chunks)
        read_at = time.time()  # all chunks were given, and the end was read with the last of them
        time.sleep(1)
        with contextlib.suppress(StopIteration):
            next(chunks)
    span = telemetry.span
    assert span.end_time is not None
    assert span.end_time / 1e9 < read_at + 0.5


def test_closing_twice_and_reading_on_end_one_span(api: Any, telemetry: Telemetry) -> None:
    with ScriptedServer(STREAM) as server:
        stream = api.create(telemetry.observe(api.client(base_url=server.base_url)), stream=True)
        api.chunks(stream)
        api.close(stream)
        api.close(stream)
        del stream
        gc.collect()
    assert len(telemetry.spans) == 1


def test_the_events_of_a_stream_are_one_span(telemetry: Telemetry) -> None:
    with ScriptedServer(STREAM) as server, Client(base_url=server.base_url, api_key="k") as client:
        telemetry.observe(client)
        with client.chat.completions.stream(model="m", messages=[]) as stream:
            stream.until_done()
    assert telemetry.told["gen_ai.usage.output_tokens"] == 34
    assert telemetry.told["chat_completions.stream.complete"] is True


def test_raw_responses(telemetry: Telemetry) -> None:
    with ScriptedServer(REPLIES[False], STREAM, STREAM) as server:
        with Client(base_url=server.base_url, api_key="k") as client:
            telemetry.observe(client)
            raw = client.chat.completions.with_raw_response
            raw.create(model="m", messages=[])  # never parsed
            assert telemetry.told["gen_ai.response.id"] == "chatcmpl-1"
            for _ in raw.create(model="m", messages=[], stream=True).parse():
                pass
            assert len(telemetry.spans) == 2
            forgotten = raw.create(model="m", messages=[], stream=True)
            forgotten.http_response.close()
            assert len(telemetry.spans) == 2
            del forgotten
            gc.collect()
    assert len(telemetry.spans) == 3


@pytest.mark.parametrize("how", ["parse", "json", "iterate", "leave", "break off", "parse a page"])
def test_responses_whose_body_is_read_later(telemetry: Telemetry, how: str) -> None:
    reply = json_reply(COMPLETION, x_request_id="req-1")
    if how == "break off":
        reply = Reply([b"{"], headers={**reply.headers, "content-length": "9"}, cut=True)
    elif how == "parse a page":
        reply = json_reply({"object": "list", "data": [COMPLETION], "has_more": False}, x_request_id="req-1")
    with ScriptedServer(reply) as server, Client(base_url=server.base_url, api_key="k") as client:
        operations = telemetry.observe(client).chat.completions.with_streaming_response
        opened = operations.list() if how == "parse a page" else operations.create(model="m", messages=[])
        with opened as response:
            assert not telemetry.spans
            if how in ("parse", "parse a page"):
                response.parse()
            elif how == "json":
                response.json()
            elif how == "iterate":
                list(response.iter_bytes())
            elif how == "break off":
                with pytest.raises(APIConnectionError):
                    response.read()
        told = telemetry.told
    assert told["chat_completions.request_id"] == "req-1"
    assert told.get("gen_ai.response.id") == ("chatcmpl-1" if how in ("parse", "json") else None)
    assert told.get("chat_completions.page.items") == (1 if how == "parse a page" else None)
    assert told.get("error.type") == ("APIConnectionError" if how == "break off" else None)


@pytest.mark.parametrize("how", ["parse", "lines", "read"])
def test_streams_whose_body_is_read_later(telemetry: Telemetry, how: str) -> None:
    async def main(base_url: str) -> None:
        async with AsyncClient(base_url=base_url, api_key="k") as client:
            completions = telemetry.observe(client).chat.completions
            opened = completions.with_streaming_response.create(model="m", messages=[], stream=True)
            async with opened as response:
                if how == "parse":
                    async for _ in await response.parse():
                        pass
                elif how == "lines":
                    async for _ in response.iter_lines():
                        pass
                else:
                    await response.read()

    with ScriptedServer(STREAM) as server:
        asyncio.run(main(server.base_url))
    assert telemetry.told.get("gen_ai.response.id") == ("chatcmpl-1" if how == "parse" else None)
    assert telemetry.told["chat_completions.request_id"] == "req-1"
    assert "error.type" not in telemetry.told


def test_the_span_is_current_while_the_request_is_made_and_not_afterwards(telemetry: Telemetry) -> None:
    current: list[str] = []

    def note(_: Any) -> None:
        current.append(getattr(trace.get_current_span(), "name", "none"))

    tracer = telemetry.tracers.get_tracer("test")
    with ScriptedServer(REPLIES[False], STREAM) as server, httpx.Client(event_hooks={"request": [note]}) as http_client:
        client = telemetry.observe(Client(base_url=server.base_url, api_key="k", http_client=http_client))
        with tracer.start_as_current_span("outside") as outside:
            client.chat.completions.create(model="m", messages=[])
            note(None)
            stream = client.chat.completions.create(model="m", messages=[], stream=True)
            note(None)
            for _ in stream:
                note(None)
        note(None)
    assert current == ["chat m", "outside", "chat m", *["outside"] * 5, "none"]
    for span in telemetry.spans[:2]:
        assert span.parent is not None
        assert span.parent.span_id == outside.get_span_context().span_id


def test_tasks_have_their_own_spans(telemetry: Telemetry) -> None:
    current: list[tuple[str, str]] = []

    async def ask(client: AsyncClient, number: int) -> None:
        with telemetry.tracers.get_tracer("test").start_as_current_span(f"task {number}"):
            stream = await client.chat.completions.create(model=f"m{number}", messages=[], stream=True)
            async for _ in stream:
                current.append((f"task {number}", getattr(trace.get_current_span(), "name", "none")))

    async def note(request: Any) -> None:
        model = json.loads(request.content)["model"]
        current.append((f"chat {model}", getattr(trace.get_current_span(), "name", "none")))

    async def main(base_url: str) -> None:
        async with httpx.AsyncClient(event_hooks={"request": [note]}) as http_client:
            client = AsyncClient(base_url=base_url, api_key="k", http_client=http_client)
            telemetry.observe(client)
            await asyncio.gather(*(ask(client, number) for number in range(8)))
        assert contexts.get_current() == {}

    slowly = stream_reply([ROLE, 0.02, event({"content": "Hi"}), 0.02, END, DONE])
    with ScriptedServer(slowly) as server:
        asyncio.run(main(server.base_url))
    assert len(current) == 8 * 4
    assert all(expected == got for expected, got in current)
    names = {span.context.span_id: span.name for span in telemetry.spans if span.context}
    parents = {span.name: names[span.parent.span_id] for span in telemetry.spans if span.parent}
    assert parents == {f"chat m{number}": f"task {number}" for number in range(8)}


@pytest.mark.parametrize("stream", [False, True])
def test_being_cancelled_leaves_no_span_behind(telemetry: Telemetry, stream: bool) -> None:
    async def main(base_url: str) -> None:
        async with AsyncClient(base_url=base_url, api_key="k") as client:
            telemetry.observe(client)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    answer = await client.chat.completions.create(model="m", messages=[], stream=stream)
                    async for _ in answer:
                        pass
            assert contexts.get_current() == {}
            assert telemetry.told["error.type"] == "CancelledError"

    pieces: list[bytes | float] = [ROLE, 0.5] if stream else [0.5, b"{}"]
    with ScriptedServer(stream_reply(pieces) if stream else Reply(pieces)) as server:
        asyncio.run(main(server.base_url))


def test_being_interrupted_leaves_no_span_behind(telemetry: Telemetry) -> None:
    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    with httpx.Client(event_hooks={"request": [interrupt]}) as http_client:
        client = telemetry.observe(Client(base_url="http://127.0.0.1:9/v1", http_client=http_client))
        try:
            client.chat.completions.create(model="m", messages=[])
        except KeyboardInterrupt as error:
            assert error.__traceback__ is not None
            assert contexts.get_current() == {}
    assert telemetry.told["error.type"] == "KeyboardInterrupt"


def test_threads_share_a_client(telemetry: Telemetry) -> None:
    with LocalServer() as server, Client(base_url=server.base_url) as client:
        telemetry.observe(client)

        def ask(number: int) -> None:
            for _ in client.chat.completions.create(model=f"m{number}", messages=MESSAGES, stream=True):  # type: ignore[call-overload]
                pass

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(span.name for span in telemetry.spans) == [f"chat m{number}" for number in range(8)]
    assert {span.parent for span in telemetry.spans} == {None}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:pass@api.openai.com/v1?api-key=secret", ("openai", "api.openai.com", 443)),
        ("http://localhost:11434/v1", ("openai", "localhost", 11434)),
        ("http://[::1]/v1", ("openai", "::1", 80)),
        ("https://name.openai.azure.com/openai/deployments/d", ("azure.ai.openai", "name.openai.azure.com", 443)),
        ("https://api.groq.com/openai/v1", ("groq", "api.groq.com", 443)),
        ("https://x-aiplatform.googleapis.com/v1", ("gcp.vertex_ai", "x-aiplatform.googleapis.com", 443)),
        ("https://evil-api.groq.com.example/v1", ("openai", "evil-api.groq.com.example", 443)),
    ],
)
def test_servers_and_providers(telemetry: Telemetry, url: str, expected: tuple[str, str, int]) -> None:
    answer = httpx.Response(200, json=COMPLETION)
    with httpx.Client(transport=httpx.MockTransport(lambda _: answer)) as http_client:
        client = telemetry.observe(Client(base_url=url, api_key="" if "@" in url else "k", http_client=http_client))
        client.chat.completions.create(model="m", messages=[])
    told = telemetry.told
    assert (told["gen_ai.provider.name"], told["server.address"], told["server.port"]) == expected
    assert "secret" not in telemetry.span.to_json()
    assert "pass" not in telemetry.span.to_json()
    has_openai = any(name.startswith("openai.") for name in told)
    assert has_openai is (expected[0] in ("openai", "azure.ai.openai"))


def test_odd_requests_and_odd_replies_have_spans_too(telemetry: Telemetry) -> None:
    choices = [None, {"finish_reason": 3}]
    odd: dict[str, Any] = {"id": 5, "model": "\ud800", "choices": choices, "usage": {"prompt_tokens": "7"}}
    with ScriptedServer(json_reply(odd)) as server, Client(base_url=server.base_url, api_key="k") as client:
        telemetry.observe(client, capture_content=True)
        client.chat.completions.create(
            model=None,  # type: ignore[call-overload]
            messages="none",
            temperature="hot",
            n=True,
            stop=[1, "a"],
            seed=1.5,
            extra_body={"tools": 3, "modalities": "audio", "response_format": []},
        )
    told = telemetry.told
    assert telemetry.span.name == "chat"
    assert told["gen_ai.request.stop_sequences"] == ("a",)
    assert told["gen_ai.response.model"] == "\\ud800"
    assert "gen_ai.response.finish_reasons" not in told
    assert not {"gen_ai.request.temperature", "gen_ai.request.seed", "gen_ai.usage.input_tokens"} & set(told)
    telemetry.span.to_json().encode()
