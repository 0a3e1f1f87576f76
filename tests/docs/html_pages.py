"""Built HTML as tests read it: what it loads, where it leads, and where one can arrive."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

# Attributes whose address a browser fetches by itself, by tag.
_FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "embed": "src"}
_LINKS_FETCHED = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "modulepreload",
    "manifest",
}
_IN_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


@dataclass
class Page(HTMLParser):
    """One page.

    Attributes:
        fetched: Addresses that a browser loads with it.
        links: Addresses that it links to.
        anchors: The places in it that a link can name.
        text: Its text.
    """

    fetched: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.anchors.add(given["id"])
        if tag in _FETCHED and given.get(_FETCHED[tag]):
            self.fetched.append(given[_FETCHED[tag]])
        elif tag == "link" and _LINKS_FETCHED & set(given.get("rel", "").split()):
            self.fetched.append(given.get("href", ""))
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        self.fetched += styles(given.get("style", ""))

    def handle_data(self, data: str) -> None:
        """Take note of text."""
        self.text += data


def read(path: Path) -> Page:
    """Return a page that has been built."""
    page = Page()
    page.feed(path.read_text("utf-8"))
    return page


def styles(text: str) -> list[str]:
    """Return the addresses that a style sheet loads."""
    return [found[1] or found[2] for found in _IN_STYLE.finditer(text)]
