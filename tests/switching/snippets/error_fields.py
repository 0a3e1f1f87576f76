"""What an error knows."""

import asyncio

import openai


async def main() -> None:
    client = openai.AsyncOpenAI()
    try:
        await client.chat.completions.create(model="gpt-none", messages=[{"role": "user", "content": "Hello?"}])
    except openai.APIStatusError as e:
        print(e.request_id, e.code, e.param, e.type)
        print(e.body)
        print("no such model" in e.message, "no such model" in str(e))
        print(e.response.json()["error"]["code"], e.request.method, e.request.url.path)


asyncio.run(main())
