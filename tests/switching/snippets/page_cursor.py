"""Where the next page begins."""

from openai import OpenAI

page = OpenAI().chat.completions.list(limit=2)
for stored in page.data:
    print(stored.id)
print(f"the next page begins after {page.after}")
