"""The plots of a report, as SVG for a page: the colors are the page's, in light and dark mode and on paper."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from chat_completions.bulk.progress import Histogram, Sample, Summary

# Drawn in colours that nothing else has, which the page's variables then stand for.
_COLOURS = {"ink": "#010203", "quiet": "#010204", "grid": "#010205", "s1": "#010206", "s2": "#010207", "s3": "#010208"}
_MOST_SPANS = 120  # of time, over which a rate is taken
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": _COLOURS["quiet"],
    "axes.labelcolor": _COLOURS["ink"],
    "text.color": _COLOURS["ink"],
    "xtick.color": _COLOURS["quiet"],
    "ytick.color": _COLOURS["quiet"],
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _COLOURS["grid"],
    "grid.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
}
_ID = re.compile(r'(\bid="|url\(#|href="#)')


def draw_plots(summary: Summary) -> list[tuple[str, str, str]]:
    """Draw a run.

    Args:
        summary: How it went.

    Returns:
        For each plot its title, its SVG, and a text for an empty SVG, if there is nothing to draw.
    """
    samples = summary.samples
    end = samples[-1].seconds if samples else 0.0
    has_tokens = bool(samples) and samples[-1].tokens > 0
    plots: list[tuple[str, Callable[[Any], bool], str]] = [
        ("Latency of answers", lambda axes: _distribution(axes, summary.latencies), "No answers."),
        ("Latency over time", lambda axes: _latency(axes, samples), "No answers."),
        ("Requests completed per second", lambda axes: _throughput(axes, samples), "No completed requests."),
        ("Requests in flight", lambda axes: _concurrency(axes, samples), "No requests."),
        (
            "Refused and retried attempts per second",
            lambda axes: _refusals(axes, samples),
            "No refusals or retries.",
        ),
    ]
    if has_tokens:
        plots.append(("Tokens per second", lambda axes: _tokens(axes, samples), ""))
    found = []
    with matplotlib.rc_context(_SETTINGS):
        for number, (title, draw, otherwise) in enumerate(plots):
            figure = Figure(figsize=(6.0, 2.7), layout="constrained")
            axes = figure.subplots()
            if draw(axes):
                if number:  # all but the first are over time
                    _time_axis(axes, end)
                found.append((title, _svg(figure, f"p{number}", title), ""))
            else:
                found.append((title, "", otherwise))
    return found


def _svg(figure: Figure, name: str, title: str) -> str:
    """Return a figure as an element of a page, with unique ids."""
    file = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    for colour, value in _COLOURS.items():
        text = text.replace(value, f"var(--{colour})")
    text = _ID.sub(lambda found: f"{found[1]}{name}-", text)
    return text.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)


def _distribution(axes: Any, latencies: Histogram) -> bool:
    filled = [place for place, count in enumerate(latencies.counts) if count]
    if not filled:
        return False
    first, last = max(0, filled[0] - 1), min(len(latencies.counts) - 1, filled[-1] + 1)
    edges = [Histogram.upper(place - 1) for place in range(first, last + 2)]
    axes.stairs(latencies.counts[first : last + 1], edges, fill=True, color=_COLOURS["s1"], alpha=0.75)
    axes.set_xscale("log")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(bottom=0)
    wide = edges[-1] / edges[0] > 100
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _format_seconds(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x", visible=False)
    styles = (("median", 0.5, "-"), ("95 %", 0.95, "--"), ("99 %", 0.99, ":"))
    for name, share, style in styles:
        value = latencies.quantile(share)
        assert value is not None
        axes.axvline(
            value, color=_COLOURS["ink"], linewidth=1, linestyle=style, label=f"{name} {_format_seconds(value)}"
        )
    axes.set_ylabel("answers")
    axes.yaxis.set_major_formatter(FuncFormatter(_format_count))
    _legend(axes)
    return True


def _latency(axes: Any, samples: Sequence[Sample]) -> bool:
    if not any(sample.latency is not None for sample in samples):
        return False
    times = [sample.seconds for sample in samples]
    missing = math.nan  # a gap in the line
    middle = [missing if s.latency is None else s.latency for s in samples]
    slow = [missing if s.slow_latency is None else s.slow_latency for s in samples]
    marker = "." if len(samples) < 3 else None
    axes.fill_between(times, middle, slow, color=_COLOURS["s1"], alpha=0.18, linewidth=0)
    axes.plot(times, slow, color=_COLOURS["s2"], linewidth=1.2, label="95 %", marker=marker)
    axes.plot(times, middle, color=_COLOURS["s1"], linewidth=1.4, label="median", marker=marker)
    known = [value for value in (*middle, *slow) if not math.isnan(value)]
    if max(known) > 20 * min(known):
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _format_seconds(value)))
    _legend(axes)
    return True


def _throughput(axes: Any, samples: Sequence[Sample]) -> bool:
    if not samples or not samples[-1].answered + samples[-1].failed:
        return False
    edges, answered = rates(samples, lambda sample: sample.answered)
    axes.stairs(answered, edges, color=_COLOURS["s1"], fill=True, alpha=0.25)
    axes.stairs(answered, edges, color=_COLOURS["s1"], linewidth=1.4, label="answered", baseline=None)
    if samples[-1].failed:
        axes.stairs(
            rates(samples, lambda sample: sample.failed)[1],
            edges,
            color=_COLOURS["s2"],
            linewidth=1.4,
            label="failed",
            baseline=None,
        )
        _legend(axes)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(FuncFormatter(_format_count))
    return True


def _concurrency(axes: Any, samples: Sequence[Sample]) -> bool:
    if not any(sample.concurrency for sample in samples):
        return False
    times = [sample.seconds for sample in samples]
    under_way = [sample.under_way for sample in samples]
    marker = "." if len(samples) < 3 else None
    axes.fill_between(times, under_way, step="pre", color=_COLOURS["s3"], alpha=0.25, linewidth=0)
    axes.step(times, under_way, color=_COLOURS["s3"], linewidth=1, label="under way", marker=marker)
    limits = [sample.concurrency for sample in samples]
    axes.step(times, limits, color=_COLOURS["ink"], linewidth=1.2, label="allowed", marker=marker)
    axes.set_ylim(bottom=0)
    axes.yaxis.get_major_locator().set_params(integer=True)
    _legend(axes)
    return True


def _refusals(axes: Any, samples: Sequence[Sample]) -> bool:
    if not samples or not samples[-1].refused + samples[-1].retries:
        return False
    edges, refused = rates(samples, lambda sample: sample.refused)
    repeated = rates(samples, lambda sample: sample.retries)[1]
    axes.stairs(refused, edges, color=_COLOURS["s2"], fill=True, alpha=0.3)
    axes.stairs(refused, edges, color=_COLOURS["s2"], linewidth=1.4, label="refused", baseline=None)
    axes.stairs(repeated, edges, color=_COLOURS["ink"], linewidth=1, linestyle="--", label="repeated", baseline=None)
    axes.set_ylim(bottom=0)
    _legend(axes)
    return True


def _tokens(axes: Any, samples: Sequence[Sample]) -> bool:
    edges, tokens = rates(samples, lambda sample: sample.tokens)
    axes.stairs(tokens, edges, color=_COLOURS["s3"], fill=True, alpha=0.25)
    axes.stairs(tokens, edges, color=_COLOURS["s3"], linewidth=1.4, baseline=None)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(FuncFormatter(_format_count))
    return True


def rates(samples: Sequence[Sample], count: Callable[[Sample], int]) -> tuple[list[float], list[float]]:
    """Return how much a count grew per second, over spans of about equal length.

    Args:
        samples: The samples; every count is 0 before the first one.
        count: Returns the count of one.

    Returns:
        The edges of the spans in seconds, one more than there are rates, and the rates.
    """
    least = samples[-1].seconds / _MOST_SPANS
    edges, counts = [0.0], [0]
    for place, sample in enumerate(samples):
        long_enough = sample.seconds - edges[-1] >= least and sample.seconds > edges[-1]
        if not long_enough and place == len(samples) - 1 and len(edges) > 1:
            del edges[-1], counts[-1]  # the last moments belong to the span before
            long_enough = sample.seconds > edges[-1]
        if long_enough:
            edges.append(sample.seconds)
            counts.append(count(sample))
    if len(edges) == 1:
        edges, counts = [0.0, 1e-9], [0, 0]
    pairs = zip(zip(edges, counts, strict=True), zip(edges[1:], counts[1:], strict=True), strict=False)
    return edges, [max(0, after - before) / (end - begin) for (begin, before), (end, after) in pairs]


def _time_axis(axes: Any, end: float) -> None:
    unit, divisor = ("s", 1.0) if end < 180 else ("min", 60.0) if end < 3 * 3600 else ("h", 3600.0)
    axes.set_xlim(0, max(end, 1e-3))
    axes.set_xlabel(f"time ({unit})")
    step = _step(end / divisor / 6) * divisor
    axes.set_xticks([place * step for place in range(int(end / step) + 1)])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / divisor:g}"))


def _step(least: float) -> float:
    """Return a round number that is at least as large as another."""
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)


def _legend(axes: Any) -> None:
    axes.legend(fontsize=8, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0)


def _format_seconds(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 1000 else f"{seconds:,.0f} s"


def _format_count(value: float, _: Any) -> str:
    if value >= 10**6:
        return f"{value / 10**6:g} M"
    return f"{value / 1000:g} k" if value >= 10_000 else f"{value:g}"
