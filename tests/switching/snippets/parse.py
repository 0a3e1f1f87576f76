"""An answer as an object of one's own."""

from openai import OpenAI
from pydantic import BaseModel, Field


class Ship(BaseModel):
    name: str
    masts: int = Field(description="How many masts she has")
    flag: str | None = None


class Log(BaseModel):
    """What passed in the night."""

    ships: list[Ship]
    weather: str


completion = OpenAI().chat.completions.parse(
    model="gpt-5-mini",
    messages=[
        {"role": "system", "content": "You keep the log."},
        {"role": "user", "content": "Two ships passed in the rain."},
    ],
    response_format=Log,
)

message = completion.choices[0].message
if message.parsed:
    print(type(message.parsed).__name__, message.parsed.weather)
    for ship in message.parsed.ships:
        print(ship.name, ship.masts, ship.flag)
else:
    print(message.refusal)
print(message.content)
