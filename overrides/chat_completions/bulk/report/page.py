"""A run as one HTML file: what ran, how it ended, what went wrong, and plots of how it went. Nothing is loaded for it.

The plots are SVG that matplotlib draws (extra `report`): some ten kilobytes each, text that can be searched, colours
that follow the page's, and no script, so that the file can be mailed, printed and kept. What comes from files and
servers is escaped, and the page forbids itself scripts and the network.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path

from chat_completions import _logging
from chat_completions._files import check_place, write_whole
from chat_completions._version import __version__
from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.progress import Summary
from chat_completions.bulk.report.display import duration, seconds, table_of
from chat_completions.bulk.report.failures import Failures, failures_of
from chat_completions.bulk.report.style import STYLE

_KINDS = {
    "answered": "answered",
    "timeout": "no answer in time",
    "unreachable": "no connection",
    "cut": "the connection broke",
    "broken": "an answer that breaks off, or is not JSON",
    "foreign": "an answer that is not a completion",
    "error": "a success that holds an error",
    "stream": "a stream that failed",
    "invalid": "a request that is not valid",
}
# C0 and C1 controls, and what reverses the direction of the text around it.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_USER = re.compile(r"(?<=://)[^/\s]+(?=@)")
# What looks like a key, should a server have repeated one in what it says.
_KEY = re.compile(r"\b(?:sk|pk|rk|gsk|xai|hf|nvapi|key|api)[-_][\w*.-]{8,}|(?<=Bearer )\S+", re.ASCII)


def check(path: str | os.PathLike[str], used: Iterable[str] = ()) -> None:
    """Refuse what would only fail at the end of a run: matplotlib is missing, or the file cannot be written.

    Args:
        path: Where the report will go.
        used: Names of files that it must not overwrite.

    Raises:
        BulkError: It will not work.
    """
    _plots()
    target = Path(path).expanduser()
    if any(Path(name).expanduser().resolve() == target.resolve() for name in used):
        raise BulkError(f"the report and a file of the run are the same file, {target}; give another name")
    try:
        check_place(target)
    except OSError as error:
        raise BulkError(f"the report {target} cannot be written: {error.strerror}") from None


def write(summary: Summary, path: str | os.PathLike[str], *, hide: Iterable[str] = ()) -> None:
    """Write the report of a run; a file of this name is replaced, as a whole or not at all. Devices are written to.

    Args:
        summary: What `run` gave.
        path: Where it goes, on this machine.
        hide: Secrets that must not stand in it, such as keys. Those in the environment are hidden anyway.

    Raises:
        BulkError: matplotlib is not installed, or the file cannot be written.
    """
    text = html_of(summary, hide=hide)
    target = Path(path).expanduser()
    try:
        write_whole(target, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise BulkError(f"the report {target} cannot be written: {error.strerror}") from None


def write_or_note(summary: Summary, path: str | os.PathLike[str], *, hide: Iterable[str] = ()) -> None:
    """Write the report of a run; where that fails, add a note to the summary, for the answers are there all the same.

    Args:
        summary: What `run` gave.
        path: Where it goes.
        hide: Secrets that must not stand in it.
    """
    try:
        write(summary, path, hide=hide)
    except BulkError as error:
        summary.notes.append(str(error))
    except Exception as error:
        summary.notes.append(f"the report {path} failed: {type(error).__name__}: {error}")


def html_of(summary: Summary, *, hide: Iterable[str] = ()) -> str:
    """Return the report of a run as text.

    Args:
        summary: What `run` gave.
        hide: Secrets that must not stand in it.

    Raises:
        BulkError: matplotlib is not installed.
    """
    safe = _sanitizer(hide)
    plots = _plots()(summary)
    failed = failures_of(summary.errors)
    parts = [
        f"<h1>{safe(_title(summary))}</h1>",
        _state(summary, safe),
        _cards(summary, safe),
        _list("Notes", summary.notes, safe),
        "<h2>How it went</h2>",
        '<div class="plots">',
        *(
            f"<figure><figcaption>{safe(title)}</figcaption>{svg or '<p>' + safe(text) + '</p>'}</figure>"
            for title, svg, text in plots
        ),
        "</div>",
        _attempts(summary, safe),
        _failures(summary, failed, safe),
        _rows("What ran", _what_ran(summary), safe),
        _footer(safe),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">\n"""
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{safe(_title(summary))}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


def _plots() -> Callable[[Summary], list[tuple[str, str, str]]]:
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise BulkError(
            "a report needs the package matplotlib: pip install 'chat-completions-client[report]'"
        ) from None
    from chat_completions.bulk.report.plots import draw_plots

    return draw_plots


def _sanitizer(hide: Iterable[str]) -> Callable[[object], str]:
    """Return a function that makes safe HTML text: without secrets and control characters, escaped."""
    secrets = {value for value in hide if value}
    secrets |= {value for name, value in os.environ.items() if name.upper().endswith("_API_KEY") and len(value) >= 8}

    def safe(value: object) -> str:
        text = str(value)
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "[hidden]")
        text = _KEY.sub("[hidden]", _USER.sub("[hidden]", text))
        return escape(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))

    return safe


def _title(summary: Summary) -> str:
    return f"{summary.input.rpartition('/')[2] or summary.input} → {summary.output.rstrip('/').rpartition('/')[2]}"


def _state(summary: Summary, safe: Callable[[object], str]) -> str:
    lost = summary.failed + summary.malformed + summary.failed_before
    if not summary.complete:
        kind, text = "bad", f"Not at its end: {summary.reason}. The same command goes on."
    elif lost:
        kind, text = "bad", f"Complete; {lost:,} failed."
    else:
        kind, text = "good", "Complete; nothing failed."
    begun = f'<p class="quiet">Began {safe(summary.begun)}, took {safe(duration(summary.seconds))}.</p>'
    return f'<p class="state {kind}">{safe(text)}</p>{begun if summary.begun else ""}'


def _cards(summary: Summary, safe: Callable[[object], str]) -> str:
    tokens = summary.prompt_tokens + summary.completion_tokens
    quantile = summary.latencies.quantile
    cards = [
        ("answered", f"{summary.answered:,}"),
        ("failed", f"{summary.failed + summary.malformed:,}"),
        ("requests a second", f"{summary.requests_per_second:,.1f}"),
        ("median latency", seconds(quantile(0.5))),
        ("95 % latency", seconds(quantile(0.95))),
        ("retries", f"{summary.retries:,}"),
        ("tokens", f"{tokens:,}"),
    ]
    before = summary.answered_before + summary.failed_before
    if before:
        cards.insert(2, ("ended before this run", f"{before:,}"))
    inner = "".join(f'<div class="card"><b>{safe(value)}</b>{safe(name)}</div>' for name, value in cards)
    return f'<div class="cards">{inner}</div>'


def _attempts(summary: Summary, safe: Callable[[object], str]) -> str:
    total = sum(summary.attempts.values())
    if not total:
        return ""
    rows = [
        (_KINDS.get(kind) or f"HTTP {kind}", f"{count:,}", f"{count / total:.1%}")
        for kind, count in summary.attempts.items()
    ]
    return _table("Attempts", ("how they ended", "attempts", "share"), rows, safe)


def _failures(summary: Summary, found: Failures | None, safe: Callable[[object], str]) -> str:
    if found is None:
        if not summary.failed + summary.malformed + summary.failed_before:
            return ""
        return f"<h2>Failures</h2><p>They are in <code>{safe(summary.errors)}</code>.</p>"
    if not found.kinds:
        return ""
    rows = [
        (
            f"<td>{safe(kind)}</td><td class='number'>{count:,}</td><td><ul>"
            + "".join(
                f"<li>{_named(example.name, safe)}{safe(_short(example.message, 300))}</li>"
                for example in found.examples[kind]
            )
            + "</ul></td>"
        )
        for kind, count in found.kinds
    ]
    of = "the beginning of " if found.cut_short else ""
    text = f"<p class='quiet'>As in {of}<code>{safe(summary.errors)}</code>, with earlier runs; a few of each kind.</p>"
    head = "<thead><tr><th>kind</th><th class='number'>requests</th><th>for example</th></tr></thead>"
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<h2>Failures</h2>{text}<div class="scroll"><table>{head}<tbody>{body}</tbody></table></div>'


def _named(name: str | None, safe: Callable[[object], str]) -> str:
    return "" if name is None else f"<code>{safe(_short(name, 80))}</code>: "


def _what_ran(summary: Summary) -> list[tuple[str, str]]:
    rows = [("input", summary.input), ("output", summary.output), ("error file", summary.errors)]
    for name, value in summary.settings.items():
        text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
        if text not in (None, "") and name != "errors":
            if isinstance(text, str) and "://" in text:
                text = _logging.redact_url(text)
            rows.append((name.replace("_", " "), f"{text:,}" if type(text) is int else str(text)))
    known = {"answered", "failed", "output", "errors", "attempts"}
    return rows + [(name, value) for name, value in table_of(summary) if name not in known]


def _rows(title: str, rows: Sequence[tuple[str, str]], safe: Callable[[object], str]) -> str:
    body = "".join(f"<tr><th>{safe(name)}</th><td>{safe(value)}</td></tr>" for name, value in rows)
    return f'<h2>{safe(title)}</h2><div class="scroll"><table><tbody>{body}</tbody></table></div>'


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]], safe: Callable[[object], str]) -> str:
    """Return a table whose first column is text and whose other ones are numbers."""
    kinds = ["", *[' class="number"'] * (len(head) - 1)]
    top = "".join(f"<th{kind}>{safe(name)}</th>" for kind, name in zip(kinds, head, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{safe(cell)}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows
    )
    inner = f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
    return f'<h2>{safe(title)}</h2><div class="scroll"><table>{inner}</table></div>'


def _list(title: str, items: Sequence[str], safe: Callable[[object], str]) -> str:
    inner = "".join(f"<li>{safe(item)}</li>" for item in items)
    return f"<h2>{safe(title)}</h2><ul>{inner}</ul>" if items else ""


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "…"


def _footer(safe: Callable[[object], str]) -> str:
    import httpx

    now = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    text = f"chat-completions-client {__version__}, httpx {httpx.__version__}, Python {platform.python_version()}"
    return f"<footer>Written {safe(now)} by {safe(text)}, {safe(platform.system())}.</footer>"
