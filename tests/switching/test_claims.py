"""Every row of docs/official-sdk.md has a snippet or a test that holds it true."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.switching.cases import CASES
from tests.switching.sides import SNIPPETS

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "official-sdk.md").read_text()

# What shows the rows of "What differs" that `snippets/differences.py` has no line for, by their first cells: snippets,
# and tests of what only this package has.
DIFFERENCES = {
    "a silent stream": ["stream_timeout", "tests/client/test_limits.py"],
    "`parse` takes": ["parse", "tests/structured/test_adapters.py"],
    "attempts": ["tests/client/test_retries.py"],
    "rate limits": ["tests/client/test_retries.py"],
    "`retry-after` of more than a minute": ["tests/client/test_retries.py"],
    'a delay in the body of an error, such as "try again in 20s"': ["tests/servers/retries.toml"],
    "`parsed` of a delta event": ["parse_stream"],
    "assigning `client.default_headers`, or a misspelled setting": ["assigning", "tests/client/test_assigning.py"],
    "HTTP library": ["http_client_httpx2", "tests/test_wheel.py"],
    "exceptions from your own transport, authentication, event hook, or body": [
        "foreign_errors",
        "tests/client/test_foreign_errors.py",
    ],
    "dependencies": ["tests/test_wheel.py"],
    "a key for a server that doesn't need one": ["no_key", "tests/client/test_calls.py"],
}
# What is the same, by the bullets of that list.
SAME = {
    "The environment": ["create", "logging_level", "azure", "settings"],
    "The client's arguments": ["settings", "with_options", "extra_params", "timeouts"],
    "`chat.completions.create`": ["create", "parse", "events", "pages", "raw_response", "streaming_response"],
    "The names of models": ["typed_params", "events", "pages_by_hand", "deep_imports"],
    "The modules": ["deep_imports", "resources", "star_import", "stream_state", "tests/typing/switching.py"],
    "Iterables of messages": ["iterators", "tests/client/test_calls.py"],
    "`omit` and": ["left_out", "tests/client/test_ecosystem.py"],
    "`BaseModel`": ["defaults", "deep_imports", "stream_state"],
    "The timeouts": ["timeouts", "retries", "defaults"],
}


def rows(heading: str) -> list[list[str]]:
    """Return the rows of the table below a heading."""
    table = PAGE.partition(f"## {heading}\n")[2].partition("\n|")[2].partition("\n\n")[0]
    lines = table.splitlines()[2:]
    assert len(lines) > 5
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def labels() -> set[str]:
    """Return the rows that `differences.py` has lines for."""
    tree = ast.walk(ast.parse((SNIPPETS / "differences.py").read_text()))
    calls = [node for node in tree if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "row"]
    return {str(ast.literal_eval(call.args[0])) for call in calls}


def test_every_difference_is_shown() -> None:
    found = [row[0] for row in rows("What differs")]
    assert len(found) == len(set(found))
    assert set(found) == labels() | DIFFERENCES.keys()


@pytest.mark.parametrize("row", sorted(labels()))
def test_a_difference_is_one(row: str) -> None:
    """The two clients do not print the same for it."""
    ours = [line for line in (SNIPPETS / "differences.txt").read_text().splitlines() if line.startswith(f"{row}: ")]
    official = (SNIPPETS / "differences.official.txt").read_text().splitlines()
    assert ours and ours != [line for line in official if line.startswith(f"{row}: ")]


def test_what_is_the_same_is_shown() -> None:
    same = PAGE.partition("## What is the same\n")[2].partition("\n## ")[0]
    bullets = re.findall(r"^- (.+)", same, re.MULTILINE)
    assert len(bullets) == len(SAME) and all(any(each.startswith(start) for each in bullets) for start in SAME)


@pytest.mark.parametrize(
    "place", sorted({place for places in (*DIFFERENCES.values(), *SAME.values()) for place in places})
)
def test_what_shows_it_is_there(place: str) -> None:
    cases = {case.name: case for case in CASES}
    assert place in cases or (ROOT / place).is_file()
