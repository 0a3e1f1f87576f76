"""Messages, tools and parts that are made when they are asked for, and messages that are models."""

from openai import OpenAI
from pydantic import BaseModel

client = OpenAI()


def talk(count):
    for number in range(count):
        yield {"role": "user", "content": (part for part in [{"type": "text", "text": f"Number {number}"}])}


class Talk:
    def __iter__(self):
        return talk(2)


class Words(BaseModel):
    role: str = "user"
    content: str
    name: str | None = None


tools = (
    {"type": "function", "function": {"name": name, "strict": True, "parameters": {}}} for name in ("horn", "lamp")
)
answer = client.chat.completions.create(model="gpt-5-mini", messages=talk(2), tools=tools)
print(answer.choices[0].message.content)

named = {"horn": {"type": "function", "function": {"name": "horn", "strict": True, "parameters": {}}}}
answer = client.chat.completions.parse(model="gpt-5-mini", messages=talk(1), tools=iter(named.values()))
print(answer.choices[0].message.parsed)

answer = client.chat.completions.create(model="gpt-5-mini", messages=Talk())
print(answer.choices[0].message.content)

words = [
    Words(role="user", content="Hello"),
    answer.choices[0].message,
    Words(role="user", content="Well?", name="Ida"),
]
answer = client.chat.completions.create(model="gpt-5-mini", messages=words)
print(answer.choices[0].message.content)
