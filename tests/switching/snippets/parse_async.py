"""An answer as an object of one's own, asynchronously, and a refusal."""

import asyncio

from openai import AsyncOpenAI
from pydantic import BaseModel


class Light(BaseModel):
    on: bool


async def main() -> None:
    async with AsyncOpenAI() as client:
        for _ in range(2):
            completion = await client.chat.completions.parse(
                model="gpt-5-mini",
                messages=[{"role": "user", "content": "Is the light on?"}],
                response_format=Light,
            )
            message = completion.choices[0].message
            print(message.parsed, message.refusal)


asyncio.run(main())
