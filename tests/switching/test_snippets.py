"""Programs written for the official SDK run on this package when only names are changed, and do the same."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.client.scripted import Received, ScriptedServer
from tests.switching import sides
from tests.switching.cases import CASES, KEY, Case
from tests.switching.sides import SNIPPETS, Side, switched
from tests.switching.table import page

# Headers that tell of the library, the connection and the attempt.
NOT_COMPARED = {"accept", "accept-encoding", "connection", "content-length", "host", "idempotency-key", "user-agent"}

by_name = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    with sides.ours(tmp_path_factory.mktemp("switched")) as side:
        yield side


@pytest.fixture(scope="module")
def official() -> Iterator[Side]:
    if reason := sides.why_not_official():
        assert "OFFICIAL_SDK_REQUIRED" not in os.environ, reason
        pytest.skip(reason)
    with sides.official() as side:
        yield side


def played(case: Case, side: Side) -> tuple[str, str, list[Any]]:
    """Return what a snippet printed, with the name of the error that ended it, its complaints, and its requests."""
    with ScriptedServer(*case.replies) as server:
        named = {name: text.replace("SERVER", server.base_url[:-3]) for name, text in case.environment.items()}
        environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url, **named}
        given = {name: text for name, text in environment.items() if text}
        result = side.run(case.name, given, alone="OPENAI_LOG" in given)
    error = result["error"].strip().rpartition("\n")[2].partition(":")[0]
    told = result["out"] + (f"({error})\n" if error else "")
    # Two calls at once may arrive in either order.
    requests = sorted(map(sent, server.requests), key=lambda request: json.dumps(request, sort_keys=True))
    return told, result["err"] + result["error"], requests


def sent(request: Received) -> Any:
    """Return what of a request has to be the same."""
    target = urlsplit(request.target)
    body = json.loads(request.body or b"{}")
    if body.get("stream") is False:
        del body["stream"]  # it says nothing
    headers = {
        name: text
        for name, text in request.headers.items()
        if name not in NOT_COMPARED and not name.startswith("x-stainless")
    }
    return request.method, target.netloc, target.path, sorted(parse_qsl(target.query)), body, headers


def expected(case: Case, *, official: bool = False) -> str:
    name = f"{case.name}.official.txt" if official and case.differs else f"{case.name}.txt"
    return (SNIPPETS / name).read_text()


@pytest.mark.slow
@by_name
def test_a_snippet_runs_with_other_names(case: Case, ours: Side) -> None:
    if missing := [name for name in case.needs if importlib.util.find_spec(name) is None]:
        pytest.skip(f"{case.name}.py needs {', '.join(missing)}")
    printed, complaints, _ = played(case, ours)
    assert printed == expected(case), complaints
    assert (complaints == "") is case.quiet, complaints
    assert KEY not in complaints


@by_name
def test_it_prints_and_sends_what_it_does_on_the_official_sdk(case: Case, ours: Side, official: Side) -> None:
    printed, complaints, theirs = played(case, official)
    assert printed == expected(case, official=True), complaints
    if not case.differs and not [name for name in case.needs if importlib.util.find_spec(name) is None]:
        assert played(case, ours)[2] == theirs


def test_names_are_all_that_is_changed() -> None:
    source = 'import openai  # openai\nfrom openai import OpenAI\nprint("openai", OpenAIs, a.OpenAI)  # OpenAI\n'
    changed = "import chat_completions  # openai\nfrom chat_completions import Client\n"
    assert switched(source) == changed + 'print("openai", OpenAIs, a.Client)  # OpenAI\n'


def test_every_snippet_is_run() -> None:
    assert sorted(case.name for case in CASES) == sorted(path.stem for path in SNIPPETS.glob("*.py"))
    told = {f"{case.name}.txt" for case in CASES} | {f"{case.name}.official.txt" for case in CASES if case.differs}
    assert told == {path.name for path in SNIPPETS.glob("*.txt")}


def test_the_table_says_what_the_cases_say() -> None:
    """`python -m tests.switching` writes it anew."""
    assert (sides.HERE / "README.md").read_text() == page()


def test_types_are_there_without_an_import_of_their_own() -> None:
    """As in the official SDK; importing the package alone imports none of them."""
    code = """
import sys
import chat_completions
assert not [name for name in sys.modules if name.startswith(("chat_completions.types", "chat_completions.models"))]
assert chat_completions.types.chat.ChatCompletion is chat_completions.types.ChatCompletion
assert chat_completions.models.ChatCompletion is chat_completions.types.ChatCompletion
assert not hasattr(chat_completions.types, "nothing") and not hasattr(chat_completions, "nothing")
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
