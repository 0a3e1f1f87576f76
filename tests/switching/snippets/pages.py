"""All that was stored, page by page without a word about pages."""

from openai import OpenAI

client = OpenAI()

ids = []
for stored in client.chat.completions.list(limit=2, order="asc", metadata={"watch": "night"}, model="gpt-5-mini"):
    ids.append(stored.id)
print(ids)
