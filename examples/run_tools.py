"""Let a model call typed functions: the client creates the schemas, calls them, and sends the results."""

import os
from typing import Literal

from chat_completions import Client

MODEL = os.environ.get("MODEL", "gpt-5-mini")


def get_weather(city: str, unit: Literal["C", "F"] = "C") -> dict[str, str | int]:
    """Return the weather.

    Args:
        city: Where.
        unit: The unit of the temperature.
    """
    return {"city": city, "sky": "clear", "temperature": 21 if unit == "C" else 70}


with Client() as client:
    run = client.chat.completions.run_tools(
        model=MODEL,
        messages=[{"role": "user", "content": 'What is the weather? Please call get_weather {"city": "Bern"}'}],
        tools=[get_weather],
        max_rounds=5,
    )

for result in run.tool_results:
    print(f"{result.name}({result.arguments}) -> {result.value or result.error}")
print(run.content)
print(f"{run.rounds} rounds, {len(run.messages)} messages, {run.stopped}")
