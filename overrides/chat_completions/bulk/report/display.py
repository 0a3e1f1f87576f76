"""Show a run: a live line on a terminal, a line now and then elsewhere, and a table at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TextIO

from chat_completions.bulk.progress import Progress, Summary

if TYPE_CHECKING:
    from rich.console import Console

_MOST_REASONS = 5  # in a summary
PLAIN_SECONDS = 10.0  # between two lines where nobody watches


def line_of(progress: Progress) -> str:
    """Return the progress of a run in one line."""
    parts = [f"{progress.answered:,} answered"]
    if progress.failed or progress.malformed:
        parts.append(f"{progress.failed + progress.malformed:,} failed")
    if sum(progress.ended_before):
        parts.append(f"{sum(progress.ended_before):,} before")
    parts.append(f"{progress.rate():,.1f}/s")
    left = progress.seconds_left()
    if left is not None:
        parts.append(f"{duration(left)} left")
    if progress.waiting:
        parts.append(f"waiting: {progress.waiting}")
    # What a narrow terminal may cut off comes last.
    tokens = progress.prompt_tokens + progress.completion_tokens
    if tokens:
        parts.append(f"{_count(tokens)} tokens")
    if progress.retries:
        parts.append(f"{progress.retries:,} retries")
    parts.append(f"{progress.under_way} of {progress.concurrency} in flight")
    return ", ".join(parts)


def share_of(progress: Progress) -> float | None:
    """Return the fraction of the input that has been read, from 0 to 1; None if it is unknown."""
    if not progress.size:
        return None
    return min(1.0, progress.position / progress.size)


def table_of(summary: Summary) -> list[tuple[str, str]]:
    """Return the names and values of a summary."""
    quantile = summary.latencies.quantile
    rows = [
        ("answered", f"{summary.answered:,}" + _before(summary.answered_before)),
        ("failed", f"{summary.failed + summary.malformed:,}" + _before(summary.failed_before)),
        ("reasons", _reasons(summary.failures)),
        ("invalid lines", f"{summary.malformed:,}" if summary.malformed else ""),
        ("time", f"{duration(summary.seconds)}, {summary.requests_per_second:,.1f} requests per second"),
        (
            "tokens",
            f"{summary.prompt_tokens:,} in, {summary.completion_tokens:,} out,"
            f" {summary.tokens_per_second:,.0f} per second"
            if summary.prompt_tokens + summary.completion_tokens
            else "",
        ),
        (
            "latency",
            "median {}, 95 % {}, 99 % {}".format(*(seconds(quantile(share)) for share in (0.5, 0.95, 0.99)))
            if summary.latencies.total
            else "",
        ),
        ("attempts", ", ".join(f"{count:,} {kind}" for kind, count in summary.attempts.items())),
        ("concurrency", f"{summary.concurrency} at the end" if summary.attempts else ""),
        ("output", summary.output),
        ("errors", summary.errors if summary.failed + summary.malformed + summary.failed_before else ""),
        ("status", summary.reason),
    ]
    return [(name, value) for name, value in rows if value]


class TerminalDisplay:
    """A bar and a line on a terminal; call it with the progress, and use it with `with`.

    Args:
        console: Rich's console, of standard error.
    """

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        # Drawn when it is called, not by a thread: the event loop should not share its time.
        columns: tuple[Any, ...] = (BarColumn(bar_width=24), TextColumn("{task.description}"))
        self._bar = Bar(*columns, console=console, transient=True, auto_refresh=False)
        self._task = self._bar.add_task("begins", total=None)

    def __enter__(self) -> TerminalDisplay:
        self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Draw the progress."""
        share = share_of(progress)
        total = None if share is None else 1.0
        self._bar.update(self._task, description=line_of(progress), completed=share or 0.0, total=total)
        self._bar.refresh()


class PlainDisplay:
    """A line every ten seconds; call it with the progress.

    Args:
        write: Takes a line.
        clock: Returns seconds.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write, self._clock = write, clock
        self._next_at = clock() + PLAIN_SECONDS

    def __enter__(self) -> PlainDisplay:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def __call__(self, progress: Progress) -> None:
        """Write the progress, if it is time."""
        if self._clock() >= self._next_at:
            self._next_at = self._clock() + PLAIN_SECONDS
            share = share_of(progress)
            self._write(("" if share is None else f"{share:.0%}, ") + line_of(progress))


def display_for(stream: TextIO, write: Callable[[str], None], console: Callable[[], Console]) -> Any:
    """Return the display of a run for a stream.

    Args:
        stream: Where it is shown.
        write: Takes a line, if the stream is not a terminal.
        console: Returns rich's console of the stream, for a terminal.
    """
    return TerminalDisplay(console()) if stream.isatty() else PlainDisplay(write)


def duration(value: float) -> str:
    """Return seconds in readable form."""
    if value < 60:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def seconds(value: float | None) -> str:
    """Return a latency in readable form."""
    if value is None:
        return "-"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def _count(number: int) -> str:
    return (
        f"{number:,}"
        if number < 10_000
        else f"{number / 1000:,.0f} k"
        if number < 10**7
        else f"{number / 10**6:,.1f} M"
    )


def _reasons(failures: Mapping[str, int]) -> str:
    """Return the most frequent reasons why requests failed, such as `6 x 404 model not found`."""
    ranked = sorted(failures.items(), key=lambda item: -item[1])
    shown = [f"{count:,} x {reason}" for reason, count in ranked[:_MOST_REASONS]]
    rest = sum(count for _, count in ranked[_MOST_REASONS:])
    return ", ".join(shown + ([f"{rest:,} x other reasons"] if rest else []))


def _before(number: int) -> str:
    return f", and {number:,} before" if number else ""
