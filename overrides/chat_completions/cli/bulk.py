"""`chat-completions bulk`: run the requests of a file and write the answers; run it again to resume."""

from __future__ import annotations

import asyncio
import json as json_format
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chat_completions.cli import request_options
from chat_completions.cli import screen as screens
from chat_completions.cli.connection import Connection
from chat_completions.cli.create import MODEL_VARIABLES
from chat_completions.cli.exits import Exit, Failure
from chat_completions.cli.screen import Screen, shared_screen

if TYPE_CHECKING:
    from chat_completions import AsyncClient
    from chat_completions.bulk import Prompts, Summary

_LIMITS = "Limits"
_RESUMING = "Resuming"
_PROMPTS = "Prompts"


class Transport(StrEnum):
    """What sends the requests."""

    httpx = "httpx"
    aiohttp = "aiohttp"


def bulk(
    connection: Connection,
    input: Annotated[
        str, typer.Argument(metavar="IN", help="Request lines in Batch API format, or prompts: a path, a URL, or '-'.")
    ],
    output: Annotated[
        str,
        typer.Argument(
            metavar="OUT", help="Path or URL for the answers, such as answers.jsonl; answers already there are kept."
        ),
    ],
    errors: Annotated[
        str | None,
        typer.Option(
            "--errors", metavar="FILE", help="File for failures (default: answers.errors.jsonl next to answers.jsonl)."
        ),
    ] = None,
    prompts: Annotated[
        bool, typer.Option("--prompts", rich_help_panel=_PROMPTS, help="Each line of IN is a prompt.")
    ] = False,
    prompt_field: Annotated[
        str | None,
        typer.Option(
            "--prompt-field",
            metavar="NAME",
            rich_help_panel=_PROMPTS,
            help="Each line of IN is a JSON object with a prompt in this field.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME",
            envvar=list(MODEL_VARIABLES),
            rich_help_panel=_PROMPTS,
            help="The model, for prompts.",
        ),
    ] = None,
    system: Annotated[
        str | None,
        typer.Option(
            "--system", "-s", metavar="TEXT", rich_help_panel=_PROMPTS, help="System message, sent before each prompt."
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            metavar="KEY=VALUE",
            rich_help_panel=_PROMPTS,
            help="Request field for each prompt. Repeatable.",
        ),
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="'local', or 'ray' for a cluster.", show_default=True)
    ] = "local",
    concurrency: Annotated[
        int | None,
        typer.Option(
            "--concurrency", "-c", metavar="N", min=1, rich_help_panel=_LIMITS, help="Fixed number of requests at once."
        ),
    ] = None,
    max_concurrency: Annotated[
        int,
        typer.Option(
            "--max-concurrency", metavar="N", min=1, rich_help_panel=_LIMITS, help="Maximum number of requests at once."
        ),
    ] = 256,
    requests_per_minute: Annotated[
        float | None,
        typer.Option(
            "--requests-per-minute", metavar="N", rich_help_panel=_LIMITS, help="Rate limit, including retries."
        ),
    ] = None,
    tokens_per_minute: Annotated[
        float | None,
        typer.Option(
            "--tokens-per-minute", metavar="N", rich_help_panel=_LIMITS, help="Rate limit for prompts and answers."
        ),
    ] = None,
    request_budget: Annotated[
        int | None,
        typer.Option("--request-budget", metavar="N", min=0, rich_help_panel=_LIMITS, help="Stop after N requests."),
    ] = None,
    token_budget: Annotated[
        int | None,
        typer.Option("--token-budget", metavar="N", min=0, rich_help_panel=_LIMITS, help="Stop after N tokens."),
    ] = None,
    give_up_after: Annotated[
        int,
        typer.Option(
            "--give-up-after",
            metavar="N",
            min=0,
            rich_help_panel=_LIMITS,
            help="Stop if the first N requests fail in the same way; 0 never stops.",
        ),
    ] = 100,
    grace: Annotated[
        float,
        typer.Option(
            "--grace",
            metavar="SECONDS",
            min=0,
            rich_help_panel=_LIMITS,
            help="Time to finish running requests after Ctrl-C.",
        ),
    ] = 10.0,
    transport: Annotated[
        Transport,
        typer.Option("--transport", metavar="NAME", help="httpx, or aiohttp, which is faster (extra `aiohttp`)."),
    ] = Transport.httpx,
    accept_changes: Annotated[
        bool,
        typer.Option("--accept-changes", rich_help_panel=_RESUMING, help="Resume even if input or settings changed."),
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", rich_help_panel=_RESUMING, help="Run failed requests again.")
    ] = False,
    report: Annotated[
        str | None,
        typer.Option("--report", metavar="FILE", help="Write an HTML report with plots (extra `report`)."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress and no summary.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Show the summary as JSON.")] = False,
) -> int:
    """Run all requests of a file.

    Returns:
        The exit code.
    """
    from chat_completions.bulk import Progress, arun
    from chat_completions.bulk.output.run_files import errors_beside
    from chat_completions.bulk.report import page as reports
    from chat_completions.bulk.report.display import display_for

    screen = shared_screen()
    if report is not None:
        reports.check(report, (input, output, errors or errors_beside(output)))
    limits: dict[str, Any] = {
        "concurrency": concurrency,
        "max_concurrency": max_concurrency,
        "requests_per_minute": requests_per_minute,
        "tokens_per_minute": tokens_per_minute,
        "request_budget": request_budget,
        "token_budget": token_budget,
        "give_up_after": give_up_after,
        "grace": grace,
        "deadline": connection.deadline,
        "max_retries": connection.max_retries,
        "transport": transport.value,
    }
    options = {name: value for name, value in limits.items() if value is not None}
    made = _prompts(prompts, prompt_field, model, system, param)

    async def go(on_progress: Any) -> Summary:
        return await arun(
            input,
            output,
            client_settings=lambda: _client(connection),
            engine=engine,
            errors=errors,
            accept_changes=accept_changes,
            retry_failed=retry_failed,
            prompts=made,
            on_progress=on_progress,
            handle_signals=True,
            **options,
        )

    try:
        if quiet or sys.stderr is None:
            summary = asyncio.run(go(None))
        else:
            with display_for(stream := sys.stderr, screen.note, lambda: screens.console(stream)) as display:

                def show(progress: Progress) -> None:
                    display(progress)

                summary = asyncio.run(go(show))
    except (TypeError, ValueError) as error:
        raise Failure(str(error)) from None
    if report is not None:
        reports.write_or_note(summary, report, hide=screens._secrets)
    return _show_summary(summary, screen, quiet=quiet, json=json)


def _prompts(
    plain: bool, field: str | None, model: str | None, system: str | None, params: list[str] | None
) -> Prompts | None:
    """Return how to make requests from the options; None if the input has requests."""
    from chat_completions.bulk import Prompts

    if plain and field is not None:
        raise Failure("--prompts and --prompt-field cannot be combined")
    if not plain and field is None:
        if system is not None or params:
            raise Failure("--system and --param are for prompts", "add --prompts or --prompt-field NAME")
        return None
    body: dict[str, Any] = {} if model is None else {"model": model}
    request_options.put_params(body, params or ())
    if not body.get("model"):
        raise Failure("no model is set", f"use --model NAME, or set {MODEL_VARIABLES[0]}")
    if system is not None:
        body["messages"] = [{"role": "system", "content": request_options.encodable(system, "--system")}]
    return Prompts(body, field)


def _client(connection: Connection) -> AsyncClient:
    """Create the async client with the settings of the options."""
    from chat_completions import AsyncClient

    with connection.client() as client:
        return AsyncClient(**client._settings._arguments())


def _show_summary(summary: Summary, screen: Screen, *, quiet: bool, json: bool) -> int:
    from chat_completions.bulk.report.display import table_of

    for note in summary.notes:
        screen.note(note)
    if json:
        screen.write(json_format.dumps(summary.to_dict(), indent=2 if screen.terminal else None) + "\n")
    elif not quiet:
        rows = table_of(summary)
        width = max(len(name) for name, _ in rows)
        for name, value in rows:
            screen.write(f"{name:<{width}}  {screen.wrapped(value, indent=width + 2)}\n")
    if summary.interrupted:
        screen.note("run the same command again to resume")
        return Exit.INTERRUPTED
    if not summary.complete:
        screen.error(summary.reason, "run the same command again to resume")
        return Exit.REFUSED
    return Exit.REFUSED if summary.failed + summary.malformed + summary.failed_before else Exit.DONE
