"""A key that is asked for at each attempt of a call."""

import asyncio
import itertools

from openai import AsyncOpenAI, OpenAI

numbers = itertools.count(1)


def fresh_key() -> str:
    return f"sk-{next(numbers)}"


async def fresh_key_async() -> str:
    await asyncio.sleep(0)
    return f"sk-{next(numbers)}"


hello = [{"role": "user", "content": "Hello"}]
client = OpenAI(api_key=fresh_key)
for _ in range(2):
    client.chat.completions.create(model="gpt-5-mini", messages=hello)


async def main() -> None:
    async with AsyncOpenAI(api_key=fresh_key_async) as client:
        answer = await client.chat.completions.create(model="gpt-5-mini", messages=hello)
        print(answer.choices[0].message.content)


def no_key() -> str:
    raise LookupError("the vault is closed")


try:
    OpenAI(api_key=no_key).chat.completions.create(model="gpt-5-mini", messages=hello)
except LookupError as error:
    print(error)


asyncio.run(main())
