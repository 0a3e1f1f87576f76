"""An async client that sends with aiohttp."""

import asyncio
import os

from openai import AsyncOpenAI, DefaultAioHttpClient


async def main() -> None:
    async with AsyncOpenAI(
        api_key=os.environ.get("OPENAI_API_KEY"),
        http_client=DefaultAioHttpClient(),
    ) as client:
        answer = await client.chat.completions.create(
            messages=[{"role": "user", "content": "Hello"}],
            model="gpt-5-mini",
        )
        print(answer.choices[0].message.content)


asyncio.run(main())
