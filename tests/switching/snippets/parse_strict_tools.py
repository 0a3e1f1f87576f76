"""What `parse` and `create` make of tools that are not strict, and of types in the wrong place."""

from openai import OpenAI
from pydantic import BaseModel


class Light(BaseModel):
    on: bool


loose = {"type": "function", "function": {"name": "wind", "parameters": {"type": "object", "properties": {}}}}
client = OpenAI()
ask = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Is the light on?"}]}

try:
    client.chat.completions.parse(**ask, tools=[loose])
    print("taken")
except Exception as error:
    print(type(error).__name__)

try:
    client.chat.completions.create(**ask, response_format=Light)
except Exception as error:
    print(type(error).__name__, "parse" in str(error))
