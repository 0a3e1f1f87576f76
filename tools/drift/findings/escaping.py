"""Texts of upstream's documents, which may contain anything, as terminals and Markdown can show them.

Whatever is shown passes through `printable`, which leaves neither line breaks nor what a terminal, XML or the reading
direction could stumble over; what is shown as Markdown, through `prose` or `code`.
"""

from __future__ import annotations

import re

from tools.errors import printable

_ENTITIES = {**{ord(c): f"\\{c}" for c in "\\`*_[]~"}, ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
# A pipe ends a table's cell, escaped or not, depending on the reader; a dollar sign begins a formula.
_ENTITIES |= {ord("|"): "&#124;", ord("$"): "<span>$</span>"}
# A mention, an issue, an address or an emoji stops being one when a space of no width stands in it. GitHub looks for
# them in the rendered text, so an escape does not help.
_LIVE = re.compile(r"[@#]|:(?=\S)|\bGH(?=-\d)|\bwww(?=\.)", re.IGNORECASE)


def cut(text: str, width: int) -> str:
    """Return a text with no more than `width` characters; what is longer ends with an ellipsis."""
    return text if len(text) <= width else text[: width - 1] + "…"


def prose(text: str) -> str:
    """Return a text as Markdown that shows it; text in backticks is code."""
    parts = printable(text).split("`")
    if len(parts) % 2 == 0:
        parts = ["`".join(parts)]
    return "".join(code(part) if i % 2 and part else _plain(part) for i, part in enumerate(parts))


def code(text: str) -> str:
    """Return a text as a code span, in which GitHub links nothing."""
    text = printable(text) or " "
    runs = {len(run) for run in re.findall("`+", text)}
    mark = "`" * next(length for length in range(1, len(text) + 2) if length not in runs)
    padding = " " * (text[0] == "`" or text[-1] == "`" or (text[0] == text[-1] == " " and text.strip() != ""))
    return f"{mark}{padding}{text}{padding}{mark}"


def _plain(text: str) -> str:
    return _LIVE.sub("\\g<0>\u200b", text).translate(_ENTITIES)
