"""`chat-completions list`: show the stored completions as a table or, for programs, as lines."""

from __future__ import annotations

import json as json_format
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chat_completions.cli import screen as screens
from chat_completions.cli.connection import Connection, pairs
from chat_completions.cli.exits import Exit
from chat_completions.cli.screen import Screen, is_terminal, json_text, shared_screen

if TYPE_CHECKING:
    from rich.progress import Progress

COLUMNS = ("id", "created", "model", "finish", "tokens", "metadata", "text")
_PAGE = 100  # completions; the API's maximum
_CUT = ("metadata", "text")  # the columns that may be cut, in that order
_LEFT_OUT = ("metadata", "tokens", "finish", "model", "created")  # if there is no room, in that order
_GAP = "  "
_NARROW = 60  # columns of a terminal, below which each completion has lines of its own instead of a row
_INDENT = 2
_NARROWEST = 12  # width of a column that is cut
_MAX_CHARACTERS = 200  # of a text in a table; wider than any terminal


class Order(StrEnum):
    """The order of the completions."""

    asc = "asc"
    desc = "desc"


def list_stored(
    connection: Connection,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME", help="Only completions of this model.")
    ] = None,
    metadata: Annotated[
        list[str] | None,
        typer.Option("--metadata", metavar="KEY=VALUE", help="Only completions with this metadata. Repeatable."),
    ] = None,
    after: Annotated[str | None, typer.Option("--after", metavar="ID", help="Only completions after this one.")] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Completions per page (default: 100).")
    ] = None,
    order: Annotated[
        Order | None,
        typer.Option("--order", metavar="asc|desc", help="Oldest (asc) or newest (desc) first.", show_default=False),
    ] = None,
    max_items: Annotated[
        int | None,
        typer.Option("--max-items", "-n", metavar="N", min=0, help="Maximum number of completions (default: all)."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Show each completion as a line of JSON.")] = False,
) -> int:
    """List the stored completions.

    Returns:
        The exit code.
    """
    screen = shared_screen()
    options: dict[str, Any] = {
        "model": model,
        "metadata": dict(pairs(metadata, "--metadata")) or None,
        "after": after,
        "limit": limit or max(1, min(_PAGE, _PAGE if max_items is None else max_items)),
        "order": None if order is None else order.value,
    }
    arguments = {name: value for name, value in options.items() if value is not None}
    table = screen.terminal and not json
    rows: list[list[str]] = []
    with (
        connection.client() as client,
        _progress(after=options["limit"], wanted=table or not screen.terminal) as update,
    ):
        try:
            for count, item in enumerate(client.chat.completions.list(**arguments, max_items=max_items), 1):
                if table:
                    rows.append(screens.fields(_row(item.to_dict(), short=True), terminal=True))
                elif json:
                    screen.write(json_text(item.to_dict(), terminal=screen.terminal) + "\n")
                else:
                    screen.write("\t".join(screens.fields(_row(item.to_dict(), short=False), terminal=False)) + "\n")
                update(count)
        finally:
            # After an error or Ctrl-C as well, show what arrived.
            update(None)
            if rows and shutil.get_terminal_size().columns < _NARROW:
                _show_records(rows, screen)
            elif rows:
                _show_table(rows, screen)
    if table and not rows:
        screen.note("no stored completions; create some with --param store=true")
    return Exit.DONE


def _row(item: dict[str, Any], *, short: bool) -> list[str]:
    choices = item.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    message = choice.get("message")
    text = message.get("content") if isinstance(message, dict) else None
    usage = item.get("usage")
    metadata = item.get("metadata")
    values = (
        item.get("id"),
        _moment(item.get("created"), short),
        item.get("model"),
        choice.get("finish_reason"),
        usage.get("total_tokens") if isinstance(usage, dict) else None,
        json_format.dumps(metadata, ensure_ascii=False) if metadata else None,
        text if isinstance(text, str) or not text else json_format.dumps(text, ensure_ascii=False),
    )
    texts = ["" if value is None else str(value) for value in values]
    return [text[:_MAX_CHARACTERS] for text in texts] if short else texts


def _moment(seconds: Any, short: bool) -> str:
    """Return a time from the server: short and in local time, or in UTC."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
        return f"{moment.astimezone():%Y-%m-%d %H:%M}" if short else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    except (TypeError, ValueError, OverflowError, OSError):
        return "" if seconds is None else str(seconds)


def _show_table(rows: list[list[str]], screen: Screen) -> None:
    """Show rows in the terminal's width: columns are cut or left out if there is no room, except the id."""
    from rich.cells import cell_len, set_cell_size

    columns = {
        name: [name.upper(), *(row[place] for row in rows)]
        for place, name in enumerate(COLUMNS)
        if any(row[place] for row in rows)
    }
    widths = {name: max(map(cell_len, texts)) for name, texts in columns.items()}
    room = shutil.get_terminal_size().columns + len(_GAP)

    def needed(least: bool) -> int:
        return sum(
            (min(width, _NARROWEST) if least and name in _CUT else width) + len(_GAP) for name, width in widths.items()
        )

    left_out: list[str] = []
    for name in _LEFT_OUT:
        if needed(least=True) > room and widths.pop(name, None) is not None:
            left_out.append(name)
    for name in _CUT:
        if name in widths and needed(least=False) > room:
            widths[name] = max(_NARROWEST, widths[name] - needed(least=False) + room)
    for number in range(len(rows) + 1):
        cells = [_cell(columns[name][number], width, cell_len, set_cell_size) for name, width in widths.items()]
        screen.write_styled(_GAP.join(cells).rstrip() + "\n", "bold" if number == 0 else None)
    if left_out:
        named = ", ".join(name for name in COLUMNS if name in left_out)
        screen.note(f"no room for {named}: use a wider terminal, or --json")


def _show_records(rows: list[list[str]], screen: Screen) -> None:
    """Show each row on several lines, in the terminal's width: the whole id, then each value."""
    from rich.cells import cell_len, set_cell_size

    room = max(shutil.get_terminal_size().columns - _INDENT, _NARROWEST)
    for id, created, model, finish, tokens, metadata, text in rows:
        screen.write_styled(f"{id}\n", "bold")
        counted = f"{tokens} tokens" if tokens else ""
        for line in (f"{created}{_GAP}{model}".strip(), f"{finish}{_GAP}{counted}".strip(), metadata, text):
            if line:
                screen.write(" " * _INDENT + _cell(line, min(room, cell_len(line)), cell_len, set_cell_size) + "\n")


def _cell(text: str, width: int, cell_len: Callable[[str], int], set_cell_size: Callable[[str, int], str]) -> str:
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


@contextmanager
def _progress(*, after: int, wanted: bool) -> Iterator[Callable[[int | None], None]]:
    """Yield a function that shows the count on standard error from the second page on; None ends it."""
    progress: Progress | None = None
    task: Any = None

    def update(count: int | None) -> None:
        nonlocal progress, task
        if count is None:
            if progress is not None:
                progress.stop()
            progress = None
        elif count > after:
            if progress is None:
                progress = _spinner()
                task = progress.add_task("")
                progress.start()
            progress.update(task, description=f"{count:,} completions")

    def silent(count: int | None) -> None:
        pass

    yield update if wanted and is_terminal(sys.stderr) else silent


def _spinner() -> Progress:
    from rich.progress import Progress, SpinnerColumn, TextColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        console=screens.console(sys.stderr),
        transient=True,
        # Otherwise rich would redirect standard output to standard error.
        redirect_stdout=False,
        redirect_stderr=False,
    )
