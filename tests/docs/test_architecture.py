"""The page on the architecture names rooms, files and functions that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.test_floors import FLOORS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
STEPS = re.findall(r"`([\w/]+\.py)`: ((?:`[^`]+`(?:, | and )?)+)", PAGE)


def names_in(path: Path) -> set[str]:
    """Return the functions, classes, methods and constants of a module, methods with their class and without."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            members = [each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
            found |= {node.name, *members, *(f"{node.name}.{name}" for name in members)}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def file_of(name: str) -> Path:
    if name.startswith("tools/"):
        return ROOT / name
    package = ROOT / "overrides" / "chat_completions"
    found = [path for path in package.rglob(Path(name).name) if str(path).endswith(f"/{name}")]
    assert found, f"there is no file {name}"
    return package / name if (package / name).exists() else found[0]


def test_there_are_seven_walks() -> None:
    walks = PAGE.partition("## Seven walks")[2]
    assert walks.count("\n### ") == 7 and len(STEPS) > 70


@pytest.mark.parametrize(("file", "functions"), STEPS, ids=[f"{file} {names}" for file, names in STEPS])
def test_each_step_names_what_exists(file: str, functions: str) -> None:
    known = names_in(file_of(file))
    for name in re.findall(r"`([^`]+)`", functions):
        if re.fullmatch(r"\.?[\w.]+", name):
            assert name.removeprefix(".") in known, f"{file} has no {name}"


@pytest.mark.parametrize("package", FLOORS)
def test_each_room_is_described(package: str) -> None:
    for room in " ".join(FLOORS[package]).split():
        path = room.removesuffix("/").replace(".", "/")
        choices = (f"`{path}/`", f"`{path}.py`", f"`{path}/*.py`", f"`{path}/__init__.py`", "`__init__.py`")
        assert room == "/" or any(choice in PAGE for choice in choices), f"the page does not describe {package} {room}"
