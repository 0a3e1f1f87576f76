"""An answer as it is written, asynchronously."""

import asyncio

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def main() -> None:
    pieces = await client.chat.completions.create(
        model="gpt-5-mini",
        messages=[{"role": "user", "content": "Tell me of the storm."}],
        stream=True,
    )
    async for piece in pieces:
        print(piece.choices[0].delta.content or "", end="|")
    print()


asyncio.run(main())
