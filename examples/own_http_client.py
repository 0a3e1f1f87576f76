"""Use your own HTTP client: a proxy, a certificate, a hook, other limits, or httpx2."""

import os

import httpx

from chat_completions import Client, DefaultHttpxClient

MODEL = os.environ.get("MODEL", "gpt-5-mini")


def tell(request: httpx.Request) -> None:
    print(f"{request.method} {request.url.path}")


# This package's limits with your changes; closed along with the client.
http_client = DefaultHttpxClient(
    proxy=os.environ.get("MY_PROXY"),  # such as http://user:password@proxy:3128
    event_hooks={"request": [tell]},
)
with Client(http_client=http_client) as client:
    completion = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello"}])
    print(completion.choices[0].message.content)

# You have to close any other HTTP client yourself; httpx2.Client works too.
with httpx.Client(limits=httpx.Limits(max_connections=10)) as plain, Client(http_client=plain) as client:
    completion = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello again"}])
    print(completion.choices[0].message.content)
