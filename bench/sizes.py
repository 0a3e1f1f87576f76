"""What an installation brings: the wheel, the packages with their dependencies, and their size on disk."""

from __future__ import annotations

import importlib.metadata
import zipfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench.plan import Plan
from bench.results import Measure, Target
from bench.streams import OFFICIAL, OURS

PROJECT = "chat-completions-client"
# The parts of the client's package that only those load who use them.
PARTS = (
    "bulk", "cli", "compat", "lib", "local", "media", "observability", "resources", "structured", "testing", "toolkit",
    "types",
)  # fmt: skip
DISTRIBUTIONS = {OURS: PROJECT, "httpx": "httpx", "httpx-sse": "httpx-sse", OFFICIAL: "openai"}


def measures(plan: Plan) -> Iterator[Measure]:
    """Count, and weigh."""
    if plan.wheel is None:
        return
    if plan.wants("sizes/wheel"):
        size = plan.wheel.stat().st_size / 1024
        yield Measure("sizes/wheel", "wheel", "KiB", "", {OURS: [size]}, [Target(OURS, "value", "", 300)])
        size = client_bytes(plan.wheel) / 1024
        note = f"without optional parts: {', '.join(PARTS)}"
        yield Measure("sizes/client", "wheel: the client", "KiB", "", {OURS: [size]}, notes=[note])
    brought = {contender: packages(name) for contender, name in DISTRIBUTIONS.items()}
    if plan.wants("sizes/packages"):
        counts = {contender: [float(len(names))] for contender, names in brought.items()}
        notes = [f"ours: {', '.join(sorted(brought[OURS]))}"]
        target = Target(OURS, "value", "", 10)
        yield Measure("sizes/packages", "packages of an installation", "packages", "", counts, [target], notes)
    if plan.wants("sizes/installed"):
        weights = {name: [sum(map(_weight, names)) / 1024 / 1024] for name, names in brought.items()}
        yield Measure("sizes/installed", "their size on disk", "MiB", "", weights)


def client_bytes(wheel: Path) -> int:
    """Return how large the wheel were without those parts; an entry has its name twice, and two headers of 76 bytes."""
    with zipfile.ZipFile(wheel) as archive:
        parts = tuple(f"chat_completions/{part}{end}" for part in PARTS for end in ("/", ".py"))
        optional = [entry for entry in archive.infolist() if entry.filename.startswith(parts)]
    return wheel.stat().st_size - sum(entry.compress_size + 2 * len(entry.filename) + 76 for entry in optional)


def packages(name: str) -> set[str]:
    """Return the distributions that installing one brings here, itself included, without extras."""
    found: set[str] = set()
    wanted = [name]
    while wanted:
        current = canonicalize_name(wanted.pop())
        if current in found:
            continue
        found.add(current)
        for line in importlib.metadata.requires(current) or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                wanted.append(requirement.name)
    return found


def _weight(name: str) -> int:
    """Return the bytes of a distribution's files, without what Python compiles them to."""
    paths = importlib.metadata.files(name) or ()
    return sum(path.size or 0 for path in paths if path.suffix != ".pyc")
