"""Copies of a client with other settings, on the same connections."""

from openai import OpenAI

client = OpenAI(default_headers={"X-Watch": "first"})
hello = [{"role": "user", "content": "Hello"}]

client.with_options(timeout=5.0, default_headers={"X-Lamp": "bright"}).chat.completions.create(
    model="gpt-5-mini", messages=hello
)
client.copy(api_key="sk-other", project="proj-other").chat.completions.create(model="gpt-5-mini", messages=hello)
print(client.chat.completions.create(model="gpt-5-mini", messages=hello).choices[0].message.content)
