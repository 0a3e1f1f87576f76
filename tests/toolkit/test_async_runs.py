"""What only the async client does: calls at the same time, in threads, under a limit, and cancelled."""

from __future__ import annotations

import asyncio
import threading
import time
from contextvars import ContextVar
from typing import Any

import pytest

from chat_completions import APITimeoutError, ToolFailedError
from tests.client.scripted import ScriptedServer
from tests.toolkit.conftest import AsyncRuns, calls, says

asker: ContextVar[str] = ContextVar("asker", default="nobody")


class UnknownReporter:
    """Counts how many are at work at once."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.cancelled: list[str] = []

    async def nap(self, name: str, seconds: float = 0.1) -> str:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise
        finally:
            self.now -= 1
        return name


def naps(count: int, **given: Any) -> dict[str, Any]:
    return calls(*(("nap", {"name": f"n{place}", **given}) for place in range(count)))


@pytest.mark.parametrize(("limit", "most"), [(None, 6), (2, 2), (1, 1)])
def test_calls_of_one_answer_run_at_the_same_time(async_runs: AsyncRuns, limit: int | None, most: int) -> None:
    """As many as allowed, and the results are in the order of the calls, whoever is ready first."""
    at_work = highest = 0
    full = asyncio.Event()
    ended = [asyncio.Event() for _ in range(6)]

    async def work(name: str) -> str:
        nonlocal at_work, highest
        at_work += 1
        highest = max(highest, at_work)
        if at_work == most:
            full.set()
        await full.wait()
        place = int(name[1:])
        if limit is None and place < 5:
            await ended[place + 1].wait()
        ended[place].set()
        at_work -= 1
        return name

    message = calls(*(("work", {"name": f"n{place}"}) for place in range(6)))
    with ScriptedServer(async_runs.reply(message), async_runs.reply(says("Good."))) as server:
        options = {} if limit is None else {"max_concurrency": limit}
        run = async_runs.run(async_runs.client(server.base_url), tools=[work], **options)
    assert highest == most
    assert [result.content for result in run.tool_results] == [f"n{place}" for place in range(6)]
    assert [message["content"] for message in run.messages[2:8]] == [f"n{place}" for place in range(6)]
    if async_runs.streams and limit is None:
        ended = [event.result.content for event in async_runs.events if event.type == "tool_call.done"]
        assert ended == [f"n{place}" for place in reversed(range(6))]


def test_functions_that_are_not_async_run_in_threads(async_runs: AsyncRuns) -> None:
    """They wait for one another here, which they could not on the event loop; they see the caller's context."""
    meeting = threading.Barrier(3, timeout=60)
    seen = []

    def meet() -> str:
        meeting.wait()
        seen.append(asker.get())
        return threading.current_thread().name

    async def main(client: Any) -> Any:
        asker.set("me")
        return await async_runs.started(client, tools=[meet])

    with ScriptedServer(async_runs.reply(calls(*[("meet", {})] * 3)), async_runs.reply(says("Good."))) as server:
        run = async_runs.runner.run(main(async_runs.client(server.base_url)))
    assert "MainThread" not in {result.content for result in run.tool_results} and seen == ["me"] * 3


def test_a_failure_that_ends_the_run_cancels_the_other_calls(async_runs: AsyncRuns) -> None:
    watch = UnknownReporter()

    async def fail() -> None:
        await asyncio.sleep(0.05)
        raise ValueError("no")

    async def quick() -> str:
        return "quick"

    message = calls(("quick", {}), ("nap", {"name": "n", "seconds": 30}), ("fail", {}))
    with ScriptedServer(async_runs.reply(message)) as server:
        with pytest.raises(ToolFailedError, match="ValueError: no") as caught:
            tools = [watch.nap, fail, quick]
            async_runs.run(async_runs.client(server.base_url), tools=tools, on_tool_error="raise")
    assert watch.cancelled == ["n"] and watch.now == 0
    told = [message["content"] for message in caught.value.run.messages[2:]]
    assert told == ["quick", "Error: no result, because the run ended first", "Error: ValueError: no"]
    assert [result.name for result in caught.value.run.tool_results] == ["quick", "fail"]


@pytest.mark.slow
def test_the_deadline_cancels_calls(async_runs: AsyncRuns) -> None:
    watch = UnknownReporter()
    with ScriptedServer(async_runs.reply(naps(2, seconds=60))) as server:
        begun = time.monotonic()
        with pytest.raises(APITimeoutError, match="deadline of 3 s") as caught:
            async_runs.run(async_runs.client(server.base_url), tools=[watch.nap], deadline=3)
    assert time.monotonic() - begun < 30 and sorted(watch.cancelled) == ["n0", "n1"]
    assert caught.value.run is not None and caught.value.run.rounds == 1


def test_cancelling_the_run_cancels_the_calls(async_runs: AsyncRuns) -> None:
    watch = UnknownReporter()

    async def main(client: Any) -> None:
        task = asyncio.create_task(async_runs.started(client, tools=[watch.nap]))
        while watch.now < 2:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1

    with ScriptedServer(async_runs.reply(naps(2, seconds=30))) as server:
        async_runs.runner.run(main(async_runs.client(server.base_url)))
    assert sorted(watch.cancelled) == ["n0", "n1"] and watch.now == 0


def test_cancelling_while_the_model_answers_lets_go_of_the_connection(async_runs: AsyncRuns) -> None:
    answering = threading.Event()

    def hang(_: Any) -> Any:
        answering.set()
        reply = async_runs.reply(says("Good."))
        first, *rest = reply.pieces
        if rest:
            reply.pieces = [first, *[0.05, b": still here\n\n"] * 600, *rest]
        else:
            reply.pieces = [first[:10], *[0.05, b" "] * 600, first[10:]]
        return reply

    async def main(client: Any) -> None:
        task = asyncio.create_task(async_runs.started(client))
        await asyncio.to_thread(answering.wait, 60)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with ScriptedServer(hang) as server:
        async_runs.runner.run(main(async_runs.client(server.base_url)))
        assert server.wait_until_closed()


def test_a_tool_that_cancels_itself_has_failed(async_runs: AsyncRuns) -> None:
    """Its own cancellation is no reason to end the run, and must not hang it."""

    async def give_up() -> None:
        raise asyncio.CancelledError

    async def time_out() -> None:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(5)

    with ScriptedServer(
        async_runs.reply(calls(("give_up", {}), ("time_out", {}))), async_runs.reply(says("Good."))
    ) as server:
        run = async_runs.run(async_runs.client(server.base_url), tools=[give_up, time_out])
    assert [result.content for result in run.tool_results] == [
        "Error: RuntimeError: it cancelled itself",
        "Error: TimeoutError",
    ]


@pytest.mark.parametrize("raised", [StopIteration("x"), GeneratorExit("x")])
def test_what_a_future_cannot_hold_does_not_hang_the_run(async_runs: AsyncRuns, raised: BaseException) -> None:
    def odd() -> None:
        raise raised

    with ScriptedServer(async_runs.reply(calls(("odd", {}))), async_runs.reply(says("Good."))) as server:
        client = async_runs.client(server.base_url)
        if isinstance(raised, Exception):
            assert async_runs.run(client, tools=[odd]).tool_results[0].content == "Error: StopIteration: x"
        else:
            with pytest.raises(GeneratorExit):
                async_runs.run(client, tools=[odd])


def test_the_limit_has_to_let_one_call_through(async_runs: AsyncRuns) -> None:
    with pytest.raises(ValueError, match="max_concurrency is 0"):
        async_runs.run(async_runs.client("http://127.0.0.1:1"), tools=[], max_concurrency=0)
