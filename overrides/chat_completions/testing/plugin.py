"""The pytest plugin: `chat_completions_server`, `chat_completions_client` and `chat_completions_cassette`.

Every pytest run in an environment with this package loads it, so it imports nothing before a fixture is used, and only
uses hooks that all versions of pytest have.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chat_completions import Client

    from .cassette import Cassette
    from .server import ScriptedServer

_MODES = ("replay", "new", "rewrite")
# The attribute of a test with the servers and cassettes to verify at its end.
_CHECKED = "_chat_completions_checked"
_CLEARED = ("AZURE_OPENAI_AD_TOKEN", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID")


def pytest_addoption(parser: Any) -> None:
    """Add the command-line option and the configuration setting."""
    group = parser.getgroup("chat-completions", "chat completions")
    group.addoption(
        "--chat-completions-record",
        choices=_MODES,
        default="replay",
        help="cassettes: only replay (the default), record missing ones (new), or record all of them (rewrite)",
    )
    parser.addini("chat_completions_exact", "whether tests must use every script and cassette exactly", "bool", False)


def pytest_configure(config: Any) -> None:
    """Register the markers."""
    config.addinivalue_line(
        "markers", "chat_completions_server(**settings): arguments of the fixture's ScriptedServer, such as exact=True"
    )
    config.addinivalue_line(
        "markers",
        "chat_completions_cassette(path=None, *, exact=False, secret_names=(), secret_values=(), speed=None):"
        " the fixture's file, relative to the test's folder, and its settings",
    )


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: Any) -> None:
    """Fail a test that passed but did not use its script or cassette as required."""
    for checked, options in getattr(item, _CHECKED, ()):
        fault = None
        try:
            checked.verify(**options)
        except checked._Error as error:
            fault = str(error)
        if fault is not None:
            pytest.fail(fault, pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Iterator[None]:
    """Show the requests of a failed test and what answered them."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for checked, _ in getattr(item, _CHECKED, ()):
            report.sections.append((f"Chat completions: {checked!r}", checked.account()))


@pytest.fixture
def chat_completions_server(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ScriptedServer]:
    """Run a `ScriptedServer`, and set the environment so that `Client()` and other clients use it."""
    from .server import ScriptedServer

    settings = _settings(request, "chat_completions_server")
    settings.setdefault("exact", request.config.getini("chat_completions_exact"))
    missing = ""
    try:
        server = ScriptedServer(**settings)
    except ImportError as error:
        missing = str(error)
    if missing:
        pytest.fail(f"the fixture chat_completions_server cannot be created: {missing}", pytrace=False)
    server.start()
    try:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        for name in _CLEARED:
            monkeypatch.delenv(name, raising=False)
        _bypass_proxies(monkeypatch)
        with _checked_at_the_end(request, server):
            yield server
    finally:
        server.close()


@pytest.fixture
def chat_completions_client(chat_completions_server: ScriptedServer) -> Iterator[Client]:
    """Yield a `Client` of the server from `chat_completions_server`."""
    from chat_completions import Client

    with Client() as client:
        yield client


@pytest.fixture
def chat_completions_cassette(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cassette]:
    """Replay or record the test's cassette, for all httpx and httpx2 clients of the process."""
    from .cassette import record, replay

    settings = _settings(request, "chat_completions_cassette", "path")
    exact = settings.pop("exact", request.config.getini("chat_completions_exact"))
    speed = settings.pop("speed", None)
    path = _cassette_path(request, settings.pop("path", None))
    mode = request.config.getoption("--chat-completions-record")
    if mode == "rewrite" or (mode == "new" and not path.exists()):
        cassette = record(path, **settings)
    elif path.exists():
        cassette = replay(path, speed=speed, **settings)
        # Without the settings that were used to record, use the recorded base URL and a placeholder key.
        if cassette.exchanges and not os.environ.get("OPENAI_BASE_URL"):
            monkeypatch.setenv("OPENAI_BASE_URL", re.sub(r"/chat/completions(\?.*)?$", "", cassette.exchanges[0].url))
        if not os.environ.get("OPENAI_API_KEY"):
            monkeypatch.setenv("OPENAI_API_KEY", "sk-replayed")
    else:
        pytest.fail(f"there is no cassette {path}; record it: pytest --chat-completions-record=new", pytrace=False)
    with cassette, cassette.patched(), _checked_at_the_end(request, cassette, exact=exact):
        yield cassette


def _settings(request: pytest.FixtureRequest, marker: str, *names: str) -> dict[str, Any]:
    """Return the settings from a test's markers; the nearest one wins."""
    settings: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers(marker))):
        if len(mark.args) > len(names):
            pytest.fail(f"the marker {marker} takes {', '.join(names) or 'keyword arguments'} only", pytrace=False)
        settings |= {**dict(zip(names, mark.args, strict=False)), **mark.kwargs}
    return settings


@contextmanager
def _checked_at_the_end(request: pytest.FixtureRequest, checked: Any, **options: Any) -> Iterator[None]:
    item = request.node
    before = getattr(item, _CHECKED, ())
    setattr(item, _CHECKED, (*before, (checked, options)))
    try:
        yield
    finally:
        # A test that is run again has its own fixtures.
        setattr(item, _CHECKED, before)


def _bypass_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bypass a proxy from the environment, because the server is on this machine."""
    if any(os.environ.get(name) or os.environ.get(name.lower()) for name in ("ALL_PROXY", "HTTP_PROXY")):
        for name in ("NO_PROXY", "no_proxy"):
            hosts = [os.environ[name]] if os.environ.get(name) else []
            monkeypatch.setenv(name, ",".join([*hosts, "127.0.0.1", "localhost"]))


def _cassette_path(request: pytest.FixtureRequest, given: str | os.PathLike[str] | None) -> Path:
    file: Path = request.node.path
    if given is not None:
        return file.parent / given
    # With the classes, for two of a file may have a test of the same name.
    parts = [node.name for node in request.node.listchain() if isinstance(node, pytest.Class)]
    name = re.sub(r"[^\w.-]+", "-", ".".join([*parts, request.node.name])).strip("-")
    return file.parent / "cassettes" / file.stem / f"{name}.json"
