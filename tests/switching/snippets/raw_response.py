"""The HTTP response under a call."""

from openai import OpenAI

client = OpenAI()
raw = client.chat.completions.with_raw_response.create(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "Hello"}],
)
print(raw.headers.get("X-Lamp"), raw.status_code, raw.http_response.status_code, raw.request_id)
print(raw.method, raw.url.path, raw.http_request.headers["content-type"], raw.http_version)
print(raw.is_closed, raw.elapsed.total_seconds() >= 0, raw.retries_taken)
print(len(raw.content) == len(raw.text.encode()))
answer = raw.parse()
print(answer.choices[0].message.content, raw.parse() is answer, answer._request_id)

raw = client.chat.completions.with_raw_response.list(limit=1)
print(raw.headers.get("X-Lamp"), [stored.id for stored in raw.parse().data])
