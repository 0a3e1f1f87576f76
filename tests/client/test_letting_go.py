"""A stream lets go of its connection however it is left: break, exceptions, garbage, cancelling; without a sound."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import warnings
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from chat_completions import AsyncClient, Client, errors
from tests.client.conftest import MESSAGES
from tests.client.scripted import ScriptedServer, stream_reply
from tests.client.test_streams import DONE, chunk, text_of

ENDLESS = [piece for _ in range(400) for piece in (chunk("a"), 0.01)]


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
        gc.collect()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(stream_reply(ENDLESS)) as server:
        yield server


def test_break_without_with(server: ScriptedServer) -> None:
    with Client(base_url=server.base_url) as client:
        stream: Any = client.chat.completions.create(model="m", messages=MESSAGES, stream=True)  # type: ignore[arg-type]
        for _ in stream:
            break
        assert server.wait_until_closed()
        with pytest.raises(errors.StreamError, match="closed before it was complete") as caught:
            next(stream)
        assert text_of(caught.value.partial).startswith("a")  # type: ignore[union-attr]


def test_break_out_of_text_deltas(server: ScriptedServer) -> None:
    with Client(base_url=server.base_url) as client:
        stream: Any = client.chat.completions.create(model="m", messages=MESSAGES, stream=True)  # type: ignore[arg-type]
        for _ in stream.text_deltas():
            break
        assert server.wait_until_closed()


def test_an_exception_in_the_loop(server: ScriptedServer) -> None:
    def fail(stream: Any) -> None:
        for _ in stream:
            raise LookupError

    with Client(base_url=server.base_url) as client:
        with pytest.raises(LookupError):
            fail(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))  # type: ignore[arg-type]
        gc.collect()
        assert server.wait_until_closed()


@pytest.mark.slow
@pytest.mark.parametrize("begun", [False, True])
def test_garbage(server: ScriptedServer, begun: bool) -> None:
    with Client(base_url=server.base_url) as client:
        stream: Any = client.chat.completions.create(model="m", messages=MESSAGES, stream=True)  # type: ignore[arg-type]
        if begun:
            next(stream)
        del stream
        gc.collect()
        assert server.wait_until_closed()


def test_some_with_next_and_the_rest_with_for() -> None:
    with ScriptedServer(stream_reply([chunk("a"), chunk("b"), chunk("c", "stop"), DONE])) as server:
        with Client(base_url=server.base_url) as client:
            stream: Any = client.chat.completions.create(model="m", messages=MESSAGES, stream=True)  # type: ignore[arg-type]
            texts = [next(stream).choices[0].delta.content]
            texts += [one.choices[0].delta.content for one in stream]
            assert texts == ["a", "b", "c"]
            assert list(stream) == []


async def broken(stream: Any) -> None:
    async for _ in stream:
        break


async def broken_texts(stream: Any) -> None:
    async for _ in stream.text_deltas():
        break


async def raising(stream: Any) -> None:
    try:
        async for _ in stream:
            raise LookupError
    except LookupError:
        pass


async def dropped(stream: Any) -> None:
    await anext(stream)


async def untouched(stream: Any) -> None:
    pass


async def cancelled(stream: Any) -> None:
    async def read() -> None:
        async for _ in stream:
            pass

    task = asyncio.create_task(read())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def timed_out(stream: Any) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            async for _ in stream:
                pass


WAYS = [broken, broken_texts, raising, dropped, untouched, cancelled, timed_out]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_async(server: ScriptedServer, way: Callable[[Any], Awaitable[None]]) -> None:
    async def main() -> None:
        async with AsyncClient(base_url=server.base_url) as client:
            await way(await client.chat.completions.create(model="m", messages=MESSAGES, stream=True))  # type: ignore[arg-type]
            gc.collect()
            for _ in range(100):
                await asyncio.sleep(0.01)
                if not server.open_connections:
                    break
            assert not server.open_connections
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


@pytest.mark.slow
@pytest.mark.parametrize("way", [broken, dropped, untouched], ids=lambda way: way.__name__)
def test_async_when_the_loop_ends_at_once(server: ScriptedServer, way: Callable[[Any], Awaitable[None]]) -> None:
    async def main() -> None:
        client = AsyncClient(base_url=server.base_url)
        await way(await client.chat.completions.create(model="m", messages=MESSAGES, stream=True))  # type: ignore[arg-type]
        await client.close()

    asyncio.run(main())
    gc.collect()
    assert server.wait_until_closed()


UNCLOSED = """
import gc
from chat_completions import Client
from chat_completions.local import LocalServer
asked = {"model": "m", "messages": [{"role": "user", "content": "Hello there"}]}
with LocalServer() as server:
    Client(base_url=server.base_url).chat.completions.create(**asked)
    chunks = iter(Client(base_url=server.base_url).chat.completions.create(**asked, stream=True))
    gc.collect()
    assert len(list(chunks)) > 3
    with Client(base_url=server.base_url).chat.completions.stream(**asked) as events:
        gc.collect()
        assert events.get_final_completion().choices
    gc.collect()
"""


def test_a_client_that_nobody_closed() -> None:
    """Its connections are closed when it goes, but not before the streams that came from it."""
    done = subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", UNCLOSED], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
