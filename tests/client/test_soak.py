"""Thousands of short streams over one client: no socket, task, warning or memory is left behind.

In a test run 200 of each kind, and some rounds of 64 threads and of 500 or 1,000 tasks that share a client; `make soak`
runs 10,000, and rounds of threads and tasks for SOAK_SECONDS.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import threading
import time
import tracemalloc
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from chat_completions import (
    AsyncClient,
    Client,
    DefaultAioHttpClient,
    DefaultAsyncHttpx2Client,
    DefaultHttpx2Client,
    errors,
)
from tests.client.conftest import MESSAGES
from tests.client.scripted import Received, Reply, ScriptedServer, stream_reply
from tests.client.stream_server import stream_server
from tests.client.test_streams import DONE, chunk

pytestmark = pytest.mark.slow

STREAMS = int(os.environ.get("SOAK_STREAMS", "200"))
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
    """Return the bytes that Python holds, once everything that can go has gone."""
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


# What the server of `stream_server` is asked for, how it is used, and how that has to end.
KINDS = {
    "stream": "complete",
    "late-end": "complete",
    "left": "left",
    "closed": "left",
    "cut": "StreamConnectionError",
    "error": "StreamError",
    "reply": "complete",
    "late": "APITimeoutError",
    "raw": "complete",
    "opened": "left",
}
SECONDS = float(os.environ.get("SOAK_SECONDS", "0")) / 7  # there are seven tests with rounds
ROUND = 25 if SECONDS else 10  # calls of a thread in a round
TASK_ROUND = 4 if SECONDS else 2  # calls of a task in a round


def arguments(kind: str, name: str) -> dict[str, Any]:
    served = {"left": "stream", "closed": "late-end", "late": "slow", "raw": "reply", "opened": "reply"}.get(kind, kind)
    # Of a call that is late, the limit rings in any case; of the others, in none.
    limits = {"deadline": 0.2 if kind == "late" else (None, 120)[len(name) % 2], "timeout": 120}
    return {"model": f"{served}/{name}", "messages": MESSAGES, "stream": served not in ("reply", "slow"), **limits}


def check(kind: str, name: str, texts: list[str | None]) -> None:
    """Check that what came is what this call asked for, and not another's."""
    whole = name if kind in ("reply", "raw") else name + "....."
    assert "".join(text or "" for text in texts) == whole, (kind, name, texts)


def one_call(client: Client, kind: str, name: str) -> str:
    completions = client.chat.completions
    asked: Any = arguments(kind, name)
    try:
        if kind == "opened":
            with completions.with_streaming_response.create(**asked):
                return "left"
        if kind == "raw":
            reply = completions.with_raw_response.create(**asked).parse()
            check(kind, name, [reply.choices[0].message.content])
            return "complete"
        made = completions.create(**asked)
        if kind in ("reply", "late"):
            check(kind, name, [made.choices[0].message.content])
            return "complete"
        if kind == "closed":
            next(made)
            made.close()
            return "left"
        texts = []
        for chunk in made:
            texts.append(chunk.choices[0].delta.content)
            if kind == "left":
                return "left"
        check(kind, name, texts)
    except errors.APIError as error:
        name = type(error).__name__
        return name if name == KINDS[kind] else repr(error)
    return "complete"


async def one_task_call(client: AsyncClient, kind: str, name: str) -> str:
    completions = client.chat.completions
    asked: Any = arguments(kind, name)
    try:
        if kind == "opened":
            async with completions.with_streaming_response.create(**asked):
                return "left"
        if kind == "raw":
            reply = (await completions.with_raw_response.create(**asked)).parse()
            check(kind, name, [reply.choices[0].message.content])
            return "complete"
        made = await completions.create(**asked)
        if kind in ("reply", "late"):
            check(kind, name, [made.choices[0].message.content])
            return "complete"
        if kind == "closed":
            await anext(made)
            await made.close()
            return "left"
        texts = []
        async for chunk in made:
            texts.append(chunk.choices[0].delta.content)
            if kind == "left":
                return "left"
        check(kind, name, texts)
    except errors.APIError as error:
        name = type(error).__name__
        return name if name == KINDS[kind] else repr(error)
    return "complete"


def settings(make: Any) -> dict[str, Any]:
    return {"transport": make} if isinstance(make, str) else {"http_client": make and make()}


def open_files() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH112, PTH208


def rounds() -> Iterator[int]:
    """Count the rounds: one in a test run, and as many as there is time for in a soak."""
    until = time.monotonic() + SECONDS
    for number in itertools.count():
        yield number
        if time.monotonic() >= until:
            return


# Either an http client or a transport.
THREADS = [None, DefaultHttpx2Client, "fast"]
TASKS = [None, DefaultAsyncHttpx2Client, DefaultAioHttpClient, "fast"]
MOST_TASKS = {"fast": 1000}  # of those that share a client
EXPECTED = set(KINDS.items())


@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.parametrize("make", THREADS, ids=["httpx", "httpx2", "fast"])
def test_threads(make: Any) -> None:
    """64 threads share a client; each call ends as it has to, with its own text."""
    with stream_server() as base_url:
        before = open_files()
        with Client(base_url=base_url, api_key="x", max_retries=0, **settings(make)) as client:
            for number in rounds():
                outcomes: Counter[tuple[str, str]] = Counter()

                def work(thread: int, number: int = number, outcomes: Counter[tuple[str, str]] = outcomes) -> None:
                    for call in range(ROUND):
                        kind = list(KINDS)[(thread + call) % len(KINDS)]
                        try:
                            outcomes[kind, one_call(client, kind, f"{number}-{thread}-{call}")] += 1
                        except BaseException as error:
                            outcomes[kind, repr(error)] += 1

                threads = [threading.Thread(target=work, args=(thread,)) for thread in range(64)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                assert set(outcomes) == EXPECTED and outcomes.total() == 64 * ROUND
        until = time.monotonic() + 60
        while open_files() > before and time.monotonic() < until:
            time.sleep(0.05)
        assert open_files() <= before


@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.parametrize("make", TASKS, ids=["httpx", "httpx2", "aiohttp", "fast"])
def test_tasks(make: Any) -> None:
    """500 tasks, or 1,000, share a client; each call ends as it has to, with its own text."""
    most = MOST_TASKS.get(make, 500)

    async def main(base_url: str) -> None:
        async with AsyncClient(base_url=base_url, api_key="x", max_retries=0, **settings(make)) as client:
            for number in rounds():
                outcomes: Counter[tuple[str, str]] = Counter()

                async def work(task: int, number: int = number, outcomes: Counter[tuple[str, str]] = outcomes) -> None:
                    for call in range(TASK_ROUND):
                        kind = list(KINDS)[(task + call) % len(KINDS)]
                        try:
                            outcomes[kind, await one_task_call(client, kind, f"{number}-{task}-{call}")] += 1
                        except BaseException as error:
                            outcomes[kind, repr(error)] += 1

                await asyncio.gather(*(work(task) for task in range(most)))
                assert set(outcomes) == EXPECTED and outcomes.total() == most * TASK_ROUND

    with stream_server() as base_url:
        before = open_files()
        asyncio.run(main(base_url))
        assert open_files() <= before
