"""The number under which the server knows a request."""

import asyncio

import openai


async def main() -> None:
    client = openai.AsyncOpenAI(max_retries=0)
    hello = [{"role": "user", "content": "Hello"}]
    answer = await client.chat.completions.create(model="gpt-5-mini", messages=hello)
    print(answer._request_id)
    page = await client.chat.completions.list()
    print(page._request_id)
    try:
        await client.chat.completions.create(model="gpt-5-mini", messages=hello)
    except openai.APIStatusError as error:
        print(error.request_id)


asyncio.run(main())
