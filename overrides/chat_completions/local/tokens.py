"""The local server's own tokeniser.

A token is a run of at most twelve word characters with the one space before it, or at most twelve other
white-space characters, or one other character. Joining the tokens of a text gives the text again.
"""

from __future__ import annotations

import re

LONGEST_TOKEN = 13

_TOKEN = re.compile(r" ?\w{1,12}|\s{1,12}|[^\w\s]")


def split_tokens(text: str) -> list[str]:
    """Split a text into tokens that join to the same text.

    Args:
        text: Any text.

    Returns:
        The tokens in order; none for an empty text.
    """
    return _TOKEN.findall(text)


def token_count(text: str) -> int:
    """Count the tokens of a text without keeping them.

    Args:
        text: Any text.

    Returns:
        The number of tokens.
    """
    return sum(1 for _ in _TOKEN.finditer(text))
