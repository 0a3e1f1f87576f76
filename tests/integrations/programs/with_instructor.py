"""instructor: `from_openai` makes a client that returns values of a type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import instructor
from parts import CUT_MODEL, MODEL, Lamp, clients, run, wind
from pydantic import BaseModel

MESSAGES: Any = [{"role": "user", "content": "Which lamp?"}]


class Harbour(BaseModel):
    """A harbour whose wind is asked for."""

    name: str


def sync() -> bool:
    client = instructor.from_openai(clients()[0])
    return isinstance(client.create(model=MODEL, messages=MESSAGES, response_model=Lamp), Lamp)


async def awaited() -> bool:
    client = instructor.from_openai(clients()[1])
    return isinstance(await client.create(model=MODEL, messages=MESSAGES, response_model=Lamp), Lamp)


def stream(model: str = MODEL) -> bool:
    client = instructor.from_openai(clients()[0], mode=instructor.Mode.JSON_SCHEMA)
    return len([*client.create_partial(model=model, messages=MESSAGES, response_model=Lamp)]) > 1


def structured() -> bool:
    client = instructor.from_openai(clients()[0], mode=instructor.Mode.JSON_SCHEMA)
    return isinstance(client.create(model=MODEL, messages=MESSAGES, response_model=Lamp), Lamp)


def tools() -> bool:
    client = instructor.from_openai(clients()[0], mode=instructor.Mode.PARALLEL_TOOLS)
    asked: Any = [{"role": "user", "content": 'call Harbour {"name": "Brest"}'}]
    found = client.create(model=MODEL, messages=asked, response_model=Iterable[Harbour])
    return [wind(harbour.name) for harbour in found] == ["a light breeze"]


run(sync=sync, **{"async": awaited}, stream=stream, tools=tools, structured=structured, cut=lambda: stream(CUT_MODEL))
