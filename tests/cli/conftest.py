"""The command, and the local server that it talks to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chat_completions.cli.app import run
from chat_completions.local import LocalServer
from tests.cli.commands import Command, Ended, environment


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


@pytest.fixture
def alone(tmp_path: Path) -> Command:
    """The command, with no server."""
    return Command(tmp_path)


@pytest.fixture
def command(tmp_path: Path, server: LocalServer) -> Command:
    """The command, with the local server in OPENAI_BASE_URL."""
    return Command(tmp_path, server.base_url)


@pytest.fixture
def within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Ended]]:
    """The command without a process of its own, for long tables of what it refuses before it does anything."""
    for name in os.environ:
        monkeypatch.delenv(name)
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    with open(os.devnull) as nothing:  # noqa: PTH123 - a descriptor is what the command looks at
        monkeypatch.setattr("sys.stdin", nothing)
        yield lambda *arguments: Ended(run(arguments), *capsys.readouterr())
