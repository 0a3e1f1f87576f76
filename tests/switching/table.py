"""The suite's page: what was found in the official documentation, and what becomes of it here."""

from __future__ import annotations

from tests.switching.cases import CASES
from tests.switching.sides import RENAMED

HEAD = """\
# Coming from the official SDK

Every topic of the official SDK's documentation that has to do with chat completions, as a program in `snippets/`,
written anew in the shape in which that documentation shows it. `test_snippets.py` runs each one twice, against a real
server on loopback:

- on this package, with only names changed: {names};
- on the official SDK as it is (`make switching` installs it, and so does CI; without it, that half is skipped).

Both have to print the same, which is in the `.txt` beside the program, and to send the same requests: method, path,
query, body, and all headers that do not tell of the library itself.

This page is written by `python -m tests.switching`, and a test holds it true.
"""

# What that documentation has beside, and what to do here.
ELSEWHERE = (
    ("Other APIs: responses, realtime, embeddings, files, webhooks and so on", "not here: this is one API's client"),
    (
        "`chat.completions.retrieve()`, `update()`, `delete()`, `messages.list()`",
        "not in the slice of the specification that this is made from",
    ),
    (
        "A module as a client: `openai.api_key = ...; openai.chat.completions.create()`",
        "make a `Client`: settings that every import shares are not here",
    ),
    (
        "`client.get()`, `client.post()`: undocumented endpoints",
        "send them with httpx; undocumented fields and headers are above",
    ),
    (
        "Workload identity, X.509, `provider=bedrock(...)`, `data_residency`",
        "`api_key` takes a function that gives a token; `http_client` takes certificates; `base_url` the address",
    ),
    ("`parse(to=...)` of raw responses", "`json()`"),
)


def page() -> str:
    """Return the page."""
    names = ", ".join(f"`{old}` to `{new}`" for old, new in RENAMED.items())
    lines = ["", "| topic | program | here |", "|---|---|---|"]
    lines += [f"| {case.topic} | `{case.name}.py` | {case.differs or 'runs'} |" for case in CASES]
    lines += ["", "Not run:", "", "| topic | here |", "|---|---|"]
    lines += [f"| {topic} | {here} |" for topic, here in ELSEWHERE]
    return HEAD.format(names=names) + "\n".join(lines) + "\n"
