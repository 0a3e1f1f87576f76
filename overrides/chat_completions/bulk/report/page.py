"""A run as one HTML file: what ran, how it ended, what went wrong, and plots. It loads nothing else.

The plots are SVG that matplotlib draws (extra `report`): some ten kilobytes each, searchable text, colors that
follow the page's, and no script, so the file can be mailed, printed and kept. Text from files and servers is escaped,
and the page forbids scripts and network access.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from chat_completions import _logging
from chat_completions._files import check_place, write_whole
from chat_completions._version import __version__
from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.output.result_lines import object_of
from chat_completions.bulk.progress import Summary
from chat_completions.bulk.report.display import duration, seconds, table_of
from chat_completions.bulk.storage import is_remote, path_of

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2128; --quiet: #57606a; --grid: #d8dee4; --card: #f6f8fa;
  --s1: #0b6e4f; --s2: #b5473c; --s3: #2c3e90; --good: #0b6e4f; --bad: #a33225; }
@media screen and (prefers-color-scheme: dark) { :root { --paper: #14171c; --ink: #e3e8ee; --quiet: #9aa5b1;
  --grid: #353c46; --card: #1d2229; --s1: #3fb68b; --s2: #f0887a; --s3: #93a8f4; --good: #3fb68b; --bad: #f0887a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 68rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; break-after: avoid; }
p { margin: .3rem 0; }
.state { font-weight: 600; overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); }
.quiet { color: var(--quiet); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .6rem; margin: 1rem 0; }
.card { background: var(--card); border: 1px solid var(--grid); border-radius: .4rem; padding: .5rem .7rem; }
.card b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1rem 1.5rem; }
figure { margin: 0; break-inside: avoid; }
figcaption { font-weight: 600; margin-bottom: .2rem; }
figure p { color: var(--quiet); font-size: .9rem; }
svg { width: 100%; height: auto; display: block; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-top: 1px solid var(--grid);
  overflow-wrap: anywhere; }
th { font-weight: 600; } tr { break-inside: avoid; } footer { break-before: avoid; }
tbody th { width: 13rem; font-weight: 400; color: var(--quiet); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; width: 7rem; }
td.number { overflow-wrap: normal; } td:first-child { min-width: 11rem; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
ul { margin: .3rem 0; padding-left: 1.2rem; } li { overflow-wrap: anywhere; }
footer { margin-top: 2rem; border-top: 1px solid var(--grid); padding-top: .5rem; color: var(--quiet);
  font-size: .9rem; }
@media print { body { padding: 0; max-width: none; font-size: 9pt; } th, td { padding-block: .15rem; }
  .card { background: none; }  .plots { grid-template-columns: 1fr 1fr; gap: .6rem 1rem; } a { color: inherit; } }
@page { margin: 15mm; }
"""


_KINDS = {
    "answered": "answered",
    "timeout": "no response in time",
    "unreachable": "no connection",
    "cut": "the connection broke",
    "broken": "a truncated answer, or not JSON",
    "foreign": "an answer that is not a completion",
    "error": "a success with an error",
    "stream": "a stream that failed",
    "invalid": "an invalid request",
}
# C0 and C1 controls, and what reverses the direction of the text around it.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_USER = re.compile(r"(?<=://)[^/\s]+(?=@)")
# What looks like a key, should a server have repeated one in what it says.
_KEY = re.compile(r"\b(?:sk|pk|rk|gsk|xai|hf|nvapi|key|api)[-_][\w*.-]{8,}|(?<=Bearer )\S+", re.ASCII)


def check(path: str | os.PathLike[str], used: Iterable[str] = ()) -> None:
    """Check early what would otherwise fail at the end of a run: matplotlib is installed, and the file can be written.

    Args:
        path: Where the report will go.
        used: Names of files that it must not overwrite.

    Raises:
        BulkError: A check failed.
    """
    _plots()
    target = Path(path).expanduser()
    if any(Path(name).expanduser().resolve() == target.resolve() for name in used):
        raise BulkError(f"the report would overwrite a file of the run, {target}; use another name")
    try:
        check_place(target)
    except OSError as error:
        raise BulkError(f"the report {target} cannot be written: {error.strerror}") from None


def write(summary: Summary, path: str | os.PathLike[str], *, hide: Iterable[str] = ()) -> None:
    """Write the report of a run; a file of this name is replaced, as a whole or not at all. Devices are written to.

    Args:
        summary: The result of `run`.
        path: The file, on this machine.
        hide: Secrets to hide, such as keys. Those in the environment are always hidden.

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
    """Write the report of a run; if that fails, add a note to the summary, because the answers are still complete.

    Args:
        summary: The result of `run`.
        path: The file.
        hide: Secrets to hide.
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
        summary: The result of `run`.
        hide: Secrets to hide.

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
        "<h2>Timeline</h2>",
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
        kind, text = "bad", f"Incomplete: {summary.reason}. Run it again to resume."
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
        ("requests per second", f"{summary.requests_per_second:,.1f}"),
        ("median latency", seconds(quantile(0.5))),
        ("95 % latency", seconds(quantile(0.95))),
        ("retries", f"{summary.retries:,}"),
        ("tokens", f"{tokens:,}"),
    ]
    before = summary.answered_before + summary.failed_before
    if before:
        cards.insert(2, ("done before this run", f"{before:,}"))
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
    return _table("Attempts", ("outcome", "attempts", "share"), rows, safe)


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
    known = {"answered", "failed", "reasons", "output", "errors", "attempts"}
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


_MOST_BYTES = 64 * 2**20  # that are read of an error file
_LONGEST_LINE = 2**20
_MOST_KINDS = 30
_EXAMPLES = 3


class Example(NamedTuple):
    """A request that failed.

    Attributes:
        name: Its `custom_id`; None for a line without one, which the message describes.
        message: What happened.
    """

    name: str | None
    message: str


class Failures(NamedTuple):
    """What failed.

    Attributes:
        kinds: Statuses and codes with their number of requests, the most frequent first.
        examples: A few of each kind.
        cut_short: Whether the file has more than was read.
    """

    kinds: list[tuple[str, int]]
    examples: dict[str, list[Example]]
    cut_short: bool


def failures_of(name: str) -> Failures | None:
    """Read an error file; None if it is not on this machine, or cannot be read.

    Args:
        name: Its name.
    """
    if is_remote(name):
        return None
    kinds: Counter[str] = Counter()
    examples: dict[str, list[Example]] = {}
    left = _MOST_BYTES
    try:
        with path_of(name).open("rb") as file:
            while left > 0 and (line := file.readline(_LONGEST_LINE)):
                left -= len(line)
                kind, example = _read(line)
                while not line.endswith(b"\n") and (line := file.readline(_LONGEST_LINE)):
                    left -= len(line)
                if kind not in examples and len(examples) >= _MOST_KINDS:
                    kind = "others"
                kinds[kind] += 1
                found = examples.setdefault(kind, [])
                if len(found) < _EXAMPLES:
                    found.append(example)
            more = bool(file.read(1))
    except OSError:
        return None
    return Failures(kinds.most_common(), examples, more)


def _read(line: bytes) -> tuple[str, Example]:
    value = object_of(line)
    if value is None:
        return "unreadable", Example(None, "the line is not a result, or too long for the report")
    response, error = _mapping(value.get("response")), _mapping(value.get("error"))
    name = value.get("custom_id")
    custom_id = None if name is None else str(name)
    if error:
        return str(error.get("code") or "error"), Example(custom_id, str(error.get("message")))
    body = response.get("body")
    message: Any = _mapping(body).get("error", body)
    if isinstance(message, dict):
        message = message.get("message", message)
    return f"HTTP {response.get('status_code')}", Example(custom_id, str(message))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
