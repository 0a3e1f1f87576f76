"""The pytest plugin, in pytest runs of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

from chat_completions.testing import ScriptedServer

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]

PLUGINS = ("-p", "no:cacheprovider", "-p", "no:asyncio")
ASK = """
import pytest
from chat_completions import Client, InternalServerError

def ask(text="Hello", **fields):
    with Client() as client:
        messages = [{"role": "user", "content": text}]
        return client.chat.completions.create(model="m", messages=messages, **fields).choices[0].message.content
"""


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)


class ImportedModules:
    """A plugin of the inner runs: what they have imported, apart from their own tests."""

    known: ClassVar[dict[str, ModuleType]] = {}

    @classmethod
    def pytest_unconfigure(cls) -> None:
        cls.known |= {name: module for name, module in sys.modules.items() if not name.startswith("test_")}

    @classmethod
    def restore(cls) -> None:
        for name, module in cls.known.items():
            sys.modules.setdefault(name, module)


@pytest.fixture(autouse=True)
def imports_stay() -> Iterator[None]:
    """Keep what inner runs import. pytester forgets it, and what is imported again has other classes."""
    yield
    ImportedModules.restore()


def outcomes(pytester: pytest.Pytester, code: str, *arguments: str, **expected: int) -> pytest.RunResult:
    pytester.makepyfile(ASK + code)
    result = pytester.runpytest_inprocess("--strict-markers", *PLUGINS, *arguments, plugins=[ImportedModules])
    result.assert_outcomes(**expected)
    return result


def test_one_line(pytester: pytest.Pytester) -> None:
    """The fixture alone makes code under test talk to the server, and each test has a server of its own."""
    outcomes(
        pytester,
        """
seen = set()

@pytest.mark.parametrize("number", range(3))
def test_it(chat_completions_server, number, monkeypatch):
    chat_completions_server.reply(f"Reply {number}")
    assert ask() == f"Reply {number}"
    assert ask().startswith("You said: Hello")
    assert [r.body["messages"][0]["content"] for r in chat_completions_server.requests] == ["Hello", "Hello"]
    assert chat_completions_server.last.headers["authorization"] == "Bearer sk-test"
    assert not chat_completions_server.base_url in seen
    seen.add(chat_completions_server.base_url)

def test_a_client(chat_completions_server, chat_completions_client):
    chat_completions_server.fail(401)
    with pytest.raises(Exception, match="401"):
        chat_completions_client.chat.completions.list()

def test_nothing_is_left():
    import os
    assert not {"OPENAI_BASE_URL", "OPENAI_API_KEY"} & set(os.environ)
""",
        passed=5,
    )


def test_the_environment_of_the_program_does_not_matter(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a key, nor an organization, nor a proxy of the environment gets in the way or goes out."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://real.invalid/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-real")
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "token-real")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://real.invalid")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "example.org")
    outcomes(
        pytester,
        """
def test_it(chat_completions_server):
    ask()
    assert "real" not in str(dict(chat_completions_server.last.headers))
    import os
    assert os.environ["no_proxy"].split(",") == ["example.org", "127.0.0.1", "localhost"]

def test_azure(chat_completions_server):
    from chat_completions import AzureClient
    chat_completions_server.reply("of Azure")
    with AzureClient(api_version="2024-10-21") as client:
        completion = client.chat.completions.create(model="deployed", messages=[{"role": "user", "content": "x"}])
    assert completion.choices[0].message.content == "of Azure"
    assert chat_completions_server.last.path == "/openai/deployments/deployed/chat/completions"
    assert chat_completions_server.last.headers["api-key"] == "sk-test"
""",
        passed=2,
    )


def test_exact_scripts(pytester: pytest.Pytester) -> None:
    """A script that was not used exactly fails the test itself, by marker or by configuration, with the account."""
    code = """
@pytest.mark.chat_completions_server(exact=True)
def test_left(chat_completions_server):
    chat_completions_server.reply("a", "b")
    ask()

@pytest.mark.chat_completions_server(exact=True)
def test_over(chat_completions_server):
    with pytest.raises(InternalServerError, match="the script is over"):
        ask()

@pytest.mark.chat_completions_server(exact=True)
def test_right(chat_completions_server):
    chat_completions_server.reply("a")
    ask()

def test_plain(chat_completions_server):
    chat_completions_server.reply("a", "b")
    ask()
"""
    result = outcomes(pytester, code, passed=2, failed=2)
    result.stdout.fnmatch_lines(
        ["*the rest of the script was not used (a reply)", "1. POST /v1/chat/completions model='m' -> answer 1 *"]
    )
    result.stdout.fnmatch_lines(["request 1, POST /v1/chat/completions model='m': the script is over*"])
    result.stdout.no_fnmatch_line("*During handling*")
    pytester.makeini("[pytest]\nchat_completions_exact = true\n")
    outcomes(pytester, code, passed=1, failed=3)


def test_a_failing_function_fails_the_test(pytester: pytest.Pytester) -> None:
    """An assertion within a function of the script is the test's, though the code under test hides the error."""
    result = outcomes(
        pytester,
        """
def test_it(chat_completions_server):
    def check(request):
        assert request.body["model"] == "gpt", "wrong model"
        return "x"
    chat_completions_server.reply(check)
    try:
        ask()
    except Exception:
        pass
""",
        failed=1,
    )
    result.stdout.fnmatch_lines(["*AssertionError: wrong model", "*assert 'm' == 'gpt'"])


def test_a_failure_shows_what_was_asked(pytester: pytest.Pytester) -> None:
    """The report of a test that fails has a line for each request, and no key."""
    result = outcomes(
        pytester,
        """
@pytest.mark.chat_completions_server(api_keys=["sk-very-secret"])
def test_it(chat_completions_server):
    chat_completions_server.reply("a")
    assert ask() == "b" or chat_completions_server.requests == chat_completions_server
""",
        "-vv",
        failed=1,
    )
    result.stdout.fnmatch_lines(["*Chat completions: <ScriptedServer http*", "1. POST *model='m' -> answer 1*a reply"])
    result.stdout.no_fnmatch_line("*sk-very-secret*requests*")


def test_markers(pytester: pytest.Pytester) -> None:
    """Markers give settings, the nearest one last; what they cannot give is said."""
    result = outcomes(
        pytester,
        """
pytestmark = pytest.mark.chat_completions_server(strict=True, api_keys=["sk-1"])

def test_module(chat_completions_server):
    with pytest.raises(Exception, match="unknown|Unrecognized"):
        ask(extra_body={"odd": 1})

@pytest.mark.chat_completions_server(strict=False)
def test_function(chat_completions_server):
    ask(extra_body={"odd": 1})
    assert chat_completions_server.last.headers["authorization"] == "Bearer sk-1"

@pytest.mark.chat_completions_server("exact")
def test_wrong(chat_completions_server): ...
""",
        passed=2,
        errors=1,
    )
    result.stdout.fnmatch_lines(["*the marker chat_completions_server takes keyword arguments only*"])


def test_async_tests(pytester: pytest.Pytester) -> None:
    """The server has a thread of its own, so an event loop in the test does not matter."""
    outcomes(
        pytester,
        """
import asyncio
from chat_completions import AsyncClient

async def asked():
    async with AsyncClient() as client:
        messages = [{"role": "user", "content": "x"}]
        create = client.chat.completions.create
        return await asyncio.gather(*(create(model="m", messages=messages) for _ in range(5)))

def test_asyncio(chat_completions_server):
    chat_completions_server.reply(*"abcde")
    assert sorted(c.choices[0].message.content for c in asyncio.run(asked())) == list("abcde")

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.anyio
async def test_anyio(chat_completions_server):
    chat_completions_server.reply(*"abcde")
    assert len(await asked()) == 5
""",
        passed=2,
    )


def test_unittest_and_wider_fixtures(pytester: pytest.Pytester) -> None:
    """The fixture serves unittest's tests, and the class a fixture of the user's own scope."""
    outcomes(
        pytester,
        """
import unittest
from chat_completions.testing import ScriptedServer

class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _server(self, chat_completions_server):
        self.server = chat_completions_server

    def test_it(self):
        self.server.reply("unit")
        self.assertEqual(ask(), "unit")

@pytest.fixture(scope="module")
def server():
    with ScriptedServer() as server:
        yield server

@pytest.mark.parametrize("number", [1, 2])
def test_wide(server, number):
    with Client(base_url=server.base_url) as client:
        client.chat.completions.list()
    assert len(server.requests) == number
""",
        passed=3,
    )


def test_loading_costs_next_to_nothing() -> None:
    """Loading the plugin imports neither the client, nor an HTTP library, nor what the extra brings."""
    code = (
        "import sys, pytest\nbefore = set(sys.modules)\nimport chat_completions.testing.plugin\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = result.stdout.split()
    assert "chat_completions.testing.plugin" in imported
    assert [name for name in imported if not name.startswith("chat_completions")] == []
    assert not {name for name in imported if name.startswith("chat_completions.testing.")} - {
        "chat_completions.testing.plugin"
    }
    assert not {"chat_completions._client.client", "chat_completions.models"} & set(imported)


@pytest.mark.parametrize("missing", ["uvicorn", "starlette", "jsonschema"])
def test_without_the_extra(pytester: pytest.Pytester, missing: str) -> None:
    """Without the extra every pytest works, and a test that uses the fixture says what to install."""
    pytester.makeconftest(f"import sys\nsys.modules[{missing!r}] = None\n")
    pytester.makepyfile(
        "def test_other(): pass\ndef test_it(chat_completions_server): pass\n"
        "def test_client(chat_completions_client): pass\n"
    )
    result = pytester.runpytest_subprocess("-W", "error", *PLUGINS)
    result.assert_outcomes(passed=1, errors=2)
    result.stdout.fnmatch_lines([f"*needs the package '{missing}': pip install 'chat-completions-client?testing?'*"])


def test_the_options_are_documented(pytester: pytest.Pytester) -> None:
    """`--help`, `--markers` and `--fixtures` tell of the plugin."""
    for option, lines in (
        ("--help", ["*--chat-completions-record=*", "*chat_completions_exact (bool):*"]),
        ("--markers", ["@pytest.mark.chat_completions_server(*", "@pytest.mark.chat_completions_cassette(*"]),
        ("--fixtures", ["chat_completions_cassette*", "chat_completions_client*", "chat_completions_server*"]),
    ):
        pytester.runpytest_inprocess(option, *PLUGINS).stdout.fnmatch_lines_random(lines)


CASSETTE = """
def test_it(chat_completions_cassette):
    assert ask("What is it?").startswith("You said: What is it?")

@pytest.mark.chat_completions_cassette("kept/named.json", secret_values=["Anna"])
def test_named(chat_completions_cassette):
    assert "[removed]" in ask("I am Anna.") or chat_completions_cassette.is_recording
"""


def test_cassettes(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file the test says how to record it; recorded once, it needs neither a server nor a key."""
    result = outcomes(pytester, CASSETTE, errors=2)
    result.stdout.fnmatch_lines(["there is no cassette *test_it.json; record it: pytest --chat-completions-record=new"])
    with ScriptedServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
        outcomes(pytester, CASSETTE, "--chat-completions-record=new", passed=2)
        assert len(server.requests) == 2
        outcomes(pytester, CASSETTE, "--chat-completions-record=new", passed=2)
        assert len(server.requests) == 2  # they are there, so they are replayed
        outcomes(pytester, CASSETTE, "--chat-completions-record=rewrite", passed=2)
        assert len(server.requests) == 4
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    outcomes(pytester, CASSETTE, passed=2)
    files = sorted(pytester.path.rglob("*.json"))
    assert [file.name for file in files] == ["test_it.json", "named.json"]
    assert files[1].parent.name == "kept"
    for file in files:
        assert "very-secret" not in file.read_text() and "Anna" not in file.read_text()
        assert json.loads(file.read_text())["exchanges"][0]["response"]["status"] == 200


def test_a_request_that_was_not_recorded_fails_the_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails though the code under test hides the error, and the nearest recorded request is shown."""
    with ScriptedServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        outcomes(pytester, CASSETTE, "--chat-completions-record=new", passed=2)
        monkeypatch.delenv("OPENAI_BASE_URL")
    changed = CASSETTE.replace('assert ask("What is it?").startswith("You said: What is it?")', "quiet()")
    quiet = """
def quiet():
    try:
        ask("What else?", temperature=0.5)
    except BaseException:
        pass
"""
    result = outcomes(pytester, quiet + changed, passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*test_it.json has no answer for POST *; the nearest of its 1, number 1 differs;*",
            '  /messages/0/content: recorded "What is it?", now "What else?"',
            "  /temperature: recorded nothing, now 0.5",
        ]
    )
    exact = """
@pytest.mark.chat_completions_cassette("kept/named.json", exact=True)
def test_named(chat_completions_cassette): ...
"""
    result = outcomes(pytester, exact, failed=1)
    result.stdout.fnmatch_lines(["*named.json: <Exchange POST /v1/chat/completions model='m': 200> was not used*"])


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    """The plugin is registered under its name, so that `-p no:chat_completions` turns it off."""
    (tmp_path / "test_it.py").write_text("def test_it(chat_completions_server): pass\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:chat_completions",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    ]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert "fixture 'chat_completions_server' not found" in result.stdout
