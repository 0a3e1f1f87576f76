"""The exit codes, and the exception that commands raise for an expected failure."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping
from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of the commands."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    CUT = 3
    UNREACHABLE = 4
    UNUSABLE = 5
    MISSING = 6
    INTERRUPTED = 130
    CLOSED = 141


MEANINGS: Mapping[Exit, str] = {
    Exit.DONE: "done",
    Exit.REFUSED: "the server refused or failed",
    Exit.USAGE: "invalid usage: an option, a file, or the request",
    Exit.CUT: "the response began, but the answer is incomplete; stdout has what arrived",
    Exit.UNREACHABLE: "no response began: no connection, or a time limit was exceeded",
    Exit.UNUSABLE: "the model refused, or its answer does not match --schema",
    Exit.MISSING: "a package is missing; the message says what to install",
    Exit.INTERRUPTED: "interrupted by Ctrl-C; stdout has what arrived",
    Exit.CLOSED: "the reader of standard output closed the pipe",
}
_REST = {code: MEANINGS[code] for code in (Exit.MISSING, Exit.INTERRUPTED, Exit.CLOSED)}

# Of the commands that have others, or fewer.
MEANINGS_FOR: Mapping[str, Mapping[Exit, str]] = {
    "list": {code: meaning for code, meaning in MEANINGS.items() if code not in (Exit.CUT, Exit.UNUSABLE)},
    "doctor": {
        Exit.DONE: "no problem was found",
        Exit.REFUSED: "a problem was found, such as a server that cannot be reached",
        Exit.USAGE: "invalid usage: an option or a file",
        **_REST,
    },
    "probe": {
        Exit.DONE: "the report is complete, and every check in --require passed",
        Exit.REFUSED: "a check in --require did not pass",
        Exit.USAGE: "invalid usage: an option or a file; or the requests were not confirmed",
        Exit.UNREACHABLE: MEANINGS[Exit.UNREACHABLE],
        **_REST,
    },
    "bulk": {
        Exit.DONE: "every request was answered",
        Exit.REFUSED: "a request failed, or the run stopped; run it again to resume",
        Exit.USAGE: "invalid usage: an option or a file",
        Exit.MISSING: MEANINGS[Exit.MISSING],
        Exit.INTERRUPTED: "interrupted by Ctrl-C; run it again to resume",
    },
    "serve": {
        Exit.DONE: "stopped by Ctrl-C",
        Exit.USAGE: "the server cannot start: an option, the address, the port, or the database",
        Exit.MISSING: MEANINGS[Exit.MISSING],
    },
}


class Failure(Exception):
    """An expected failure, which ends a command.

    Args:
        message: What is wrong, and where.
        hint: What to do about it.
        code: The exit code.
    """

    def __init__(self, message: str, hint: str | None = None, code: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


def missing_package(error: ImportError) -> str | None:
    """Return the package that is not installed, or None if the installation is broken.

    It is broken if a module of this package, of Python or inside an installed package is missing.

    Args:
        error: The error that an import raised.
    """
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, ModuleNotFoundError):
            name = at.name or ""
            ours = name.startswith("chat_completions") or name in sys.stdlib_module_names
            return None if ours or "." in name else name or None
        at = at.__cause__
    return None


def epilog(rich: bool, columns: int | None = None, meanings: Mapping[Exit, str] = MEANINGS) -> str:
    """Return the list of exit codes for the end of a help text, styled or plain; wrapped for a terminal."""
    lines = [f"{code:>3}  {meaning}" for code, meaning in meanings.items()]
    if columns is not None:
        # The help's own indentation is two columns, and one is left free.
        width = max(columns - 3, 20)
        lines = [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent=" " * 5)]
    return "\n".join([*([] if rich else ["\b"]), "Exit codes:", *lines])
