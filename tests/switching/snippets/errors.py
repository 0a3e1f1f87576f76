"""What goes wrong, told apart."""

import openai
from openai import OpenAI

client = OpenAI(max_retries=0)

for _ in range(3):
    try:
        client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello?"}])
    except openai.APIConnectionError as e:
        print("nobody there:", type(e.__cause__).__name__ != "NoneType")
    except openai.RateLimitError:
        print("slow down")
    except openai.APIStatusError as e:
        print("refused:", e.status_code, e.response.status_code, e.response.headers["x-request-id"])
