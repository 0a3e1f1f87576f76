"""pydantic-ai: an agent, whose provider takes the client."""

from __future__ import annotations

from typing import Any

from parts import CUT_MODEL, MODEL, Lamp, clients, run, wind
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


def agent(model: str = MODEL, **settings: Any) -> Agent[None, Any]:
    return Agent(OpenAIChatModel(model, provider=OpenAIProvider(openai_client=clients()[1])), **settings)


def sync() -> bool:
    return "Any wind?" in agent().run_sync("Any wind?").output


async def awaited() -> bool:
    return "Any wind?" in (await agent().run("Any wind?")).output


async def stream(model: str = MODEL) -> bool:
    async with agent(model).run_stream("Any wind?") as result:
        return len([text async for text in result.stream_text(debounce_by=None)]) > 1


async def tools() -> bool:
    result = await agent(tools=[wind]).run('call wind {"harbour": "Brest"}')
    return "a light breeze" in result.output


async def structured() -> bool:
    return isinstance((await agent(output_type=NativeOutput(Lamp)).run("Which lamp?")).output, Lamp)


run(sync=sync, **{"async": awaited}, stream=stream, tools=tools, structured=structured, cut=lambda: stream(CUT_MODEL))
