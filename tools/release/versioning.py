"""The package's version, and the one that comes after a change of the contract.

Semantic versioning (2.0.0, sections 4 to 8) of what users' programs and type checkers see: the typed surface.

    level of the change    from 1.0.0 on    before 1.0.0
    breaking               major            minor
    risky, additive        minor            patch
    neutral, or none       patch            patch
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.drift.findings.findings import Level
from tools.errors import ToolError
from tools.files.writing import write_whole

# No leading zeros, no pre-release: what a refresh makes is released as it is.
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)
_ASSIGNMENT = re.compile(r'^(__version__ = ")([^"\n]*)(")$', re.MULTILINE)


def next_version(version: str, level: Level | None) -> str:
    """Return the version that follows a change.

    Args:
        version: The version before: MAJOR.MINOR.PATCH.
        level: The worst level of the change; None if nothing changes.

    Raises:
        ToolError: The version is of another form.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        message = f"the version {version!r} is not MAJOR.MINOR.PATCH; set it to a released version"
        raise ToolError(message)
    major, minor, patch = map(int, match.groups())
    if level == "breaking":
        return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"
    if major and level in ("risky", "additive"):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def read_version(path: Path) -> str:
    """Return the version that a module assigns to `__version__`.

    Raises:
        ToolError: The module has no such line, or more than one.
    """
    return _assigned(path.read_text(encoding="utf-8"), path)[2]


def write_version(path: Path, version: str) -> None:
    """Change the version that a module assigns to `__version__`, and nothing else of it."""
    text = path.read_text(encoding="utf-8")
    match = _assigned(text, path)
    write_whole(path, (text[: match.start(2)] + version + text[match.end(2) :]).encode())


def _assigned(text: str, path: Path) -> re.Match[str]:
    matches = list(_ASSIGNMENT.finditer(text))
    if len(matches) != 1:
        message = f'there are {len(matches)} lines `__version__ = "..."`; there must be one'
        raise ToolError(message, where=path.name)
    return matches[0]
