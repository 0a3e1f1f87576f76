"""Read parts of the request from files and standard input; errors show file, line and column."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import threading
from pathlib import Path
from typing import Any

from chat_completions.cli.exits import Failure
from chat_completions.cli.screen import Screen

STANDARD_INPUT = "-"
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_PATIENCE = 2.0  # seconds of silence before a note says what the command waits for


def text_of(name: str, screen: Screen, *, what: str) -> str:
    """Return the text of a file; `-` is standard input.

    Raises:
        Failure: If it cannot be read or is not UTF-8.
    """
    data = _standard_input(screen, what) if name == STANDARD_INPUT else bytes_of(name)
    shown = "standard input" if name == STANDARD_INPUT else name
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # as PowerShell writes files
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Failure(f"{shown}: is not UTF-8 text (byte {error.start}); use --image for an image") from None


def bytes_of(name: str) -> bytes:
    """Return the content of a file.

    Raises:
        Failure: If it cannot be read.
    """
    try:
        return Path(name).expanduser().read_bytes()
    except (OSError, ValueError) as error:
        raise Failure(f"{name}: {getattr(error, 'strerror', None) or error}") from None


def json_of(name: str, screen: Screen, *, kind: type[Any], what: str) -> Any:
    """Return the JSON value of a file; `-` is standard input.

    Args:
        name: The file.
        screen: Where to say that the command waits for standard input.
        kind: The required type, `dict` or `list`.
        what: What it should be, for messages.

    Raises:
        Failure: If it is not JSON or has another type; the message has file, line and column.
    """
    text = text_of(name, screen, what=what)
    shown = "standard input" if name == STANDARD_INPUT else name
    try:
        value = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise Failure(f"{shown}:{error.lineno}:{error.colno}: is not JSON: {error.msg}") from None
    except _ConstantError as error:
        without_texts = _TEXT.sub(lambda match: '"' * len(match[0]), text)
        place = _place(text, without_texts.find(str(error)))
        raise Failure(f"{shown}:{place}: is not JSON: {error} is not a JSON number") from None
    except (ValueError, RecursionError) as error:
        raise Failure(f"{shown}: cannot be read: {error}") from None
    if not isinstance(value, kind):
        place = _place(text, len(text) - len(text.lstrip()))
        raise Failure(f"{shown}:{place}: is {_kind(value)}; {what} must be {_KINDS[kind]}")
    return value


def _place(text: str, at: int) -> str:
    before = text[:at]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def has_piped_input() -> bool:
    """Return whether standard input is a pipe or a file."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _standard_input(screen: Screen, what: str) -> bytes:
    if sys.stdin is None:
        raise Failure(f"standard input is closed, but {what} should come from it")
    if sys.stdin.isatty():
        screen.note(f"reading {what} from the keyboard; end it with {'Ctrl-Z' if os.name == 'nt' else 'Ctrl-D'}")
        return sys.stdin.buffer.read()
    # Without a note, a pipe that stays open would look like a server that does not answer.
    waiting = threading.Timer(
        _PATIENCE, screen.note, [f"waiting for {what} on standard input; if there is none, add </dev/null"]
    )
    waiting.daemon = True
    waiting.start()
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise Failure(f"standard input: {error.strerror}") from None
    finally:
        waiting.cancel()


class _ConstantError(ValueError):
    pass


def _refuse(constant: str) -> Any:
    raise _ConstantError(constant)


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number") if value is not None else "null"


_KINDS: dict[type[Any], str] = {dict: "an object", list: "an array", str: "a string", bool: "true or false"}
