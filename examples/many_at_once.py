"""Send many requests, a few at a time; a failure does not stop the others."""

import asyncio
import os

from chat_completions import APIError, AsyncClient

MODEL = os.environ.get("MODEL", "gpt-5-mini")
AT_ONCE = 8


async def main() -> None:
    free = asyncio.Semaphore(AT_ONCE)
    async with AsyncClient(max_retries=5) as client:

        async def ask(number: int) -> str:
            async with free:
                completion = await client.chat.completions.create(
                    model=MODEL, messages=[{"role": "user", "content": f"What is {number} squared?"}]
                )
            return completion.choices[0].message.content or ""

        answers = await asyncio.gather(*map(ask, range(30)), return_exceptions=True)

    for number, answer in enumerate(answers):
        if isinstance(answer, APIError):
            print(f"{number}: failed: {answer}")
        elif isinstance(answer, BaseException):
            raise answer
        else:
            print(f"{number}: {answer}")


asyncio.run(main())
