"""Haystack: a generator, whose attributes take the clients."""

from __future__ import annotations

from typing import Any

from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage, StreamingChunk
from haystack.tools import create_tool_from_function
from haystack.utils import Secret
from parts import CUT_MODEL, MODEL, Lamp, clients, run, wind

ASKED = [ChatMessage.from_user("Any wind?")]


def generator(model: str = MODEL, **settings: Any) -> OpenAIChatGenerator:
    made = OpenAIChatGenerator(model=model, api_key=Secret.from_token("none"), **settings)
    made.client, made.async_client = clients()
    return made


def sync() -> bool:
    return "Any wind?" in generator().run(ASKED)["replies"][0].text


async def awaited() -> bool:
    return "Any wind?" in (await generator().run_async(ASKED))["replies"][0].text


def stream(model: str = MODEL) -> bool:
    chunks: list[StreamingChunk] = []
    generator(model, streaming_callback=chunks.append).run(ASKED)
    return len(chunks) > 1


def tools() -> bool:
    able = create_tool_from_function(wind)
    asked = [ChatMessage.from_user('call wind {"harbour": "Brest"}')]
    [call] = generator(tools=[able]).run(asked)["replies"][0].tool_calls
    return able.invoke(**call.arguments) == "a light breeze"


def structured() -> bool:
    made = generator(generation_kwargs={"response_format": Lamp})
    return bool(Lamp.model_validate_json(made.run(ASKED)["replies"][0].text))


run(sync=sync, **{"async": awaited}, stream=stream, tools=tools, structured=structured, cut=lambda: stream(CUT_MODEL))
