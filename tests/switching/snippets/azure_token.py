"""Azure: tokens in place of keys."""

import asyncio
import itertools

from openai import AsyncAzureOpenAI, AzureOpenAI, OpenAIError

numbers = itertools.count(1)
hello = [{"role": "user", "content": "Hello"}]


def token() -> str:
    return f"token-{next(numbers)}"


client = AzureOpenAI(api_version="2024-10-21", azure_ad_token_provider=token)
for _ in range(2):
    print(client.chat.completions.create(model="night-lamp", messages=hello).choices[0].message.content)


async def main() -> None:
    async with AsyncAzureOpenAI(api_version="2024-10-21", azure_ad_token="token-of-old") as client:
        answer = await client.chat.completions.create(model="night-lamp", messages=hello)
        print(answer.choices[0].message.content)


asyncio.run(main())

try:
    AzureOpenAI(api_version="2024-10-21", azure_ad_token="token-of-old", api_key="azure-key")
except OpenAIError:
    print("one of them")
