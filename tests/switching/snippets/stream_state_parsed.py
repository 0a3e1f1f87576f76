"""Chunks put together by hand, with a type for the reply."""

from openai import OpenAI
from openai.lib.streaming.chat import ChatCompletionStreamState
from pydantic import BaseModel


class Ship(BaseModel):
    name: str
    masts: int
    flag: str | None


state = ChatCompletionStreamState(response_format=Ship)
question = [{"role": "user", "content": "Which ship?"}]
for chunk in OpenAI().chat.completions.create(model="gpt-5-mini", messages=question, stream=True):
    state.handle_chunk(chunk)
ship = state.get_final_completion().choices[0].message.parsed
print(type(ship) is Ship, ship)
