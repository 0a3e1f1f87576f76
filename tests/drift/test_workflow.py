"""The drift workflow: its script against a real git remote, with a `gh` and tools that only pretend."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tools.__main__ import COMMANDS
from tools.document import yaml_reader

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".github" / "drift-pr"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
BRANCH = "drift/upstream"
PULLS = "repos/owner/name/pulls"

# The project's tools as the script sees them. An upstream document is JSON: what the comparison ends with, the slice,
# and whether the refresh goes through.
TOOLS = """\
import json, sys
from pathlib import Path

command, options = sys.argv[3], dict(option.split("=", 1) for option in sys.argv[4:])
upstream = json.loads(Path(options["--upstream"]).read_text())
slice_, lock = upstream["slice"], f"lock of {upstream['slice']}"
if command == "drift":
    assert options["--format"] == "markdown"
    if upstream["code"] < 4:
        Path(options["--output"]).write_text(f"# drift: report of {slice_}\\n")
    sys.exit(upstream["code"])
elif command == "vendor":
    if not slice_:
        sys.exit("error: no operation")
    output = Path(options["--output"])
    assert output.with_name("openapi.lock.json").exists()
    output.write_text(slice_)
    output.with_name("openapi.lock.json").write_text(lock)
elif command == "refresh":
    print("refresh: begins")
    if not upstream.get("refresh", True):
        print("```\\n<b> \\x1b[31m@someone \\u202e\\n" + "long line\\n" * 10_000, file=sys.stderr)
        sys.exit("error: tests: `pytest` ended with exit code 1; nothing was changed")
    if slice_ != Path("openapi.yaml").read_text():
        Path("openapi.yaml").write_text(slice_)
        Path("openapi.lock.json").write_text(lock)
        Path("generated").mkdir(exist_ok=True)
        Path("generated/new.py").write_text(slice_)
"""

# `gh api`, with the pull requests in a file. What it does not know fails.
GH = """\
import json, os, re, sys
from pathlib import Path

folder = Path(os.environ["GH_FOLDER"])
assert os.environ["GH_TOKEN"] == "secret"
calls, pulls = (json.loads((folder / name).read_text()) for name in ("calls.json", "pulls.json"))
api, *rest = sys.argv[1:]
assert api == "api"
method, fields, place = None, {}, None
while rest:
    word = rest.pop(0)
    if word in ("-f", "-F"):
        key, value = rest.pop(0).split("=", 1)
        fields[key] = Path(value[1:]).read_text() if word == "-F" and value[0] == "@" else value
    elif word == "--method":
        method = rest.pop(0)
    elif word == "--jq":
        assert rest.pop(0) == '.[] | "\\\\(.number) \\\\(.state)"'
    elif word != "--silent":
        assert place is None, word
        place = word
method = method or ("POST" if fields else "GET")
calls.append([method, place, fields])
if method == "GET" and place == (
    "repos/owner/name/pulls?state=all&head=owner:drift/upstream&base=main&sort=created&direction=desc&per_page=1"
):
    for pull in pulls[-1:]:
        print(pull["number"], pull["state"])
elif method == "POST" and place == "repos/owner/name/pulls":
    if "MAY_NOT" in os.environ:
        sys.exit("gh: GitHub Actions is not permitted to create or approve pull requests")
    assert not any(pull["state"] == "open" for pull in pulls)
    pulls.append({"number": len(pulls) + 7, "state": "open", **fields})
elif method == "PATCH" and (found := re.fullmatch("repos/owner/name/pulls/([0-9]+)", place)):
    pulls[int(found[1]) - 7].update(fields)
elif method == "POST" and re.fullmatch("repos/owner/name/statuses/[0-9a-f]{40}", place):
    assert fields["state"] in ("success", "failure") and len(fields["description"]) <= 140
else:
    sys.exit(f"gh: no such call: {method} {place}")
for name, value in (("calls.json", calls), ("pulls.json", pulls)):
    (folder / name).write_text(json.dumps(value))
"""


@dataclass
class Project:
    """A checkout with a remote, and everything that the script talks to.

    Attributes:
        folder: Where all of it lies.
        checkout: The work tree in which the script runs; made anew for each run, as a runner does.
    """

    folder: Path

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    def environment(self) -> dict[str, str]:
        """Return an environment in which git and gh are as on a fresh machine."""
        return {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GH_FOLDER": str(self.folder),
            "GITHUB_REPOSITORY": "owner/name",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "42",
        }

    def git(self, *arguments: str, at: Path | None = None) -> str:
        """Run git and return what it says."""
        who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        command = ["git", *who, *arguments]
        environment, at = self.environment(), at or self.folder / "remote"
        done = subprocess.run(command, cwd=at, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit_to_main(self, files: dict[str, str]) -> None:
        """Put files on the remote's main branch, as a merge does."""
        work = self.folder / "work"
        if not work.exists():
            self.git("clone", "--quiet", "remote", "work", at=self.folder)
            self.git("switch", "--quiet", "--create", "main", at=work)
        for name, text in files.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text(text)
        self.git("add", "--all", at=work)
        self.git("commit", "--quiet", "--message", "x", at=work)
        self.git("push", "--quiet", "origin", "main", at=work)

    def check_out(self) -> None:
        """Clone as the workflow does: shallow, and with an environment of its own."""
        shutil.rmtree(self.checkout, ignore_errors=True)
        remote = f"file://{self.folder / 'remote'}"
        self.git("clone", "--quiet", "--depth=1", "--branch=main", remote, str(self.checkout), at=self.folder)
        python = self.checkout / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\ntest "$1" != -c || cd {ROOT}\n' + _python(self.folder / "tools.py", code=True))
        python.chmod(0o755)

    def run(self, command: str, **also: str) -> subprocess.CompletedProcess[str]:
        """Run one command of the script."""
        words = ["bash", ".github/drift-pr", command, str(self.folder / "found")]
        environment = {**self.environment(), **also}
        return subprocess.run(
            words, cwd=self.checkout, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    def follow(self, *, code: int = 0, **upstream: Any) -> subprocess.CompletedProcess[str]:
        """Run the workflow's two steps on an upstream document; return what the second one did."""
        (self.folder / "upstream.json").write_text(json.dumps({"code": code, **upstream}))
        self.check_out()
        (self.folder / "calls.json").write_text("[]")
        found = self.run("find", UPSTREAM=str(self.folder / "upstream.json"))
        assert found.returncode == 0, found.stderr
        assert self.calls == [], "the first step has no token"
        done = self.run("publish", GH_TOKEN="secret")
        assert done.returncode in (0, 1), done.stderr
        return done

    @property
    def calls(self) -> list[list[Any]]:
        return list(json.loads((self.folder / "calls.json").read_text()))

    @property
    def pulls(self) -> list[dict[str, Any]]:
        return list(json.loads((self.folder / "pulls.json").read_text()))

    @property
    def branches(self) -> list[str]:
        return self.git("for-each-ref", "--format=%(refname:short)").splitlines()

    def on_branch(self, file: str) -> str:
        """Return a file of the standing branch."""
        return self.git("show", f"{BRANCH}:{file}")

    def statuses(self) -> list[tuple[str, str]]:
        """Return the commits that got a status in the last run, each with its state."""
        return [(place[-40:], fields["state"]) for _, place, fields in self.calls if "/statuses/" in place]


def _python(file: Path, *, code: bool = False) -> str:
    """Return a line of shell that runs a Python file; with `code`, arguments that begin with -c are Python's own."""
    run = f'exec {sys.executable} {file} "$@"\n'
    return f'case "$1" in -c) exec {sys.executable} "$@" ;; esac\n{run}' if code else run


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project whose slice is `ours`, with no pull request."""
    made = Project(tmp_path)
    (tmp_path / "tools.py").write_text(TOOLS)
    (tmp_path / "gh.py").write_text(GH)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text("#!/bin/sh\n" + _python(tmp_path / "gh.py"))
    (tmp_path / "bin" / "gh").chmod(0o755)
    (tmp_path / "pulls.json").write_text("[]")
    (tmp_path / "remote").mkdir()
    made.git("init", "--quiet", "--bare", "--initial-branch=main")
    script = SCRIPT.read_text()
    made.commit_to_main(
        {
            ".github/drift-pr": script,
            "openapi.yaml": "ours",
            "openapi.lock.json": "lock of ours",
            ".gitignore": ".venv/\n",
        }
    )
    return made


def test_nothing_that_upstream_says_is_a_command_of_the_runner(project: Project) -> None:
    """On GitHub all that the first step prints stands between the stop of commands and its secret end."""
    for code, expected in ((1, 0), (7, 7)):
        (project.folder / "upstream.json").write_text(json.dumps({"code": code, "slice": "##[error]x\n::error::y"}))
        project.check_out()
        done = project.run("find", UPSTREAM=str(project.folder / "upstream.json"), GITHUB_ACTIONS="true")
        assert done.returncode == expected, done.stderr
        first, *_, last = done.stdout.splitlines()
        token = first.removeprefix("::stop-commands::")
        assert len(token) >= 32 and last == f"::{token}::" and done.stdout.count(token) == 2


def test_no_change_makes_nothing(project: Project) -> None:
    """Where the slice is the same there is no branch, no pull request and no status."""
    done = project.follow(slice="ours")
    assert done.returncode == 0
    assert project.branches == ["main"] and project.pulls == []
    assert [method for method, _, _ in project.calls] == ["GET"]


def test_a_change_makes_a_branch_and_a_pull_request(project: Project) -> None:
    """The branch is one commit on main with what the refresh gave; the pull request's body is the report."""
    done = project.follow(slice="theirs", code=1)
    assert done.returncode == 0, done.stderr
    assert project.branches == [BRANCH, "main"]
    assert project.git("rev-parse", f"{BRANCH}^") == project.git("rev-parse", "main")
    assert project.git("log", "-1", "--format=%an %s", BRANCH) == "github-actions[bot] Follow upstream's contract"
    changed = project.git("diff", "--name-only", "main", BRANCH).splitlines()
    assert changed == ["generated/new.py", "openapi.lock.json", "openapi.yaml"]
    (pull,) = project.pulls
    assert pull["body"].startswith("# drift: report of theirs\n") and "Not refreshed" not in pull["body"]
    assert (pull["head"], pull["base"], pull["title"]) == (BRANCH, "main", "Follow upstream's contract")
    assert project.statuses() == [(project.git("rev-parse", BRANCH), "success")]
    assert "https://github.com/owner/name/actions/runs/42" in str(project.calls)


def test_another_change_edits_the_same_pull_request(project: Project) -> None:
    """There is one branch and one pull request, however often upstream changes."""
    project.follow(slice="theirs", code=1)
    first = project.git("rev-parse", BRANCH)
    project.follow(slice="newer")
    assert project.on_branch("openapi.yaml") == project.on_branch("generated/new.py") == "newer"
    assert project.git("rev-parse", f"{BRANCH}^") == project.git("rev-parse", "main") != first
    (pull,) = project.pulls
    assert pull["body"].startswith("# drift: report of newer") and pull["state"] == "open"


def test_the_same_change_again_pushes_nothing(project: Project) -> None:
    """A day without news leaves the branch alone; when main moved on, the branch follows it."""
    project.follow(slice="theirs")
    first = project.git("rev-parse", BRANCH)
    project.follow(slice="theirs")
    assert project.git("rev-parse", BRANCH) == first
    assert project.statuses() == [(first, "success")] and len(project.pulls) == 1
    project.commit_to_main({"other.txt": "x"})
    project.follow(slice="theirs")
    assert project.on_branch("other.txt") == "x" and project.on_branch("openapi.yaml") == "theirs"
    assert project.git("rev-parse", f"{BRANCH}^") == project.git("rev-parse", "main")


def test_equal_again_closes_the_pull_request(project: Project) -> None:
    """Whether upstream took its change back or ours was merged, the pull request and the branch go."""
    project.follow(slice="theirs")
    assert project.follow(slice="ours").returncode == 0
    (pull,) = project.pulls
    assert pull["state"] == "closed" and pull["body"] == "# drift: report of ours\n"
    assert project.branches == ["main"]
    project.follow(slice="ours")
    assert [method for method, _, _ in project.calls] == ["GET"], "there is nothing left to close"
    project.follow(slice="theirs")
    assert [pull["state"] for pull in project.pulls] == ["closed", "open"]


def test_what_a_person_closed_stays_closed_until_upstream_changes_again(project: Project) -> None:
    """The same contract does not come back every day; the next one does."""
    project.follow(slice="theirs")
    closed = [{**project.pulls[0], "state": "closed"}]
    (project.folder / "pulls.json").write_text(json.dumps(closed))
    project.commit_to_main({"other.txt": "x"})
    done = project.follow(slice="theirs")
    assert "stays closed" in done.stdout
    assert project.pulls == closed and [method for method, _, _ in project.calls] == ["GET"]
    project.follow(slice="newer")
    assert [pull["state"] for pull in project.pulls] == ["closed", "open"]


@pytest.mark.parametrize(("code", "reason"), [(2, "Upstream breaks the contract"), (3, "no longer applies")])
def test_breaking_is_red(project: Project, code: int, reason: str) -> None:
    """The job fails and the branch's head has a failed status, with the reason; the pull request is there."""
    for slice_ in ("theirs", "newer"):
        done = project.follow(slice=slice_, code=code)
        assert done.returncode == 1 and reason in done.stderr
        assert project.statuses() == [(project.git("rev-parse", BRANCH), "failure")]
        assert reason in str(project.calls)
    assert len(project.pulls) == 1 and project.on_branch("generated/new.py") == "newer"
    assert project.follow(slice="newer").returncode == 0, "acknowledged meanwhile"
    assert project.statuses() == [(project.git("rev-parse", BRANCH), "success")]


def test_a_failed_refresh_still_shows_the_change(project: Project) -> None:
    """The branch has the slice and its lock alone; the body has the end of the log, as code and within bounds."""
    done = project.follow(slice="theirs", code=1, refresh=False)
    assert done.returncode == 1 and "could not be refreshed" in done.stderr
    assert project.statuses() == [(project.git("rev-parse", BRANCH), "failure")]
    changed = project.git("diff", "--name-only", "main", BRANCH).splitlines()
    assert changed == ["openapi.lock.json", "openapi.yaml"]
    assert project.on_branch("openapi.lock.json") == "lock of theirs"
    body = project.pulls[0]["body"]
    report, log = body.split("## Not refreshed\n")
    assert report.startswith("# drift: report of theirs")
    said, log = log.strip("\n").split("\n\n", 1)
    assert "`make refresh` failed" in said
    assert log.endswith("    error: tests: `pytest` ended with exit code 1; nothing was changed")
    assert all(line.startswith("    ") and line.isprintable() for line in log.split("\n"))
    assert len(log) < 4_000


@pytest.mark.parametrize("code", [4, 64, 130])
def test_an_unreadable_upstream_changes_nothing(project: Project, code: int) -> None:
    """The first step fails, so that the second one never runs: what stood yesterday stands."""
    (project.folder / "upstream.json").write_text(json.dumps({"code": code, "slice": "theirs"}))
    project.check_out()
    done = project.run("find", UPSTREAM=str(project.folder / "upstream.json"))
    assert done.returncode == code
    assert done.stderr == f"error: the comparison ended with exit code {code}; nothing was changed\n"
    assert project.git("status", "--porcelain", at=project.checkout) == ""


def test_an_upstream_without_our_operations(project: Project) -> None:
    """There is nothing to put on a branch: the job fails, and its log and summary have the report."""
    (project.folder / "upstream.json").write_text(json.dumps({"code": 2, "slice": ""}))
    project.check_out()
    summary = project.folder / "summary.md"
    done = project.run("find", UPSTREAM=str(project.folder / "upstream.json"), GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 1 and "the report above says what is gone" in done.stderr
    assert "# drift: report of" in done.stdout and "# drift: report of" in summary.read_text()


def test_without_an_upstream_its_newest_commit_is_taken(project: Project) -> None:
    """The address has the commit in it, so that every step reads the same bytes and the lock knows the commit."""
    head = project.git("rev-parse", "main")
    project.check_out()
    config = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_VALUE_0": "https://github.com/openai/openai-openapi"}
    config["GIT_CONFIG_KEY_0"] = f"url.file://{project.folder / 'remote'}.insteadOf"
    done = project.run("find", **config)
    address = f"https://raw.githubusercontent.com/openai/openai-openapi/{head}/openapi.yaml"
    assert f"No such file or directory: {address!r}" in done.stderr.replace("https:/raw", "https://raw")
    config["GIT_CONFIG_KEY_0"] = "url.file:///nowhere.insteadOf"
    done = project.run("find", **config)
    assert done.returncode == 4 and "upstream's newest commit cannot be had" in done.stderr


def test_pull_requests_that_are_not_allowed(project: Project) -> None:
    """The message says which setting is missing; the branch is there all the same, and the next run makes it good."""
    project.follow(slice="theirs")
    (project.folder / "pulls.json").write_text("[]")
    done = project.run("publish", GH_TOKEN="secret", MAY_NOT="1")
    assert done.returncode == 1 and "may GitHub Actions create them" in done.stderr
    project.follow(slice="theirs")
    assert [pull["state"] for pull in project.pulls] == ["open"]


def test_a_push_by_somebody_else_is_not_lost(project: Project) -> None:
    """What was pushed to the branch between looking and pushing stops the script."""
    project.follow(slice="theirs")
    git = shutil.which("git")
    wrapper = project.folder / "bin" / "git"
    moving = f"{git} -C {project.folder / 'remote'} update-ref refs/heads/{BRANCH} main"
    wrapper.write_text(f'#!/bin/sh\ncase "$*" in *commit-tree*) {moving} ;; esac\nexec {git} "$@"\n')
    wrapper.chmod(0o755)
    (project.folder / "upstream.json").write_text(json.dumps({"code": 0, "slice": "newer"}))
    project.check_out()
    assert project.run("find", UPSTREAM=str(project.folder / "upstream.json")).returncode == 0
    done = project.run("publish", GH_TOKEN="secret")
    assert done.returncode == 1 and "stale info" in done.stderr
    assert project.git("rev-parse", BRANCH) == project.git("rev-parse", "main")


@pytest.mark.parametrize("words", [[], ["find"], ["lose", "x"], ["find", "x", "y"]])
def test_wrong_usage(project: Project, words: list[str]) -> None:
    """It exits with 64 and says what is right."""
    project.check_out()
    command = ["bash", ".github/drift-pr", *words]
    done = subprocess.run(command, cwd=project.checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 64 and done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


# The workflow files


def _workflow(path: Path) -> dict[str, Any]:
    return dict(yaml_reader.read(path.read_bytes(), name=path.name))


def _steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", [path for path in WORKFLOWS if path.name != "release.yml"], ids=lambda path: path.name)
def test_workflows_call_what_there_is(path: Path) -> None:
    """Every step runs a target of the Makefile, a script of ours or git; tests/test_release.py has the release's."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for step in _steps(_workflow(path)):
        if "uses" in step:
            assert re.fullmatch(r"actions/(checkout|setup-python)@\w+", step["uses"])
            continue
        for line in step["run"].splitlines():
            command, first, *_ = shlex.split(line)
            assert command in ("make", "bash", "git")
            assert first in targets if command == "make" else command == "git" or (ROOT / first).is_file()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_and_checkouts_keep_no_credentials(path: Path) -> None:
    """A tag can be moved, a commit cannot; the version beside it is what dependabot updates."""
    lines = [line for line in path.read_text().splitlines() if " uses: " in line]
    assert lines
    for line in lines:
        assert re.fullmatch(r" +- uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    for step in _steps(_workflow(path)):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_nothing_from_outside_is_written_into_a_script(path: Path) -> None:
    """An expression is replaced before the shell reads the line, so that it could be code: it goes through `env`."""
    for step in _steps(_workflow(path)):
        assert "${{" not in step.get("run", "")


def test_the_drift_workflow_may_do_no_more_than_it_needs() -> None:
    """Only its job has rights, only its last step has the token, and no two runs meet."""
    workflow = _workflow(ROOT / ".github" / "workflows" / "drift.yml")
    assert workflow["permissions"] == {} and workflow["concurrency"]["group"]
    assert workflow["on"]["schedule"] and "workflow_dispatch" in workflow["on"]
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "write", "pull-requests": "write", "statuses": "write"}
    assert job["if"] == "github.ref == 'refs/heads/main'" and job["timeout-minutes"]
    with_token = [step["name"] for step in job["steps"] if "token" in str(step.get("env", ""))]
    assert with_token == [job["steps"][-1]["name"]]
    assert job["steps"][0]["with"]["persist-credentials"] is False


def test_ci_names_the_offline_checks() -> None:
    """The lock and the generated tree are steps of their own, so that a red one says what is wrong."""
    steps = [step.get("run") for step in _steps(_workflow(ROOT / ".github" / "workflows" / "ci.yml"))]
    assert {"make check-lock", "make check-generated"} <= set(steps)


def test_the_script_calls_commands_and_options_that_there_are() -> None:
    """The tools that the tests above pretend to be have these names and options."""
    calls = re.findall(r"\btools (drift|vendor|refresh)((?: --[a-z]+=\S+)+)", SCRIPT.read_text())
    assert {name for name, _ in calls} == {"drift", "vendor", "refresh"} <= set(COMMANDS)
    for name, options in calls:
        parser = argparse.ArgumentParser()
        import_module(f"tools.{name}").add_arguments(parser)
        parser.parse_args(shlex.split(options))
