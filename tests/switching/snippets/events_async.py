"""An answer as events, asynchronously; and an end that is waited for."""

import asyncio

from openai import AsyncOpenAI

client = AsyncOpenAI()
ask = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Tell me of the storm."}]}


async def main() -> None:
    async with client.chat.completions.stream(**ask) as stream:
        async for event in stream:
            if event.type == "content.delta":
                print(event.delta, flush=True, end="|")
    print()
    print((await stream.get_final_completion()).choices[0].message.content)

    async with client.chat.completions.stream(**ask) as stream:
        await stream.until_done()
        final = await stream.get_final_completion()
        print(final.choices[0].finish_reason, final.choices[0].message.role)


asyncio.run(main())
