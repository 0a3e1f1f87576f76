"""openai-agents: an agent, whose model takes the client."""

from __future__ import annotations

from typing import Any

from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from parts import CUT_MODEL, MODEL, Lamp, clients, run, wind

set_tracing_disabled(True)


def agent(model: str = MODEL, **settings: Any) -> Agent[Any]:
    return Agent("keeper", model=OpenAIChatCompletionsModel(model=model, openai_client=clients()[1]), **settings)


def sync() -> bool:
    return "Any wind?" in Runner.run_sync(agent(), "Any wind?").final_output


async def awaited() -> bool:
    return "Any wind?" in (await Runner.run(agent(), "Any wind?")).final_output


async def stream(model: str = MODEL) -> bool:
    result = Runner.run_streamed(agent(model), "Any wind?")
    return len([event async for event in result.stream_events() if event.type == "raw_response_event"]) > 1


async def tools() -> bool:
    result = await Runner.run(agent(tools=[function_tool(wind)]), 'call wind {"harbour": "Brest"}')
    return "a light breeze" in result.final_output


async def structured() -> bool:
    return isinstance((await Runner.run(agent(output_type=Lamp), "Which lamp?")).final_output, Lamp)


run(sync=sync, **{"async": awaited}, stream=stream, tools=tools, structured=structured, cut=lambda: stream(CUT_MODEL))
