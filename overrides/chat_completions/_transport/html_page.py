"""Read the HTML pages that proxies and web servers send instead of an error."""

from __future__ import annotations

import re

_START = re.compile(
    r"\ufeff?\s*(?:<\?xml[^<>]{0,200}>\s*|<!--.{0,1000}?-->\s*)?<(?:!doctype html|html|head|body|title|h1|center)\b",
    re.I | re.S,
)
_TAG = re.compile(r"<[^<>]*>")
# How nginx, OpenResty and others sign their pages.
_SIGNATURE = re.compile(r"<hr>\s{0,9}<center>([^<>]{1,80})</center>", re.I)
_SHOWN_CHARACTERS = 200
_READ_CHARACTERS = 64 * 1024
# Express calls each of its pages "Error", and says more in the text.
_EMPTY_TITLES = frozenset({"", "error"})


def headline(page: str) -> str | None:
    """Return the title of an HTML page, else its heading or its text, in one line; None if the text is not HTML."""
    if not _START.match(page):
        return None
    page = page[:_READ_CHARACTERS]
    for name in ("title", "h1", "pre", "body"):
        text = _text(_element(page, name))
        if text.lower() not in _EMPTY_TITLES:
            break
    else:
        text = _text(page) or "an empty HTML page"
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS].rpartition(" ")[0] + " ..."


def server_of(page: str) -> str | None:
    """Return the server that signed an HTML page; None for a page without a signature."""
    found = _SIGNATURE.search(page[:_READ_CHARACTERS])
    return _text(found[1]) if found else None


def _element(page: str, name: str) -> str:
    """Return the content of the first element with a name, to the end of the page if it is not closed."""
    start = re.search(rf"<{name}\b[^<>]*>", page, re.I)
    if start is None:
        return ""
    end = re.compile(f"</{name}", re.I).search(page, start.end())
    return page[start.end() : end.start() if end else len(page)]


def _text(markup: str) -> str:
    import html

    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())
