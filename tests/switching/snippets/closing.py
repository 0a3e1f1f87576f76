"""Clients that are closed: by `with`, and by hand."""

import asyncio

from openai import AsyncOpenAI, OpenAI

hello = [{"role": "user", "content": "Hello"}]

with OpenAI() as client:
    print(client.chat.completions.create(model="gpt-5-mini", messages=hello).choices[0].message.content)
    print(client.is_closed())
print(client.is_closed())

unused = OpenAI()
unused.close()
print(unused.is_closed())


async def main() -> None:
    async with AsyncOpenAI() as client:
        answer = await client.chat.completions.create(model="gpt-5-mini", messages=hello)
        print(answer.choices[0].message.content, client.is_closed())
    print(client.is_closed())
    other = AsyncOpenAI()
    await other.close()
    print(other.is_closed())


asyncio.run(main())
