"""`python -m tools refresh`: adopt upstream's current contract, or leave everything unchanged.

    lock      openapi.yaml is what its lock says; a slice that somebody edited has no known origin
    copy      the project, into a temporary folder, in which all the rest happens
    vendor    the slice and its lock; where the slice is the same as before, that is all
    drift     what changed, and which of our code it touches
    generate  the package
    release   the next version, and a section in CHANGELOG.md
    tests     mypy, which shows hand-written code that no longer fits the models, then the tests that do (SELECTION)
    swap in   the results, in the place of what was there: all of them or none

A step that fails ends the command, and so do Ctrl-C and SIGTERM; the project is then as it was, to the byte.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tools import vendor
from tools.document import document as documents
from tools.document import yaml_reader
from tools.drift.findings.findings import LEVELS, Level, Report
from tools.errors import ToolError, printable
from tools.files import swapping
from tools.files.writing import write_whole
from tools.generate import PACKAGE, ROOT
from tools.release import changelog, rehearsing, versioning
from tools.schema.overlay import apply_overlay
from tools.schema.prose import without_prose

SPEC, LOCK, OVERLAY, CHANGELOG = "openapi.yaml", "openapi.lock.json", "overlay.yaml", "CHANGELOG.md"
GENERATED = f"generated/{PACKAGE}"
VERSION = "overrides/chat_completions/_version.py"

# What a refresh changes.
RESULTS = (SPEC, LOCK, GENERATED, CHANGELOG, VERSION)

GENERATE = (sys.executable, "-m", "tools", "generate")
# Tests that a change of the contract can fail: the quick ones, most of which read or write some part of it, and of the
# slow ones those that are marked. They take a few minutes; the pull request's CI runs all. What is about a transport
# is the same over each of them.
SELECTION = ("-m", "contract or not (slow or hypothesis)", "-k", "not httpx2")
WORKERS = ("--numprocesses", str(2 * (os.cpu_count() or 1)), "--dist", "loadfile", "--no-loadscope-reorder")
TESTS = (
    (sys.executable, "-m", "mypy", "--no-error-summary"),
    (sys.executable, "-m", "pytest", "--quiet", *WORKERS, *SELECTION),
)

USAGE_EXIT_CODE = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    vendor.add_upstream_arguments(parser)
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="write the drift report there as Markdown, even if a later step fails",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="do everything but change nothing; print the report and the changelog"
    )
    parser.add_argument("--skip-tests", action="store_true", help="with --dry-run: skip the tests")


def run(args: argparse.Namespace) -> int:
    """Refresh, or report that nothing changed, and return the exit code.

    Raises:
        ToolError: A step failed; nothing was changed.
    """
    if args.skip_tests and not args.dry_run:
        print("error: --skip-tests needs --dry-run: untested results are never swapped in", file=sys.stderr)
        return USAGE_EXIT_CODE
    for name in swapping.put_back(ROOT):
        print(f"note: {name} was half changed by a killed refresh; it is restored", file=sys.stderr)
    with _step("lock"):
        if (ROOT / LOCK).exists():
            vendor.check(ROOT / SPEC, vendor.operations_of(ROOT / SPEC))
    with tempfile.TemporaryDirectory(prefix="refresh-", ignore_cleanup_errors=True) as folder:
        with _step("copy"):
            before = swapping.contents(ROOT, RESULTS)
            copy = rehearsing.copy_project(ROOT, Path(folder))
        with _step("vendor"):
            _vendor(args, copy)
        if (copy / SPEC).read_bytes() == before.get(SPEC):
            print(f"nothing to refresh: {args.upstream} has the contract of {SPEC}")
            return 0
        with _step("drift"):
            report = _compare(copy, args.upstream)
            text = _markdown(report)
            print(printable(report.summary), file=sys.stderr)
            if args.report:
                write_whole(args.report, text.encode())
        with _step("generate"):
            rehearsing.run_in(copy, GENERATE)
            wanting = _wanting_prose(copy)
        with _step("release"):
            old, new = _release(copy, report, before)
            after = swapping.contents(copy, RESULTS)
        if not args.skip_tests:
            with _step("tests"):
                rehearsing.check_imports(copy)
                for command in TESTS:
                    rehearsing.run_in(copy, command)
                if swapping.contents(copy, RESULTS) != after:
                    raise ToolError(f"they changed one of {', '.join(RESULTS)}; tests must only read these")
        if args.dry_run:
            print(text + "\n" + changelog.section((copy / CHANGELOG).read_text(encoding="utf-8"), new))
        else:
            with _step("swap in"):
                if swapping.contents(ROOT, RESULTS) != before:
                    raise ToolError(f"one of {', '.join(RESULTS)} was changed meanwhile; run it again")
                swapping.swap_in_all(copy, ROOT, RESULTS)
    _print_summary(report, f"{old} -> {new}", _changes(before, after), dry_run=args.dry_run)
    for pointer in wanting:
        print(printable(f"note: {OVERLAY} has no sentence for {pointer}"))
    return 0


def _vendor(args: argparse.Namespace, copy: Path) -> None:
    parser = argparse.ArgumentParser()
    vendor.add_arguments(parser)
    arguments = {**vars(parser.parse_args([])), **vars(args), "output": copy / SPEC}
    with contextlib.redirect_stdout(io.StringIO()):  # It would name a file that nobody has.
        vendor.run(argparse.Namespace(**arguments))


def _compare(copy: Path, upstream: str) -> Report:
    """Return what changed between the project's slice and the copy's, which is upstream's: it is fetched once."""
    from tools.drift import report

    return dataclasses.replace(report(ROOT / SPEC, str(copy / SPEC)), upstream=upstream)


def _markdown(report: Report) -> str:
    from tools.drift.formats import FORMATS

    return FORMATS["markdown"](report)


def _wanting_prose(copy: Path) -> list[str]:
    """Return the pointers of what the overlay has no sentence for."""
    document = documents.load((copy / SPEC).read_bytes(), name=SPEC)
    overlay = yaml_reader.read((copy / OVERLAY).read_bytes(), name=OVERLAY)
    return without_prose(apply_overlay(document, overlay).document)


def _release(copy: Path, report: Report, before: dict[str, bytes]) -> tuple[str, str]:
    """Write the next version and its section in the changelog; return the old and the new version."""
    old = versioning.read_version(copy / VERSION)
    new = versioning.next_version(old, worst_level(report))
    versioning.write_version(copy / VERSION, new)
    locks = [vendor.parse_lock(lock) for lock in (before.get(LOCK, b""), (copy / LOCK).read_bytes())]
    wire = changelog.wire_lines(report.findings, *(lock.get("upstream", {}) for lock in locks))
    path = copy / CHANGELOG
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    write_whole(path, changelog.with_release(text, new, datetime.now(UTC).date(), wire).encode())
    return old, new


def worst_level(report: Report) -> Level | None:
    """Return the worst level of all findings: what is acknowledged changes what users have all the same."""
    levels = {finding.level for finding in report.findings}
    return next((level for level in LEVELS if level in levels), None)


def _changes(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """Return the files that changed; of the generated ones, how many."""
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    kinds = Counter(
        "changed" if name in before and name in after else "new" if name in after else "removed"
        for name in changed
        if name.startswith(GENERATED)
    )
    named = [name for name in changed if not name.startswith(GENERATED)]
    counted = ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds))
    return [*named, f"{GENERATED} ({counted})"] if counted else named


def _print_summary(report: Report, versions: str, changes: list[str], *, dry_run: bool) -> None:
    print(printable(report.summary))
    print(f"version: {versions}")
    print(f"{'would change' if dry_run else 'changed'}: {', '.join(changes)}")


@contextlib.contextmanager
def _step(name: str) -> Iterator[None]:
    """Print that a step begins, and which one failed."""
    print(f"refresh: {name}", file=sys.stderr, flush=True)
    try:
        yield
    except swapping.NotPutBack:
        raise
    except (ToolError, OSError) as error:
        raise ToolError(f"{error}; nothing was changed", where=name) from error
