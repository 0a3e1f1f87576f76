"""A response whose body is read as it comes, asynchronously."""

import asyncio

from openai import AsyncOpenAI

ask = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hello"}]}


async def main() -> None:
    async with AsyncOpenAI() as client:
        calls = client.chat.completions.with_streaming_response
        async with calls.create(**ask) as response:
            print(response.headers.get("X-Lamp"), response.is_closed)
            async for line in response.iter_lines():
                if "content" in line:
                    print(line.strip())
        print(response.is_closed)
        async with calls.create(**ask) as response:
            print((await response.json())["object"], len(await response.read()) == len(await response.text()))
            print((await response.parse()).choices[0].message.content)
        async with calls.create(**ask) as response:
            print(b"".join([piece async for piece in response.iter_bytes(7)]).count(b"\n"))
        async with calls.create(**ask, stream=True) as response:
            print([piece.choices[0].delta.content async for piece in await response.parse()])


asyncio.run(main())
