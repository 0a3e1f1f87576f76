"""`chat-completions probe`: check which parts of the API a server supports."""

from __future__ import annotations

import datetime
import ipaddress
import json as json_format
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from chat_completions.cli.connection import SECRET_NAME, Connection
from chat_completions.cli.create import MODEL_VARIABLES
from chat_completions.cli.exits import Exit, Failure
from chat_completions.cli.screen import Screen, is_terminal, masked, shared_screen

if TYPE_CHECKING:
    from chat_completions import Client
    from chat_completions.cli.probe.prober import Result
    from chat_completions.cli.probe.report import Report

STANDARD_OUTPUT = "-"
_NARROW = 60  # columns of a terminal, below which the text of a result is below its name
DEADLINE = 120.0  # seconds for each request, unless the user sets a limit
_STYLES = {
    "ok": "green",
    "repaired": "yellow",
    "ignored": "yellow",
    "refused": "yellow",
    "wrong": "bold red",
    "unclear": "dim",
    "failed": "bold red",
}


def probe(
    connection: Connection,
    url: Annotated[
        str | None,
        typer.Argument(
            metavar="[URL]", help="URL of the API, the same as --base-url; most end in /v1.", show_default=False
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME",
            envvar=list(MODEL_VARIABLES),
            help="The model (default: the first one that the server lists).",
        ),
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(
            "--require",
            metavar="NAMES",
            help="Exit with 1 unless these checks, such as stream,tools, are ok or repaired. Repeatable.",
        ),
    ] = None,
    markdown: Annotated[
        str | None, typer.Option("--markdown", metavar="FILE", help="Write the report as Markdown; '-' is stdout.")
    ] = None,
    json: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON; '-' is stdout.")
    ] = None,
    max_tokens: Annotated[
        int,
        typer.Option(
            "--max-tokens", metavar="N", min=1, help="Token limit for answers that must be complete (tools, JSON)."
        ),
    ] = 256,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Send the requests without asking, even to a remote server.")
    ] = False,
) -> int:
    """Check which parts of the API a server supports.

    Returns:
        The exit code: 1 if something required is not there.
    """
    from chat_completions import Unknown
    from chat_completions._redaction import redact_url
    from chat_completions._version import __version__
    from chat_completions.cli.probe.prober import Prober
    from chat_completions.cli.probe.questions import WRONG_KEY
    from chat_completions.cli.probe.report import Report

    screen = shared_screen()
    if url is not None:
        if connection.base_url not in (None, url):
            raise Failure("the URL and --base-url differ")
        connection = replace(connection, base_url=url)
    required = _required(require or ())
    if markdown == json == STANDARD_OUTPUT:
        raise Failure("--markdown and --json cannot both write to standard output")
    for file in (markdown, json):
        # Before anything is spent.
        if file not in (None, STANDARD_OUTPUT) and not Path(str(file)).expanduser().parent.is_dir():
            raise Failure(f"{file}: no such directory")
    unknown: list[Unknown] = []
    settings: dict[str, Any] = {"on_unknown": unknown.append, "deadline": connection.deadline or DEADLINE}
    with connection.client(**settings) as client:
        _announce(client, model, max_tokens, screen, yes=yes)
        model = model or _first_model(client)
        stranger = client.with_options(api_key=WRONG_KEY, default_headers=_wrong_headers(connection, WRONG_KEY))
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        report = Report(redact_url(client.base_url), model, today, __version__, required, unknown=unknown)
        quiet = STANDARD_OUTPUT in (markdown, json)
        for result in Prober(client, stranger, model, max_tokens).results():
            report.results.append(result)
            if not quiet:
                _show(result, screen)
    if not quiet:
        _show_summary(report, screen)
    _write(markdown, report.to_markdown(), screen)
    _write(json, json_format.dumps(report.to_dict(), ensure_ascii=False, indent=2) + "\n", screen)
    if report.unmet:
        screen.error(f"required, but not supported: {', '.join(report.unmet)}")
    return Exit.REFUSED if report.unmet else Exit.DONE


def _required(texts: Sequence[str]) -> list[str]:
    from chat_completions.cli.probe.questions import QUESTIONS, named

    known = [question.name for question in QUESTIONS]
    names = list(named(texts))
    if strange := [name for name in names if name not in known]:
        raise Failure(f"--require: unknown check {', '.join(strange)}", f"the checks are {', '.join(known)}")
    return names


def _announce(client: Client, model: str | None, max_tokens: int, screen: Screen, *, yes: bool) -> None:
    """Show what will be sent, and ask before sending it to a remote server.

    Raises:
        Failure: The user does not agree, or cannot be asked.
    """
    from chat_completions._redaction import redact_url
    from chat_completions.cli.probe.questions import cost

    requests, tokens = cost(max_tokens)
    which = f"model {model}" if model else "the first model that it lists"
    retries = f", and up to {client.max_retries} retries of each" if client.max_retries else ""
    screen.note(
        f"{redact_url(client.base_url)}, {which}: {requests} requests with short prompts{retries}, and at most"
        f" {tokens:,} answer tokens in total. If the server stores completions, one is stored."
    )
    if yes or is_loopback(client.base_url):
        return
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise Failure("the server is not on this machine, and may charge for this", "add --yes to send the requests")
    sys.stderr.write("Send them? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Failure("nothing was sent")


def is_loopback(url: str) -> bool:
    """Return whether the host of a URL is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _first_model(client: Client) -> str:
    """Return the first model that the server lists.

    Raises:
        Failure: There is none.
    """
    from chat_completions._transport.call import Call
    from chat_completions.errors import APIConnectionError, APIError

    try:
        models = client._sender.send(Call({"method": "get", "url": "/models"})).response.json()["data"]
        return str(models[0]["id"])
    except APIConnectionError:
        raise
    except (APIError, ValueError, LookupError, TypeError, RecursionError):
        raise Failure(
            "no model is set, and the server lists none", f"use --model NAME, or set {MODEL_VARIABLES[0]}"
        ) from None


def _wrong_headers(connection: Connection, key: str) -> dict[str, str | None]:
    """Return the headers that send a key by the user's options, with a wrong key."""
    names = [name for name, value in connection.headers().items() if value and SECRET_NAME.search(name)]
    return dict.fromkeys([*names, *filter(None, [connection.api_key_header])], key)


def _show(result: Result, screen: Screen) -> None:
    """Show a result: wrapped on a terminal, else as one line."""
    word, name = result.verdict.word, result.question.name
    indent = len("repaired  max-completion-tokens  ")
    text = masked(" ".join(f"{result.question.what}: {result.verdict.detail}".split()))
    start = name.ljust(indent - 10)
    if screen.terminal and shutil.get_terminal_size().columns < _NARROW:
        indent = 2
        start = f"{name}\n{' ' * indent}"
    screen.write_styled(word.ljust(10), _STYLES[word])
    screen.write(f"{start}{screen.wrapped(text, indent=indent)}\n")


def _show_summary(report: Report, screen: Screen) -> None:
    screen.write("\n" + ", ".join(f"{count} {word}" for word, count in report.counts.items()) + "\n")
    for title, items in (
        ("repaired by the client", report.repairs()),
        ("differs from the specification", report.faults()),
        ("not in the specification", report.additions()),
    ):
        for item in items:
            screen.write(masked(f"{title}: {' '.join(item.split())}") + "\n")
    if report.tokens:
        screen.write(f"{report.tokens:,} tokens were used, as the server counts\n")


def _write(file: str | None, text: str, screen: Screen) -> None:
    """Write a report to a file, without known secrets.

    Raises:
        Failure: If it cannot be written.
    """
    text = masked(text)
    if file == STANDARD_OUTPUT:
        screen.write(text)
    elif file is not None:
        try:
            Path(file).expanduser().write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise Failure(f"{file}: {error.strerror}") from None
