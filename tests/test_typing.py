"""What a user's type checker sees, by the two checkers that users have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.contract]

ROOT = Path(__file__).parent.parent
CASES = sorted((ROOT / "tests" / "typing").glob("*.py"))


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["mypy", "--strict", "--python-version", "3.11"], id="mypy"),
        pytest.param(["basedpyright", "--level", "error", "--pythonpath", sys.executable], id="pyright"),
    ],
)
def test_the_typing_cases_hold(command: list[str], tmp_path: Path) -> None:
    # From a folder of their own: as users have it, not with this project's settings.
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "basic", "pythonVersion": "3.11"}')
    copies = []
    for case in CASES:
        copies.append(tmp_path / case.name)
        copies[-1].write_text(case.read_text())
    scripts = Path(sys.executable).parent
    result = subprocess.run(
        [scripts / command[0], *command[1:], *copies], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
