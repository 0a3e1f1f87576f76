"""The local server's tokenizer.

A token is at most twelve word characters with the space before them, at most twelve whitespace characters, or one
other character. Joining the tokens of a text restores the text.
"""

from __future__ import annotations

import re

LONGEST_TOKEN = 13

_TOKEN = re.compile(r" ?\w{1,12}|\s{1,12}|[^\w\s]")


def split_tokens(text: str) -> list[str]:
    """Return the tokens of a text in order; none for an empty text."""
    return _TOKEN.findall(text)


def token_count(text: str) -> int:
    """Return the number of tokens of a text."""
    return sum(1 for _ in _TOKEN.finditer(text))
