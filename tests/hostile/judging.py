"""Gives a document to vendor, generate and drift, and judges what comes of it."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import time
import traceback
from pathlib import Path

from tests.drift.minis import small_document
from tools.__main__ import main

SECONDS = 10.0  # of CPU that a command may take for a document
CODES = {"vendor": (0, 1), "generate": (0, 1), "drift": (0, 1, 2, 3, 4)}
SHARED = (
    "expected a",
    " alternatives together",
    " steps; list only",
    "too deeply",
    " form a chain",
)  # what vendor refuses, and generate, too


class Judge:
    """Judges documents in a folder, in which it changes to; `generating` says whether code is generated, too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said = ""  # by the last command
        (folder / "base.json").write_text(json.dumps(small_document()))

    def problem(self, data: bytes, *, generating: bool = True) -> str | None:
        """Return what is wrong with what the tools make of a document; None if nothing is."""
        (self._folder / "in.yaml").write_bytes(data)
        before = self._files()
        vendored, problem = self._ran(["vendor", "--upstream", "in.yaml", "--output", "out.yaml"])
        refused = self._said
        made = {"out.yaml", "out.lock.json"} if vendored == 0 else set()
        if problem is None and self._files() != before | made:
            problem = f"vendor: {sorted(self._files() ^ before)} is left"
        if problem is None:
            _, problem = self._ran(["drift", "--base", "base.json", "--upstream", "in.yaml", "--format", "markdown"])
        if problem is None and vendored == 0:
            code, problem = self._ran(["drift", "--base", "in.yaml", "--upstream", "out.yaml"])
            if problem is None and code != 0:
                problem = f"drift: the slice differs from what it was cut from: {code}"
        if problem is None and (generating or vendored):
            generated, problem = self._ran(["generate", "--spec", "in.yaml", "--output", "made", "--overlay", "none"])
            if problem is None and generated == 0 and any(words in refused for words in SHARED):
                problem = f"generate takes it, but vendor: {refused}"
            if problem is None and generated and (self._folder / "made").exists():
                problem = "generate: a package is left"
        self._clear(before)
        return problem

    def _ran(self, arguments: list[str]) -> tuple[int, str | None]:
        """Run a command; return its exit code, and what is wrong with how it ended."""
        out, err = io.StringIO(), io.StringIO()
        begun = time.process_time()
        try:
            with contextlib.chdir(self._folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(arguments)
        except BaseException:
            return -1, f"{arguments[0]}: {traceback.format_exc(limit=-12)}"
        spent = time.process_time() - begun
        self._said = err.getvalue()
        said = [line for line in err.getvalue().splitlines() if not line.startswith("note: ")]
        if code not in CODES[arguments[0]]:
            return code, f"{arguments[0]}: exit code {code}: {said}"
        if spent > SECONDS:
            return code, f"{arguments[0]}: it took {spent:.1f} s"
        failed = code == max(CODES[arguments[0]])
        if failed and not (len(said) == 1 and said[0].startswith("error: ") and said[0].isprintable()):
            return code, f"{arguments[0]}: it says {said}"
        if not failed and said:
            return code, f"{arguments[0]}: it says {said} and ends with {code}"
        return code, None

    def _files(self) -> set[str]:
        return {path.name for path in self._folder.iterdir()}

    def _clear(self, kept: set[str]) -> None:
        for name in self._files() - kept:
            path = self._folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
