"""Calls of functions with their arguments as objects of one's own."""

from enum import StrEnum

import openai
from openai import OpenAI
from pydantic import BaseModel


class Signal(StrEnum):
    horn = "horn"
    flare = "flare"


class Position(BaseModel):
    name: str


class SendSignal(BaseModel):
    """Send signals to a ship."""

    signals: list[Signal]
    to: str | int | Position


completion = OpenAI().chat.completions.parse(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "Warn the ship off the reef."}],
    tools=[openai.pydantic_function_tool(SendSignal)],
)

call = (completion.choices[0].message.tool_calls or [])[0]
print(call.function.name, call.function.arguments)
assert isinstance(call.function.parsed_arguments, SendSignal)
print(call.function.parsed_arguments.signals, call.function.parsed_arguments.to)
