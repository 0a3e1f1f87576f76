"""`chat-completions serve`: the local server, until Ctrl-C."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from chat_completions.cli.exits import Exit, Failure
from chat_completions.cli.screen import shared_screen


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", help="Port to listen on; 0 takes a free one.")] = 0,
    database: Annotated[
        str | None,
        typer.Option("--database", metavar="FILE", help="SQLite file of the stored completions; else memory."),
    ] = None,
    accept_key: Annotated[
        list[str] | None,
        typer.Option("--accept-key", metavar="KEY", help="Accept this made-up key only. Repeatable."),
    ] = None,
    chunk_delay: Annotated[
        float, typer.Option("--chunk-delay", metavar="SECONDS", help="Time between two chunks of a stream.")
    ] = 0.0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse request fields that the specification does not have.")
    ] = False,
) -> int:
    """Run the local server until it is interrupted.

    Returns:
        The exit code.
    """
    screen = shared_screen()
    from chat_completions.local.__main__ import serve as run
    from chat_completions.local.extra import require_extra

    try:
        require_extra()
    except ImportError as error:
        raise Failure(
            f"the package {error.name!r} is missing", "pip install 'chat-completions-client[cli]'", Exit.MISSING
        ) from None

    def announce(base_url: str) -> None:
        screen.write(f"{base_url}\n{_export('OPENAI_BASE_URL', base_url)}\n")
        if accept_key:
            screen.note("set OPENAI_API_KEY to an accepted key")
        screen.note("stop with Ctrl-C")

    return run(
        host,
        port,
        announce=announce,
        database=database,
        api_keys=accept_key,
        chunk_delay=chunk_delay,
        strict=strict,
    )


def _export(name: str, value: str) -> str:
    return f'$env:{name} = "{value}"' if os.name == "nt" else f"export {name}={value}"
