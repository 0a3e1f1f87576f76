"""An object of one's own, as it is written."""

from openai import OpenAI
from pydantic import BaseModel


class Log(BaseModel):
    ships: list[str]
    weather: str


with OpenAI().chat.completions.stream(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "Two ships passed in the rain."}],
    response_format=Log,
) as stream:
    for event in stream:
        if event.type == "content.delta":
            print(repr(event.delta), event.parsed)
        elif event.type == "content.done":
            print("done:", event.content)
            if event.parsed is not None:
                print("weather:", event.parsed.weather)
        elif event.type == "refusal.delta":
            print(event.delta)

final = stream.get_final_completion()
print(type(final.choices[0].message.parsed).__name__, final.choices[0].message.parsed.ships)
