"""Standard output and standard error: unbuffered text, color on terminals only, and no control sequences from servers.

What a server sends may contain escape sequences. On a terminal they are shown as text; in a pipe or a file the text is
unchanged.
"""

from __future__ import annotations

import errno
import functools
import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable
from contextlib import suppress
from io import StringIO, TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

from chat_completions.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from rich.console import Console

# C0 and C1 controls except tab and line feed, and characters that reverse the direction of text.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_USER = re.compile(r"(?<=://)[^/\s]+(?=@)")
_SHORTEST_SECRET = 8  # characters; a shorter one, such as `none`, would also be removed from ordinary words

_secrets: set[str] = set()


class ClosedError(Exception):
    """The reader of standard output closed the pipe, as `head` does."""


def hide(secret: str | None) -> None:
    """Keep a secret out of all messages."""
    if secret and len(secret) >= _SHORTEST_SECRET:
        _secrets.add(secret)


def masked(text: str) -> str:
    """Return a text without known secrets, and without users and passwords in URLs."""
    for secret in _secrets:
        text = text.replace(secret, "[hidden]")
    return _USER.sub("[hidden]", text)


def harmless(text: str) -> str:
    """Return a text with control characters escaped, except line ends and tabs."""
    return _CONTROLS.sub(_escaped, text)


def json_text(value: Any, *, terminal: bool, indent: int | None = None) -> str:
    """Return a value as JSON; for a terminal, control characters are escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    text = _SURROGATES.sub(_json_escaped, text)
    return _CONTROLS.sub(_json_escaped, text) if terminal else text


def one_line(text: str) -> str:
    """Return a text as one field of a line: line ends, tabs and backslashes are escaped."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n")


def has_color(stream: TextIO | None) -> bool:
    """Return whether to use color: NO_COLOR and FORCE_COLOR take precedence over the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal(stream) and os.environ.get("TERM") != "dumb")


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def console(stream: TextIO, *, on: bool | None = None) -> Console:
    """Return a console that writes styled text, without markup, to a stream.

    Args:
        stream: Where to write.
        on: Whether to use styles; None decides by the stream.
    """
    from rich.console import Console

    on = has_color(stream) if on is None else on
    return Console(
        file=stream,
        color_system="auto" if on else None,
        force_terminal=True if on else None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
    )


@functools.cache
def shared_screen() -> Screen:
    """Return the one screen of this process."""
    return Screen()


class Screen:
    """Write the answer to standard output and everything else to standard error."""

    def __init__(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            # A character that the terminal's encoding does not have must not end the answer.
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        self.terminal = is_terminal(sys.stdout)
        self.wrote = False  # any part of the answer
        self._line_begun = False
        self._held = ""
        self._aside_begun = False
        self._aside: Console | None = None

    def write(self, text: str) -> None:
        """Write a piece of the answer, unbuffered.

        Raises:
            ClosedError: If the reader has closed the pipe.
            Failure: If it cannot be written.
        """
        if self.terminal:
            # A carriage return at the end waits for the line feed that may follow it.
            text, self._held = self._held + text, ""
            if text.endswith("\r"):
                text, self._held = text[:-1], "\r"
            text = harmless(text.replace("\r\n", "\n"))
        if not text:
            return
        self.end_aside()
        self._line_begun = self.wrote = True  # before writing, which Ctrl-C may interrupt
        _put(text)
        self._line_begun = not text.endswith("\n")

    def write_styled(self, text: str, style: str | None) -> None:
        """Write our own text to standard output, in a style of rich if there is color."""
        if style is None or not has_color(sys.stdout):
            self.write(text)
            return
        from rich.text import Text

        shown = StringIO()
        styled = console(shown, on=True)
        styled.print(Text(harmless(text), style=style), end="")
        _put(shown.getvalue())

    def wrapped(self, text: str, *, indent: int) -> str:
        """Return a text for standard output: on a terminal in lines that fit behind an indentation, between words."""
        return _wrapped(harmless(text), indent=indent) if self.terminal else text

    def end_line(self) -> None:
        """End the line if one has begun."""
        if self._held:
            held, self._held = self._held, ""
            self.write(harmless(held))
        if self._line_begun:
            self.write("\n")

    def aside(self, text: str) -> None:
        """Write text besides the answer, such as reasoning, to standard error, dim if there is color."""
        if sys.stderr is None or not text:
            return
        if is_terminal(sys.stderr):
            text = harmless(text)
        if self.terminal and self._line_begun:
            self.end_line()
        self._aside_begun = True  # before writing, which Ctrl-C may interrupt
        if has_color(sys.stderr):
            from rich.text import Text

            self._aside = self._aside or console(sys.stderr)
            self._aside.print(Text(text, style="dim"), end="")
        else:
            with suppress(OSError):
                sys.stderr.write(text)
                sys.stderr.flush()

    def end_aside(self) -> None:
        """Separate text besides the answer from what follows."""
        if self._aside_begun and sys.stderr is not None:
            self._aside_begun = False
            with suppress(OSError):
                sys.stderr.write("\n\n")
                sys.stderr.flush()

    def note(self, text: str) -> None:
        """Show a note on standard error."""
        self._message("note", "yellow", text)

    def error(self, message: str, hint: str | None = None) -> None:
        """Show an error and a hint on standard error."""
        self._message("error", "bold red", message)
        if hint:
            self._message("hint", "cyan", hint)

    def _message(self, kind: str, style: str, text: str) -> None:
        with suppress(ClosedError, Failure):
            if self.terminal:
                self.end_line()
        self.end_aside()
        text = " ".join(harmless(masked(text)).split())
        if sys.stderr is None:
            return
        if is_terminal(sys.stderr):
            text = _wrapped(f"{kind}: {text}").removeprefix(f"{kind}: ")
        with suppress(OSError):
            if has_color(sys.stderr):
                from rich.text import Text

                console(sys.stderr).print(Text.assemble((f"{kind}:", style), " ", text))
            else:
                sys.stderr.write(f"{kind}: {text}\n")
                sys.stderr.flush()


def _wrapped(text: str, *, indent: int = 0) -> str:
    """Return a text in lines of the terminal's width; long words, such as addresses, stay whole."""
    width = max(shutil.get_terminal_size().columns - indent, 20)
    lines = textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)
    return ("\n" + " " * indent).join(lines)


def _put(text: str) -> None:
    if sys.stdout is None:
        raise Failure("standard output is closed", code=Exit.REFUSED)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        _discard_buffer()
        # A pipe without a reader is EINVAL on Windows.
        if isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL):
            raise ClosedError from None
        raise Failure(f"cannot write to standard output: {error.strerror}", code=Exit.REFUSED) from None


def _discard_buffer() -> None:
    """Redirect standard output to the null device, so that the final flush of the process does not fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):
        os.dup2(null, sys.stdout.fileno())
    os.close(null)


def fields(texts: Iterable[Any], *, terminal: bool) -> list[str]:
    """Return values as texts for a terminal, or as fields of a line."""
    return [" ".join(harmless(str(text)).split()) if terminal else one_line(str(text)) for text in texts]


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _json_escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
