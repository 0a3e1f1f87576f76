"""What a user's type checker infers of `.stream()`. Read by mypy and pyright in a test, never run."""

from __future__ import annotations

from typing import Any, assert_type

from chat_completions import AsyncClient, ChatCompletionStream, Client, ContentDeltaEvent, ContentDoneEvent
from chat_completions.models import ChatCompletion, ParsedChatCompletion


def events(client: Client) -> ChatCompletion:
    with client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "Hello"}]) as stream:
        assert_type(stream, ChatCompletionStream)
        for event in stream:
            if event.type == "content.delta":
                assert_type(event, ContentDeltaEvent)
                assert_type(event.delta, str)
                assert_type(event.snapshot, str)
            elif event.type == "content.done":
                assert_type(event, ContentDoneEvent)
            elif event.type == "tool_calls.function.arguments.delta":
                assert_type(event.arguments_delta, str)
            elif event.type == "tool_calls.custom.input.done":
                assert_type(event.input, str)
            elif event.type == "chunk":
                assert_type(event.snapshot, ParsedChatCompletion[Any])
        return stream.get_final_completion()


async def async_events(client: AsyncClient) -> ChatCompletion:
    async with client.chat.completions.stream(model="m", messages=[]) as stream:
        async for event in stream:
            if event.type == "refusal.delta":
                assert_type(event.delta, str)
        return await stream.get_final_completion()


def mistakes(client: Client) -> None:
    client.chat.completions.stream(model="m")  # type: ignore[call-overload]
    with client.chat.completions.stream(model="m", messages=[]) as stream:
        for event in stream:
            if event.type == "content.delt":  # type: ignore[comparison-overlap]
                pass
