"""The rows with `AsyncClient`."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx

from chat_completions import AsyncClient
from chat_completions.errors import ChatCompletionsError, StreamError
from tests.interop.asked import SAYS_HELLO
from tests.interop.outcomes import (
    DEADLINE,
    MANY,
    PATIENCE,
    SOME_CHUNKS,
    Outcome,
    client_options,
    request,
    same_bodies,
)
from tests.interop.recording import AsyncRecordingTransport, Recorder
from tests.interop.rows import Row
from tests.interop.servers import Target

LEAVING_SECONDS = 1.0


def run(row: Row, target: Target) -> Outcome:
    """Make the row's call, and see that it leaves nothing open: no response, no connection, no task."""
    return asyncio.run(_run(row, target))


async def _run(row: Row, target: Target) -> Outcome:
    outcome = Outcome(Recorder())
    noise: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: noise.append(context["message"]))
    await asyncio.to_thread(target.wait_until_idle, PATIENCE)
    transport = AsyncRecordingTransport(outcome.recorder)
    async with (
        httpx.AsyncClient(transport=transport) as http,
        AsyncClient(http_client=http, **client_options(row, target)) as client,
    ):
        for _ in range(row.times):
            outcome.completion, outcome.error = None, None
            try:
                await _WAYS[row.way](row, target, client, outcome)
            except ChatCompletionsError as error:
                outcome.error = error
        if outcome.recorder.open or transport.busy():
            outcome.problems.append(f"{outcome.recorder.open} responses open, {transport.busy()} connections busy")
        if len(asyncio.all_tasks()) > 1:
            outcome.problems.append(f"tasks left: {asyncio.all_tasks()}")
    if row.way != "kill" and not await asyncio.to_thread(target.wait_until_idle, PATIENCE):
        outcome.problems.append("the server works on after the client has gone")
    outcome.problems += noise
    return outcome


async def _stream(client: AsyncClient, row: Row, target: Target, **also: Any) -> Any:
    return await client.chat.completions.create(stream=True, **request(row, target, also))


async def _create(row: Row, target: Target, client: AsyncClient, outcome: Outcome) -> None:
    outcome.completion = await client.chat.completions.create(**request(row, target))


async def _talk(row: Row, target: Target, client: AsyncClient, outcome: Outcome) -> None:
    messages: list[Any] = [*SAYS_HELLO]
    for _ in range(2):
        outcome.completion = await client.chat.completions.create(**request(row, target, {"messages": messages}))
        messages += [outcome.completion.choices[0].message, *SAYS_HELLO]


async def _list(row: Row, target: Target, client: AsyncClient, outcome: Outcome) -> None:
    outcome.completion = await client.chat.completions.list(**row.request)


async def _read(row: Row, target: Target, client: AsyncClient, outcome: Outcome) -> None:
    async with await _stream(client, row, target) as stream:
        try:
            async for chunk in stream:
                outcome.chunks.append(chunk)
        finally:
            outcome.completion, outcome.anomalies = stream.completion, stream.anomalies


async def _break(row: Row, target: Target, client: AsyncClient, outcome: Outcome) -> None:
    async for chunk in (stream := await _stream(client, row, target)):
        outcome.chunks.append(chunk)
        if len(outcome.chunks) == SOME_CHUNKS:
            break
    await _left(outcome)
    outcome.completion = stream.completion
    await client.chat.completions.create(**request(row, target, {"model": target.request["model"], "max_tokens": 4}))


async def _close(row: Row, target: Target, client: AsyncClient, outcome: Outcome) -> None:
    stream = await _stream(client, row, target)
    outcome.chunks += [await anext(stream) for _ in range(SOME_CHUNKS)]
    await stream.close()
    await stream.close()
    await _left(outcome)
    try:
        outcome.chunks += [chunk async for chunk in stream]
    except StreamError as error:
        outcome.completion = error.partial
    else:
        outcome.problems.append("a closed stream ended as if it were complete")


async def _cancel(row: Row, target: Target, client: AsyncClient, outcome: Outcome) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        try:
            async for chunk in await _stream(client, row, target):
                outcome.chunks.append(chunk)
                if len(outcome.chunks) == SOME_CHUNKS:
                    begun.set()
        finally:
            begun.set()  # a stream that broke before that must not be waited for

    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    else:
        outcome.problems.append("the cancelled task came to its end")
    await _left(outcome)
    outcome.completion = await client.chat.completions.create(
        **request(row, target, {"model": target.request["model"], "max_tokens": 4})
    )


async def _deadline(row: Row, target: Target, client: AsyncClient, outcome: Outcome) -> None:
    started = time.monotonic()
    try:
        outcome.chunks += [chunk async for chunk in await _stream(client, row, target, deadline=DEADLINE)]
    finally:
        if (seconds := time.monotonic() - started) > DEADLINE + 1:
            outcome.problems.append(f"a deadline of {DEADLINE} s took {seconds:.1f} s")


async def _reuse(row: Row, target: Target, client: AsyncClient, outcome: Outcome) -> None:
    for _ in range(3):
        stream = await _stream(client, row, target)
        outcome.chunks = [chunk async for chunk in stream]
        outcome.completion, outcome.anomalies = stream.completion, stream.anomalies


async def _many(row: Row, target: Target, client: AsyncClient, outcome: Outcome) -> None:
    async def one(number: int) -> Any:
        if number % 2:
            return (await client.chat.completions.create(**request(row, target))).to_dict()
        stream = await _stream(client, row, target)
        chunks = [chunk async for chunk in stream]
        return len(chunks), stream.completion

    results = await asyncio.gather(*(one(number) for number in range(MANY)))
    outcome.problems += same_bodies(results[1::2], outcome.recorder.exchanges)
    outcome.completion = results[0][1]


async def _kill(row: Row, target: Target, client: AsyncClient, outcome: Outcome) -> None:
    killing: asyncio.Task[None] | None = None
    try:
        async for chunk in await _stream(client, row, target):
            outcome.chunks.append(chunk)
            if len(outcome.chunks) == SOME_CHUNKS:
                killing = asyncio.create_task(asyncio.to_thread(target.kill))
    finally:
        if killing is not None:
            await killing
            await asyncio.to_thread(target.revive)


async def _left(outcome: Outcome) -> None:
    # Leaving `async for` closes in a task of its own, since nothing can be awaited there.
    until = time.monotonic() + LEAVING_SECONDS
    while outcome.recorder.open and time.monotonic() < until:
        await asyncio.sleep(0.01)
    if outcome.recorder.open:
        outcome.problems.append("leaving the stream left its response open")


_WAYS = {
    "create": _create,
    "talk": _talk,
    "stream": _read,
    "break": _break,
    "close": _close,
    "cancel": _cancel,
    "deadline": _deadline,
    "reuse": _reuse,
    "many": _many,
    "kill": _kill,
    "list": _list,
}
