"""An http client of one's own: a proxy, and what is sent on its way."""

import os

from openai import DefaultHttpxClient, OpenAI

client = OpenAI(
    base_url="http://lighthouse.example:8083/v1",
    http_client=DefaultHttpxClient(
        proxy=os.environ["PROXY"],
        headers={"X-Through": "the proxy"},
        event_hooks={"response": [lambda response: print("answered", response.status_code)]},
    ),
)
answer = client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])
print(answer.choices[0].message.content)
client.close()
print(client.is_closed())
