"""JSON in a Markdown code fence, as models without strict output send it."""

from __future__ import annotations

import re

ANOMALY = "fenced", "the JSON is in a Markdown code fence"

# What stands behind the marks that open a fence: "json", or another word that is the rest of its line.
_OPENING = re.compile(r"(`{3,}|~{3,})[ \t]*(?:json\w*\b|[\w+-]*(?=[ \t]*\r?\n))", re.I)


def fenced_text(text: str, *, is_done: bool = True) -> str | None:
    """Return what is in a Markdown code fence; None unless the text is exactly one fence.

    Args:
        text: The text.
        is_done: Whether it is complete; if not, the end of the fence may be missing.
    """
    text = text.strip()
    opening = _OPENING.match(text)
    if opening is None:
        return None
    inside, closing = text[opening.end() :], opening[1]
    if inside.endswith(closing):
        return inside.removesuffix(closing).strip()
    return None if is_done else inside.rstrip(closing[0]).strip()
