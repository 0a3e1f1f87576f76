"""A stream that falls silent, and one that is cut off."""

import openai

client = openai.OpenAI(timeout=0.2, max_retries=0)
for _ in range(2):
    try:
        for piece in client.chat.completions.create(
            model="gpt-5-mini",
            messages=[{"role": "user", "content": "Tell me of the storm."}],
            stream=True,
        ):
            print(piece.choices[0].delta.content)
    except openai.APITimeoutError as e:
        print("silent", type(e.__cause__).__name__)
    except openai.APIConnectionError as e:
        print("cut off", type(e.__cause__).__name__)
    except openai.APIError as e:
        print("failed", type(e.__cause__).__name__)
