"""An http client for one call."""

import httpx2
from openai import OpenAI

client = OpenAI()
hello = [{"role": "user", "content": "Hello"}]

with httpx2.Client(headers={"X-Through": "another door"}) as door:
    answer = client.with_options(http_client=door).chat.completions.create(model="gpt-5-mini", messages=hello)
    print(answer.choices[0].message.content)
answer = client.chat.completions.create(model="gpt-5-mini", messages=hello)
print(answer.choices[0].message.content)
