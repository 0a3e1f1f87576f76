"""An answer as events."""

from openai import OpenAI

client = OpenAI()

with client.chat.completions.stream(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "Tell me of the storm."}],
) as stream:
    for event in stream:
        if event.type == "content.delta":
            print(repr(event.delta), repr(event.snapshot))
        elif event.type == "content.done":
            print("done:", event.content)
        elif event.type == "chunk" and event.chunk.choices[0].finish_reason:
            print("finished:", event.chunk.choices[0].finish_reason)

print(stream.get_final_completion().choices[0].message.content)
