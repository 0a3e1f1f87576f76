"""Read a stream as typed events: text, refusals, reasoning and tool calls."""

import os

from chat_completions import Client

MODEL = os.environ.get("MODEL", "gpt-5-mini")

with Client() as client:
    with client.chat.completions.stream(
        model=MODEL,
        messages=[{"role": "user", "content": "Name three rivers."}],
    ) as stream:
        for event in stream:
            match event.type:
                case "content.delta":
                    print(event.delta, end="", flush=True)
                case "content.done":
                    print(f"\nwhole: {len(event.content)} characters")
                case "refusal.done":
                    print(f"\nrefused: {event.refusal}")
                case "tool_calls.function.arguments.done":
                    print(f"\ncalls {event.name}({event.arguments})")
        completion = stream.get_final_completion()

print(f"finished: {completion.choices[0].finish_reason}")
