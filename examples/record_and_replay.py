"""Record the responses of a real server, without the key, and replay them from the file."""

import os
import sys
from pathlib import Path

from chat_completions import Client
from chat_completions.testing import record, replay

MODEL = os.environ.get("MODEL", "gpt-5-mini")
FILE = Path(sys.argv[1] if len(sys.argv) > 1 else "hello.json")

is_new = not FILE.exists()
with record(FILE) if is_new else replay(FILE) as cassette:
    # None uses the key from the environment; a replay doesn't check keys, so any text will do.
    key = None if is_new else "none"
    with Client(api_key=key, http_client=cassette.http_client()) as client:
        stream = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Hello"}], stream=True
        )
        print("".join(stream.text_deltas()))

print(f"{'recorded in' if is_new else 'replayed from'} {FILE.name}")
