"""An answer as it is written."""

from openai import OpenAI

client = OpenAI()

pieces = client.chat.completions.create(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "Tell me of the storm."}],
    stream=True,
)
for piece in pieces:
    print(piece.object, repr(piece.choices[0].delta.content), piece.choices[0].finish_reason)
