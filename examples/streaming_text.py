"""Print text as it arrives, and keep it if the stream breaks."""

import os

from chat_completions import Client, StreamError

MODEL = os.environ.get("MODEL", "gpt-5-mini")

with Client() as client:
    stream = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Tell me a story in three sentences."}],
        stream=True,
        stream_options={"include_usage": True},
    )
    try:
        for text in stream.text_deltas():
            print(text, end="", flush=True)
        print()
    except StreamError as error:
        print(f"\n(broken off after {len(error.text)} characters: {error})")

completion = stream.completion
if completion and completion.usage:
    print(f"{completion.usage.completion_tokens} tokens, {completion.choices[0].finish_reason}")
