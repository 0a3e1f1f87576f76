"""What is published imports on every system; `make check` has mypy look for what a system's modules lack."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = (ROOT / "generated" / "chat_completions_api", ROOT / "overrides" / "chat_completions")
WINDOWS = {"_winapi", "msvcrt", "nt", "winreg", "winsound"}
POSIX = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}


def imported(body: list[ast.stmt]) -> Iterator[tuple[str, int]]:
    """Yield the modules that are imported whenever this code is, whatever the system is."""
    for node in body:
        match node:
            case ast.Import():
                yield from ((name.name.partition(".")[0], node.lineno) for name in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0], node.lineno
            case ast.If(test=test):
                if "sys.platform" not in ast.unparse(test):
                    yield from imported([*node.body, *node.orelse])
            case ast.ClassDef() | ast.With():
                yield from imported(node.body)
            case ast.Try():
                if not any("ImportError" in ast.unparse(handler.type or node) for handler in node.handlers):
                    yield from imported([*node.body, *node.orelse, *node.finalbody])


def test_no_module_is_imported_that_a_system_lacks() -> None:
    files = [path for package in PACKAGES for path in package.rglob("*.py")]
    assert len(files) > 150
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in files
        for name, line in imported(ast.parse(path.read_bytes()).body)
        if name in WINDOWS | POSIX
    ]
    assert not found


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import os, fcntl", ["os", "fcntl"]),
        ("from termios import ICANON", ["termios"]),
        ("class A:\n    import pwd", ["pwd"]),
        ("if True:\n    import grp\nelse:\n    import pty", ["grp", "pty"]),
        ("try:\n    import resource\nexcept ImportError:\n    resource = None", []),
        ("try:\n    import resource\nfinally:\n    pass", ["resource"]),
        ("import sys\nif sys.platform == 'win32':\n    import msvcrt", ["sys"]),
        ("def lock():\n    import fcntl", []),
    ],
)
def test_what_counts_as_imported(code: str, names: list[str]) -> None:
    assert [name for name, _ in imported(ast.parse(code).body)] == names


def test_the_lists_name_modules_of_python() -> None:
    assert sys.stdlib_module_names >= WINDOWS | POSIX
