"""An async http client of one's own."""

import asyncio

from openai import AsyncOpenAI, DefaultAsyncHttpxClient


async def main() -> None:
    async with AsyncOpenAI(http_client=DefaultAsyncHttpxClient(headers={"X-Through": "the window"})) as client:
        answer = await client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hi"}])
        print(answer.choices[0].message.content)
    print(client.is_closed())


asyncio.run(main())
