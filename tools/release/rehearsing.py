"""A copy of the project to try things in: made in a temporary folder, with commands run in it on its own code."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.errors import ToolError

# What of the copy is imported. The environment's editable installation leads to the original; PYTHONPATH comes first.
IMPORTED = ("generated", "overrides")
PACKAGES = ("chat_completions", "chat_completions_api")

# Recorded documents and traffic, beside the project where somebody has them: tests that want them look there.
RECORDED = "shared"

# How often, and in which intervals, killed processes are looked after; one of somebody else's init may remain a zombie.
_LOOKS, _PAUSE_SECONDS = 100, 0.02

_NEVER = (".git", ".venv", "__pycache__")


def copy_project(root: Path, folder: Path) -> Path:
    """Copy a project into a new folder: what git tracks or would track; without git, all but what it would ignore.

    Args:
        root: The project.
        folder: An empty folder.

    Returns:
        The copy.
    """
    copy = folder.resolve() / (root.name or "project")
    names = _known_to_git(root)
    if "openapi.yaml" in names:
        for name in names:
            if (root / name).is_file():  # Tracked, and perhaps deleted since.
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, copy / name)
    else:
        ignored = root / ".gitignore"
        patterns = [line.strip("/") for line in ignored.read_text(encoding="utf-8").split()] if ignored.exists() else []
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*_NEVER, *patterns))
    recorded = root.resolve().parent / RECORDED
    if recorded.is_dir():
        (copy.parent / RECORDED).symlink_to(recorded, target_is_directory=True)
    return copy


def run_in(copy: Path, command: Sequence[str]) -> None:
    """Run a command in a copy, on the copy's code, with its output on our standard error as it arrives.

    Raises:
        ToolError: It cannot be started, or its exit code is not 0.
    """
    shown = " ".join(["python" if part == sys.executable else part for part in command])
    with _running(copy, command) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", file=sys.stderr, flush=True)
        code = process.wait()
    if code:
        raise ToolError(f"`{shown}` ended with exit code {code}")


def check_imports(copy: Path) -> None:
    """Verify that Python, started anywhere as `run_in` starts it, imports the copy's packages and not the original's.

    Raises:
        ToolError: A package comes from elsewhere.
    """
    code = f"import {', '.join(PACKAGES)}; print({', '.join(f'{name}.__file__' for name in PACKAGES)}, sep='\\n')"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=copy.parent, env=_environment(copy), capture_output=True, check=False)
    if done.returncode:
        reason = next(reversed(done.stderr.decode(errors="replace").splitlines()), "")
        raise ToolError(f"the package cannot be imported: {reason}")
    for file in os.fsdecode(done.stdout).splitlines():
        if not Path(file).resolve().is_relative_to(copy):
            raise ToolError(f"the tests would run on {file}, which is not in the copy {copy}; report this as a bug")


def _known_to_git(root: Path) -> list[str]:
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return []
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name] if not done.returncode else []


def _environment(copy: Path) -> dict[str, str]:
    temporary = copy.parent / "tmp"  # Goes with the copy, whatever the commands leave there.
    temporary.mkdir(exist_ok=True)
    places = os.pathsep.join(str(copy / part) for part in IMPORTED)
    return {**os.environ, "PYTHONPATH": places, "TMPDIR": str(temporary)}


@contextlib.contextmanager
def _running(copy: Path, command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a new process group, which ends when we do, on a signal as well, with all its children."""
    try:
        process = subprocess.Popen(
            command,
            cwd=copy,
            env=_environment(copy),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError(f"cannot be started: {error.strerror}", where=command[0]) from error
    with process:
        try:
            yield process
        except BaseException:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
                for _ in range(_LOOKS):  # Until then they may write into the folder that is about to go.
                    process.poll()
                    os.killpg(process.pid, 0)
                    time.sleep(_PAUSE_SECONDS)
            raise
