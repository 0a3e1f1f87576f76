"""`run_tools(stream=True)`: the events, and what becomes of the connection when they are left."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chat_completions import AsyncClient, Client, ToolRoundsError, ToolRunStream
from chat_completions.errors import ChatCompletionsError
from tests.client.scripted import ScriptedServer
from tests.toolkit.conftest import MESSAGES, AsyncRuns, Runs, calls, completion, says, streamed

ASK = {"model": "m", "messages": MESSAGES, "stream": True}


def add(a: int, b: int = 2) -> int:
    return a + b


def replies() -> list[Any]:
    return [streamed(completion(calls(("add", {"a": 1}), ("add", {"a": "x"})))), streamed(completion(says("Three.")))]


def slowly(reply: Any) -> Any:
    """Return the reply with comments after its second piece, so that a server whose client is gone notices soon."""
    pieces = list(reply.pieces)
    reply.pieces = [*pieces[:2], *[0.05, b": still here\n\n"] * 600, *pieces[2:]]
    return reply


def test_the_events_tell_of_everything_in_order(runs: Runs) -> None:
    if not runs.streams:
        pytest.skip("for streams")
    with ScriptedServer(*replies()) as server:
        run = runs.run(runs.client(server.base_url), tools=[add])
    own = [event for event in runs.events if event.type.startswith(("round.", "tool_call.", "tool_run."))]
    kinds = [event.type for event in own]
    assert kinds[:2] == ["round.begun", "round.done"] and kinds[-3:] == ["round.begun", "round.done", "tool_run.done"]
    assert sorted(kinds[2:-3]) == ["tool_call.begun"] * 2 + ["tool_call.done"] * 2
    assert [event.round for event in own if event.type == "round.begun"] == [1, 2]
    assert [event.arguments for event in own if event.type == "tool_call.begun"] == ['{"a": 1}', '{"a": "x"}']
    assert sorted(
        (event.result for event in own if event.type == "tool_call.done"), key=lambda result: result.id
    ) == list(run.tool_results)
    assert own[-1].run is run and [event.completion for event in own if event.type == "round.done"] == list(
        run.completions
    )
    model = [event.type for event in runs.events if event not in own]
    assert model.count("tool_calls.function.arguments.done") == 2 and model.count("content.done") == 1
    assert run.usage is not None and run.usage.total_tokens == 30


def test_a_call_that_is_sent_under_two_indexes_runs_once(runs: Runs) -> None:
    if not runs.streams:
        pytest.skip("for streams")
    message = calls(("add", {"a": 1}), ("add", {"a": 1}))
    message["tool_calls"][1]["id"] = message["tool_calls"][0]["id"]
    with ScriptedServer(streamed(completion(message)), streamed(completion(says("Three.")))) as server:
        run = runs.run(runs.client(server.base_url), tools=[add])
    assert [result.value for result in run.tool_results] == [3]


def test_leaving_the_stream_closes_the_connection() -> None:
    with (
        ScriptedServer(slowly(streamed(completion(says("A long story."))))) as server,
        Client(base_url=server.base_url) as client,
    ):
        with client.chat.completions.run_tools(**ASK, tools=[add]) as stream:
            for event in stream:
                if event.type == "content.delta":
                    break
        assert server.wait_until_closed()
        with pytest.raises(ChatCompletionsError, match="closed before it ended"):
            stream.get_final_run()
        assert list(stream) == []
        stream.close()


def test_leaving_the_async_stream_closes_the_connection_and_cancels_the_tools() -> None:
    cancelled = []

    async def nap(x: int) -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.append(x)
            raise

    async def main(server: ScriptedServer) -> None:
        async with AsyncClient(base_url=server.base_url) as client:
            async with client.chat.completions.run_tools(**ASK, tools=[nap]) as stream:
                async for event in stream:
                    if event.type == "content.delta":
                        break
            assert await asyncio.to_thread(server.wait_until_closed)
            async with client.chat.completions.run_tools(**ASK, tools=[nap]) as stream:
                async for event in stream:
                    if event.type == "tool_call.begun":
                        await asyncio.sleep(0.05)
                        break
            assert cancelled == [1] and len(asyncio.all_tasks()) == 1
            with pytest.raises(ChatCompletionsError, match="closed before it ended"):
                await stream.get_final_run()

    called = streamed(completion(calls(("nap", {"x": 1}))))
    with ScriptedServer(slowly(streamed(completion(says("A long story.")))), called) as server:
        asyncio.run(main(server))


def test_a_stream_that_is_not_kept_closes_the_connection() -> None:
    with (
        ScriptedServer(slowly(streamed(completion(says("A long story."))))) as server,
        Client(base_url=server.base_url) as client,
    ):
        for event in client.chat.completions.run_tools(**ASK, tools=[add]):
            if event.type == "content.delta":
                break
        assert server.wait_until_closed()


def test_the_pieces_of_text_alone(runs: Runs) -> None:
    if not runs.streams:
        pytest.skip("for streams")
    first = calls(("add", {"a": 1}), content="Let me see. ")

    async def texts(client: Any) -> list[str]:
        async with client.chat.completions.run_tools(**ASK, tools=[add]) as stream:
            return [text async for text in stream.text_deltas()]

    with ScriptedServer(runs.reply(first), runs.reply(says("Three."))) as server:
        client = runs.client(server.base_url)
        if isinstance(runs, AsyncRuns):
            found = runs.runner.run(texts(client))
        else:
            with client.chat.completions.run_tools(**ASK, tools=[add]) as stream:
                found = list(stream.text_deltas())
    assert "".join(found) == "Let me see. Three."


def test_the_run_so_far_and_the_fault_can_be_had_again() -> None:
    with (
        ScriptedServer(streamed(completion(calls(("add", {"a": 1}))))) as server,
        Client(base_url=server.base_url) as client,
    ):
        stream: ToolRunStream[None] = client.chat.completions.run_tools(**ASK, tools=[add], max_rounds=1)
        assert stream.current_run_snapshot.rounds == 0
        with pytest.raises(ChatCompletionsError, match="has not answered"):
            stream.current_run_snapshot.completion  # noqa: B018
        for event in stream:
            if event.type == "tool_call.done":
                break
        assert stream.current_run_snapshot.rounds == 1 and stream.current_run_snapshot.stopped is None
        with pytest.raises(ToolRoundsError) as first:
            stream.get_final_run()
        with pytest.raises(ToolRoundsError) as again:
            stream.get_final_run()
    assert first.value is again.value
    assert first.value.run.messages[-1]["content"] == "3"


def test_a_typed_answer_can_be_read_as_it_grows() -> None:
    from pydantic import BaseModel

    class City(BaseModel):
        name: str

    answer = streamed(completion(says('{"name": "Bern"}')))
    with ScriptedServer(replies()[0], answer) as server, Client(base_url=server.base_url) as client:
        with client.chat.completions.run_tools(**ASK, tools=[add], response_format=City) as stream:
            parsed = [event.parsed for event in stream if event.type in ("content.delta", "content.done")]
            assert parsed[-1] == City(name="Bern") == stream.get_final_run().parsed
        assert parsed[0] == {} or parsed[0] is None
