"""What has come of a completion at each chunk."""

from openai import OpenAI

with OpenAI().chat.completions.stream(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "Tell me of the storm."}],
) as stream:
    for event in stream:
        if event.type == "chunk":
            print(repr(event.snapshot.choices[0].message.content))
            print(
                stream.current_completion_snapshot.choices[0].message.content
                == event.snapshot.choices[0].message.content
            )
