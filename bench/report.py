"""The figures as text: Markdown tables, for the terminal and between the markers of docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.results import Measure, Run, Spread

MARKERS = "<!-- {}: begin -->", "<!-- {}: end -->"
FAMILIES = {
    "recorded": "Recorded streams from memory: CPU time per chunk",
    "lengths": "Short and long streams from memory: CPU time per request",
    "shapes": "Streams of 1,000 chunks of one shape from memory: CPU time per chunk",
    "streaming": "Streams of one kind from memory, compared with all peers: CPU time per chunk",
    "events": "Events of `.stream()` from memory, compared with the official SDK's: CPU time per chunk",
    "calls": "Calls from memory: CPU time per call",
    "growth": "Long streams: CPU time per chunk, by the number of chunks",
    "memory": "Long streams: memory",
    "linear": "Unusual bodies, and bodies of half their size: CPU time per body",
    "processes": "Whole processes",
    "sizes": "An installation",
    "sockets": "Over sockets: CPU time of the client's process",
    "concurrency": "More streams, other transports",
    "paced": "A thousand streams at a model's pace",
}


def text(run: Run) -> str:
    """Return everything: the machine, the targets, and a table for each family."""
    parts = [machine_line(run), targets_table(run)]
    for family, title in FAMILIES.items():
        if measures := run.family(family):
            parts.append(f"### {title}\n\n{family_table(measures)}")
    return "\n\n".join(parts) + "\n"


def machine_line(run: Run) -> str:
    """Say what the figures were taken on."""
    machine = run.machine
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return (
        f"Machine: {machine['cores']} cores ({machine['processor']}), {machine['system']}, Python {machine['python']},"
        f" load {machine['load']} at the start, {machine['date']}.\nPackages: {packages}."
    )


def targets_table(run: Run) -> str:
    """Return each target beside what was found."""
    rows = []
    for measure in run.measures:
        for target, found, kept in measure.asked():
            unit = {"ratio": "x", "times": "x"}.get(target.kind, f" {measure.unit}")
            shown = f"{number(found.median)}{unit}{around(found)}"
            place = FAMILIES[measure.family].partition(":")[0].partition(", ")[0].replace(" from memory", "")
            rows.append([place, measure.title, target.text(measure.unit), shown, "met" if kept else "**missed**"])
    met = sum(row[-1] == "met" for row in rows)
    head = f"### Targets: {met} of {len(rows)} met\n\n" if rows else ""
    return head + table(["where", "figure", "target", "found", ""], rows)


def family_table(measures: Sequence[Measure]) -> str:
    """Return a table of measures, a column for each contender; ratios come first, then the figure itself."""
    columns = list(dict.fromkeys(name for measure in measures for name in measure.samples))
    rows = [[measure.title, *(cell(measure, name) for name in columns)] for measure in measures]
    titles: dict[str, list[str]] = {}
    for measure in measures:
        for note in measure.notes:
            titles.setdefault(note, []).append(measure.title)
    # What is said of several rows needs no name of one.
    notes = "\n".join(f"- {note if len(of) > 1 else f'{of[0]}: {note}'}." for note, of in titles.items())
    return table(["", *columns], rows) + (f"\n\n{notes}" if notes else "")


def cell(measure: Measure, contender: str) -> str:
    """Return one contender's figure in a few characters."""
    if contender not in measure.samples:
        return ""
    own = measure.value(contender)
    shown = f"{number(own.median)} {measure.unit}"
    if not measure.reference:
        return shown + around(own)
    if contender == measure.reference:
        return f"1x, {shown}{around(own)}"
    ratio = measure.ratio(contender)
    return f"**{number(ratio.median)}x**{around(ratio)}, {shown}"


def around(found: Spread) -> str:
    """Return a spread's quartiles; nothing where there is no spread."""
    low, high = number(found.low), number(found.high)
    return f" ({low} to {high})" if low != high else ""


def number(value: float) -> str:
    """Return a number with three digits, or all that stand before its point."""
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, its columns aligned so that a terminal shows it well."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(head))]
    lines = [
        "| " + " | ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return "\n".join([lines[0], "| " + " | ".join("-" * width for width in widths) + " |", *lines[1:]])


def put_between_markers(page: Path, text: str, name: str = "figures") -> None:
    """Write a text into a page, in the place of what stands between the markers of this name.

    Raises:
        ValueError: The page has no such markers.
    """
    begin, end = (marker.format(name) for marker in MARKERS)
    before, begun, rest = page.read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"{page.name} has no {begin} ... {end}")
    page.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}")
