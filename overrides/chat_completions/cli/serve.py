"""`chat-completions serve`: the local server, until Ctrl-C."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer

from chat_completions._transport.settings import validated_api_key
from chat_completions.cli.exits import Exit, Failure, missing_package
from chat_completions.cli.screen import shared_screen
from chat_completions.errors import ChatCompletionsError

_ANY = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # a client cannot connect to the wildcard addresses


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", help="Port to listen on; 0 chooses a free one.")] = 0,
    database: Annotated[
        str | None,
        typer.Option("--database", metavar="FILE", help="SQLite file for stored completions (default: in memory)."),
    ] = None,
    accept_key: Annotated[
        list[str] | None,
        typer.Option("--accept-key", metavar="KEY", help="Require this API key (use a made-up one). Repeatable."),
    ] = None,
    chunk_delay: Annotated[
        float, typer.Option("--chunk-delay", metavar="SECONDS", help="Time between two chunks of a stream.")
    ] = 0.0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Reject request fields that are not in the specification.")
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="Also accept requests for this host. Repeatable."),
    ] = None,
) -> int:
    """Run the local server until it is interrupted.

    Returns:
        The exit code.
    """
    screen = shared_screen()
    _check_keys(accept_key or ())
    from chat_completions.local.__main__ import serve as run
    from chat_completions.local.server import require_extra

    try:
        require_extra()
    except ImportError as error:
        package = missing_package(error)
        if package is None:
            raise
        raise Failure(
            f"the package {package!r} is missing", "pip install 'chat-completions-client[cli]'", Exit.MISSING
        ) from None
    # Imported before the server starts, so that a failing import is not reported as a wrong option.
    import_module("chat_completions.local.app")

    def announce(listening: str) -> None:
        base_url, near = _client_url(listening)
        screen.write(f"{base_url}\n{_export('OPENAI_BASE_URL', base_url)}\n")
        if accept_key:
            screen.note("set OPENAI_API_KEY to an accepted key")
        if near:
            screen.note(
                f"it listens on all addresses of this machine; on other machines, use one of them in place of {near}"
            )
        screen.note("stop with Ctrl-C")

    failed = run(
        host,
        port,
        announce=announce,
        database=database,
        api_keys=accept_key,
        chunk_delay=chunk_delay,
        strict=strict,
        allow_hosts=allow_host or (),
    )
    # It could not start with these options, and has reported why.
    return Exit.USAGE if failed else Exit.DONE


def _check_keys(keys: Iterable[str]) -> None:
    for key in keys:
        try:
            usable = validated_api_key(key)
        except ChatCompletionsError:
            raise Failure(
                "--accept-key: no request could send this key; use printable ASCII without surrounding whitespace"
            ) from None
        if usable is None:
            raise Failure("--accept-key: the key is empty", "omit the option to require no key")


def _client_url(listening: str) -> tuple[str, str | None]:
    """Return the URL for clients on this machine, and its host if the server listens on all addresses."""
    scheme, _, rest = listening.partition("://")
    for host, near in _ANY.items():
        if rest.startswith(f"{host}:"):
            return f"{scheme}://{near}{rest.removeprefix(host)}", near
    return listening, None


def _export(name: str, value: str) -> str:
    return f'$env:{name} = "{value}"' if os.name == "nt" else f"export {name}={value}"
