"""Releases: the tag has to be the version, the changelog has to know it, and only the workflow's identity publishes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.document import yaml_reader

ROOT = Path(__file__).parent.parent
WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))

CHANGELOG = """\
# Changelog

## [Unreleased]

- Later.

## [1.2.0] - 2030-01-02

### Added

- A lamp.

## [1.1.0] - 2029-01-01

- A wick.
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project of which the version is 1.2.0."""
    (tmp_path / ".github").mkdir()
    shutil.copy(ROOT / ".github" / "release-notes", tmp_path / ".github")
    version = tmp_path / "overrides" / "chat_completions" / "_version.py"
    version.parent.mkdir(parents=True)
    version.write_text('"""The version."""\n\n__version__ = "1.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    return tmp_path


def notes(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The link to the interpreter would be taken for an environment without packages; PYTHONPATH gives it those of this.
    packages = str(Path(pytest.__file__).parent.parent)
    return subprocess.run(
        ["bash", project / ".github" / "release-notes", *arguments],
        cwd=project.parent,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": packages},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_notes_are_the_versions_section(project: Path) -> None:
    result = notes(project, "v1.2.0")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "\n### Added\n\n- A lamp.\n"


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("v1.1.0", "the version is 1.2.0"),
        ("1.2.0", "tag the commit as v1.2.0"),
        ("v1.2.0.post1", "the version is 1.2.0"),
        ("v1x2x0", "the version is 1.2.0"),
        ("", "the tag is"),
    ],
)
def test_another_tag_is_refused(project: Path, tag: str, words: str) -> None:
    result = notes(project, tag)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ") and words in result.stderr


def test_a_version_that_the_changelog_does_not_know_is_refused(project: Path) -> None:
    version = project / "overrides" / "chat_completions" / "_version.py"
    version.write_text('__version__ = "1.3.0"\n')
    assert "CHANGELOG.md has no section for 1.3.0" in notes(project, "v1.3.0").stderr
    version.write_text("__version__ = compute()\n")
    assert "has no version" in notes(project, "v1.3.0").stderr
    assert "usage" in notes(project).stderr


def workflow() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml_reader.read(WORKFLOW.read_bytes(), name=WORKFLOW.name)
    return loaded


def test_only_the_job_that_publishes_has_an_identity_and_nothing_has_a_token_to_publish_with() -> None:
    jobs = workflow()["jobs"]
    assert [name for name, job in jobs.items() if "id-token" in job.get("permissions", {})] == ["publish"]
    assert workflow()["permissions"] == {}
    assert re.findall(r"secrets\.\w+|password:|api-token", WORKFLOW.read_text()) == []
    assert [step["uses"].split("@")[0] for step in jobs["publish"]["steps"]] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ]


def test_what_is_tested_is_what_is_published() -> None:
    """It is built once, in the first job; the others take it from there, and publishing waits for both."""
    jobs = workflow()["jobs"]
    builds = [name for name, job in jobs.items() if any("make dist" in step.get("run", "") for step in job["steps"])]
    assert builds == ["build"]
    assert (jobs["test"]["needs"], jobs["publish"]["needs"], jobs["announce"]["needs"]) == (
        "build",
        ["build", "test"],
        "publish",
    )
    assert jobs["publish"]["if"] == "github.ref_type == 'tag'"
    runs = [step.get("run", "") for step in jobs["test"]["steps"]]
    assert "rm -rf generated overrides" in runs and any(".whl" in run for run in runs)
    assert any(run.endswith('"$(echo dist/*.whl)[all]"\n') for run in runs)


@pytest.mark.parametrize(("repository", "code"), [("", 1), ("https://host.example/project", 0)])
def test_without_an_address_nothing_is_published(repository: str, code: int, tmp_path: Path) -> None:
    (step,) = [step for step in workflow()["jobs"]["build"]["steps"] if "address" in step.get("name", "")]
    assert step["if"] == "github.ref_type == 'tag'"
    text = (ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(text.replace('repository = ""', f'repository = "{repository}"'))
    assert subprocess.run(["bash", "-ec", step["run"]], cwd=tmp_path, capture_output=True).returncode == code


def test_targets_that_workflows_and_guides_name_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for path in (*(ROOT / ".github").rglob("*.*"), ROOT / "CONTRIBUTING.md", ROOT / "README.md"):
        if path.is_file():
            named = re.findall(r"(?:run: |`|^)make ([a-z-]+)", path.read_text(), re.M)
            assert set(named) <= targets, path


def test_folders_that_the_guide_names_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    folder = "overrides/chat_completions/"
    for name in re.findall(r"`([\w./-]+/)`", text):
        assert (ROOT / name).is_dir() or (ROOT / folder / name).is_dir(), name
    for name in re.findall(r"`([\w./-]+\.\w+)`", text):
        found = [ROOT / name, ROOT / ".github" / "workflows" / name]
        assert any(path.exists() for path in found), name


@pytest.mark.parametrize("form", [form for form in FORMS if form.name != "config.yml"], ids=lambda form: form.stem)
def test_forms_are_whole(form: Path) -> None:
    """As GitHub wants them: a name, a description, and inputs with labels and ids of their own."""
    loaded = yaml_reader.read(form.read_bytes(), name=form.name)
    assert loaded["name"] and loaded["description"] and loaded["body"]
    inputs = [item for item in loaded["body"] if item["type"] != "markdown"]
    assert inputs and all(item["attributes"]["label"] for item in inputs)
    ids = [item["id"] for item in inputs]
    assert len(ids) == len(set(ids))
    assert {item["type"] for item in loaded["body"]} <= {"markdown", "textarea", "input", "dropdown", "checkboxes"}
