"""A user's program with twenty mistakes, each on a line marked as one. Read by mypy and pyright in a test, never run.

The checkers must find them all and nothing else, where httpx2 is installed and where it is not.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx

from chat_completions import AsyncClient, Client, RateLimitError
from chat_completions.models import ChatCompletion, ChatCompletionMessageParam, ChatCompletionToolParam

MODEL = "gpt-5-mini"
QUESTION: ChatCompletionMessageParam = {"role": "user", "content": "Where is the Eiffel Tower?"}
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "weather", "descripton": "The weather of a city."},  # mistake: misspelled key
}


@dataclass
class City:
    name: str
    country: str


def connect(key_file: Path) -> Client:
    key = key_file.read_text().strip()
    if "--patient" in sys.argv:
        return Client(api_key=key, timeout=30, max_retries=5)
    Client(api_key=key, timeout="5")  # mistake: seconds are a number
    Client(api_key=key, http_client=object())  # mistake: no http client
    Client(api_key=key, base_url=5)  # mistake: no URL
    Client(apikey=key)  # mistake: misspelled setting
    return Client(
        api_key=key, base_url="http://localhost:8000/v1", timeout=httpx.Timeout(5), http_client=httpx.Client()
    )


def connect_async() -> AsyncClient:
    return AsyncClient(http_client=httpx.Client())  # mistake: a sync http client


def ask(client: Client) -> str:
    completion = client.chat.completions.create(model=MODEL, messages=[QUESTION], temperature=0.2)
    for choice in completion.choises:  # mistake: misspelled field
        print(choice)
    print(completion.choices[0].finish_reasn)  # mistake: misspelled field, one down
    print(completion.usage.total_tokens)  # mistake: usage may be None
    if completion.usage is not None and completion.usage.prompt_tokens_details is not None:
        print(completion.usage.total_tokens, completion.usage.prompt_tokens_details.cached_tokens)
    message = completion.choices[0].message
    print(message.contnt)  # mistake: misspelled field, two down
    for call in message.tool_calls or []:
        if call.type == "function":
            print(call.function.name, call.function.args)  # mistake: it is `arguments`
    return message.content  # mistake: content may be None


def ask_wrongly(client: Client) -> ChatCompletion:
    client.chat.completions.create(model=MODEL, messages=[QUESTION], max_completion_token=5)  # mistake: misspelled key
    client.chat.completions.create(model=MODEL, messages=[QUESTION], temperature="hot")  # mistake: a text
    client.chat.completions.create(model=MODEL, messages=[{"role": "usr", "content": "Hello"}])  # mistake: no role
    client.chat.completions.create(model=MODEL, messages=[QUESTION], tool_choice="always")  # mistake: no such choice
    try:
        return client.chat.completions.create(model=MODEL, messages=[QUESTION], tools=[WEATHER], seed=5)
    except RateLimitError as error:
        print(error.status_code, error.request_id)
        raise


def stream(client: Client) -> None:
    for chunk in client.chat.completions.create(model=MODEL, messages=[QUESTION], stream=True):
        if chunk.choices:
            print(chunk.choices[0].delta.content or "", end="")
            print(chunk.choices[0].message)  # mistake: chunks have deltas
    with client.chat.completions.stream(model=MODEL, messages=[QUESTION]) as events:
        for event in events:
            if event.type == "content.delta":
                print(event.delta, event.text)  # mistake: it is `snapshot`
            elif event.type == "tool_calls.function.arguments.done":
                print(event.name, event.arguments)
        print(events.get_final_completion().choices[0].message.content)


def extract(client: Client) -> City | None:
    answer = client.chat.completions.parse(model=MODEL, messages=[QUESTION], response_format=City)
    city = answer.choices[0].message.parsed
    return city if city is not None and city.country else None


async def ask_later(client: AsyncClient) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=[QUESTION])
    print(completion.choices[0].message.content)  # mistake: nothing awaited it
    async for chunk in await client.chat.completions.create(model=MODEL, messages=[QUESTION], stream=True):
        print(chunk.id)
    async for stored in client.chat.completions.list(limit=5):
        print(stored.id, stored.created_at)  # mistake: it is `created`


if __name__ == "__main__":
    ask(connect(Path("key.txt")))
    asyncio.run(ask_later(connect_async()))
