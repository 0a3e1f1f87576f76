"""outlines: `from_openai` makes a model, which has no tools."""

from __future__ import annotations

import outlines
from parts import CUT_MODEL, MODEL, Lamp, clients, run


def sync() -> bool:
    return "Any wind?" in outlines.from_openai(clients()[0], MODEL)("Any wind?")


async def awaited() -> bool:
    return "Any wind?" in await outlines.from_openai(clients()[1], MODEL)("Any wind?")


def stream(model: str = MODEL) -> bool:
    return len([*outlines.from_openai(clients()[0], model).stream("Any wind?")]) > 1


def structured() -> bool:
    return bool(Lamp.model_validate_json(outlines.from_openai(clients()[0], MODEL)("Which lamp?", Lamp)))


run(sync=sync, **{"async": awaited}, stream=stream, structured=structured, cut=lambda: stream(CUT_MODEL))
