"""langchain-openai: a chat model, which takes the clients and their `chat.completions`."""

from __future__ import annotations

from typing import Any

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from parts import CUT_MODEL, MODEL, Lamp, clients, run, wind


def chat(model: str = MODEL) -> ChatOpenAI:
    client, async_client = clients()
    settings: dict[str, Any] = {"root_client": client, "root_async_client": async_client}
    settings |= {"client": client.chat.completions, "async_client": async_client.chat.completions}
    return ChatOpenAI(model=model, **settings)


def sync() -> bool:
    return "Any wind?" in chat().invoke("Any wind?").text


async def awaited() -> bool:
    return "Any wind?" in (await chat().ainvoke("Any wind?")).text


def stream(model: str = MODEL) -> bool:
    return len([*chat(model).stream("Any wind?")]) > 1


def tools() -> bool:
    able = tool(wind)
    message = chat().bind_tools([able]).invoke('call wind {"harbour": "Brest"}')
    return [able.invoke(call["args"]) for call in message.tool_calls] == ["a light breeze"]


def structured() -> bool:
    return isinstance(chat().with_structured_output(Lamp).invoke("Which lamp?"), Lamp)


run(sync=sync, **{"async": awaited}, stream=stream, tools=tools, structured=structured, cut=lambda: stream(CUT_MODEL))
