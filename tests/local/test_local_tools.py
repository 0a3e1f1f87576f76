"""When and how the deterministic engine calls tools."""

import json

import pytest

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}},
            "required": ["city", "unit"],
        },
    },
}
TIME = {"type": "function", "function": {"name": "get-time"}}
SHELL = {"type": "custom", "custom": {"name": "shell"}}
CODE = {
    "type": "custom",
    "custom": {
        "name": "code",
        "format": {"type": "grammar", "grammar": {"syntax": "regex", "definition": "^[0-9]{3}$"}},
    },
}
SAMPLE = '{"city": "city", "unit": "C"}'


def names(completion):
    calls = completion["choices"][0]["message"].get("tool_calls", [])
    return [call[call["type"]]["name"] for call in calls]


@pytest.mark.parametrize(
    ("content", "fields", "called"),
    [
        ("Hello", {}, []),
        ("please call get_weather now", {}, ["get_weather"]),
        ("call get_weather, then call get-time", {}, ["get_weather", "get-time"]),
        ("call get_weather, then call get-time", {"parallel_tool_calls": False}, ["get_weather"]),
        ("call get_weather_tomorrow", {}, []),
        ("recall get_weather", {}, []),
        ("call get_weather", {"tool_choice": "none"}, []),
        ("call get_weather", {"tool_choice": "auto"}, ["get_weather"]),
        ("Hello", {"tool_choice": "required"}, ["get_weather"]),
        ("call shell", {"tool_choice": "required"}, ["shell"]),
        ("Hello", {"tool_choice": {"type": "function", "function": {"name": "get-time"}}}, ["get-time"]),
        ("call get_weather", {"tool_choice": {"type": "custom", "custom": {"name": "shell"}}}, ["shell"]),
        (
            "call get_weather",
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {"mode": "auto", "tools": [{"type": "custom", "custom": {"name": "shell"}}]},
                }
            },
            [],
        ),
        (
            "Hello",
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {
                        "mode": "required",
                        "tools": [{"type": "function", "function": {"name": "get-time"}}],
                    },
                }
            },
            ["get-time"],
        ),
    ],
)
def test_which_tools_are_called(ask, contract, content, fields, called):
    """`tool_choice` and the words `call NAME` decide; the reply keeps to the contract."""
    completion = ask(content, tools=[WEATHER, TIME, SHELL, CODE], **fields)
    assert names(completion) == called
    assert completion["choices"][0]["finish_reason"] == ("tool_calls" if called else "stop")
    assert (completion["choices"][0]["message"]["content"] is None) == bool(called)
    assert contract.response_fault("createChatCompletion", completion) is None


def test_what_tools_are_called_with(ask):
    """Arguments are a sample of the schema, or the object that follows the name; custom tools get text."""
    oslo = '{"city": "Oslo", "unit": "F"}'
    asked = f"call get_weather, call get_weather {oslo} and call shell and call code and call get-time"
    calls = ask(asked, tools=[WEATHER, SHELL, CODE, TIME])["choices"][0]["message"]["tool_calls"]
    assert calls[0]["function"]["arguments"] == SAMPLE
    assert calls[1]["function"]["arguments"] == oslo
    assert calls[2]["custom"]["input"] == "input for shell"
    assert calls[3]["custom"]["input"] == "111"
    assert calls[4]["function"]["arguments"] == "{}"
    assert len({call["id"] for call in calls}) == 5


@pytest.mark.parametrize("given", ["{", '{"a": NaN}', "[1]", "{'city': 1}", "{" * 5_000])
def test_what_follows_a_name_may_be_no_object(ask, given):
    """Only a JSON object is taken as the arguments."""
    call = ask(f"call get_weather {given}", tools=[WEATHER])["choices"][0]["message"]["tool_calls"][0]
    assert call["function"]["arguments"] == SAMPLE


def test_no_call_after_a_tool_answered(client):
    """With `auto`, a tool's message is answered in text; the next user message may call again."""
    messages = [
        {"role": "user", "content": "call get_weather"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "12 degrees"}]},
    ]
    reply = client.post("/chat/completions", json={"model": "m", "messages": messages, "tools": [WEATHER]}).json()
    assert names(reply) == []
    assert reply["choices"][0]["message"]["content"].startswith("The tool said: 12 degrees")
    messages.append({"role": "user", "content": "call get_weather"})
    reply = client.post("/chat/completions", json={"model": "m", "messages": messages, "tools": [WEATHER]}).json()
    assert names(reply) == ["get_weather"]


def test_streamed_calls_fold_to_the_plain_ones(ask, stream):
    """Deltas carry the index, open with id, type and name, and bring the arguments in pieces."""
    fields = {"tools": [WEATHER, SHELL], "n": 2}
    chunks = stream("call get_weather and call shell", **fields)
    for index, choice in enumerate(ask("call get_weather and call shell", **fields)["choices"]):
        deltas = [c["choices"][0]["delta"] for c in chunks if c["choices"][0]["index"] == index]
        assert deltas[0]["role"] == "assistant" and deltas[0]["content"] is None
        pieces = [call for delta in deltas for call in delta.get("tool_calls", [])]
        for number, call in enumerate(choice["message"]["tool_calls"]):
            mine = [piece for piece in pieces if piece["index"] == number]
            assert mine[0]["type"] == call["type"] and mine[0]["id"].startswith("call_")
            assert mine[0][call["type"]]["name"] == call[call["type"]]["name"]
            assert all("id" not in piece and "name" not in piece[call["type"]] for piece in mine[1:])
            field = "input" if call["type"] == "custom" else "arguments"
            assert len(mine) > 2
            assert "".join(piece[call["type"]][field] for piece in mine) == call[call["type"]][field]
        assert deltas[-1] == {}


def test_a_token_limit_cuts_arguments(ask):
    """A limit leaves the arguments unfinished and the finish reason `length`."""
    completion = ask("call get_weather", tools=[WEATHER], max_completion_tokens=6)
    choice = completion["choices"][0]
    assert choice["finish_reason"] == "length"
    assert SAMPLE.startswith(choice["message"]["tool_calls"][0]["function"]["arguments"])
    assert completion["usage"]["completion_tokens"] == 6
    completion = ask("call get-time", tools=[TIME], max_completion_tokens=1)
    assert "tool_calls" not in completion["choices"][0]["message"]


def test_a_pattern_that_python_only_warns_of(client):
    """Such a pattern is served or refused, also where warnings are errors."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^[[a&&b]$"}}, "required": ["a"]}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    body = {"model": "m", "messages": [{"role": "user", "content": "call f"}], "tools": [tool]}
    assert client.post("/chat/completions", json=body).status_code in (200, 400)


@pytest.mark.parametrize("choice", [None, "auto", {"name": "get_weather"}])
def test_deprecated_functions_still_work(ask, stream, contract, choice):
    """`functions` and `function_call` answer with `function_call`, plain and streamed."""
    fields = {"functions": [WEATHER["function"]]} | ({"function_call": choice} if choice else {})
    completion = ask("call get_weather", **fields)
    assert completion["choices"][0]["message"]["function_call"] == {"name": "get_weather", "arguments": SAMPLE}
    assert completion["choices"][0]["finish_reason"] == "function_call"
    assert contract.response_fault("createChatCompletion", completion) is None
    deltas = [chunk["choices"][0]["delta"].get("function_call", {}) for chunk in stream("call get_weather", **fields)]
    assert "".join(delta.get("arguments", "") for delta in deltas) == SAMPLE
    assert (
        "function_call"
        not in ask("call get_weather", functions=[WEATHER["function"]], function_call="none")["choices"][0]["message"]
    )


def test_sampled_arguments_parse(ask):
    """Whatever the schema, arguments are a JSON object."""
    tool = {
        "type": "function",
        "function": {
            "name": "f",
            "parameters": {"type": "object", "properties": {"d": {"type": "string", "format": "date"}}},
        },
    }
    completion = ask("call f", tools=[tool])
    assert json.loads(completion["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]) == {
        "d": "2024-01-31"
    }
