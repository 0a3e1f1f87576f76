"""What was under `beta` once is still found there."""

from openai import OpenAI

with OpenAI().beta.chat.completions.stream(
    model="gpt-5-mini", messages=[{"role": "user", "content": "Tell me of the storm."}]
) as stream:
    print(stream.get_final_completion().choices[0].message.content)
