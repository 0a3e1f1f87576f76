"""Limit the time of a call, and stop a stream early."""

import asyncio
import os

from chat_completions import APITimeoutError, AsyncClient, Client, StreamError
from chat_completions.models import ChatCompletionMessageParam

MODEL = os.environ.get("MODEL", "gpt-5-mini")
ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Count to one hundred, in words."}]

with Client() as client:
    try:  # seconds for everything: attempts, delays, and the stream
        stream = client.chat.completions.create(model=MODEL, messages=ASKED, stream=True, deadline=30, idle_timeout=5)
        text = ""
        for text_delta in stream.text_deltas():
            text += text_delta
            if len(text) > 40:
                break  # releases the connection; the server stops
        print(f"enough: {text!r}")
    except StreamError as error:
        print(f"too late, with {len(text)} characters: {error}")
    except APITimeoutError as error:
        print(f"too late for an answer: {error}")


async def cancelled() -> None:
    async with AsyncClient() as client:
        try:
            async with asyncio.timeout(0.001):
                await client.chat.completions.create(model=MODEL, messages=ASKED)
        except TimeoutError:
            print("cancelled")


asyncio.run(cancelled())
