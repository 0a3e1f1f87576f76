"""LiteLLM: functions that take the client."""

from __future__ import annotations

from typing import Any

import litellm
from parts import CUT_MODEL, MODEL, Lamp, clients, run, wind

ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": "Any wind?"}]}


def named(model: str) -> str:
    return f"openai/{model}"


def sync() -> bool:
    return "Any wind?" in litellm.completion(named(MODEL), client=clients()[0], **ASKED).choices[0].message.content


async def awaited() -> bool:
    completion = await litellm.acompletion(named(MODEL), client=clients()[1], **ASKED)
    return "Any wind?" in completion.choices[0].message.content


def stream(model: str = MODEL) -> bool:
    return len([*litellm.completion(named(model), client=clients()[0], stream=True, **ASKED)]) > 1


def tools() -> bool:
    import json

    asked: Any = [{"role": "user", "content": 'call wind {"harbour": "Brest"}'}]
    parameters = {"type": "object", "properties": {"harbour": {"type": "string"}}}
    tool = {"type": "function", "function": {"name": "wind", "parameters": parameters}}
    completion = litellm.completion(named(MODEL), messages=asked, client=clients()[0], tools=[tool])
    [call] = completion.choices[0].message.tool_calls
    return wind(**json.loads(call.function.arguments)) == "a light breeze"


def structured() -> bool:
    completion = litellm.completion(named(MODEL), client=clients()[0], response_format=Lamp, **ASKED)
    return bool(Lamp.model_validate_json(completion.choices[0].message.content))


run(sync=sync, **{"async": awaited}, stream=stream, tools=tools, structured=structured, cut=lambda: stream(CUT_MODEL))
