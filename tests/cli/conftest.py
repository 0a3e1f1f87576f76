"""The command, and the local server that it talks to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chat_completions.local import LocalServer
from tests.cli.commands import Command, Ended


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
def within(alone: Command) -> Callable[..., Ended]:
    """The command without a process of its own."""
    return alone.within
