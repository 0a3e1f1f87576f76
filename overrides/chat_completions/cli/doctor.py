"""`chat-completions doctor`: diagnose problems with the API key, address, network or installation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from chat_completions.cli.connection import Connection
from chat_completions.cli.create import MODEL_VARIABLES
from chat_completions.cli.exits import Exit
from chat_completions.cli.screen import Screen, json_text, masked, shared_screen

if TYPE_CHECKING:
    from chat_completions.cli.checks import Check

_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}
_INDENT = len("problem  ")


def doctor(
    connection: Connection,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", metavar="NAME", envvar=list(MODEL_VARIABLES), help="The model to look for."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Show the results as JSON.")] = False,
) -> int:
    """Check everything that a call needs, and send a request that changes nothing.

    Returns:
        The exit code: 1 if something is wrong.
    """
    screen = shared_screen()
    found: list[Check] = []
    for check in _checks(connection, model):
        found.append(check)
        if not json:
            _show(check, screen)
    wrong = [check for check in found if check.status == "problem"]
    if json:
        report = {"ok": not wrong, "checks": [asdict(check) for check in found]}
        screen.write(masked(json_text(report, terminal=screen.terminal, indent=2)) + "\n")
    return Exit.REFUSED if wrong else Exit.DONE


def _checks(connection: Connection, model: str | None) -> Iterator[Check]:
    from chat_completions.cli import checks, server_checks

    yield from checks.installation()
    key, address = checks.key(connection), checks.address(connection)
    yield from (key, address)
    yield from checks.environment(connection)
    yield checks.limits(connection)
    yield checks.transport()
    if address.status != "problem":
        keyed = key.status != "problem" and key.facts.get("source") is not None
        yield from server_checks.check_server(connection, keyed=keyed, model=model)


def _show(check: Check, screen: Screen) -> None:
    """Show a result: wrapped on a terminal, else as one line and one for the advice."""
    lines = [f"{check.name}: {check.detail}"] + ([f"-> {check.advice}"] if check.advice else [])
    for number, line in enumerate(lines):
        text = screen.wrapped(masked(" ".join(line.split())), indent=_INDENT)
        status = check.status if number == 0 else ""
        screen.write_styled(status.ljust(_INDENT), _STYLES[check.status])
        screen.write(f"{text}\n")
