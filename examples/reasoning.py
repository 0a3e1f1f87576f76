"""Set the reasoning effort, show the reasoning text if the server sends it, and count its tokens."""

import os

from chat_completions import Client

MODEL = os.environ.get("MODEL", "gpt-5-mini")

with Client() as client:
    with client.chat.completions.stream(
        model=MODEL,
        messages=[{"role": "user", "content": "Which is larger, 9.9 or 9.11?"}],
        reasoning_effort="low",
        max_completion_tokens=2000,  # for reasoning and answer together
        stream_options={"include_usage": True},
    ) as stream:
        for event in stream:
            if event.type == "reasoning.delta":  # sent by vLLM and others, not by OpenAI
                print(event.delta, end="", flush=True)
            elif event.type == "reasoning.done":
                print(f"\n(thought, in the field {event.field})")
            elif event.type == "content.delta":
                print(event.delta, end="", flush=True)
        completion = stream.get_final_completion()

details = completion.usage and completion.usage.completion_tokens_details
print(f"\n{details.reasoning_tokens if details else 'unknown'} tokens of reasoning")
