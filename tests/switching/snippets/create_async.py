"""The same, asynchronously, and several at once."""

import asyncio
import os

from openai import AsyncOpenAI

client = AsyncOpenAI(api_key=os.environ.get("OPENAI_API_KEY"))


async def ask(question: str) -> str | None:
    answer = await client.chat.completions.create(
        model="gpt-5-mini",
        messages=[{"role": "user", "content": question}],
    )
    return answer.choices[0].message.content


async def main() -> None:
    print(await ask("Is the lamp lit?"))
    print(await asyncio.gather(ask("Is it foggy?"), ask("Is it late?")))


asyncio.run(main())
