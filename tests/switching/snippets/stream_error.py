"""A stream in which the server reports an error."""

import openai

client = openai.OpenAI()
try:
    for piece in client.chat.completions.create(
        model="gpt-5-mini",
        messages=[{"role": "user", "content": "Tell me of the storm."}],
        stream=True,
    ):
        print(piece.choices[0].delta.content)
except openai.APIError as e:
    print("lamp went out" in e.message, e.code, e.type, e.body)
