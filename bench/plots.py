"""The figures as plots: SVG files whose bytes depend on the results only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from bench.results import Measure, Run

# The same colour is the same contender in every plot.
COLOURS = {
    "ours": "#0b6e4f",
    "ours, with msgspec": "#3fb68b",
    "ours, .stream()": "#3fb68b",
    "ours over httpx-aiohttp": "#3fb68b",
    "ours over httpx2": "#9bd1bd",
    "ours, none kept idle": "#2c3e90",
    "ours, all kept idle": "#d98cb3",
    "httpx + json": "#888888",
    "raw httpx": "#888888",
    "httpx": "#888888",
    "bare Python": "#cccccc",
    "httpx-sse + json": "#5b8db8",
    "plain generator": "#c9a227",
    "official SDK": "#b5473c",
    "official .stream()": "#b5473c",
}

PAIR = ("ours", "official SDK")
OVERVIEW = {
    "recorded/all": "a chunk, all recorded streams",
    "lengths/5": "a stream of 5 chunks",
    "lengths/1000": "a stream of 1,000 chunks",
    "calls/create": "a completion",
    "sockets/fast": "a chunk, 100 streams over sockets",
    "processes/first-call": "a first completion, new process",
}


def draw(run: Run, folder: Path) -> list[Path]:
    """Draw every plot that the run has figures for."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, figure in (
        ("overview", _overview(run)),
        ("shapes", _ratios(run.family("shapes"), "CPU time per chunk, relative to a hand-written loop (httpx + json)")),
        ("processes", _bars([m for m in run.family("processes") if m.unit == "ms"], "milliseconds")),
        ("growth", _lines(run.family("growth"))),
        ("concurrency", _levels(run.family("concurrency"))),
    ):
        if figure is not None:
            drawn.append(folder / f"{name}.svg")
            _save(figure, drawn[-1])
    return drawn


def _overview(run: Run) -> Figure | None:
    """Draw the one picture: what the client and the official SDK take, by what a program without types takes."""
    found = {measure.name: measure for measure in run.measures}
    values = {
        title: {
            contender: found[name].ratio(contender).median for contender in PAIR if contender in found[name].samples
        }
        for name, title in OVERVIEW.items()
        if name in found
    }
    figure = _grouped(values, "CPU time relative to a hand-written program with httpx and json (the line)", "x")
    if figure is not None:
        figure.axes[0].axvline(1, color="#444444", linewidth=1.2)
    return figure


def _save(figure: Figure, path: Path) -> None:
    settings: dict[str, Any] = {"svg.hashsalt": path.stem, "svg.fonttype": "none", "font.family": "sans-serif"}
    with matplotlib.rc_context(settings):
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    # Trailing spaces in the paths would only trouble those who look at the changes.
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")


def _ratios(measures: Sequence[Measure], label: str) -> Figure | None:
    """Draw ratios as bars, on an axis of logarithms: what is dear is dear by a factor."""
    values = {m.title: {name: m.ratio(name).median for name in m.samples if name != m.reference} for m in measures}
    figure = _grouped(values, label, "x")
    if figure is not None:
        figure.axes[0].set_xscale("log")
        figure.axes[0].axvline(1, color="#444444", linewidth=0.8)
        ticks = [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200]
        figure.axes[0].set_xticks(ticks, [f"{tick}x" for tick in ticks], minor=False)
        figure.axes[0].minorticks_off()
        drawn = [ratio for row in values.values() for ratio in row.values()]
        # A bar of logarithms begins at the edge: the shortest is to be seen as well.
        figure.axes[0].set_xlim(min(0.5, min(drawn) * 0.7), max(drawn) * 1.4)
    return figure


def _bars(measures: Sequence[Measure], label: str) -> Figure | None:
    return _grouped({m.title: {name: m.value(name).median for name in m.samples} for m in measures}, label, "")


def _grouped(values: dict[str, dict[str, float]], label: str, suffix: str) -> Figure | None:
    if not values:
        return None
    names = list(dict.fromkeys(name for row in values.values() for name in row))
    height = 0.8 / len(names)
    figure = Figure(figsize=(8.4, 0.8 + 0.24 * len(names) * len(values)))
    axes = figure.subplots()
    for place, name in enumerate(names):
        rows = [(group + place * height, row[name]) for group, row in enumerate(values.values()) if name in row]
        bars = axes.barh([at for at, _ in rows], [value for _, value in rows], height, label=name, color=_colour(name))
        axes.bar_label(bars, [f" {value:.3g}{suffix}" for _, value in rows], fontsize=7)
    axes.set_yticks([group + 0.4 - height / 2 for group in range(len(values))], list(values))
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
    return figure


def _lines(measures: Sequence[Measure]) -> Figure | None:
    """Draw the cost of a chunk by the number of chunks: flat is right."""
    if not measures:
        return None
    figure = Figure(figsize=(8.4, 3.6))
    axes = figure.subplots()
    sizes: set[int] = set()
    for measure in measures:
        name = measure.name.partition("/")[2]
        points = {int(size.replace(",", "")): measure.value(size).median for size in measure.samples}
        sizes |= points.keys()
        style = "--" if ".stream()" in name else "-"
        axes.plot(list(points), list(points.values()), style, marker="o", label=name, color=_colour(name))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sorted(sizes), [f"{size:,}" for size in sorted(sizes)])
    axes.minorticks_off()
    ticks = [2, 5, 10, 20, 50, 100]
    axes.set_yticks(ticks, [str(tick) for tick in ticks])
    axes.set_xlabel("chunks in the stream")
    axes.set_ylabel("µs of CPU time per chunk")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
    return figure


def _levels(measures: Sequence[Measure]) -> Figure | None:
    """Draw, by the number of streams, what opening one costs and what a chunk costs."""
    kinds = {
        "open": "ms of CPU time to open a stream",
        "chunk": "µs of CPU time per chunk",
        "close": "ms of CPU time to end a stream",
    }
    if not measures:
        return None
    figure = Figure(figsize=(8.4, 3.4), layout="constrained")
    for axes, (kind, label) in zip(figure.subplots(1, 3), kinds.items(), strict=True):
        found = {int(m.name.split("/")[1].split("-")[0]): m for m in measures if m.name.endswith(kind)}
        for name in dict.fromkeys(name for m in found.values() for name in m.samples):
            points = {level: m.value(name).median for level, m in found.items() if name in m.samples}
            axes.plot(list(points), list(points.values()), marker="o", label=name, color=_colour(name))
        if kind == "close":
            # To search all idle connections for each one costs so much that the others would be a line at the bottom.
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
        else:
            axes.set_ylim(bottom=0)
        axes.set_xticks(list(found))
        axes.set_xlabel("streams at once")
        axes.set_title(label, fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    lines, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(lines, labels, frameon=False, fontsize=8, loc="outside upper left", ncols=4)
    return figure


def _colour(name: str) -> str:
    return COLOURS.get(name, "#555555")
