"""Recording, replaying and the fixtures in async tests and in unittest: files of tests, run as people run them."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import unittest
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_completions.testing import ScriptedServer

from .test_pytest_plugin import PLUGINS, ImportedModules

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]

# What the tests below ask: a reply and a stream, at once.
ASK = """
import asyncio
import unittest

import pytest

from chat_completions import AsyncClient, Client
from chat_completions.testing import ScriptedServer, UnknownRequestError, record, replay

MESSAGES = [{"role": "user", "content": "Hi"}]

async def reply(client, model="m"):
    return (await client.chat.completions.create(model=model, messages=MESSAGES)).choices[0].message.content

async def stream(client):
    chunks = await client.chat.completions.create(model="s", messages=MESSAGES, stream=True)
    return "".join([text async for text in chunks.text_deltas()])

async def ask(**settings):
    async with AsyncClient(**settings) as client:
        return await asyncio.gather(reply(client), stream(client))

def ask_without_waiting():
    with Client() as client:
        return client.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content
"""

# Async tests, for the plugins of pytest: MARK is the plugin's, FIXTURE makes an async fixture.
ASYNC = """
pytestmark = MARK

FIXTURE
async def client(chat_completions_server):
    async with AsyncClient() as client:
        yield client

async def test_the_server(client, chat_completions_server):
    chat_completions_server.reply(lambda request: request.body["model"]).stream(["Hel", "lo"])
    assert await reply(client) == "m"
    assert await stream(client) == "Hello"
    chat_completions_server.fail(503, retry_after=0.01).reply("again")
    assert await reply(client) == "again"

async def test_a_function_that_awaits(client, chat_completions_server):
    async def answer(request):
        await asyncio.sleep(0)
        return "later"
    chat_completions_server.reply(answer)
    assert await reply(client) == "later"

@pytest.mark.chat_completions_server(exact=True)
async def test_unused(client, chat_completions_server):  # fails
    chat_completions_server.reply("one", "two")
    assert await reply(client) == "one"

class TestCassettes:
    async def test_the_cassette(self, chat_completions_cassette):
        assert await ask() == ["recorded", "by parts"]

    async def test_cancel(self, chat_completions_cassette):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await ask()

class TestOthers:
    async def test_the_cassette(self, chat_completions_cassette):
        async with AsyncClient() as client:
            assert await reply(client, "other") == "other"

async def test_by_hand(tmp_path):
    with ScriptedServer() as server:
        server.always(lambda request: request.body["model"])
        with record(tmp_path / "it.json") as cassette:
            async with cassette.async_http_client() as http_client:
                live = await ask(base_url=server.base_url, http_client=http_client)
    with replay(tmp_path / "it.json") as cassette, cassette.patched():
        assert await ask(base_url="http://127.0.0.1:9/v1") == live
        cassette.verify(exact=True)
"""

ASYNCIO = ASYNC.replace("MARK", "pytest.mark.asyncio(loop_scope='module')").replace(
    "FIXTURE", "import pytest_asyncio\n\n@pytest_asyncio.fixture(loop_scope='module')"
)
ANYIO = (
    ASYNC.replace("MARK", "pytest.mark.anyio").replace("FIXTURE", "@pytest.fixture")
    + """
@pytest.fixture
def anyio_backend():
    return "asyncio"
"""
)

UNITTEST = """
import os
from pathlib import Path

FILE = Path(__file__).with_name("unit.json")

def cassette(test):
    opened = test.enterContext(record(FILE) if "RECORDED_FROM" in os.environ else replay(FILE))
    test.enterContext(opened.patched())
    return opened

class TestPlain(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(ScriptedServer(exact=True))
        self.client = self.enterContext(Client(base_url=self.server.base_url))

    def test_it(self):
        self.server.reply("unit")
        completion = self.client.chat.completions.create(model="m", messages=MESSAGES)
        self.assertEqual(completion.choices[0].message.content, "unit")

    def test_unused(self):  # fails
        self.server.reply("unit")

class TestAsync(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.server = self.enterContext(ScriptedServer())
        self.client = await self.enterAsyncContext(AsyncClient(base_url=self.server.base_url))

    async def test_it(self):
        self.server.reply("unit").stream(["te", "st"])
        self.assertEqual([await reply(self.client), await stream(self.client)], ["unit", "test"])

class TestReplayed(unittest.IsolatedAsyncioTestCase):
    async def test_it(self):
        base_url = os.environ.get("RECORDED_FROM", "http://127.0.0.1:9/v1")
        opened = cassette(self)
        self.assertEqual(await ask(base_url=base_url), ["recorded", "by parts"])
        opened.verify(exact=True)

    async def test_unknown(self):
        opened = self.enterContext(replay(FILE))
        with self.assertRaisesRegex(UnknownRequestError, 'model: recorded "[ms]", now "n"'):
            async with AsyncClient(base_url="http://127.0.0.1:9/v1", http_client=opened.async_http_client()) as client:
                await reply(client, "n")
"""

FIXTURES_IN_UNITTEST = """
class TestAsync(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def _server(self, chat_completions_server):
        self.server = chat_completions_server

    async def test_it(self):
        self.server.reply("one", "two")
        self.assertEqual(len(await ask()), 2)

    @pytest.mark.chat_completions_server(exact=True)
    async def test_unused(self):  # fails
        self.server.reply("one", "two", "left")
        await ask()

class TestCassette(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def _cassette(self, chat_completions_cassette):
        self.cassette = chat_completions_cassette

    async def test_it(self):
        self.assertEqual(await ask(), ["recorded", "by parts"])

    def test_other(self):
        self.assertEqual(ask_without_waiting(), "recorded")
"""


@pytest.fixture(autouse=True)
def imports_stay() -> Iterator[None]:
    """Keep what inner runs import, as in the tests of the plugin."""
    yield
    ImportedModules.restore()


@pytest.fixture
def real_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """Run the server that is recorded, as the one of the environment."""
    with ScriptedServer() as server:
        server.always(lambda request: {"m": "recorded", "s": "by parts"}.get(request.body["model"], "other"))
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def run(pytester: pytest.Pytester, code: str, *arguments: str, **expected: int) -> pytest.RunResult:
    pytester.makepyfile(ASK + code)
    result = pytester.runpytest_inprocess("-W", "error", *arguments, plugins=[ImportedModules])
    result.assert_outcomes(**expected)
    return result


@pytest.mark.parametrize("code", [ASYNCIO, ANYIO], ids=["pytest-asyncio", "anyio"])
def test_async_plugins(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, real_server: ScriptedServer, code: str
) -> None:
    """Fixtures, cassettes and a client that several tasks share work in async tests, and failures are shown."""
    plugins = ("-p", "no:anyio", "-o", "asyncio_default_fixture_loop_scope=function") if code == ASYNCIO else PLUGINS
    result = run(pytester, code, *plugins, "--chat-completions-record=new", passed=6, failed=1)
    result.stdout.fnmatch_lines(["*the rest of the script was not used (a reply)"])
    asked = len(real_server.requests)
    real_server.close()
    monkeypatch.delenv("OPENAI_BASE_URL")
    run(pytester, code, *plugins, passed=6, failed=1)
    assert len(real_server.requests) == asked


def test_unittest_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_server: ScriptedServer) -> None:
    """`python -m unittest` needs nothing of pytest."""
    file = tmp_path / "unit_frameworks.py"
    file.write_text(ASK.replace("import pytest\n", "") + UNITTEST)

    def outcome() -> tuple[int, str]:
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            result = unittest.TextTestRunner(out).run(unittest.defaultTestLoader.loadTestsFromModule(module))
        return result.testsRun - len(result.failures) - len(result.errors), out.getvalue()

    monkeypatch.setenv("RECORDED_FROM", real_server.base_url)
    passed, shown = outcome()
    assert passed == 4, shown
    assert "the rest of the script was not used (a reply)" in shown
    monkeypatch.delenv("RECORDED_FROM")
    real_server.close()
    passed, shown = outcome()
    assert passed == 4, shown


def test_fixtures_in_unittest(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, real_server: ScriptedServer
) -> None:
    """Under pytest, unittest's classes take the fixtures too, async ones as well."""
    result = run(pytester, FIXTURES_IN_UNITTEST, *PLUGINS, "--chat-completions-record=new", passed=3, failed=1)
    result.stdout.fnmatch_lines(["*the rest of the script was not used (a reply)"])
    real_server.close()
    monkeypatch.delenv("OPENAI_BASE_URL")
    run(pytester, FIXTURES_IN_UNITTEST, *PLUGINS, passed=3, failed=1)
