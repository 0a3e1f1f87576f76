"""An http client of one's own, by the library that it is of."""

import ssl

import httpx2
from openai import AsyncOpenAI, DefaultAsyncHttpx2Client, DefaultHttpx2Client, OpenAI

client = OpenAI(
    http_client=DefaultHttpx2Client(
        transport=httpx2.HTTPTransport(local_address="127.0.0.1"),
        timeout=httpx2.Timeout(30.0, connect=5.0),
    )
)
answer = client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])
print(answer.choices[0].message.content, client.timeout.read, client.timeout.connect)

trusting = OpenAI(http_client=DefaultHttpx2Client(verify=ssl.create_default_context(), follow_redirects=False))
print(trusting.is_closed())
with trusting:
    pass
print(trusting.is_closed())
print(AsyncOpenAI(http_client=DefaultAsyncHttpx2Client(timeout=httpx2.Timeout(30.0))).timeout.read)
