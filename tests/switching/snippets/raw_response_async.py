"""The HTTP response under a call, asynchronously; and the one under a stream."""

import asyncio

from openai import AsyncOpenAI, OpenAI

ask = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hello"}]}


async def main() -> None:
    async with AsyncOpenAI() as client:
        raw = await client.chat.completions.with_raw_response.create(**ask)
        print(raw.headers.get("X-Lamp"), raw.parse().choices[0].message.content)


asyncio.run(main())

raw = OpenAI().chat.completions.with_raw_response.create(**ask, stream=True)
print(raw.headers.get("Content-Type"), raw.is_closed)
print([piece.choices[0].delta.content for piece in raw.parse()])
