"""A stream that `aclosing` closes, and the request of what broke."""

import asyncio
from contextlib import aclosing

from openai import APIConnectionError, AsyncOpenAI, OpenAI

question = [{"role": "user", "content": "Tell me of the storm."}]


async def main() -> None:
    stream = await AsyncOpenAI().chat.completions.create(model="gpt-5-mini", messages=question, stream=True)
    async with aclosing(stream):
        async for chunk in stream:
            print(chunk.choices[0].delta.content is not None)
            break
    print(stream.response.is_closed)
    await stream.aclose()


asyncio.run(main())

stream = OpenAI().chat.completions.create(model="gpt-5-mini", messages=question, stream=True)
try:
    for _ in stream:
        pass
except APIConnectionError as error:
    print(error.request.method, error.request.url.path, error.__cause__ is not None)
