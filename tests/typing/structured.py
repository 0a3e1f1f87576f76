"""What a user's type checker infers of structured output. Read by mypy and pyright in a test, never run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict, assert_type

from msgspec import Struct
from pydantic import BaseModel

from chat_completions import (
    AsyncClient,
    ChatCompletionStream,
    Client,
    ContentDoneEvent,
    LengthFinishReasonError,
    OutputValidationError,
    response_format_for,
    strict_schema,
)
from chat_completions.models import (
    ChatCompletion,
    ChatCompletionMessageCustomToolCall,
    ChatCompletionMessageParam,
    ParsedChatCompletion,
    ParsedChatCompletionMessage,
    ParsedChoice,
    ParsedFunctionToolCall,
    ResponseFormatJSONSchemaParam,
)


class Step(BaseModel):
    output: str


class Move(Struct):
    square: str


@dataclass
class Point:
    x: int


class Entry(TypedDict):
    word: str


client = Client()
messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]


def parse() -> None:
    completion = client.chat.completions.parse(model="m", messages=messages, response_format=Step)
    assert_type(completion, ParsedChatCompletion[Step])
    assert_type(completion.choices, list[ParsedChoice[Step]])
    message = completion.choices[0].message
    assert_type(message, ParsedChatCompletionMessage[Step])
    assert_type(message.parsed, Step | None)
    assert_type(message.content, str | None)
    messages.append(message)
    completions = client.chat.completions
    assert_type(completions.parse(model="m", messages=[], response_format=Move), ParsedChatCompletion[Move])
    assert_type(completions.parse(model="m", messages=[], response_format=Point), ParsedChatCompletion[Point])
    assert_type(completions.parse(model="m", messages=[], response_format=Entry), ParsedChatCompletion[Entry])
    several = completions.parse(model="m", messages=[], response_format=list[Step], temperature=0, timeout=5)
    assert_type(several.choices[0].message.parsed, list[Step] | None)
    untyped = completions.parse(model="m", messages=[], response_format={"type": "json_object"})
    assert_type(untyped, ParsedChatCompletion[None])
    assert_type(untyped.choices[0].message.parsed, None)
    assert_type(completions.parse(model="m", messages=[]), ParsedChatCompletion[None])
    raw = completions.with_raw_response.parse(model="m", messages=[], response_format=Step)
    assert_type(raw.parse(), ParsedChatCompletion[Step])


def tools(message: ParsedChatCompletionMessage[Step]) -> None:
    for call in message.tool_calls or []:
        if call.type == "function":
            assert_type(call, ParsedFunctionToolCall)
            assert_type(call.function.parsed_arguments, Any)
            assert_type(call.function.arguments, str)
        else:
            assert_type(call, ChatCompletionMessageCustomToolCall)


def stream() -> Step | None:
    with client.chat.completions.stream(model="m", messages=messages, response_format=Step) as stream:
        assert_type(stream, ChatCompletionStream[Step])
        for event in stream:
            if event.type == "content.delta":
                assert_type(event.parsed, Any)
            elif event.type == "content.done":
                assert_type(event, ContentDoneEvent[Step])
                assert_type(event.parsed, Step | None)
            elif event.type == "tool_calls.function.arguments.done":
                assert_type(event.parsed_arguments, Any)
        assert_type(stream.current_completion_snapshot, ParsedChatCompletion[Step])
        assert_type(stream.get_final_completion(), ParsedChatCompletion[Step])
        return stream.get_final_completion().choices[0].message.parsed


def untyped_stream() -> None:
    with client.chat.completions.stream(model="m", messages=messages) as stream:
        assert_type(stream, ChatCompletionStream)
        assert_type(stream, ChatCompletionStream[None])
        assert_type(stream.get_final_completion().choices[0].message.parsed, None)


async def in_async(asynchronous: AsyncClient) -> None:
    completions = asynchronous.chat.completions
    completion = await completions.parse(model="m", messages=messages, response_format=Step)
    assert_type(completion, ParsedChatCompletion[Step])
    raw = await completions.with_raw_response.parse(model="m", messages=messages, response_format=Step)
    assert_type(raw.parse().choices[0].message.parsed, Step | None)
    async with completions.stream(model="m", messages=messages, response_format=Step) as stream:
        async for event in stream:
            if event.type == "content.done":
                assert_type(event.parsed, Step | None)
        assert_type(await stream.get_final_completion(), ParsedChatCompletion[Step])


def by_hand() -> None:
    wanted = response_format_for(Step)
    assert_type(wanted, ResponseFormatJSONSchemaParam)
    client.chat.completions.create(model="m", messages=messages, response_format=wanted)
    assert_type(strict_schema({"type": "object"}), dict[str, Any])


def failures() -> None:
    try:
        parse()
    except LengthFinishReasonError as error:
        assert_type(error.completion, ChatCompletion)
    except OutputValidationError as error:
        assert_type(error.error, Exception)
        assert_type(error.where, str)
        assert_type(error.pointer, str)


def mistakes() -> None:
    client.chat.completions.parse(model="m", response_format=Step)  # type: ignore[call-overload]
    client.chat.completions.parse(model="m", messages=[], response_format=3)  # type: ignore[call-overload]
    client.chat.completions.parse(model="m", messages=[], response_format=Step, stream=True)  # type: ignore[call-overload]
    client.chat.completions.parse(model="m", messages=[], response_format=Step, temprature=1)  # type: ignore[call-overload]
    role: Literal["x"] = "x"
    client.chat.completions.stream(model="m", messages=[], response_format=role)  # type: ignore[call-overload]
