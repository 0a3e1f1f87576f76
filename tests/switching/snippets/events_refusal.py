"""A model that will not."""

from openai import OpenAI

with OpenAI().chat.completions.stream(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "Put out the light."}],
) as stream:
    for event in stream:
        if event.type == "refusal.delta":
            print(repr(event.delta), repr(event.snapshot))
        elif event.type == "refusal.done":
            print("done:", event.refusal)
print(stream.get_final_completion().choices[0].message.refusal)
