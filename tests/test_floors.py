"""The rooms of the house stand on floors: a module imports its own room and the floors below, and nothing runs back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {"chat_completions": ROOT / "overrides" / "chat_completions", "tools": ROOT / "tools"}

# From the ground up. A name is a folder with all of its modules, or a module; `/` is the face of a package alone.
FLOORS = {
    "chat_completions": (
        "_failures _files _rate_limits _redaction _retryable _traceback_locals _types _version local",
        "_response_info models",
        "_logging errors media types",
        "_contract sse types.chat",
        "_pagination _transport structured types/",
        "_streaming",
        "_streaming.events",
        "toolkit",
        "_client",
        "/ observability",
        "bulk compat lib lib.streaming resources resources.chat testing",
        "bulk.input",
        "bulk.output",
        "bulk.runner bulk.report",
        "bulk.ray",
        "bulk/ bulk.ray_engine",
        "cli.probe",
        "cli",
        "__main__",
    ),
    "tools": (
        "/ errors",
        "document files",
        "drift.findings schema",
        "drift.compare drift.formats drift.impact lowering release vendor",
        "drift rendering",
        "drift/ generate",
        "refresh",
        "__main__",
    ),
}


@cache
def modules(package: str) -> dict[str, Path]:
    """Return the modules of a package by their dotted names."""
    found = {}
    for path in sorted(PACKAGES[package].rglob("*.py")):
        parts = path.relative_to(PACKAGES[package]).with_suffix("").parts
        found[".".join((package, *parts)).removesuffix(".__init__")] = path
    return found


def imports(name: str) -> Iterator[str]:
    """Yield what a module imports: at its top, in functions, for types alone, and by name with `import_module`."""
    package, path = name.partition(".")[0], modules(name.partition(".")[0])[name]
    home = name if path.stem == "__init__" else name.rpartition(".")[0]
    code = path.read_text()
    by_name = modules(package).keys() if "import_module(" in code else ()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = home.split(".")[: len(home.split(".")) - node.level + 1] if node.level else []
            base = ".".join((*above, *filter(None, [node.module])))
            for alias in node.names:
                yield f"{base}.{alias.name}" if f"{base}.{alias.name}" in modules(package) else base
        elif isinstance(node, ast.Constant) and node.value in by_name:
            yield str(node.value)


def imported(name: str) -> set[str]:
    """Return the modules of the same package that a module imports."""
    return {target for target in imports(name) if target in modules(name.partition(".")[0]) and target != name}


def room(name: str) -> str:
    """Return the entry of FLOORS that a module belongs to: its own, or that of its folder."""
    package, _, inside = name.partition(".")
    rooms = " ".join(FLOORS[package]).split()
    is_face = modules(package)[name].stem == "__init__"
    choices = [f"{inside}/"] if is_face else []
    choices += [inside, inside.rpartition(".")[0]]
    return next(choice for choice in choices if choice in rooms)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_has_a_floor_and_every_room_has_modules(package: str) -> None:
    assert {room(name) for name in modules(package)} == set(" ".join(FLOORS[package]).split())


@pytest.mark.parametrize("name", [name for package in PACKAGES for name in modules(package)])
def test_imports_run_down(name: str) -> None:
    package = name.partition(".")[0]
    floor = {entry: number for number, line in enumerate(FLOORS[package]) for entry in line.split()}
    own = room(name)
    up = {
        target: room(target) for target in imported(name) if room(target) != own and floor[room(target)] >= floor[own]
    }
    assert not up, f"{name} is in {own!r}, on floor {floor[own] + 1}, and imports what is not below it: {up}"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_imports_go_in_a_circle(package: str) -> None:
    try:
        TopologicalSorter({name: imported(name) for name in modules(package)}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
