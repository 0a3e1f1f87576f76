"""All that was stored, asynchronously."""

import asyncio

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def main() -> None:
    ids = []
    async for stored in client.chat.completions.list(limit=2):
        ids.append(stored.id)
    print(ids)


asyncio.run(main())
