"""Get answers as dataclasses; TypedDicts, attrs classes and msgspec structs work the same way."""

import os
from dataclasses import dataclass
from datetime import date
from enum import Enum

from chat_completions import Client

MODEL = os.environ.get("MODEL", "gpt-5-mini")


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


@dataclass
class Entry:
    """An entry of a diary."""

    day: date
    mood: Mood
    people: list[str]


with Client() as client:
    completion = client.chat.completions.parse(
        model=MODEL,
        messages=[{"role": "user", "content": "12 May 2026. A fine day with Ada and Grace."}],
        response_format=Entry,
    )

entry = completion.choices[0].message.parsed
if entry:
    print(f"{entry.day:%Y}: {entry.mood.name}, {entry.people}")
