"""What a user's type checker and editor infer. Read by mypy and pyright in a test, never run.

Each `type: ignore` must be needed: the checker would say otherwise, and so proves that the mistake is seen.
"""

from __future__ import annotations

from typing import Any, Literal, assert_type

import httpx
import httpx2

from chat_completions import (
    AsyncClient,
    AsyncPage,
    AsyncStream,
    Client,
    Page,
    Provenance,
    Stream,
    Unknown,
    provenance,
)
from chat_completions.models import (
    Annotation,
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChatCompletionMessageCustomToolCall,
    ChatCompletionMessageFunctionToolCall,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
    ChatCompletionUserMessage,
    Choice,
    ChoiceDelta,
    CompletionUsage,
)

client = Client(api_key="x", timeout=httpx.Timeout(5), http_client=httpx.Client())
client = Client(api_key=lambda: "x", timeout=None, http_client=httpx2.Client())
Client(http_client=httpx.AsyncClient())  # type: ignore[arg-type]
Client("sk-positional")  # type: ignore[call-arg, arg-type]


def create(stream: bool) -> None:
    completion = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}])
    assert_type(completion, ChatCompletion)
    assert_type(completion.choices, list[Choice])
    assert_type(completion.choices[0].message, ChatCompletionMessage)
    assert_type(completion.choices[0].message.content, str | None)
    assert_type(completion.usage, CompletionUsage | None)
    assert_type(completion.choices[0].message.annotations, list[Annotation] | None)
    assert_type(completion["unheard_of"], Any)
    assert_type(completion.choices[0].message.get("unheard_of"), Any)
    chunks = client.chat.completions.create(model="m", messages=[], stream=True)
    assert_type(chunks, Stream[ChatCompletionChunk])
    for chunk in chunks:
        assert_type(chunk, ChatCompletionChunk)
        assert_type(chunk.choices[0].delta, ChoiceDelta)
        assert_type(chunk.choices[0].delta.content, str | None)
    either = client.chat.completions.create(model="m", messages=[], stream=stream)
    assert_type(either, ChatCompletion | Stream[ChatCompletionChunk])
    raw = client.chat.completions.with_raw_response.create(model="m", messages=[])
    assert_type(raw.parse(), ChatCompletion)


def tool_calls(message: ChatCompletionMessage) -> None:
    for call in message.tool_calls or []:
        # Each kind is known by its type; upstream may add others to these two.
        if call.type == "function":
            assert_type(call, ChatCompletionMessageFunctionToolCall)
            assert_type(call.function.arguments, str)
        elif call.type == "custom":
            assert_type(call, ChatCompletionMessageCustomToolCall)
            assert_type(call.type, Literal["custom"])
            assert_type(call.custom.input, str)


def conversations(reply: ChatCompletionMessage) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "system", "content": "Be brief."}]
    messages.append({"role": "user", "content": [{"type": "text", "text": "Hello"}]})
    messages.append(ChatCompletionUserMessage(content="Hello"))
    messages.append(reply)
    messages.append({"role": "tool", "tool_call_id": "x", "content": "42"})
    tools: list[ChatCompletionToolParam] = [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    ]
    client.chat.completions.create(
        model="m",
        messages=messages,
        tools=tools,
        tool_choice={"type": "function", "function": {"name": "f"}},
        response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
        metadata={"a": "b"},
        stop=["a", "b"],
        temperature=None,
        reasoning_effort="low",
        stream_options={"include_usage": True},
        extra_body={"top_k": 1},
        extra_headers={"x": None},
        timeout=1.5,
        deadline=10,
        max_retries=0,
    )


def mistakes() -> None:
    client.chat.completions.create(model="m")  # type: ignore[call-overload]
    client.chat.completions.create(model="m", messages=[], temprature=1)  # type: ignore[call-overload]
    client.chat.completions.create(model="m", messages=[], temperature="hot")  # type: ignore[call-overload]
    client.chat.completions.create(model="m", messages=[], reasoning_effort="huge")  # type: ignore[call-overload]
    client.chat.completions.create(model="m", messages=[{"role": "nobody"}])  # type: ignore[list-item]
    client.chat.completions.create(model="m", messages="Hello")  # type: ignore[arg-type]
    client.chat.completions.list(limit="5")  # type: ignore[arg-type]
    client.chat.completions.list(before="x")  # type: ignore[call-arg]
    ChatCompletionUserMessage()  # type: ignore[call-arg]


def listing() -> None:
    page = client.chat.completions.list(model="m", metadata={"a": "b"}, after="x", limit=5, order="asc", max_items=9)
    assert_type(page, Page)
    for stored in page:
        assert_type(stored, ChatCompletion)
    for one in page.iter_pages():
        assert_type(one, Page)


def drift(unknown: Unknown) -> None:
    assert_type(unknown.kind, Literal["field", "value", "variant"])
    assert_type(unknown.path, str)
    assert_type(unknown.request_id, str | None)
    unknown.name = "x"  # type: ignore[misc]
    seen: list[Unknown] = []
    assert_type(Client(on_unknown=seen.append).with_options(on_unknown=None), Client)
    AsyncClient(on_unknown=drift).with_options(on_unknown=lambda unknown: print(unknown.pointer))
    Client(on_unknown=lambda: None)  # type: ignore[arg-type, misc]
    assert_type(provenance(), Provenance)
    assert_type(provenance().commit, str | None)
    assert_type(provenance().versions["httpx"], str | None)
    assert_type(provenance().to_dict(), dict[str, Any])


async def in_async() -> None:
    async with AsyncClient() as asynchronous:
        completions = asynchronous.chat.completions
        assert_type(await completions.create(model="m", messages=[]), ChatCompletion)
        stream = await completions.create(model="m", messages=[], stream=True)
        assert_type(stream, AsyncStream[ChatCompletionChunk])
        async for chunk in stream:
            assert_type(chunk, ChatCompletionChunk)
        assert_type(await completions.list(), AsyncPage)
        async for stored in completions.list():
            assert_type(stored, ChatCompletion)
        assert_type(asynchronous.with_options(max_retries=0), AsyncClient)
