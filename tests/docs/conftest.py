"""The site, built once for all tests: into the folder that DOCS_SITE names, or a temporary one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import DOCS, ROOT

# Every warning is an error, a name that leads nowhere is a warning, and no page is taken from an earlier build.
STRICT = ("--builder", "html", "--fail-on-warning", "--keep-going", "--nitpicky", "--fresh-env", "--quiet")


def build(source: Path, site: Path) -> subprocess.Popen[str]:
    """Begin to build a site, strictly."""
    command = [sys.executable, "-m", "sphinx", *STRICT, str(source), str(site)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site, and give its folder."""
    named = os.environ.get("DOCS_SITE")
    if named or "PYTEST_XDIST_WORKER" not in os.environ:
        folder = ROOT / named if named else tmp_path_factory.mktemp("site")
        build_whole(folder)
        return folder
    # The processes that share the tests build it once.
    import fcntl

    folder = tmp_path_factory.getbasetemp().parent / "site"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            being_built = folder.with_suffix(".new")
            build_whole(being_built)
            being_built.rename(folder)
    return folder


def build_whole(folder: Path) -> None:
    with build(DOCS, folder) as process:
        _, warnings = process.communicate()
    assert process.returncode == 0, warnings
