"""`python -m tools COMMAND`: find the command's module, run it, turn its failure into one line.

A command is a module of this package with `add_arguments(parser)` and `run(args) -> int`. It is imported only when
it is run, so that no command pays for the imports of another.

Exit codes: 0 done, 1 failed (or found a difference), 64 invalid usage, 130 interrupted (129 or 143 by another signal
than Ctrl-C's); `drift` has further ones.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import NoReturn

from tools.errors import ToolError

COMMANDS = {
    "vendor": "Slice an upstream OpenAPI document into openapi.yaml and its lock.",
    "generate": "Generate the client code from openapi.yaml.",
    "drift": "Compare openapi.yaml with upstream's current document.",
    "refresh": "Adopt upstream's current contract: vendor, report, generate, release, test; or change nothing.",
}

USAGE_EXIT_CODE = 64


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_EXIT_CODE, f"error: {self.prog}: {message}; see {self.prog} --help\n")


class _Ended(BaseException):
    """A signal requests that the command end."""


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the command as Ctrl-C does, with its cleanup; a second signal ends it at once."""
    signals = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Whoever has them ignored, as nohup does, or handles them keeps that.
    before = {number: signal.SIG_DFL for number in signals if signal.getsignal(number) == signal.SIG_DFL}

    def end(number: int, _: object) -> NoReturn:
        for each in (*before, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        raise _Ended(number)

    interrupt = signal.getsignal(signal.SIGINT)
    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in before:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, interrupt)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the process's exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _Parser(prog="python -m tools", description="Generate the client from its specification.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    parsers = {name: commands.add_parser(name, help=says, description=says) for name, says in COMMANDS.items()}
    module = None
    if arguments and arguments[0] in parsers:
        module = import_module(f"tools.{arguments[0]}")
        module.add_arguments(parsers[arguments[0]])
    args = parser.parse_args(arguments)
    assert module is not None, "the parser lets only known commands through"
    try:
        with _ended_by_signals():
            code = int(module.run(args))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader has closed the pipe. What is still in the buffer must not be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except ToolError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 130
    except _Ended as ended:
        print("error: interrupted", file=sys.stderr)
        return 128 + int(ended.args[0])


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # What is written is UTF-8 in every locale, as the files are.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(main())
