"""Create one completion, and print its text and its token counts."""

import os

from chat_completions import Client

MODEL = os.environ.get("MODEL", "gpt-5-mini")

with Client() as client:
    completion = client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": "Answer in one sentence."},
            {"role": "user", "content": "Why is the sky blue?"},
        ],
    )

choice = completion.choices[0]
print(choice.message.content)
print(f"({choice.finish_reason})")
if completion.usage:
    print(f"{completion.usage.prompt_tokens} tokens in, {completion.usage.completion_tokens} out")
