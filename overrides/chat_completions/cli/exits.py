"""The exit codes, and the failure that commands raise when they know what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import IntEnum


class Exit(IntEnum):
    """What the command's exit code says."""

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
    Exit.REFUSED: "the server refused or failed; doctor: something is wrong",
    Exit.USAGE: "wrong usage: an option, a file, or the request",
    Exit.CUT: "the answer broke off or took too long; what came is on stdout",
    Exit.UNREACHABLE: "no connection, or no answer in time",
    Exit.UNUSABLE: "the model refused, or its answer does not fit --schema",
    Exit.MISSING: "a package is missing; the message says what to install",
    Exit.INTERRUPTED: "interrupted by Ctrl-C; what came is on standard output",
    Exit.CLOSED: "the reader of standard output went away",
}


class Failure(Exception):
    """What ends a command.

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
    """Return the package whose absence an exception tells of.

    Args:
        error: What an import raised.

    Returns:
        The package's name; None if nothing is missing, and what is installed is broken: one of our own modules, a
        module within a package that is there, or one of Python itself.
    """
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, ModuleNotFoundError):
            name = at.name or ""
            ours = name.startswith("chat_completions") or name in sys.stdlib_module_names
            return None if ours or "." in name else name or None
        at = at.__cause__
    return None


def epilog(rich: bool) -> str:
    """Return the exit codes as the end of a help text, for a terminal or plain."""
    lines = [f"{code:>3}  {meaning}" for code, meaning in MEANINGS.items()]
    return "\n".join([*([] if rich else ["\b"]), "Exit codes:", *lines])
