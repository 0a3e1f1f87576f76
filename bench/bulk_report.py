"""The figures of files of requests as Markdown: targets first, then a table for each part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.bulk_contenders import BARE, OURS
from bench.report import around, number, table
from bench.results import Spread, spread

LEAST_RATIO = 0.85
MOST_GROWTH = 1.1  # of the memory, for ten times as many lines


def ratio(found: Mapping[str, Any], name: str = OURS, reference: str = BARE) -> Spread:
    """Return a contender's throughput by another one's, taken round by round."""
    own, other = (found["throughput"]["samples"][each]["a_second"] for each in (name, reference))
    return spread([mine / theirs for mine, theirs in zip(own, other, strict=True)])


def targets(found: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Return what was to be kept, what was found, and whether it is kept; of the parts that are there."""
    rows = []
    if part := found.get("throughput"):
        told = "each answered once" if part["each_once"] else "**some lost or duplicated**"
        rows.append((f"{part['requests']:,} requests, with faults", "each answered once", told, part["each_once"]))
        by = ratio(found)
        rows.append(
            (
                "throughput, relative to a bare httpx loop",
                f"at least {LEAST_RATIO}x",
                f"{number(by.median)}x{around(by)}",
                by.median >= LEAST_RATIO,
            )
        )
    if part := found.get("kills"):
        told = "the same results each time" if part["each_once"] else "**other results**"
        kept = part["each_once"] and part["kills"] >= part["wanted"]
        rows.append(
            (f"{part['kills']} kills, then resumed to the end", "the results of an undisturbed run", told, kept)
        )
    if part := found.get("memory"):
        few, many = part["runs"]
        rows.append(
            (
                f"memory, {many['lines']:,} lines compared with {few['lines']:,}",
                f"flat: at most {MOST_GROWTH:g}x",
                f"{number(many['mib'] / few['mib'])}x ({few['mib']:.0f} and {many['mib']:.0f} MiB)",
                many["mib"] <= MOST_GROWTH * few["mib"] and part["each_once"],
            )
        )
    return rows


def text(found: Mapping[str, Any]) -> str:
    """Return everything."""
    rows = targets(found)
    met = sum(row[-1] for row in rows)
    parts = [
        _machine(found["machine"]),
        f"### Targets: {met} of {len(rows)} met\n\n"
        + table(
            ["what", "target", "found", ""],
            [(what, target, told, "met" if kept else "**missed**") for what, target, told, kept in rows],
        ),
    ]
    if part := found.get("throughput"):
        parts.append(_throughput(found, part))
    if part := found.get("kills"):
        parts.append(_kills(part))
    if part := found.get("memory"):
        parts.append(_memory(part))
    return "\n\n".join(parts) + "\n"


def _machine(machine: Mapping[str, Any]) -> str:
    packages = machine["packages"]
    shown = ", ".join(f"{name} {packages[name]}" for name in ("chat-completions-client", "httpx"))
    return (
        f"Machine: {machine['cores']} cores ({machine['processor']}), {machine['system']}, Python {machine['python']},"
        f" load {machine['load']} at the start, {machine['date']}; {shown}. It took {machine['seconds']:,} s."
    )


def _throughput(found: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    rows = []
    for name, samples in part["samples"].items():
        a_second, cpu, load = (spread(samples[key]) for key in ("a_second", "cpu_us", "load"))
        by = ratio(found, name)
        rows.append(
            (
                name,
                f"{number(a_second.median)}{around(a_second)}",
                "1x" if name == BARE else f"**{number(by.median)}x**{around(by)}",
                f"{number(cpu.median)} µs{around(cpu)}",
                number(load.median),
            )
        )
    faults = ", ".join(f"{count:,} {kind}" for kind, count in part["faults"].items())
    count = len(next(iter(part["samples"].values()))["a_second"])
    rounds = f"{count} rounds" if count > 1 else "1 round"
    return (
        f"### Throughput: {part['requests']:,} requests, {part['concurrency']} at once, {rounds}\n\n"
        + table(["", "requests per second", "relative to the bare loop", "CPU time per request", "load"], rows)
        + f"\n\nFaults in each run, the same for all: {faults}."
    )


def _kills(part: Mapping[str, Any]) -> str:
    most = part["kills"] * part["concurrency"]
    return (
        "### Kills\n\n"
        f"{part['kills']} runs of {part['requests']:,} requests were killed with SIGKILL, {part['before_the_end']} of"
        f" them before they finished; {part['torn_lines']} left an incomplete last line. {part['files']} files were"
        f" resumed until complete. The server answered {part['answered_twice']:,} requests twice: those in flight at a"
        f" kill, up to {most:,} in all."
    )


def _memory(part: Mapping[str, Any]) -> str:
    rows = [
        (f"{row['lines']:,}", f"{row['mib']:.1f} MiB", f"{number(row['us'])} µs", f"{number(row['cpu_us'])} µs")
        for row in part["runs"]
    ]
    head = ["lines", "peak memory of the process", "time per request", "CPU time per request"]
    return "### Memory, over a transport that answers from memory\n\n" + table(head, rows)
