"""Read a structured answer while it arrives: each event has the value so far."""

import os

from pydantic import BaseModel

from chat_completions import Client

MODEL = os.environ.get("MODEL", "gpt-5-mini")


class Recipe(BaseModel):
    title: str
    ingredients: list[str]
    minutes: int


with Client() as client:
    with client.chat.completions.stream(
        model=MODEL,
        messages=[{"role": "user", "content": "A recipe for pancakes."}],
        response_format=Recipe,
    ) as stream:
        last = None
        for event in stream:
            if event.type == "content.delta" and event.parsed != last:
                last = event.parsed  # plain dicts and lists, without fields that haven't arrived
                print("so far:", last)
        recipe = stream.get_final_completion().choices[0].message.parsed

if recipe:
    print("whole:", recipe)
