"""Compare a folder with its expected content, and put a new one in its place."""

from __future__ import annotations

import difflib
import shutil
import tempfile
from pathlib import Path

from tools.errors import ToolError


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder by its relative path; Python's own caches do not count."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}".encode()
        elif path.is_file() and not (path.parent.name == "__pycache__" and path.suffix == ".pyc"):
            found[name] = path.read_bytes()
    return found


def differences(expected: Path, actual: Path) -> list[str]:
    """Return the lines of a unified diff that turns `actual` into `expected`; none where they are equal.

    Files that only one side has count as much as files that differ.
    """
    wanted, found = files_of(expected), files_of(actual) if actual.is_dir() else {}
    lines: list[str] = []
    for name in sorted({*wanted, *found}):
        before, after = found.get(name), wanted.get(name)
        if before == after:
            continue
        sides = (
            f"{actual.name}/{name}" if before is not None else "/dev/null",
            f"generated anew/{name}" if after is not None else "/dev/null",
        )
        try:
            texts = [side.decode().splitlines() if side is not None else [] for side in (before, after)]
        except UnicodeDecodeError:
            lines += [f"--- {sides[0]}", f"+++ {sides[1]}", "binary contents differ"]
            continue
        diff = list(difflib.unified_diff(texts[0], texts[1], *sides, lineterm=""))
        # Line ends and empty files differ without a line that does.
        lines += diff or [f"--- {sides[0]}", f"+++ {sides[1]}", "the same lines, but not the same bytes"]
    return lines


def swap_in(new: Path, place: Path) -> None:
    """Put a folder in the place of another one, whole: the old one stays until the new one is complete.

    Raises:
        ToolError: A file is in the way.
    """
    place = place.resolve()  # a link stays a link
    if place.exists() and not place.is_dir():
        raise ToolError("this is not a directory, so it is not replaced; use another path", where=str(place))
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        shutil.copytree(new, beside / "new")
        if place.exists():
            place.rename(beside / "old")
        try:
            (beside / "new").rename(place)
        except BaseException:
            if (beside / "old").exists():
                (beside / "old").rename(place)
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
