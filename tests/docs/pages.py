"""The pages of the documentation as tests read them: their code blocks, and what stands above a block about it.

An HTML comment above a block says what is special: `<!-- not run: REASON -->`; above a block of text, `<!-- prints -->`
says that it is what the Python block before it prints, `...` standing for anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
NOT_RUN = re.compile(r"<!-- not run: (\S.*?) -->", re.DOTALL)
PRINTS = "<!-- prints -->"


@dataclass(frozen=True)
class Block:
    """A code block of a page.

    Attributes:
        page: The page, as a path from the project's root.
        line: The line of its first line of code, from 1.
        language: What its fence names.
        code: The code.
        not_run: Why it is not run; empty if it is.
        prints: Whether it is what the block before it prints.
    """

    page: str
    line: int
    language: str
    code: str
    not_run: str = ""
    prints: bool = False


def pages() -> list[str]:
    """Return every page that has code for readers, as paths from the root."""
    found = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def blocks(page: str) -> list[Block]:
    """Return a page's code blocks, in their order."""
    return list(_blocks(page, (ROOT / page).read_text("utf-8")))


def _blocks(page: str, text: str) -> Iterator[Block]:
    comment = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "fence" and token.map:
            yield _block(page, token, comment)
        elif token.type == "code_block" and token.map:
            raise ValueError(f"{page}:{token.map[0] + 1}: an indented code block has no language; use a fence")
        if not token.type.endswith(("_open", "_close")):
            comment = token.content.strip() if token.type == "html_block" else ""


def _block(page: str, token: Token, comment: str) -> Block:
    assert token.map is not None
    language = token.info.split()[0] if token.info.strip() else ""
    reason = NOT_RUN.search(comment)
    if "not run" in comment and not reason:
        raise ValueError(f"{page}:{token.map[0]}: why is it not run? write <!-- not run: REASON -->")
    return Block(page, token.map[0] + 2, language, token.content, reason[1] if reason else "", comment.endswith(PRINTS))
