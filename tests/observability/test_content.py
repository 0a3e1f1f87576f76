"""Messages in spans: only when they are asked for, in the form of the conventions, without media and secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat_completions import AuthenticationError, Client
from chat_completions.observability import CAPTURE, _attributes
from tests.client.scripted import ScriptedServer, json_reply, stream_reply
from tests.observability.conftest import COMPLETION, DONE, END, ROLE, Telemetry, event

CONTENT = ("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.tool.definitions")
MESSAGES: list[Any] = [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Grüße"}]
TOOLS: list[Any] = [{"type": "function", "function": {"name": "f", "description": "private", "parameters": {}}}]


def ask(base_url: str, telemetry: Telemetry, **options: Any) -> dict[str, Any]:
    with Client(base_url=base_url, api_key="k") as client:
        telemetry.observe(client, **options)
        client.chat.completions.create(model="m", messages=MESSAGES, tools=TOOLS)
    return {name: value for name, value in telemetry.told.items() if name in CONTENT}


@pytest.mark.parametrize("value", [None, "", "false", "NO_CONTENT", "EVENT_ONLY", "nonsense"])
def test_nothing_is_reported_unless_asked_for(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    if value is not None:
        monkeypatch.setenv(CAPTURE, value)
    with ScriptedServer(json_reply(COMPLETION)) as server:
        assert not ask(server.base_url, telemetry)
    assert "Be kind" not in telemetry.span.to_json()
    assert "Hello" not in telemetry.span.to_json()


@pytest.mark.parametrize("value", ["true", "True", "SPAN_ONLY", "span_and_event"])
def test_the_environment_may_ask(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(CAPTURE, value)
    with ScriptedServer(json_reply(COMPLETION)) as server:
        assert ask(server.base_url, telemetry)


def test_the_argument_wins(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CAPTURE, "true")
    with ScriptedServer(json_reply(COMPLETION)) as server:
        assert not ask(server.base_url, telemetry, capture_content=False)


def test_what_is_reported(telemetry: Telemetry) -> None:
    with ScriptedServer(json_reply(COMPLETION)) as server:
        told = ask(server.base_url, telemetry, capture_content=True)
    assert "Grüße" in told["gen_ai.input.messages"]
    assert {name: json.loads(value) for name, value in told.items()} == {
        "gen_ai.input.messages": [
            {"role": "system", "parts": [{"type": "text", "content": "Be kind"}]},
            {"role": "user", "parts": [{"type": "text", "content": "Grüße"}]},
        ],
        "gen_ai.output.messages": [
            {"role": "assistant", "parts": [{"type": "text", "content": "Hello"}], "finish_reason": "stop"}
        ],
        "gen_ai.tool.definitions": [{"type": "function", "name": "f"}],
    }


def test_of_a_stream(api: Any, telemetry: Telemetry) -> None:
    pieces = [ROLE, event({"reasoning_content": "Hm"}), event({"content": "Hel"}), event({"content": "lo"}), END, DONE]
    with ScriptedServer(stream_reply(pieces)) as server:
        client = telemetry.observe(api.client(base_url=server.base_url), capture_content=True)
        api.chunks(api.create(client, stream=True))
    assert json.loads(telemetry.told["gen_ai.output.messages"]) == [
        {
            "role": "assistant",
            "parts": [{"type": "reasoning", "content": "Hm"}, {"type": "text", "content": "Hello"}],
            "finish_reason": "stop",
        }
    ]


def test_of_a_stream_that_was_left(api: Any, telemetry: Telemetry) -> None:
    with ScriptedServer(stream_reply([ROLE + event({"content": "Hel"}) + event({"content": "lo"}), 0.3])) as server:
        stream = api.create(telemetry.observe(api.client(base_url=server.base_url), capture_content=True), stream=True)
        api.next(stream)
        api.next(stream)
        api.close(stream)
    (message,) = json.loads(telemetry.told["gen_ai.output.messages"])
    assert message["parts"] == [{"type": "text", "content": "Hel"}]


def test_an_error_in_full_but_without_the_key(api: Any, telemetry: Telemetry) -> None:
    body = {"error": {"message": "Incorrect API key provided: sk-very-secret"}}
    with ScriptedServer(json_reply(body, 401)) as server:
        client = telemetry.observe(api.client(base_url=server.base_url, api_key="sk-very-secret"), capture_content=True)
        with pytest.raises(AuthenticationError):
            api.create(client)
    assert telemetry.span.status.description == "HTTP 401: Incorrect API key provided: <hidden>"
    assert "sk-very-secret" not in telemetry.span.to_json()


PARTS: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    ({"role": "user", "content": ""}, []),
    ({"role": "assistant", "content": None, "refusal": "No"}, [{"type": "refusal", "content": "No"}]),
    (
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
        [{"type": "blob", "modality": "image", "mime_type": "image/png", "content": ""}],
    ),
    (
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://u:p@h/a.png?sig=s#f"}}]},
        [{"type": "uri", "modality": "image", "uri": "https://h/a.png"}],
    ),
    (
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {"format": "wav", "data": "AAAA"}}]},
        [{"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": ""}],
    ),
    (
        {"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}, {"type": "file", "file": {}}]},
        [
            {"type": "file", "modality": "document", "file_id": "file-1"},
            {"type": "blob", "modality": "document", "content": ""},
        ],
    ),
    (
        {"role": "assistant", "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]},
        [{"type": "reasoning", "content": "Hm"}],
    ),
    (
        {"role": "user", "content": [{"type": "new", "new": "x"}, {"text": "x"}, 3]},
        [{"type": "new"}, {"type": "unknown"}],
    ),
    (
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "call-1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
                {"id": "call-2", "type": "custom", "custom": {"name": "g", "input": "text"}},
                {"id": "call-3", "type": "function", "function": {"name": "f", "arguments": '{"a'}},
                None,
            ],
        },
        [
            {"type": "tool_call", "id": "call-1", "name": "f", "arguments": {"a": 1}},
            {"type": "tool_call", "id": "call-2", "name": "g", "arguments": "text"},
            {"type": "tool_call", "id": "call-3", "name": "f", "arguments": '{"a'},
        ],
    ),
    (
        {"role": "tool", "tool_call_id": "call-1", "content": "rainy"},
        [{"type": "tool_call_response", "id": "call-1", "response": "rainy"}],
    ),
    (
        {"role": "tool", "tool_call_id": "call-1", "content": [{"type": "text", "text": "rainy"}]},
        [{"type": "tool_call_response", "id": "call-1", "response": [{"type": "text", "content": "rainy"}]}],
    ),
    (
        {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
        [{"type": "tool_call", "id": None, "name": "f", "arguments": {}}],
    ),
    (
        {"role": "assistant", "audio": {"id": "audio-1", "data": "AAAA", "transcript": "Hi"}},
        [{"type": "blob", "modality": "audio", "content": "Hi"}],
    ),
]


@pytest.mark.parametrize(("message", "parts"), PARTS)
def test_the_parts_of_a_message(message: dict[str, Any], parts: list[dict[str, Any]]) -> None:
    (told,) = _attributes.input_messages({"messages": [message]})
    assert told == {"role": message["role"], "parts": parts}
    assert "AAAA" not in _attributes.as_text(told)


@pytest.mark.parametrize(
    "odd", [None, "text", 3, {}, [3], [{"role": 3}], [{}], [{"content": {"a": 1}, "tool_calls": 3}]]
)
def test_odd_messages_raise_nothing(odd: Any) -> None:
    _attributes.as_text(_attributes.input_messages({"messages": odd}))
    _attributes.as_text(_attributes.output_messages({"choices": odd}))
    choices = [{"message": message} for message in odd] if isinstance(odd, list) else odd
    _attributes.as_text(_attributes.output_messages({"choices": choices}))
    _attributes.as_text(_attributes.tool_definitions({"tools": odd}))
