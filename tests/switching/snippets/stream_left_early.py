"""Streams that are not read to their end."""

import asyncio

from openai import AsyncOpenAI, OpenAI

ask = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Tell me of the storm."}], "stream": True}
client = OpenAI()

with client.chat.completions.create(**ask) as pieces:
    for piece in pieces:
        print(piece.choices[0].delta.content)
        break
print(pieces.response.status_code, pieces.response.is_closed)

pieces = client.chat.completions.create(**ask)
print(next(pieces).choices[0].delta.content)
pieces.close()
print(pieces.response.is_closed)


async def main() -> None:
    async with AsyncOpenAI() as client:
        pieces = await client.chat.completions.create(**ask)
        async with pieces:
            print((await anext(pieces)).choices[0].delta.content)
        print(pieces.response.headers["x-request-id"], pieces.response.is_closed)
        pieces = await client.chat.completions.create(**ask)
        await pieces.close()
        print(pieces.response.is_closed)


asyncio.run(main())
