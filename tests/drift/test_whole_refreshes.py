"""Whole refreshes, as the daily workflow and a maintainer make them: in clones of this project, with its own tools.

In `make test` a glance stands in for the tests that a refresh runs; `make test-refresh`, which CI has a job for, runs
those as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.drift.test_workflow import BRANCH, GH, Project, _python
from tests.specs import ROOT, Json, obj, ref
from tools.document import document as documents
from tools.document import yaml_writer
from tools.drift.findings.findings import Level
from tools.release import changelog, rehearsing, versioning

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

VERSION = "overrides/chat_completions/_version.py"
CHANGED = ["CHANGELOG.md", "openapi.lock.json", "openapi.yaml", VERSION]
QUICK = """
import sys
from tools import refresh
from tools.__main__ import main
look = "from chat_completions import __version__, models; print('the version is', __version__)"
refresh.TESTS = ((sys.executable, "-c", look),)
sys.exit(main(sys.argv[1:]))
"""


class Clones(Project):
    """Clones of this project, with a remote and everything that the workflow talks to."""

    def check_out(self) -> None:
        """Clone as somebody does who has run `make setup`, but with the environment that runs this."""
        super().check_out()
        python = self.checkout / ".venv" / "bin" / "python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        if "WHOLE_REFRESHES" not in os.environ:
            (self.folder / "quick.py").write_text(QUICK)
            code = f'"$(cat {self.folder / "quick.py"})"'
            quick = f'case "$*" in "-m tools refresh"*) shift 2; exec {sys.executable} -c {code} "$@" ;; esac\n'
            python.write_text(f'#!/bin/sh\n{quick}exec {sys.executable} "$@"\n')
        (self.checkout / ".venv" / ".ready").touch()

    def ran(self, *words: str, **also: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone."""
        environment = {**self.environment(), **also}
        return subprocess.run(words, cwd=self.checkout, env=environment, capture_output=True, text=True, check=False)

    def published(self, upstream: Json) -> subprocess.CompletedProcess[str]:
        """Run the workflow's two steps on a document of upstream's; return what the second one did."""
        self.check_out()
        (self.folder / "calls.json").write_text("[]")
        found = self.ran(
            "bash", ".github/drift-pr", "find", str(self.folder / "found"), UPSTREAM=self.written(upstream)
        )
        assert found.returncode == 0, found.stdout + found.stderr
        return self.ran("bash", ".github/drift-pr", "publish", str(self.folder / "found"), GH_TOKEN="secret")

    def written(self, upstream: Json) -> str:
        """Return a file with a document of upstream's."""
        path = self.folder / "upstream.yaml"
        path.write_text(yaml_writer.write(upstream, comment="Synthetic."), encoding="utf-8")
        return str(path)

    def version(self, revision: str) -> str:
        """Return the client's version in a revision."""
        path = self.folder / "version.py"
        path.write_text(self.git("show", f"{revision}:{VERSION}"))
        return versioning.read_version(path)


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a bare repository that has this project as it lies here, in one commit on main."""
    folder = tmp_path_factory.mktemp("whole")
    made = Clones(folder)
    copy = rehearsing.copy_project(ROOT, folder / "copy")
    (folder / "remote").mkdir()
    made.git("init", "--quiet", "--bare", "--initial-branch=main")
    made.git("init", "--quiet", "--initial-branch=main", at=copy)
    made.git("add", "--all", at=copy)
    made.git("commit", "--quiet", "--message", "x", at=copy)
    made.git("push", "--quiet", str(folder / "remote"), "main", at=copy)
    return folder / "remote"


@pytest.fixture
def clones(tmp_path: Path, remote: Path) -> Clones:
    """Return clones of it, with no pull request."""
    made = Clones(tmp_path)
    made.git("clone", "--quiet", "--bare", str(remote), "remote", at=tmp_path)
    (tmp_path / "gh.py").write_text(GH)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text("#!/bin/sh\n" + _python(tmp_path / "gh.py"))
    (tmp_path / "bin" / "gh").chmod(0o755)
    (tmp_path / "pulls.json").write_text("[]")
    return made


def upstream() -> Json:
    """Return upstream's document as this project has it."""
    return documents.load((ROOT / "openapi.yaml").read_bytes(), name="openapi.yaml")


def added(schemas: Json) -> str:
    """Add what a user may send, and what a server sends; return the latter's name."""
    schemas["CreateChatCompletionRequest"]["allOf"][1]["properties"]["synthetic_budget"] = {"type": "integer"}
    schemas["SyntheticArea"] = obj({"at": {"type": "string"}})
    schemas["CreateChatCompletionResponse"]["properties"]["synthetic_area"] = ref("SyntheticArea")
    return "ChatCompletion.synthetic_area"


def narrowed(schemas: Json) -> str:
    """Forbid what a user may send today; return its name."""
    schemas["WebSearchLocation"]["properties"]["region"]["maxLength"] = 2
    return 'WebSearchLocationParam["region"]'


@pytest.mark.parametrize(
    ("change", "level", "code", "state"),
    [(added, "additive", 0, "success"), (narrowed, "breaking", 1, "failure")],
    ids=["additive", "breaking"],
)
def test_the_workflow_refreshes(
    change: Callable[[Json], str], level: Level, code: int, state: str, clones: Clones
) -> None:
    """The branch has the new tree, one commit on main; the pull request's body is the report, and says no more."""
    document = upstream()
    name = change(document["components"]["schemas"])
    done = clones.published(document)
    assert done.returncode == code, done.stderr
    assert clones.git("rev-parse", f"{BRANCH}^") == clones.git("rev-parse", "main")
    changed = clones.git("diff", "--name-only", "main", BRANCH).splitlines()
    assert [name for name in changed if not name.startswith("generated/")] == CHANGED
    assert any(name.startswith("generated/") for name in changed)
    old, new = clones.version("main"), clones.version(BRANCH)
    assert new == versioning.next_version(old, level)
    entry = changelog.section(clones.on_branch("CHANGELOG.md"), new)
    assert any(line.startswith(f"- **{level}**: ") and name in line for line in entry.splitlines()), entry
    (pull,) = clones.pulls
    assert pull["body"].startswith("# ") and name in pull["body"] and "Not refreshed" not in pull["body"]
    assert clones.statuses() == [(clones.git("rev-parse", BRANCH), state)]


def test_a_correction_that_upstream_made_itself_stops_the_refresh(clones: Clones) -> None:
    """The branch has the slice alone, and the body says which of our corrections to take away."""
    document = upstream()
    document["components"]["schemas"]["ChatCompletionResponseMessage"]["required"].remove("refusal")
    done = clones.published(document)
    assert done.returncode == 1 and "A correction or a name of ours no longer applies" in done.stderr
    assert clones.git("diff", "--name-only", "main", BRANCH).splitlines() == ["openapi.lock.json", "openapi.yaml"]
    (pull,) = clones.pulls
    log = pull["body"].split("## Not refreshed\n")[1]
    assert "error: overlay.yaml#/actions/" in log and "'refusal'" in log
    assert log.rstrip().endswith(
        "error: generate: `python -m tools generate` ended with exit code 1; nothing was changed"
    )


def test_a_maintainer_refreshes(clones: Clones) -> None:
    """`make refresh` leaves one commit's worth of changes, with nothing beside them."""
    clones.check_out()
    document = upstream()
    added(document["components"]["schemas"])
    done = clones.ran("make", "refresh", f"UPSTREAM={clones.written(document)}")
    assert done.returncode == 0, done.stderr[-4000:]
    old, new = clones.version("HEAD"), versioning.read_version(clones.checkout / VERSION)
    assert f"version: {old} -> {new}\n" in done.stdout and new == versioning.next_version(old, "additive")
    clones.git("add", "--all", at=clones.checkout)
    names = clones.git("diff", "--cached", "--name-only", at=clones.checkout).splitlines()
    assert [name for name in names if not name.startswith("generated/")] == CHANGED
    assert "generated/chat_completions_api/models/synthetic_area.py" in names
