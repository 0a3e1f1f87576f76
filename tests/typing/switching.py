"""What a type checker sees of a program that was written for the official SDK; nobody runs this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, assert_type

import httpx

from chat_completions import (
    APIResponse,
    AsyncAPIResponse,
    AsyncAzureClient,
    AsyncClient,
    AsyncStream,
    AzureClient,
    BaseModel,
    ChatCompletionStreamState,
    Client,
    DefaultAsyncHttpxClient,
    DefaultHttpxClient,
    Page,
    PageInfo,
    Stream,
    Timeout,
    omit,
)
from chat_completions.types import CompletionUsage
from chat_completions.types.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionContentPartParam,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)
from chat_completions.types.chat.chat_completion import Choice
from chat_completions.types.chat.chat_completion_chunk import Choice as ChunkChoice
from chat_completions.types.chat.completion_create_params import ResponseFormat
from chat_completions.types.shared_params import FunctionDefinition, Metadata

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]
TOOL: ChatCompletionToolParam = {"type": "function", "function": {"name": "wind"}}


def settings() -> None:
    client = Client(timeout=Timeout(3), http_client=DefaultHttpxClient(proxy="http://127.0.0.1:9"))
    assert_type(client.with_options(http_client=httpx.Client()).copy(max_retries=1), Client)
    AsyncClient(http_client=DefaultAsyncHttpxClient())
    AzureClient(azure_endpoint="http://x", api_version="v", azure_ad_token_provider=lambda: "t", timeout=3)
    AsyncAzureClient(azure_deployment="d", api_key="k", max_retries=1)
    AzureClient(tide="low")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    assert_type(client.is_closed(), bool)
    assert_type(client.beta.chat.completions.create(model="m", messages=MESSAGES), ChatCompletion)


def talk() -> Iterator[ChatCompletionMessageParam]:
    yield from MESSAGES


def ask(client: Client, messages: Iterable[ChatCompletionMessageParam]) -> ChatCompletion:
    return client.chat.completions.create(model="m", messages=messages, tools=(tool for tool in [TOOL]))


def iterables(client: Client, parts: Iterable[ChatCompletionContentPartParam]) -> None:
    ask(client, talk())
    ask(client, (message for message in MESSAGES))
    ask(client, dict(enumerate(MESSAGES)).values())
    message: ChatCompletionMessageParam = {"role": "user", "content": parts}
    client.chat.completions.parse(model="m", messages=[message])
    client.chat.completions.create(model="m", messages="Hello")  # type: ignore[arg-type]  # pyright: ignore
    client.chat.completions.create(model="m", messages=MESSAGES[0])  # type: ignore[arg-type]  # pyright: ignore


def calls(client: Client) -> None:
    completion = client.chat.completions.create(model="m", messages=MESSAGES, tools=[TOOL], temperature=omit)
    assert_type(completion, ChatCompletion)
    assert_type(completion.usage, CompletionUsage | None)
    assert_type(completion.model_dump(exclude_none=True), dict[str, Any])
    assert_type(completion.to_json(indent=None, exclude_unset=False), str)
    assert_type(ChatCompletion.model_validate({}), ChatCompletion)
    assert_type(completion._request_id, str | None)
    assert_type(client.chat.completions.list().next_page_info(), PageInfo | None)
    completion.to_json(depth=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def names(client: Client, chunk: ChatCompletionChunk, state: ChatCompletionStreamState) -> BaseModel:
    page: Page[ChatCompletion] = client.chat.completions.list()
    assert_type(page.data, list[ChatCompletion])
    assert_type(page.get_next_page(), Page[ChatCompletion])
    choices: list[ChunkChoice] = chunk.choices
    horn: FunctionDefinition = {"name": "horn"}
    labels: Metadata = {"lamp": "lit"}
    shape: ResponseFormat = {"type": "json_object"}
    client.chat.completions.create(
        model="m",
        messages=MESSAGES,
        tools=[{"type": "function", "function": horn}],
        metadata=labels,
        response_format=shape,
    )
    assert_type(client.chat.with_raw_response.completions.create(model="m", messages=[]).parse(), ChatCompletion)
    state.handle_chunk(chunk)
    first: Choice = state.get_final_completion().choices[0]
    return first if choices else chunk


def responses(client: Client) -> None:
    completions = client.chat.completions.with_streaming_response
    with completions.create(model="m", messages=MESSAGES) as response:
        assert_type(response, APIResponse[ChatCompletion])
        assert_type(response.parse(), ChatCompletion)
        assert_type(response.headers, httpx.Headers)
        for line in response.iter_lines():
            assert_type(line, str)
    with completions.create(model="m", messages=MESSAGES, stream=True) as streamed:
        assert_type(streamed.parse(), Stream[ChatCompletionChunk])


async def async_responses(client: AsyncClient) -> None:
    completions = client.chat.completions.with_streaming_response
    async with completions.create(model="m", messages=MESSAGES) as response:
        assert_type(response, AsyncAPIResponse[ChatCompletion])
        assert_type(await response.parse(), ChatCompletion)
        async for piece in response.iter_bytes():
            assert_type(piece, bytes)
    async with completions.create(model="m", messages=MESSAGES, stream=True) as streamed:
        assert_type(await streamed.parse(), AsyncStream[ChatCompletionChunk])
