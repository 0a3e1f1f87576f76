"""Thousands of short streams over one client: no socket, task, warning or memory is left behind.

1,000 of each kind in a test run; `make soak` runs 10,000.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import tracemalloc
import warnings
from collections import Counter
from collections.abc import Iterator

import pytest

from chat_completions import AsyncClient, Client, errors
from tests.client.conftest import MESSAGES
from tests.client.scripted import Received, Reply, ScriptedServer, stream_reply
from tests.client.test_streams import DONE, chunk

pytestmark = pytest.mark.slow

STREAMS = int(os.environ.get("SOAK_STREAMS", "1000"))
GROWTH = 256 * 1024  # bytes that a third may add
THIRDS = (STREAMS // 3, STREAMS * 2 // 3)

GOOD = [chunk("a"), chunk("b"), chunk("c", "stop"), DONE]


def answer(request: Received) -> Reply:
    """Answer by the number in the model's name: in every ten one breaks off, and one reports an error."""
    kind = int(request.json()["model"]) % 10
    if kind == 3:
        return stream_reply(GOOD[:2], cut=True)
    if kind == 6:
        return stream_reply([*GOOD[:1], b'data: {"error":{"message":"No."}}\n\n'])
    return stream_reply(GOOD)


@pytest.fixture(autouse=True)
def every_warning_is_an_error() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
        gc.collect()


def settled() -> int:
    """Give the bytes that Python holds, once everything that can go has gone."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def judge(outcomes: Counter[str], server: ScriptedServer, held: list[int]) -> None:
    """Check how the streams ended, and that memory does not grow; what Python enlarges once shows in one third only."""
    tenth = STREAMS // 10
    faults = {"IncompleteStreamError": 0, "StreamError": tenth, "StreamConnectionError": tenth}
    assert outcomes == {"complete": 7 * tenth, "left": tenth, **faults}
    assert server.connections <= 1 + 3 * tenth
    assert server.wait_until_closed()
    assert min(after - before for before, after in itertools.pairwise(held)) < GROWTH


@pytest.mark.timeout(600)
def test_sync() -> None:
    outcomes = Counter({"IncompleteStreamError": 0})
    with ScriptedServer(answer) as server:
        with Client(base_url=server.base_url, api_key="x") as client:

            def one(number: int) -> None:
                try:
                    for _ in client.chat.completions.create(model=str(number), messages=MESSAGES, stream=True):  # type: ignore[arg-type]
                        if number % 10 == 9:
                            outcomes["left"] += 1
                            break
                    else:
                        outcomes["complete"] += 1
                except errors.StreamError as error:
                    assert error.partial is not None
                    outcomes[type(error).__name__] += 1

            tracemalloc.start()
            held = []
            for number in range(STREAMS):
                one(number)
                if number in THIRDS:
                    server.requests.clear()
                    held.append(settled())
            server.requests.clear()
            held.append(settled())
            tracemalloc.stop()
        judge(outcomes, server, held)


@pytest.mark.timeout(600)
def test_async() -> None:
    outcomes = Counter({"IncompleteStreamError": 0})

    async def one(client: AsyncClient, number: int) -> None:
        try:
            stream = await client.chat.completions.create(model=str(number), messages=MESSAGES, stream=True)  # type: ignore[call-overload]
            async for _ in stream:
                if number % 20 == 9:
                    outcomes["left"] += 1
                    break
                if number % 20 == 19:
                    asyncio.current_task().cancel()  # type: ignore[union-attr]
            else:
                outcomes["complete"] += 1
        except errors.StreamError as error:
            assert error.partial is not None
            outcomes[type(error).__name__] += 1

    async def main(server: ScriptedServer) -> list[int]:
        async with AsyncClient(base_url=server.base_url, api_key="x") as client:
            held = []
            tracemalloc.start()
            for number in range(STREAMS):
                task = asyncio.create_task(one(client, number))
                try:
                    await task
                except asyncio.CancelledError:
                    outcomes["left"] += 1
                if number in THIRDS:
                    del task
                    server.requests.clear()
                    held.append(settled())
            del task
            # What was left is closed by tasks of the stream's own; they are done within a turn of the loop or two.
            for _ in range(20):
                await asyncio.sleep(0.005)
            assert len(asyncio.all_tasks()) == 1
            server.requests.clear()
            held.append(settled())
            tracemalloc.stop()
        return held

    with ScriptedServer(answer) as server:
        held = asyncio.run(main(server))
        judge(outcomes, server, held)
