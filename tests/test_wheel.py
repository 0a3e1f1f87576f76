"""What is published, as a user gets it: both packages, their markers and data, nothing else; it works by itself.

`make dist` runs this on what it built (DIST); otherwise it is built here.
"""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.sizes import client_bytes

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
MAX_CLIENT_BYTES = 330 * 1024
MAX_BYTES = 656 * 1024
PACKAGES = {"chat_completions", "chat_completions_api"}

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


@dataclass(frozen=True)
class Built:
    """What was built: the two files."""

    wheel: Path
    source: Path

    def names(self) -> list[str]:
        """Return the names of the files in the wheel."""
        return zipfile.ZipFile(self.wheel).namelist()

    def text(self, name: str) -> str:
        """Return a file of the wheel's metadata."""
        archive = zipfile.ZipFile(self.wheel)
        (path,) = [path for path in archive.namelist() if path.endswith(f".dist-info/{name}")]
        return archive.read(path).decode()


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel; what that needs can be imported in it, and the project's sources cannot."""

    folder: Path

    def run(self, *command: str | Path) -> str:
        """Run a command of the environment in an empty folder, and give what it printed."""
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "OPENAI_"))}
        program, *rest = command
        result = subprocess.run(
            [self.folder / "bin" / program, *rest], cwd=empty, env=kept, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    if "DIST" in os.environ:
        folder = ROOT / os.environ["DIST"]
    else:
        folder = tmp_path_factory.mktemp("dist")
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT]
        subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    (source,) = folder.glob("*.tar.gz")
    return Built(wheel, source)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    if os.name == "nt":
        pytest.skip("written for environments with a bin folder")
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    # What the wheel needs is imported from this environment. A line in a file adds a folder to the path, and of that
    # folder no further file is read: the project that is installed there for editing stays out.
    (packages / "needed.pth").write_text(str(Path(pytest.__file__).parent.parent))
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, built.wheel], check=True, capture_output=True)
    yield Installed(folder)
    shutil.rmtree(folder, ignore_errors=True)


def project() -> dict[str, object]:
    table: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


def test_it_holds_both_packages_and_nothing_else(built: Built) -> None:
    names = built.names()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == PACKAGES
    assert {
        *(f"{package}/py.typed" for package in PACKAGES),
        "chat_completions_api/openapi.json",
        "chat_completions_api/known_fields.json",
    } <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if re.search(r"__pycache__|\.pyc$|(^|/)(tests?|tools|conftest)[/.]", name)]


def test_it_is_small(built: Built) -> None:
    """The client by itself, and all of it."""
    assert built.wheel.stat().st_size <= MAX_BYTES
    assert client_bytes(built.wheel) <= MAX_CLIENT_BYTES


def test_every_module_of_the_project_is_in_it(built: Built) -> None:
    modules = {
        path.relative_to(ROOT / folder).as_posix()
        for folder in ("generated", "overrides")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {name for name in built.names() if name.endswith(".py")} == modules


def test_it_needs_three_packages(built: Built) -> None:
    lines = built.text("METADATA").splitlines()
    required = [line for line in lines if line.startswith("Requires-Dist") and "extra" not in line]
    needed = {re.split(r"[<>=! ]", line.split(": ")[1])[0] for line in required}
    assert needed == {"attrs", "httpx", "python-dateutil"}


def test_its_metadata_says_what_the_project_says(built: Built) -> None:
    """Version, license, Python, classifiers, extras; and no person's name."""
    told, wanted = email.message_from_string(built.text("METADATA")), project()
    assert told["Version"] == re.findall('"(.*)"', (ROOT / "overrides/chat_completions/_version.py").read_text())[-1]
    assert (told["License-Expression"], told["License-File"]) == ("MIT", "LICENSE")
    assert told["Description-Content-Type"] == "text/markdown"
    assert told["Requires-Python"] == wanted["requires-python"]
    assert told.get_all("Classifier") == wanted["classifiers"]
    extras = wanted["optional-dependencies"]
    assert isinstance(extras, dict)
    assert sorted(told.get_all("Provides-Extra", [])) == sorted(extras)
    for extra, needs in extras.items():
        marked = [line for line in told.get_all("Requires-Dist", []) if f"extra == '{extra}'" in line]
        if extra != "all":
            assert len(marked) == len(needs), extra
    assert told.get_all("Author") == ["the chat-completions-client authors"]
    assert not any(told.get_all(name) for name in ("Author-email", "Maintainer", "Maintainer-email"))


def test_the_extra_all_has_every_other_one_but_ray() -> None:
    extras = project()["optional-dependencies"]
    assert isinstance(extras, dict)
    others = ",".join(sorted({*extras} - {"all", "ray"}))
    assert extras["all"] == [f"chat-completions-client[{others}]"]


@pytest.mark.parametrize("repository", ["", "https://host.example/team/project"])
def test_the_addresses_are_the_publishers(repository: str, tmp_path: Path) -> None:
    """A package index shows the readme where there are no files for its links to lead to."""
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    version = tmp_path / "overrides" / "chat_completions" / "_version.py"
    version.parent.mkdir(parents=True)
    version.write_text('__version__ = "1.2.0"\n')
    settings = tmp_path / "pyproject.toml"
    settings.write_text(re.sub("^repository = .*", f'repository = "{repository}"', settings.read_text(), flags=re.M))
    command = [sys.executable, "-m", "hatchling", "metadata"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    links = re.findall(r"\]\(([^)]+)\)", told["readme"]["text"])
    assert len(links) > 20
    files = f"{repository}/blob/main/" if repository else ""
    for link in links:
        assert link.startswith(
            files or ("docs/", "examples/", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE")
        )
        assert (ROOT / link.removeprefix(files).partition("#")[0]).is_file(), link
    assert set(told.get("urls", {})) == ({"Homepage", "Documentation", "Changelog", "Issues"} if repository else set())


def test_no_classifier_is_made_up() -> None:
    known = pytest.importorskip("trove_classifiers").classifiers
    wanted = project()["classifiers"]
    assert isinstance(wanted, list) and set(wanted) <= known
    assert wanted == sorted(wanted)


def test_the_index_would_take_it(built: Built) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", built.wheel, built.source]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("PASSED") == 2


def test_the_source_distribution_has_what_it_takes_to_build_it(built: Built, tmp_path: Path) -> None:
    """No tests and no tools; what it builds by itself is the wheel, byte for byte."""
    with tarfile.open(built.source) as archive:
        archive.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    needed = {"generated", "overrides", "openapi.yaml", "openapi.lock.json", "overlay.yaml"}
    words = {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "hatch_build.py", "pyproject.toml", ".gitignore"}
    assert {path.name for path in tree.iterdir()} == needed | words
    assert not [path for path in tree.rglob("*") if path.name == "__pycache__"]
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path / "again", tree]
    subprocess.run(command, check=True, capture_output=True)
    (again,) = (tmp_path / "again").iterdir()
    assert again.read_bytes() == built.wheel.read_bytes()


def test_it_works_without_the_project(installed: Installed) -> None:
    assert "Hello" in installed.run("python", "-c", CALL, str(installed.folder))


def test_its_commands_and_its_plugin_are_there(installed: Installed) -> None:
    assert "Usage" in installed.run("chat-completions", "--help")
    scripts = installed.run(
        "python",
        "-c",
        "from importlib.metadata import distribution as d\n"
        "[print(e.group, e.name, e.load().__name__) for e in d('chat-completions-client').entry_points]",
    )
    wanted = project()
    assert isinstance(wanted["scripts"], dict) and isinstance(wanted["entry-points"], dict)
    groups = {"console_scripts": wanted["scripts"], **wanted["entry-points"]}
    assert {tuple(line.split()[:2]) for line in scripts.splitlines()} == {
        (group, name) for group, names in groups.items() for name in names
    }
    assert "chat_completions_server" in installed.run("python", "-m", "pytest", "--quiet", "--fixtures")


def test_tests_of_the_client_pass_without_the_sources(installed: Installed) -> None:
    """The suite's own tests, on the wheel; CI runs more of them before a release."""
    home = installed.folder / "project"
    shutil.copytree(ROOT / "tests", home / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", home)
    where = "import chat_completions as c, chat_completions_api as a; print(c.__file__, a.__file__)"
    assert installed.run("python", "-c", where).count(str(installed.folder)) == 2
    chosen = [home / "tests" / "client" / name for name in ("test_calls.py", "test_ecosystem.py")]
    told = installed.run(
        "python",
        "-m",
        "pytest",
        "--quiet",
        "-k",
        "not httpx2",
        "--rootdir",
        home,
        "-c",
        home / "pyproject.toml",
        *chosen,
    )
    assert " passed" in told
