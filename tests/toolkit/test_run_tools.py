"""`run_tools`: what is sent, called and told, and why it ends; each row for both clients, streamed or not."""

from __future__ import annotations

import copy
import json
import pickle
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from chat_completions import (
    APITimeoutError,
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    OutputValidationError,
    RateLimitError,
    ToolArgumentsError,
    ToolFailedError,
    ToolRoundsError,
    function_tool,
)
from chat_completions.errors import APIResponseValidationError, StreamError
from chat_completions.models import ChatCompletionMessageCustomToolCall
from chat_completions.toolkit import loop
from tests.client.scripted import Reply, ScriptedServer, json_reply, stream_reply
from tests.toolkit.conftest import MESSAGES, Runs, calls, completion, says


def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


def fails(x: int = 1) -> str:
    raise PermissionError("not on Sundays")


class City(BaseModel):
    name: str
    people: int


def sent(server: ScriptedServer) -> list[Any]:
    return [request.json() for request in server.requests]


def test_the_model_and_the_tools_take_turns(runs: Runs) -> None:
    """Two rounds of calls and an answer: what goes over the wire, and all that the run tells."""
    messages = copy.deepcopy(MESSAGES)
    replies = [
        runs.reply(calls(("add", {"a": 1, "b": None}), ("add", {"a": 5, "b": 6}))),
        runs.reply(calls(("add", '{"a": 3}'), content="One more.")),
        runs.reply(says("Done.")),
    ]
    with ScriptedServer(*replies) as server:
        run = runs.run(runs.client(server.base_url), messages=messages, tools=[add], temperature=0)
    assert messages == MESSAGES
    assert run.stopped == "answer" and run.content == "Done." and run.rounds == 3
    assert [result.content for result in run.tool_results] == ["3", "11", "5"]
    assert [(result.round, result.value, result.error) for result in run.tool_results] == [
        (1, 3, None),
        (1, 11, None),
        (2, 5, None),
    ]
    assert [message["role"] for message in run.messages] == [
        "user",
        "assistant",
        "tool",
        "tool",
        "assistant",
        "tool",
        "assistant",
    ]
    assert [message.get("tool_call_id") for message in run.messages[2:4]] == ["call_0", "call_1"]
    assert [request["messages"] for request in sent(server)] == [run.messages[:1], run.messages[:4], run.messages[:6]]
    assert all(request["tools"] == [function_tool(add)] and request["temperature"] == 0 for request in sent(server))
    assert run.usage.to_dict() == {
        "prompt_tokens": 30,
        "completion_tokens": 15,
        "total_tokens": 45,
        "prompt_tokens_details": {"cached_tokens": 6},
    }
    assert run.completions[-1] is run.completion and run.pending == ()
    assert json.loads(json.dumps(run.messages)) == run.messages
    assert pickle.loads(pickle.dumps(run)).messages == copy.deepcopy(run).messages == run.messages


def test_a_run_without_calls_is_an_answer(runs: Runs) -> None:
    with ScriptedServer(runs.reply(says("Hello."), usage=None)) as server:
        run = runs.run(runs.client(server.base_url), tools=[])
    assert (run.content, run.rounds, run.usage, run.tool_results) == ("Hello.", 1, None, ())
    assert "tools" not in sent(server)[0]


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("fails", "{}", "Error: PermissionError: not on Sundays"),
        ("add", '{"a": "many"}', "Error: the arguments of add do not fit: /a: "),
        (
            "add",
            '{"a": 1, "c": 2}',
            "Error: the arguments of add do not fit: /c: unknown parameter; the parameters are: a, b",
        ),
        ("add", '{"a": 1', "Error: the arguments of add do not fit: /: not JSON"),
        ("add", "[1]", "Error: the arguments of add do not fit: /: [1] is not an object"),
        ("ad", "{}", "Error: unknown tool 'ad'; the tools are: add, fails"),
    ],
)
def test_what_went_wrong_is_sent_to_the_model(runs: Runs, name: str, arguments: str, told: str) -> None:
    """Also arguments that are no JSON: they are never used, and the run goes on."""
    with ScriptedServer(runs.reply(calls((name, arguments))), runs.reply(says("I see."))) as server:
        run = runs.run(runs.client(server.base_url), tools=[add, fails])
    (result,) = run.tool_results
    assert result.content.startswith(told) and sent(server)[1]["messages"][-1]["content"] == result.content
    assert isinstance(result.error, PermissionError | ToolArgumentsError | LookupError)
    assert "Traceback" not in result.content and run.content == "I see."


def test_a_failure_can_end_the_run(runs: Runs) -> None:
    """With `on_tool_error="raise"`: the error has the transcript, which can be sent as it is."""
    message = calls(("add", {"a": 1}), ("fails", {}), ("add", {"a": 2}))
    with ScriptedServer(runs.reply(message)) as server:
        with pytest.raises(ToolFailedError, match="the tool fails failed: PermissionError: not on Sundays") as caught:
            runs.run(runs.client(server.base_url), tools=[add, fails], on_tool_error="raise")
    error = caught.value
    assert isinstance(error.__cause__, PermissionError) and error.result.error is error.__cause__
    assert error.run.stopped is None and len(error.run.completions) == 1
    assert [message["role"] for message in error.run.messages] == ["user", "assistant", "tool", "tool", "tool"]
    assert error.run.messages[3]["content"] == "Error: PermissionError: not on Sundays"
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert str(again) == str(error) and again.run.messages == error.run.messages
        assert again.result.content == error.result.content


def test_a_function_says_what_is_reported_of_a_failure(runs: Runs) -> None:
    with ScriptedServer(runs.reply(calls(("fails", {}))), runs.reply(says("Well."))) as server:
        run = runs.run(
            runs.client(server.base_url), tools=[fails], on_tool_error=lambda error: f"no: {type(error).__name__}"
        )
    assert run.tool_results[0].content == "no: PermissionError"


def test_the_rounds_have_a_limit(runs: Runs) -> None:
    """What the error has is a whole transcript: with it the run can go on."""
    with ScriptedServer(runs.reply(calls(("add", {"a": 1})))) as server:
        with pytest.raises(ToolRoundsError, match="after 2 rounds") as caught:
            runs.run(runs.client(server.base_url), tools=[add], max_rounds=2)
        assert len(server.requests) == 2
    error = pickle.loads(pickle.dumps(caught.value))
    assert [message["role"] for message in error.run.messages] == ["user", "assistant", "tool", "assistant", "tool"]
    with ScriptedServer(runs.reply(says("At last."))) as server:
        run = runs.run(runs.client(server.base_url), messages=error.run.messages, tools=[add], max_rounds=1)
    assert run.content == "At last." and sent(server)[0]["messages"] == error.run.messages


@pytest.mark.parametrize("tool_choice", ["required", {"type": "function", "function": {"name": "add"}}])
def test_a_call_is_demanded_once(runs: Runs, tool_choice: Any) -> None:
    """A tool choice that demands a call would be met for ever."""
    with ScriptedServer(runs.reply(calls(("add", {"a": 1}))), runs.reply(says("3"))) as server:
        runs.run(runs.client(server.base_url), tools=[add], tool_choice=tool_choice)
    assert [request["tool_choice"] for request in sent(server)] == [tool_choice, "auto"]


def test_other_tool_choices_stay(runs: Runs) -> None:
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "add"}}]}
    choices: list[Any] = ["auto", "none", {"type": "allowed_tools", "allowed_tools": allowed}]
    expected = [*choices[:2], {"type": "allowed_tools", "allowed_tools": {**allowed, "mode": "auto"}}]
    for choice, later in zip(choices, expected, strict=True):
        with ScriptedServer(runs.reply(calls(("add", {"a": 1}))), runs.reply(says("3"))) as server:
            runs.run(runs.client(server.base_url), tools=[add], tool_choice=choice)
        assert [request["tool_choice"] for request in sent(server)] == [choice, later]


def test_each_round_has_an_idempotency_key_of_its_own(runs: Runs) -> None:
    """With the caller's own key too: a server that knows it would answer the first round again."""
    with ScriptedServer(runs.reply(calls(("add", {"a": 1}))), runs.reply(says("3"))) as server:
        runs.run(runs.client(server.base_url), tools=[add], extra_headers={"Idempotency-Key": "mine", "X-A": "b"})
    assert [request.headers["idempotency-key"] for request in server.requests] == ["mine", "mine-2"]
    assert [request.headers["x-a"] for request in server.requests] == ["b", "b"]


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({"arguments": ""}, "{}"),
        ({"arguments": None}, "{}"),
        ({}, "{}"),
        ({"arguments": {"x": 3}}, '{"x": 3}'),
        ({"arguments": "null"}, "null"),
    ],
)
def test_arguments_as_servers_write_them(runs: Runs, given: dict[str, Any], arguments: str) -> None:
    """No arguments are written in many ways; what goes back to the server is JSON text."""
    if runs.streams and isinstance(given.get("arguments"), dict):
        pytest.skip("the pieces of a stream are texts")
    seen = []

    def note(x: int = 1) -> str:
        seen.append(x)
        return "noted"

    call = {"id": "a", "type": "function", "function": {"name": "note", **given}}
    with ScriptedServer(runs.reply(says(None, tool_calls=[call])), runs.reply(says("Good."))) as server:
        runs.run(runs.client(server.base_url), tools=[note])
    assert seen == [3 if "3" in arguments else 1]
    assert sent(server)[1]["messages"][1]["tool_calls"][0]["function"]["arguments"] == arguments


@pytest.mark.parametrize("ids", [[None, None], ["", ""], ["same", "same"], ["call01001", None]])
def test_each_call_has_an_id_of_its_own(runs: Runs, ids: list[str | None]) -> None:
    """Servers leave ids out, or give one twice: results could not be told apart."""
    message = calls(("add", {"a": 1}), ("add", {"a": 2}))
    for call, id in zip(message["tool_calls"], ids, strict=True):
        call["id"] = id
        if id is None:
            del call["id"], call["type"]
    with ScriptedServer(runs.reply(message), runs.reply(says("Good."))) as server:
        run = runs.run(runs.client(server.base_url), tools=[add])
    _, assistant, first, second = sent(server)[1]["messages"]
    named = [call["id"] for call in assistant["tool_calls"]]
    assert named == [first["tool_call_id"], second["tool_call_id"]] == [result.id for result in run.tool_results]
    assert len(set(named)) == 2 and all(named) and [first["content"], second["content"]] == ["3", "4"]
    assert all(call["type"] == "function" for call in assistant["tool_calls"])


def test_calls_that_nobody_here_can_answer_end_the_run(runs: Runs) -> None:
    """A custom tool, a tool without a function and one of a type: they are given back, the others are made."""
    plain = {"type": "function", "function": {"name": "page_human", "parameters": {"type": "object"}}}
    custom = {"type": "custom", "custom": {"name": "shell"}}
    message = calls(("add", {"a": 1}), ("page_human", {"why": "fire"}), ("City", {"name": "Bern", "people": 5}))
    message["tool_calls"].append({"id": "c", "type": "custom", "custom": {"name": "shell", "input": "ls"}})
    with ScriptedServer(runs.reply(message)) as server:
        run = runs.run(runs.client(server.base_url), tools=[add, plain, custom, City])
    assert run.stopped == "tool_calls" and len(server.requests) == 1
    assert [result.content for result in run.tool_results] == ["3"]
    assert run.messages[-1] == {"role": "tool", "tool_call_id": "call_0", "content": "3"}
    human, city, shell = run.pending
    assert human.function.name == "page_human" and json.loads(human.function.arguments) == {"why": "fire"}
    assert city.function.parsed_arguments == City(name="Bern", people=5)
    assert isinstance(shell, ChatCompletionMessageCustomToolCall) and shell.custom.input == "ls"
    answers = [{"role": "tool", "tool_call_id": call.id, "content": "ok"} for call in run.pending]
    with ScriptedServer(runs.reply(says("Thanks."))) as server:
        runs.run(runs.client(server.base_url), messages=[*run.messages, *answers], tools=[add, plain, custom, City])
    assert [message.get("tool_call_id") for message in sent(server)[0]["messages"][2:]][:3] == [
        "call_0",
        "call_1",
        "call_2",
    ]


def test_arguments_that_do_not_fit_a_type_are_reported(runs: Runs) -> None:
    replies = [
        runs.reply(calls(("City", {"name": "Bern", "people": "many"}))),
        runs.reply(calls(("City", {"name": "Bern", "people": 5}))),
    ]
    with ScriptedServer(*replies) as server:
        run = runs.run(runs.client(server.base_url), tools=[City])
    assert "/people" in run.tool_results[0].content
    assert run.pending[0].function.parsed_arguments == City(name="Bern", people=5)


@pytest.mark.parametrize(
    ("message", "reason", "stopped"),
    [
        (says(None, refusal="I will not."), "stop", "refusal"),
        (says("Once upon"), "length", "length"),
        (says("Once upon"), "content_filter", "content_filter"),
        (says(None, function_call={"name": "add", "arguments": "{}"}), "function_call", "function_call"),
        (calls(("add", {"a": 1}), refusal="I will not."), "stop", "refusal"),
        (says("Yes.", tool_calls=[]), "tool_calls", "answer"),
        (says("Yes.", tool_calls=None), "eos", "answer"),
    ],
)
def test_why_a_run_stops(runs: Runs, message: dict[str, Any], reason: str, stopped: str) -> None:
    with ScriptedServer(runs.reply(message, reason)) as server:
        run = runs.run(runs.client(server.base_url), tools=[add])
    assert run.stopped == stopped and run.tool_results == ()
    assert "tool_calls" not in run.messages[-1] and run.messages[-1]["role"] == "assistant"


@pytest.mark.parametrize(
    ("reason", "kind"), [("length", LengthFinishReasonError), ("content_filter", ContentFilterFinishReasonError)]
)
def test_half_a_call_is_never_made(runs: Runs, reason: str, kind: type[Exception]) -> None:
    """Even if it is JSON by chance, and the calls before it are whole."""
    called: list[int] = []

    def note(x: int) -> None:
        called.append(x)

    replies = [
        runs.reply(calls(("add", {"a": 1}))),
        runs.reply(calls(("note", {"x": 1}), ("note", '{"x": 2}')), reason),
    ]
    with ScriptedServer(*replies) as server:
        with pytest.raises(kind, match="no tool was called") as caught:
            runs.run(runs.client(server.base_url), tools=[add, note])
    error: Any = caught.value
    assert called == [] and error.completion.choices[0].message.tool_calls[1].function.arguments == '{"x": 2}'
    assert len(error.run.completions) == 2
    assert [message["role"] for message in error.run.messages] == ["user", "assistant", "tool"]


def test_an_answer_without_a_choice_is_an_error(runs: Runs) -> None:
    if runs.streams:
        pytest.skip("a stream without a choice is no complete stream")
    with ScriptedServer(json_reply({**completion(says("x")), "choices": []})) as server:
        with pytest.raises(APIResponseValidationError, match="no choice with a message") as caught:
            runs.run(runs.client(server.base_url), tools=[add])
    assert caught.value.run is not None and len(caught.value.run.completions) == 1


def test_a_failed_call_of_the_api_keeps_the_run(runs: Runs) -> None:
    """The error is what it is without tools, and has what came before."""
    failure = json_reply({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, 429)
    with ScriptedServer(runs.reply(calls(("add", {"a": 1}))), failure) as server:
        with pytest.raises(RateLimitError, match="slow down") as caught:
            runs.run(runs.client(server.base_url), tools=[add])
    run = caught.value.run
    assert run is not None and run.messages[-1] == {"role": "tool", "tool_call_id": "call_0", "content": "3"}
    assert pickle.loads(pickle.dumps(caught.value)).run.messages == run.messages


@pytest.mark.slow
def test_the_deadline_is_for_the_whole_run(runs: Runs, clock_of: Callable[..., Callable[[float], None]]) -> None:
    """The second round gets what the first one and the tools left over."""
    advance = clock_of(loop)

    def slow() -> str:
        advance(599)
        return "slept"

    def hang(_: Any) -> Reply:
        return Reply([60.0, b""], headers={"content-type": "text/event-stream"}, framing="close")

    with ScriptedServer(runs.reply(calls(("slow", {}))), hang) as server:
        begun = time.monotonic()
        with pytest.raises((APITimeoutError, StreamError)) as caught:
            runs.run(runs.client(server.base_url, deadline=6000), tools=[slow], deadline=600)
        assert time.monotonic() - begun < 30
    assert caught.value.run is not None and caught.value.run.tool_results[0].content == "slept"


@pytest.mark.slow
def test_the_deadline_of_the_client_counts_for_a_run(
    runs: Runs, clock_of: Callable[..., Callable[[float], None]]
) -> None:
    advance = clock_of(loop)

    def slow() -> str:
        advance(601)
        return "slept"

    with ScriptedServer(runs.reply(calls(("slow", {}))), runs.reply(says("Good."))) as server:
        client = runs.client(server.base_url, deadline=600)
        with pytest.raises(APITimeoutError, match="deadline of 600 s") as caught:
            runs.run(client, tools=[slow])
        assert len(server.requests) == 1
    assert caught.value.run is not None
    with ScriptedServer(runs.reply(calls(("slow", {}))), runs.reply(says("Good."))) as server:
        assert runs.run(runs.client(server.base_url, deadline=600), tools=[slow], deadline=None).content == "Good."


def test_the_last_answer_has_a_type(runs: Runs) -> None:
    """`response_format=T` goes with every request; what the model says beside its calls need not be one."""
    replies = [
        runs.reply(calls(("add", {"a": 1}), content="Let me see.")),
        runs.reply(says('{"name": "Bern", "people": 3}')),
    ]
    with ScriptedServer(*replies) as server:
        run = runs.run(runs.client(server.base_url), tools=[add], response_format=City)
    assert run.parsed == City(name="Bern", people=3) == run.completion.choices[0].message.parsed
    assert run.messages[-1]["content"] == '{"name": "Bern", "people": 3}' and "parsed" not in run.messages[-1]
    assert [request["response_format"]["json_schema"]["name"] for request in sent(server)] == ["City", "City"]


@pytest.mark.parametrize(
    ("text", "reason", "kind"),
    [('{"name": 1}', "stop", OutputValidationError), ('{"name": "B', "length", LengthFinishReasonError)],
)
def test_a_last_answer_that_is_not_a_value_of_its_type(
    runs: Runs, text: str, reason: str, kind: type[Exception]
) -> None:
    with ScriptedServer(runs.reply(calls(("add", {"a": 1}))), runs.reply(says(text), reason)) as server:
        with pytest.raises(kind) as caught:
            runs.run(runs.client(server.base_url), tools=[add], response_format=City)
    error: Any = caught.value
    assert error.completion.choices[0].message.content == text
    assert error.run.messages[-1]["content"] == text and error.run.rounds == 2


def test_a_refusal_has_no_value(runs: Runs) -> None:
    with ScriptedServer(runs.reply(says(None, refusal="No."))) as server:
        run = runs.run(runs.client(server.base_url), response_format=City)
    assert run.stopped == "refusal" and run.parsed is None


def test_a_stream_that_is_cut_keeps_the_run(runs: Runs) -> None:
    if not runs.streams:
        pytest.skip("for streams")
    cut = stream_reply([b'data: {"choices": [{"index": 0, "delta": {"content": "Hel"}}]}\n\n'], cut=True)
    with ScriptedServer(runs.reply(calls(("add", {"a": 1}))), cut) as server:
        with pytest.raises(StreamError) as caught:
            runs.run(runs.client(server.base_url), tools=[add])
    assert caught.value.partial is not None and caught.value.partial.choices[0].message.content == "Hel"
    assert caught.value.run is not None and caught.value.run.messages[-1]["content"] == "3"


def test_an_async_function_needs_the_async_client(runs: Runs) -> None:
    async def later() -> str:
        return "later"

    def wrapped() -> Any:
        return later()

    with ScriptedServer(runs.reply(calls(("wrapped", {}))), runs.reply(says("Good."))) as server:
        client = runs.client(server.base_url)
        if runs.is_async:
            run = runs.run(client, tools=[later, wrapped])
            assert run.tool_results[0].content == "later"
            return
        with pytest.raises(TypeError, match="'later' is async, which only AsyncClient can call"):
            runs.run(client, tools=[later])
        with pytest.raises(ToolFailedError, match="is async, which only AsyncClient can call"):
            runs.run(client, tools=[wrapped])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"max_rounds": 0}, "max_rounds is 0"),
        ({"max_rounds": None}, "max_rounds is None"),
        ({"on_tool_error": "ignore"}, "on_tool_error is 'ignore'"),
        ({"n": 2}, "n is 2"),
        ({"tools": [add, function_tool(add)]}, "two tools have the name 'add'"),
        ({"tools": [City, function_tool(add, name="City")]}, "two tools have the name 'City'"),
        ({"tools": add}, "tools must be a list of functions and tools, not function"),
        ({"tools": [3]}, "not from 3"),
        ({"messages": "Hello"}, "messages must be a list, not str"),
    ],
)
def test_what_cannot_be_run_is_reported_before_anything_is_sent(runs: Runs, arguments: Any, said: str) -> None:
    with ScriptedServer(runs.reply(says("x"))) as server:
        with pytest.raises((TypeError, ValueError), match=said):
            runs.run(runs.client(server.base_url), **arguments)
        assert server.requests == []
