"""What a user's type checker sees, by the two checkers that users have."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.contract]

ROOT = Path(__file__).parent.parent
# An example that a reader copies is accepted by the reader's type checker.
CASES = sorted([*(ROOT / "tests" / "typing").glob("*.py"), *(ROOT / "examples").glob("[!d]*.py")])
PROGRAM = ROOT / "tests" / "typing" / "mistakes.py"


@pytest.fixture(scope="module")
def python_without_httpx2(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of an environment with all that this one has, except httpx2."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if entry.name.partition("-")[0] != "httpx2":
            (packages / entry.name).symlink_to(entry)
    return str(folder / Path(sys.executable).relative_to(sys.prefix))


def mistakes(path: Path) -> set[tuple[str, int]]:
    lines = path.read_text().splitlines()
    return {(path.name, number) for number, line in enumerate(lines, 1) if "# mistake: " in line}


def found(checker: str, python: str, cases: list[Path], folder: Path) -> set[tuple[str, int]]:
    """Return the lines that a checker finds wrong."""
    # From a folder of their own: as users have it, not with this project's settings.
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "basic", "pythonVersion": "3.11"}')
    for case in cases:
        (folder / case.name).write_text(case.read_text())
    command = {
        "mypy": ["mypy", "--strict", "--python-version", "3.11", "--python-executable", python],
        "pyright": ["basedpyright", "--level", "error", "--pythonpath", python],
    }[checker]
    scripts = Path(sys.executable).parent
    result = subprocess.run(
        [scripts / command[0], *command[1:], *(case.name for case in cases)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode in (0, 1), result.stdout + result.stderr
    errors = re.findall(r"^ *(\S+?):(\d+):(.*\berror: .*)", result.stdout, re.MULTILINE)
    for error in errors:
        print(*error)
    return {(Path(name).name, int(line)) for name, line, _ in errors}


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_the_typing_cases_hold(checker: str, tmp_path: Path) -> None:
    assert found(checker, sys.executable, CASES, tmp_path) == mistakes(PROGRAM)


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_the_same_mistakes_are_found_without_httpx2(checker: str, python_without_httpx2: str, tmp_path: Path) -> None:
    case = tmp_path / "imports_httpx2.py"
    case.write_text("import httpx2  # mistake: it is not installed\n")
    expected = mistakes(PROGRAM) | mistakes(case)
    assert found(checker, python_without_httpx2, [PROGRAM, case], tmp_path) == expected


def test_the_program_has_twenty_mistakes() -> None:
    assert len(mistakes(PROGRAM)) == 20
