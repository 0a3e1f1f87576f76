"""The command `chat-completions`, which requires the extra `[cli]`; the commands are in `app`."""

from __future__ import annotations

import sys

from chat_completions.cli.exits import Exit, missing_package

NEEDED = ("rich", "typer")


def main() -> int:
    """Run the command line of this process.

    Returns:
        The exit code, one of `Exit`.
    """
    arguments = sys.argv[1:]
    try:
        if arguments == ["--version"]:
            # This works without the extra, and fast: scripts and bug reports use it.
            from chat_completions._version import __version__

            print(f"chat-completions-client {__version__}")
            return Exit.DONE
        missing = _missing()
        if missing is not None:
            print(
                f"error: the command line needs the package {missing!r}, which is not installed\n"
                "hint: pip install 'chat-completions-client[cli]'",
                file=sys.stderr,
            )
            return Exit.MISSING
        from chat_completions.cli.app import run

        return run(arguments)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def _missing() -> str | None:
    from importlib import import_module
    from importlib.util import find_spec

    try:
        import_module("typer")
        return None if find_spec("rich") else "rich"
    except ImportError as error:
        package = missing_package(error)
        if package is None:
            raise  # the installation is broken, and the traceback shows how
        return package
