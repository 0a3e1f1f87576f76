"""Put new files and folders in the place of old ones: all of them or none, even if the process is killed between two.

A folder next to them holds files in transit: `new/` what has not been moved in yet, `old/` what was moved out. When
all is done, `old/` gets another name; until then the next refresh sees from the folder what to put back.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tools.errors import ToolError
from tools.files.trees import files_of

PREFIX = ".refresh-"


class NotPutBack(ToolError):
    """A swap failed half-way, and what was moved out could not be moved back."""


def contents(root: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Return the content of every file in some files and folders of a tree, by its path from the root."""
    found: dict[str, bytes] = {}
    for name in names:
        place = root / name
        if place.is_dir():
            found |= {f"{name}/{inside}": content for inside, content in files_of(place).items()}
        elif place.exists():
            found[name] = place.read_bytes()
    return found


def swap_in_all(new: Path, root: Path, names: Sequence[str]) -> None:
    """Put files and folders of one tree in the place of another tree's.

    Args:
        new: The tree that has the new ones.
        root: The tree that gets them.
        names: Their paths, the same in both trees.

    Raises:
        OSError: It cannot be done; nothing was changed.
        NotPutBack: It cannot be done, and neither can it be undone.
    """
    staging = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
    try:
        for name in names:
            _copy(new / name, staging / "new" / name)
        (staging / "names").write_text("\n".join(names), encoding="utf-8")
        (staging / "old").mkdir()
        for name in names:
            (staging / "old" / name).parent.mkdir(parents=True, exist_ok=True)
            place = (root / name).resolve()  # a link stays a link
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.exists():
                place.rename(staging / "old" / name)
            (staging / "new" / name).rename(place)
        (staging / "old").rename(staging / "done")
    except BaseException as error:
        try:
            put_back(root)
        except OSError as failure:
            message = f"the old files cannot be restored: {failure}; the next refresh tries again"
            raise NotPutBack(message, where=staging.name) from error
        raise
    shutil.rmtree(staging, ignore_errors=True)


def put_back(root: Path) -> list[str]:
    """Undo every unfinished swap and return the paths that were put back."""
    names = []
    for staging in root.glob(f"{PREFIX}*"):
        # Without `old` nothing was moved yet, or everything was.
        if (staging / "old").is_dir():
            for name in (staging / "names").read_text(encoding="utf-8").splitlines():
                place, old, new = (root / name).resolve(), staging / "old" / name, staging / "new" / name
                if place.exists() and not new.exists():
                    place.rename(new)
                    names.append(name)
                if old.exists():
                    old.rename(place)
            (staging / "old").rename(staging / "undone")
        shutil.rmtree(staging, ignore_errors=True)
    return names


def _copy(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, place)
