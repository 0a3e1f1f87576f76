"""Store completions on the server, and list them: by metadata, page by page, and from a cursor."""

import os

from chat_completions import Client

MODEL = os.environ.get("MODEL", "gpt-5-mini")

with Client() as client:
    for number in range(1, 6):
        client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": f"Story number {number}, in one sentence."}],
            store=True,
            metadata={"series": "stories"},
        )

    # OpenAI's servers take a moment to list a new completion.
    listing = client.chat.completions.list(metadata={"series": "stories"}, limit=2, max_items=4)
    last = None
    for stored in listing:  # all pages, fetched as they are needed
        print(stored.id, stored.choices[0].message.content)
        last = stored.id

    if last:
        page = client.chat.completions.list(after=last, limit=2, metadata={"series": "stories"})
        print(f"then {len(page.data)} on the next page, more: {page.has_more}")
