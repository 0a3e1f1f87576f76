"""`on_unknown` is told what servers send that the slice does not know: over real sockets, sync and async alike."""

from __future__ import annotations

import asyncio
import copy
import gzip
import json
import logging
import pickle
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from chat_completions import APIResponseValidationError, Client, Unknown, errors
from chat_completions._contract import generated
from chat_completions._contract.unknown_values import (
    MAX_KINDS,
    Found,
    UnknownReporter,
    find_unknown,
    format_path,
    read_nodes,
)
from chat_completions._streaming.received_chunk import decode
from chat_completions._streaming.stream_decoder import ChunkDecoder
from tests.client.conftest import MESSAGES, AsyncApi, SyncApi
from tests.client.scripted import ScriptedServer, json_reply, stream_reply
from tests.client.test_events import opened, run
from tests.client.test_pages import ids
from tools.document import pointer as pointers
from tools.rendering.known_fields import known_fields

PAYLOADS = Path(__file__).parents[3] / "shared" / "payloads"
DONE = b"data: [DONE]\n\n"
SECRET = "what a user wrote"

CHOICES = "#/components/schemas/CreateChatCompletionResponse/properties/choices/items"
CHUNK_CHOICES = "#/components/schemas/CreateChatCompletionStreamResponse/properties/choices/items"
DELTA = "#/components/schemas/ChatCompletionStreamResponseDelta"
MESSAGE = "#/components/schemas/ChatCompletionResponseMessage"


def completion(*, message: Any = None, **choice: Any) -> dict[str, Any]:
    reply = {"role": "assistant", "content": "Hi", **(message or {})}
    return {
        "id": "c1", "object": "chat.completion", "created": 1, "model": "m-1",
        "choices": [{"index": 0, "message": reply, "finish_reason": "stop", **choice}],
    }  # fmt: skip


def page(*items: Any, **more: Any) -> dict[str, Any]:
    return {"object": "list", "data": list(items), "first_id": "c1", "last_id": "c1", "has_more": False, **more}


def chunk(finish: str | None = None, top: Any = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m-1", "choices": [choice], **(top or {})
    }  # fmt: skip


def events(*values: Any) -> list[bytes]:
    return [b"data: " + json.dumps(value).encode() + b"\n\n" for value in values]


def brief(unknown: Unknown) -> tuple[str, str, str, str]:
    return unknown.kind, unknown.name, unknown.path, unknown.pointer


CALL = {"id": "t", "type": "web_search", "web_search": {"query": SECRET}}
COMPLETIONS: dict[str, tuple[dict[str, Any], list[tuple[str, str, str, str]]]] = {
    "nothing": (completion(logprobs=None, message={"annotations": None, "refusal": None}), []),
    "an enum value": (
        completion(finish_reason="eos"),
        [("value", "eos", "choices[].finish_reason", f"{CHOICES}/properties/finish_reason")]),
    "an enum value behind a reference": (
        {**completion(), "service_tier": "on_demand"},
        [("value", "on_demand", "service_tier", "#/components/schemas/ServiceTier/anyOf/0")]),
    "a field at the top": (
        {**completion(), "unheard_of": {"a": 1}},
        [("field", "unheard_of", "unheard_of", "#/components/schemas/CreateChatCompletionResponse")]),
    "a field that is null": (
        completion(stop_reason=None), [("field", "stop_reason", "choices[].stop_reason", CHOICES)]),
    "a field inside": (
        completion(message={"unheard_of": SECRET}),
        [("field", "unheard_of", "choices[].message.unheard_of", MESSAGE)]),
    "a tool call of another type": (
        completion(message={"tool_calls": [CALL, CALL]}),
        [("variant", "web_search", "choices[].message.tool_calls[]",
          "#/components/schemas/ChatCompletionMessageToolCalls/items")]),
    "a tool call without a type": (
        completion(message={"tool_calls": [{"id": "t", "function": {"name": "f", "arguments": "{}"}}]}), []),
    "a field of a tool call": (
        completion(message={"tool_calls": [{"id": "t", "type": "custom", "custom": {"name": "f", "x": 1}}]}),
        [("field", "x", "choices[].message.tool_calls[].custom.x",
          "#/components/schemas/ChatCompletionMessageCustomToolCall/properties/custom")]),
    "content in parts": (
        completion(message={"content": [{"type": "text", "text": SECRET}]}),
        [("variant", "array", "choices[].message.content", f"{MESSAGE}/properties/content/anyOf/0")]),
    "a map's keys are its own": ({**completion(), "metadata": {SECRET: SECRET}}, []),
    "a map's values are not": (
        {**completion(), "metadata": {SECRET: 1}},
        [("variant", "number", "metadata.*", "#/components/schemas/Metadata/anyOf/0/additionalProperties")]),
    "what is missing or null": ({"choices": [{"message": None}, {}], "created": None, "object": None}, []),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), COMPLETIONS.values(), ids=COMPLETIONS.keys())
def test_a_completion_is_looked_at(api: SyncApi, body: Any, expected: list[Any]) -> None:
    """Each kind is told once, also of a raw response, and nothing changes what the call gives."""
    told: list[Unknown] = []
    with ScriptedServer(json_reply(body, x_request_id="req-1")) as server:
        client = api.client(base_url=server.base_url, on_unknown=told.append)
        assert api.create(client).to_dict() == api.create(client).to_dict() == body
        raw = run(api, client.chat.completions.with_raw_response.create(model="m", messages=MESSAGES))
        assert raw.parse().to_dict() == body
        assert [brief(unknown) for unknown in told] == expected
    assert {unknown.operation for unknown in told} <= {"createChatCompletion"}
    assert {unknown.request_id for unknown in told} <= {"req-1"}
    if "object" not in body or body["object"] == "chat.completion":
        assert {unknown.model for unknown in told} <= {"m-1"}


@pytest.mark.parametrize("body", [{"error": {"message": SECRET, "odd": 1}}, {"object": "error", "message": SECRET}])
def test_an_error_in_a_success_is_raised(api: SyncApi, body: Any) -> None:
    """Gateways answer 200 with an error; nothing of it counts as unknown."""
    told: list[Unknown] = []
    with ScriptedServer(json_reply(body, x_request_id="req-1")) as server:
        client = api.client(base_url=server.base_url, on_unknown=told.append)
        for call in (api.create, api.list):
            with pytest.raises(APIResponseValidationError, match="an error") as failed:
                call(client)
            assert failed.value.body in (body, body.get("error"))
            assert failed.value.request_id == "req-1" and failed.value.status_code == 200
    assert not told


def test_a_raw_response_is_looked_at_when_it_is_parsed(api: SyncApi) -> None:
    """Who does not parse it has it unseen."""
    told: list[Unknown] = []
    with ScriptedServer(json_reply(completion(finish_reason="eos"))) as server:
        client = api.client(base_url=server.base_url, on_unknown=told.append)
        raw = run(api, client.chat.completions.with_raw_response.create(model="m", messages=MESSAGES))
        assert not told
        raw.parse()
        assert [unknown.name for unknown in told] == ["eos"]


def test_the_items_of_all_pages_are_looked_at(api: SyncApi) -> None:
    """What a page and its items have is told, once over all pages."""
    told: list[Unknown] = []
    first = page({**completion(), "id": "c1", "seed": 7}, has_more=True)
    second = page({**completion(finish_reason="eos"), "id": "c2", "seed": 8}, next="x")
    with ScriptedServer(json_reply(first), json_reply(second)) as server:
        client = api.client(base_url=server.base_url, on_unknown=told.append)
        assert ids(api, api.list(client)) == ["c1", "c2"]
    assert [(unknown.path, unknown.name, unknown.model) for unknown in told] == [
        ("data[].seed", "seed", None),
        ("data[].choices[].finish_reason", "eos", None),
        ("next", "next", None),
    ]
    assert {unknown.operation for unknown in told} == {"listChatCompletions"}


STREAMED = [
    chunk(role="assistant", content="", top={"obfuscation": "x", "usage": None}),
    chunk(unheard_of="a"),
    chunk(unheard_of="b"),
    chunk(tool_calls=[{"index": 0, "id": "t", "type": "web_search", "web_search": {}}]),
    chunk("eos", content=None, top={"x_groq": {"id": "y"}}),
]
IN_STREAM = [
    ("field", "unheard_of", "choices[].delta.unheard_of", DELTA),
    ("value", "web_search", "choices[].delta.tool_calls[].type",
     "#/components/schemas/ChatCompletionMessageToolCallChunk/properties/type"),
    ("field", "web_search", "choices[].delta.tool_calls[].web_search",
     "#/components/schemas/ChatCompletionMessageToolCallChunk"),
    ("value", "eos", "choices[].finish_reason", f"{CHUNK_CHOICES}/properties/finish_reason"),
    ("field", "x_groq", "x_groq", "#/components/schemas/CreateChatCompletionStreamResponse"),
]  # fmt: skip


def test_each_chunk_of_a_stream_is_looked_at(api: SyncApi) -> None:
    """Each kind is told once over many chunks, streams of chunks and streams of events."""
    told: list[Unknown] = []
    with ScriptedServer(stream_reply([*events(*STREAMED), DONE])) as server:
        client = api.client(base_url=server.base_url, on_unknown=told.append)
        chunks = api.chunks(api.create(client, stream=True))
        assert [one.to_dict() for one in chunks] == STREAMED
        assert [brief(unknown) for unknown in told] == IN_STREAM
        api.chunks(api.create(client, stream=True))
        with opened(api, server, client) as stream:
            api.chunks(stream)
        assert len(told) == len(IN_STREAM)
        told.clear()
        other = client.with_options(on_unknown=told.append)
        with opened(api, server, other) as stream:
            api.chunks(stream)
        assert [brief(unknown) for unknown in told] == IN_STREAM
    assert {(unknown.request_id, unknown.model) for unknown in told} == {("req-1", "m-1")}


def test_fields_that_are_null_can_be_left_out(api: SyncApi) -> None:
    """A field that is null is reported once it has another value, and by default at once."""
    values = [chunk(content="a", odd=None), chunk(content="b", odd=None), chunk(content="c", odd=1), chunk("stop")]
    seen: list[Unknown] = []
    with ScriptedServer(stream_reply([*events(*values), DONE])) as server:
        client = api.client(base_url=server.base_url, on_unknown=seen.append, unknown_nulls=False)
        api.chunks(api.create(client, stream=True))
        assert [(unknown.name, unknown.value) for unknown in seen] == [("odd", 1)]
        # It is the same kind for a client that was made of this one.
        api.chunks(api.create(client.with_options(unknown_nulls=True), stream=True))
        assert len(seen) == 1
        other = client.with_options(on_unknown=seen.append, unknown_nulls=True)
        api.chunks(api.create(other, stream=True))
    assert [(unknown.name, unknown.value) for unknown in seen] == [("odd", 1), ("odd", None)]


def test_a_completion_in_place_of_a_stream_is_looked_at_as_a_completion(api: SyncApi) -> None:
    """What a whole completion may have is not unknown because the client makes one chunk of it."""
    told: list[Unknown] = []
    body = {**completion(message={"annotations": [], "odd": 1}), "metadata": {}}
    with ScriptedServer(json_reply(body)) as server:
        client = api.client(base_url=server.base_url, on_unknown=told.append)
        api.chunks(api.create(client, stream=True))
    assert [brief(unknown) for unknown in told] == [("field", "odd", "choices[].message.odd", MESSAGE)]


def test_errors_are_not_looked_at(api: SyncApi) -> None:
    """The slice does not describe them, whether they are a response's body or in a stream."""
    told: list[Unknown] = []
    in_stream = stream_reply(events(chunk(content="a"), {"error": {"message": "No."}, "odd": 1}))
    with ScriptedServer(json_reply({"error": {"message": "No."}, "odd": 1}, 400), in_stream) as server:
        client = api.client(base_url=server.base_url, on_unknown=told.append)
        with pytest.raises(errors.BadRequestError):
            api.create(client)
        with pytest.raises(errors.StreamError):
            api.chunks(api.create(client, stream=True))
    assert not told


def test_clients_that_differ_in_options_tell_a_kind_once_together(api: SyncApi) -> None:
    """A new `on_unknown` begins anew, and None tells nothing."""
    told: list[Unknown] = []
    again: list[Unknown] = []
    with ScriptedServer(json_reply(completion(finish_reason="eos"))) as server:
        client = api.client(base_url=server.base_url)
        api.create(client)
        watched = client.with_options(on_unknown=told.append)
        for one in (watched, watched.with_options(max_retries=0), watched.with_options(on_unknown=None), client):
            api.create(one)
        assert [unknown.name for unknown in told] == ["eos"]
        api.create(watched.with_options(on_unknown=again.append))
        assert [unknown.name for unknown in again] == ["eos"]
        assert len(told) == 1


def test_what_the_hook_raises_costs_no_call_and_no_stream(api: SyncApi, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged by its type, without anything that was sent, and that kind is not told again."""
    calls: list[str] = []

    def hook(unknown: Unknown) -> None:
        calls.append(unknown.name)
        raise ValueError(f"{unknown.value} {SECRET}")

    streamed = [chunk(unheard_of=SECRET), chunk("eos", content="Hi")]
    with ScriptedServer(json_reply(completion(odd=SECRET)), stream_reply([*events(*streamed), DONE])) as server:
        client = api.client(base_url=server.base_url, on_unknown=hook)
        with caplog.at_level(logging.DEBUG, logger="chat_completions"):
            assert api.create(client).choices[0].odd == SECRET
            stream = api.create(client, stream=True)
            assert len(api.chunks(stream)) == 2
            assert stream.completion.choices[0].message.content == "Hi"
    assert calls == ["odd", "unheard_of", "eos"]
    warned = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert warned == ["on_unknown raised ValueError; the call continues"] * 3
    assert SECRET not in caplog.text
    assert "sk-test" not in caplog.text


def test_what_is_told_is_a_copy_and_frozen(api: SyncApi) -> None:
    """A hook cannot change what the call gives, and a repr shows no content."""
    told: list[Unknown] = []

    def hook(unknown: Unknown) -> None:
        told.append(unknown)
        unknown.value["text"] = "changed"

    streamed = [chunk("stop", odd={"text": SECRET})]
    with ScriptedServer(stream_reply([*events(*streamed), DONE])) as server:
        client = api.client(base_url=server.base_url, on_unknown=hook)
        assert [one.to_dict() for one in api.chunks(api.create(client, stream=True))] == streamed
    assert told[0].value == {"text": "changed"}
    assert "changed" not in repr(told[0]) + str(told[0])
    assert str(told[0]) == f"createChatCompletion sent an unknown field 'odd' at choices[].delta.odd, see {DELTA}"
    with pytest.raises(FrozenInstanceError):
        told[0].name = "x"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(told[0])) == told[0] == copy.deepcopy(told[0])


async def _async_hook(unknown: Unknown) -> None: ...


class _AsyncHook:
    async def __call__(self, unknown: Unknown) -> None: ...


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        ("print", "on_unknown must be a function that takes an Unknown, not str"),
        (_async_hook, "async"),
        (partial(_async_hook), "async"),
        (_AsyncHook(), "async"),
    ],
    ids=["text", "async function", "partial", "async object"],
)
def test_a_hook_that_could_not_be_called_is_refused_at_once(api: SyncApi, hook: Any, message: str) -> None:
    """Nothing would await an async function: that is said when the client is made, not found out in production."""
    with pytest.raises(TypeError, match=message):
        api.client(base_url="http://127.0.0.1:1", on_unknown=hook)
    with pytest.raises(TypeError, match=message):
        api.client(base_url="http://127.0.0.1:1").with_options(on_unknown=hook)


PICKLED: list[Unknown] = []


def _noted(unknown: Unknown) -> None:
    PICKLED.append(unknown)


def test_a_client_pickles_with_its_hook(api: SyncApi) -> None:
    """As with a function for the key: the function goes along by its name, and tells anew where it is unpickled."""
    PICKLED.clear()
    with ScriptedServer(json_reply(completion(finish_reason="eos"))) as server:
        client = api.client(base_url=server.base_url, api_key="", on_unknown=_noted, http_client=None)
        api.create(client)
        again = pickle.loads(pickle.dumps(client))
        api.create(again)
        api.create(again)
        run(api, again.close())
        lambdas = client.with_options(on_unknown=lambda unknown: None)
        with pytest.raises((pickle.PicklingError, AttributeError)):
            pickle.dumps(lambdas)
    assert [unknown.name for unknown in PICKLED] == ["eos", "eos"]


def test_the_kinds_remembered_are_bounded() -> None:
    """Of a server that makes up names, MAX_KINDS are told, and long ones are cut."""
    told: list[Unknown] = []
    watch = UnknownReporter(told.append)
    for number in range(0, 3 * MAX_KINDS, 100):
        odd = {f"odd-{i}" + "x" * 10_000: i for i in range(number, number + 100)}
        watch.completion({**completion(), **odd}, None)
    assert len(told) == len(watch._reported) == MAX_KINDS
    assert max(len(unknown.name) for unknown in told) == 256
    assert max(len(unknown.path) for unknown in told) == 256


def test_threads_tell_a_kind_once() -> None:
    """Of many threads that see the same, one tells it."""
    told: list[str] = []
    watch = UnknownReporter(lambda unknown: told.append(unknown.name))
    names = [f"odd-{i}" for i in range(200)]
    start = threading.Barrier(8)

    def see() -> None:
        start.wait()
        for name in names:
            watch.completion({**completion(), name: 1}, None)

    threads = [threading.Thread(target=see) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == sorted(names)


def test_a_hook_may_call_the_client() -> None:
    """Nothing is locked while it runs."""
    with ScriptedServer(json_reply(completion(finish_reason="eos"))) as server:

        def hook(unknown: Unknown) -> None:
            ids.append(client.chat.completions.create(model="m", messages=[]).id)

        ids: list[str] = []
        with Client(base_url=server.base_url, on_unknown=hook) as client:
            client.chat.completions.create(model="m", messages=[])
    assert ids == ["c1"]


OPEN = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": True}
SCHEMAS: dict[str, tuple[Any, Any, list[tuple[str, str, str]]]] = {
    "anything": ({}, {"a": [1]}, []),
    "true": (True, [1], []),
    "any object": ({"type": "object"}, {"a": 1}, []),
    "no other fields": ({"type": "object", "additionalProperties": False}, {"a": 1}, [("field", "a", "a")]),
    "any other fields": (OPEN, {"a": "x", "b": [1]}, []),
    "a known field among any others": (OPEN, {"a": 1}, [("variant", "number", "a")]),
    "fields by a pattern": ({"properties": {"a": {}}, "patternProperties": {"^x-": {"type": "string"}}}, {"x-b": 1},
                            [("variant", "number", "*")]),
    "a union of a text and an enum": (
        {"properties": {"a": {"anyOf": [{"type": "string"}, {"enum": ["x"]}]}}}, {"a": "y"}, []),
    "other fields of a union of a text and an enum": (
        {"additionalProperties": {"anyOf": [{"type": "string"}, {"enum": ["x"]}]}}, {"a": "y"}, []),
    "a required field that is not described": (
        {"properties": {"a": {}}, "required": ["b"]}, {"b": 1, "c": 1}, [("field", "c", "c")]),
    "a list of several schemas": (
        {"properties": {"a": {"type": "array", "prefixItems": [{"enum": ["x"]}], "items": {"enum": ["y"]}}}},
        {"a": ["z"]}, []),
    "a union of enums": (
        {"properties": {"a": {"anyOf": [{"const": "x"}, {"type": "string", "enum": ["y"]}]}}}, {"a": "z"},
        [("value", "z", "a")]),
    "an enum refined": (
        {"properties": {"a": {"allOf": [{"type": "string"}, {"enum": ["x", "y"]}, {"enum": ["y"]}]}}}, {"a": "x"},
        [("value", "x", "a")]),
    "an enum of numbers": ({"properties": {"a": {"enum": [1, None]}}}, {"a": 2}, []),
    "allOf": (
        {"allOf": [{"$ref": "#/components/schemas/Named"}, {"properties": {"b": {}}}]}, {"name": "x", "b": 1, "c": 1},
        [("field", "c", "c")]),
    "a reference with more beside it": (
        {"$ref": "#/components/schemas/Named", "properties": {"b": {}}}, {"name": "x", "b": 1, "c": 1},
        [("field", "c", "c")]),
    "objects without a tag are taken together": (
        {"anyOf": [{"properties": {"a": {"enum": ["x"]}}}, {"properties": {"a": {"enum": ["y"]}, "b": {}}},
                   {"properties": {"c": {}}}]}, {"a": "z", "b": 1, "c": 1, "d": 1},
        [("value", "z", "a"), ("field", "d", "d")]),
    "objects by a tag": (
        {"oneOf": [{"properties": {"t": {"const": "x"}, "a": {}}}, {"properties": {"t": {"enum": ["y", "z"]}}}]},
        {"t": "z", "a": 1}, [("field", "a", "a")]),
    "no such tag": (
        {"oneOf": [{"properties": {"t": {"const": "x"}}}, {"properties": {"t": {"const": "y"}}}, {"type": "null"}]},
        {"t": "z", "a": 1}, [("variant", "z", "")]),
    "a tag of another type": (
        {"oneOf": [{"properties": {"t": {"const": "x"}}}, {"properties": {"t": {"const": "y"}}}]},
        {"t": 1}, [("variant", "number", "t")]),
    "lists of lists": (
        {"type": "array", "items": {"type": "array", "items": {"enum": ["x"]}}}, [["x", "y"]],
        [("value", "y", "[][]")]),
    "a whole number": ({"properties": {"a": {"type": "integer"}}}, {"a": 1.5}, []),
    "true is no number": ({"properties": {"a": {"type": "integer"}}}, {"a": True}, [("variant", "boolean", "a")]),
    "recursion": (
        {"$ref": "#/components/schemas/Tree"}, {"children": [{"children": [{"odd": 1}]}]},
        [("field", "odd", "children[].children[].odd")]),
    "a union of itself": ({"$ref": "#/components/schemas/Loop"}, {"odd": 1}, [("field", "odd", "odd")]),
    "a name to escape": ({"properties": {"a/b ~": {"enum": ["x"]}}}, {"a/b ~": "y"}, [("value", "y", "a/b ~")]),
}  # fmt: skip
COMPONENTS = {
    "Named": {"type": "object", "properties": {"name": {"type": "string"}}},
    "Tree": {"type": "object", "properties": {"children": {"items": {"$ref": "#/components/schemas/Tree"}}}},
    "Loop": {"anyOf": [{"$ref": "#/components/schemas/Loop"}, {"properties": {"a": {}}}]},
}


def document_of(schema: Any) -> dict[str, Any]:
    answer = {"content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "op", "responses": {"200": {"$ref": "#/components/responses/Answer"}}}
    return {
        "paths": {"/x": {"get": operation}}, "components": {"responses": {"Answer": answer}, "schemas": COMPONENTS}
    }  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "expected"), SCHEMAS.values(), ids=SCHEMAS.keys())
def test_what_a_schema_knows(schema: Any, value: Any, expected: list[Any]) -> None:
    """The walk on small schemas; each pointer leads to a schema in the document."""
    document = document_of(schema)
    node = read_nodes(known_fields(document))["op"]["application/json"]
    found: list[Found] = []
    find_unknown(node, value, None, found)
    assert [(one.kind, one.name, format_path(one.path)) for one in found] == expected
    for one in found:
        pointers.find(document, pointers.split(one.pointer))


def test_a_document_without_the_operation_knows_nothing_to_look_for() -> None:
    """A package that was generated from another document watches nothing, and fails at nothing."""
    assert read_nodes(known_fields({})) == {}
    assert read_nodes(known_fields(document_of({})))["op"].keys() == {"application/json"}
    assert read_nodes(known_fields({"paths": {"/x": {"get": {"operationId": "op"}}}})) == {}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["stop", "function"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "data", "delta", "message", "tool_calls", "type", "usage", "logprobs", "metadata"]
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["choices", "data", "usage", "moderation", "metadata", "odd"]), JSON))
def test_any_json_can_be_looked_at(body: dict[str, Any]) -> None:
    """No JSON object raises, whatever stands where."""
    watch = UnknownReporter(lambda unknown: str(unknown))
    watch.completion(body, None)
    watch.chunk(body, None)
    watch.page(body, None)


def test_a_body_that_is_nested_too_deeply_is_looked_at_as_far_as_it_goes() -> None:
    """Neither the walk nor the copy for the hook raises."""
    deep: Any = "x"
    for _ in range(50_000):
        deep = [deep]
    told: list[str] = []
    UnknownReporter(lambda unknown: told.append(unknown.name)).completion({**completion(), "odd": deep}, None)
    assert told == ["odd"]
    nested: Any = {}
    for _ in range(50_000):
        nested = {"children": [nested]}
    tree = read_nodes(known_fields(document_of({"$ref": "#/components/schemas/Tree"})))["op"]["application/json"]
    watch = UnknownReporter(lambda unknown: told.append(unknown.name))
    watch._report_unknown(tree, {"first": 1, **nested}, "op", None)
    assert told == ["odd", "first"]


def recorded(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(PAYLOADS / name, "rt", encoding="utf-8", errors="surrogateescape") as lines:
        yield from map(json.loads, lines)


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the recorded traffic (../shared/payloads) is not here")
def test_recorded_traffic_is_looked_at() -> None:
    """Nothing raises, and each schema that is pointed at does in fact not know what was found."""
    document = generated.document()
    told: list[Unknown] = []
    watch = UnknownReporter(told.append)
    for row in recorded("responses.jsonl.gz"):
        watch.completion(row["body"], None)
    for row in recorded("lists.jsonl.gz"):
        watch.page(row["body"], None)
    for row in recorded("streams.jsonl.gz"):
        core = ChunkDecoder(decode, watch=watch)
        list(core.feed(row["body"].encode("utf-8", "surrogateescape")))
        list(core.end())
    assert {unknown.kind for unknown in told} == {"field", "value", "variant"}
    for unknown in told:
        schema = pointers.find(document, pointers.split(unknown.pointer))
        if unknown.kind == "field":
            assert unknown.name not in schema["properties"]
        elif unknown.kind == "value":
            assert unknown.name not in schema["enum"]
        else:
            assert "oneOf" in schema or unknown.name not in schema["type"]


def test_tasks_of_one_client_tell_a_kind_once() -> None:
    """Concurrent streams of one async client share what was told."""
    told: list[Unknown] = []
    api = AsyncApi()

    async def all_of(client: Any) -> None:
        async def one() -> None:
            async for _ in await client.chat.completions.create(model="m", messages=MESSAGES, stream=True):
                pass

        await asyncio.gather(*(one() for _ in range(20)))

    try:
        with ScriptedServer(stream_reply([*events(*STREAMED), DONE])) as server:
            client = api.client(base_url=server.base_url, on_unknown=told.append)
            api._runner.run(all_of(client))
    finally:
        api.shut_down()
    assert sorted(map(brief, told)) == sorted(IN_STREAM)
