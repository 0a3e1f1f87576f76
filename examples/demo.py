"""Run the client against the local server: a completion, a complete and a truncated stream, and stored completions."""

from chat_completions import Client, IncompleteStreamError
from chat_completions.local import LocalServer
from chat_completions.models import ChatCompletionMessageParam

with LocalServer() as server, Client(base_url=server.base_url) as client:
    print(f"A server on this machine: {server.base_url}\n")

    completion = client.chat.completions.create(
        model="demo", messages=[{"role": "user", "content": "Say hello to everyone."}]
    )
    print("One completion:", completion.choices[0].message.content)
    if completion.usage:
        print(f"  ({completion.usage.prompt_tokens} tokens in, {completion.usage.completion_tokens} out)\n")

    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Count to three, slowly."}]
    for model in ("demo", "cut-demo"):
        print(f"A stream of the model {model}: ", end="", flush=True)
        try:
            for text in client.chat.completions.create(model=model, messages=messages, stream=True).text_deltas():
                print(text, end="|", flush=True)
            print("\n  (complete)\n")
        except IncompleteStreamError as error:
            print(f"\n  ({error})")
            if error.partial:
                print(f"  (.text: {error.text!r})\n")

    for number in range(1, 17):
        client.chat.completions.create(
            model="demo",
            messages=[{"role": "user", "content": f"Story number {number}"}],
            store=True,
            metadata={"series": "demo" if number <= 12 else "another"},
        )
    print("Twelve of sixteen stored completions, by metadata, five to a page:")
    listed = 0
    listing = client.chat.completions.list(metadata={"series": "demo"}, limit=5)
    for pages, page in enumerate(listing.iter_pages(), 1):
        for stored in page.data:
            listed += 1
            print(f"  page {pages}: {stored.id}  {stored.choices[0].message.content!r}")
    print(f"{listed} completions on {pages} pages.")
