"""The defaults of a client, and the resources of `chat` as a whole."""

import asyncio

import openai
from openai import DEFAULT_CONNECTION_LIMITS, DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT, AsyncOpenAI, OpenAI

print(float(DEFAULT_TIMEOUT.read), DEFAULT_TIMEOUT.connect, DEFAULT_MAX_RETRIES)
print(DEFAULT_CONNECTION_LIMITS.max_connections)
client = OpenAI(timeout=DEFAULT_TIMEOUT, max_retries=DEFAULT_MAX_RETRIES + 1)
print(client.timeout == DEFAULT_TIMEOUT, client.max_retries, OpenAI().max_retries)

question = [{"role": "user", "content": "Hello"}]
answer = client.chat.with_raw_response.completions.create(model="gpt-5-mini", messages=question)
print(answer.status_code, answer.headers["x-lamp"], isinstance(answer.parse(), openai.BaseModel))
with client.chat.with_streaming_response.completions.create(model="gpt-5-mini", messages=question) as answer:
    print(answer.status_code, answer.parse().choices[0].message.content)


async def main() -> None:
    chat = AsyncOpenAI().chat
    answer = await chat.with_raw_response.completions.create(model="gpt-5-mini", messages=question)
    print(answer.parse().choices[0].message.content)
    async with chat.with_streaming_response.completions.create(model="gpt-5-mini", messages=question) as answer:
        print((await answer.parse()).choices[0].message.content)


asyncio.run(main())
