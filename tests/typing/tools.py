"""What a user's type checker infers of tools. Read by mypy and pyright in a test, never run."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import assert_type

from chat_completions import (
    AsyncClient,
    AsyncToolRunStream,
    Client,
    FunctionTool,
    ToolCallResult,
    ToolRun,
    ToolRunStream,
    function_tool,
    pydantic_function_tool,
)
from chat_completions.errors import ToolRoundsError
from chat_completions.models import ChatCompletion, ChatCompletionToolParam, CompletionUsage


@dataclass
class City:
    name: str


@function_tool
def distance(start: str, end: str, *, unit: str = "km") -> float:
    return 1.0


@function_tool(name="get_weather", strict=False)
async def weather(city: str) -> str:
    return city


def plain(x: int) -> int:
    return x


def tools(client: Client) -> None:
    assert_type(distance("a", "b", unit="m"), float)
    assert_type(distance.call("{}"), float)
    assert_type(distance.name, str)
    assert_type(function_tool(City).call("{}"), City)
    assert_type(pydantic_function_tool(City), FunctionTool[..., City])
    assert_type(function_tool(functools.partial(plain)).call("{}"), int)
    distance("a")  # type: ignore[call-arg]
    distance("a", 3)  # type: ignore[arg-type]
    function_tool(3)  # type: ignore[call-overload]
    given: list[ChatCompletionToolParam] = [{"type": "function", "function": {"name": "f"}}]
    client.chat.completions.create(model="m", messages=[], tools=[distance, weather, *given])
    client.chat.completions.create(model="m", messages=[], tools=[plain])  # type: ignore[list-item]
    client.chat.completions.stream(model="m", messages=[], tools=[distance])
    client.chat.completions.parse(model="m", messages=[], tools=[distance], response_format=City)


def runs(client: Client) -> None:
    run = client.chat.completions.run_tools(model="m", messages=[], tools=[distance, plain, City], max_rounds=3)
    assert_type(run, ToolRun[None])
    assert_type(run.completion, ChatCompletion)
    assert_type(run.content, str | None)
    assert_type(run.usage, CompletionUsage | None)
    assert_type(run.tool_results, tuple[ToolCallResult, ...])
    client.chat.completions.create(model="m", messages=run.messages)
    client.chat.completions.run_tools(model="m", messages=[], tools=[3])  # type: ignore[list-item]
    client.chat.completions.run_tools(model="m", messages=[], on_tool_error="ignore")  # type: ignore[call-overload]
    client.chat.completions.run_tools(model="m", messages=[], on_tool_error=lambda error: str(error))
    parsed = client.chat.completions.run_tools(model="m", messages=[], tools=[plain], response_format=City)
    assert_type(parsed, ToolRun[City])
    assert_type(parsed.parsed, City | None)
    stream = client.chat.completions.run_tools(model="m", messages=[], tools=[plain], stream=True, response_format=City)
    assert_type(stream, ToolRunStream[City])
    with stream:
        for event in stream:
            if event.type == "tool_call.done":
                assert_type(event.result, ToolCallResult)
            elif event.type == "content.delta":
                assert_type(event.delta, str)
            elif event.type == "round.done":
                assert_type(event.completion, ChatCompletion)
    assert_type(stream.get_final_run(), ToolRun[City])
    try:
        client.chat.completions.run_tools(model="m", messages=[])
    except ToolRoundsError as error:
        assert_type(error.run.completion, ChatCompletion)
        assert_type(error.run.rounds, int)


async def async_runs(client: AsyncClient) -> None:
    assert_type(await weather("Bern"), str)
    assert_type(await weather.call("{}"), str)
    assert_type(
        await client.chat.completions.run_tools(model="m", messages=[], tools=[weather, plain], max_concurrency=2),
        ToolRun[None],
    )
    assert_type(
        await client.chat.completions.run_tools(model="m", messages=[], tools=[plain], response_format=City),
        ToolRun[City],
    )
    async with client.chat.completions.run_tools(model="m", messages=[], tools=[plain], stream=True) as stream:
        assert_type(stream, AsyncToolRunStream[None])
        async for event in stream:
            if event.type == "tool_call.begun":
                assert_type(event.arguments, str)
        assert_type(await stream.get_final_run(), ToolRun[None])
