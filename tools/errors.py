"""The one error that every command of `tools/` ends with, and how texts of documents are printed.

Exception
└── ToolError    the input, the place or the tool at hand is not what the command needs
"""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text on one line: what is not printable becomes the escape that Python writes for it."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class ToolError(Exception):
    """An error in one line: where a command failed, what happened and what to do."""

    def __init__(self, message: str, *, where: str = "") -> None:
        """Keep the two parts apart, so that a caller who knows more of the place can add it.

        Args:
            message: What happened and, after a semicolon, what to do.
            where: A file with its line, a JSON pointer that begins with `#`, an address or a command.
        """
        super().__init__(message, where)
        self.message = " ".join(message.split())
        self.where = where

    def __str__(self) -> str:
        return printable(f"{self.where}: {self.message}" if self.where else self.message)
