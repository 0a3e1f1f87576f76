"""What a streamed answer cost: a last chunk without choices."""

from openai import OpenAI

pieces = OpenAI().chat.completions.create(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "Tell me of the storm."}],
    stream=True,
    stream_options={"include_usage": True},
)
for piece in pieces:
    if piece.choices:
        print(piece.choices[0].delta.content or "", end="|")
    elif piece.usage:
        print(piece.usage.prompt_tokens, piece.usage.completion_tokens, piece.usage.total_tokens)
