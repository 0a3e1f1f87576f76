"""Inspect the HTTP response: status, headers, body, and their decoded form."""

import os

from chat_completions import Client, response_info
from chat_completions.models import ChatCompletionMessageParam

MODEL = os.environ.get("MODEL", "gpt-5-mini")
MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]

with Client() as client:
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=MESSAGES)
    print(raw.status_code, raw.headers["content-type"])
    print(sorted(raw.http_response.json()))
    completion = raw.parse()
    print(completion.choices[0].message.content)

    # You get all of this without a raw response too; nothing that a server sends is lost.
    completion = client.chat.completions.create(model=MODEL, messages=MESSAGES)
    info = response_info(completion)
    print(info.status_code, info.request_id == completion._request_id, len(info.headers) > 3)
    print(list(completion.to_dict())[:4])
