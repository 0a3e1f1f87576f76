"""The wheel as a user gets it: both packages, their markers and data, nothing else; it works by itself."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_BYTES = 300 * 1024

CALL = """
import sys
from chat_completions import Client
from chat_completions.local import LocalServer
import chat_completions, chat_completions_api
assert chat_completions.__file__.startswith(sys.argv[1]), chat_completions.__file__
assert chat_completions_api.__file__.startswith(sys.argv[1])
with LocalServer() as server, Client(base_url=server.base_url) as client:
    print(client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}]).choices[0])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*command, folder, ROOT], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_both_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {
        "chat_completions",
        "chat_completions_api",
    }
    needed = {f"{package}/py.typed" for package in ("chat_completions", "chat_completions_api")}
    assert {*needed, "chat_completions_api/openapi.json"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert wheel.stat().st_size <= MAX_BYTES


def test_it_needs_three_packages(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
    lines = archive.read(metadata).decode().splitlines()
    required = [line for line in lines if line.startswith("Requires-Dist") and "extra" not in line]
    needed = {re.split(r"[<>=! ]", line.split(": ")[1])[0] for line in required}
    assert needed == {"attrs", "httpx", "python-dateutil"}


def test_it_works_without_the_project(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + CALL
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "Hello" in result.stdout
