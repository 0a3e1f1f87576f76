"""The whole client against the local server: a completion, a stream, and stored completions over several pages."""

from chat_completions import Client
from chat_completions.local import LocalServer

with LocalServer() as server, Client(base_url=server.base_url) as client:
    print(f"A server on this machine: {server.base_url}\n")

    completion = client.chat.completions.create(
        model="demo", messages=[{"role": "user", "content": "Say hello to everyone."}]
    )
    print("One completion:", completion.choices[0].message.content)
    if completion.usage:
        print(f"  ({completion.usage.prompt_tokens} tokens in, {completion.usage.completion_tokens} out)\n")

    print("One stream: ", end="", flush=True)
    stream = client.chat.completions.create(
        model="demo", messages=[{"role": "user", "content": "Count to three, slowly."}], stream=True
    )
    for text in stream.text_deltas():
        print(text, end="|", flush=True)
    print("\n")

    for number in range(1, 17):
        client.chat.completions.create(
            model="demo",
            messages=[{"role": "user", "content": f"Story number {number}"}],
            store=True,
            metadata={"series": "demo" if number <= 12 else "another"},
        )
    print("Twelve of sixteen stored completions, by metadata, five to a page:")
    after, pages, listed = None, 0, 0
    while True:
        query = {"after": after} if after else {}
        page = client.chat.completions.list(metadata={"series": "demo"}, limit=5, **query)
        pages += 1
        listed += len(page.data)
        for stored in page.data:
            print(f"  page {pages}: {stored.id}  {stored.choices[0].message.content!r}")
        if not page.has_more:
            break
        after = page.last_id
    print(f"{listed} completions on {pages} pages.")
