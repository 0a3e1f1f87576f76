"""An http client that makes its replies up, for tests."""

import httpx2
from openai import OpenAI


def reply(request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json={"object": "list", "data": [], "has_more": False})


client = OpenAI(http_client=httpx2.Client(transport=httpx2.MockTransport(reply)))
assert client.chat.completions.list().data == []
print("no completions")
