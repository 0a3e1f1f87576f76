"""`parse(response_format=T)` asks for a type and gives its value, or tells why there is none; nothing is lost."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

import chat_completions
from chat_completions import (
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    OutputValidationError,
    RequestValidationError,
    SchemaError,
    StructuredOutputError,
    response_format_for,
    response_info,
)
from chat_completions.local import LocalServer
from chat_completions.models import (
    ChatCompletion,
    ParsedChatCompletion,
    ParsedChatCompletionMessage,
    ParsedChoice,
    ParsedFunctionToolCall,
)
from chat_completions.structured import adapter_for
from tests.client.conftest import MESSAGES, SyncApi
from tests.client.scripted import ScriptedServer, json_reply, stream_reply
from tests.client.test_events import run
from tests.structured.kinds import WEATHERS, WRAPPED, Everything, EverythingOfMsgspec, PydanticWeather, Step, Tree
from tests.structured.replies import WEATHER, Typed, choice, completion, function_call, parse, tool

VALUE = PydanticWeather.model_validate_json(WEATHER)


@pytest.mark.parametrize("kind", WEATHERS, ids=lambda kind: kind.__name__)
def test_the_schema_is_asked_for_and_the_value_is_given(api: SyncApi, kind: Any) -> None:
    with ScriptedServer(json_reply(completion(choice()))) as server:
        parsed = parse(api, server, response_format=kind, temperature=None)
        sent = server.requests[0].json()
    assert sent == {"model": "m", "messages": MESSAGES, "temperature": None, "response_format": sent["response_format"]}
    assert sent["response_format"] == response_format_for(kind)
    value = parsed.choices[0].message.parsed
    assert isinstance(value, dict if issubclass(kind, dict) else kind)
    assert value == adapter_for(kind).load(WEATHER)


@pytest.mark.parametrize("kind", [*WEATHERS, *WRAPPED, Everything, EverythingOfMsgspec, Tree], ids=str)
def test_the_local_server_answers_with_a_value_of_any_type(kind: Any) -> None:
    with LocalServer() as server, chat_completions.Client(base_url=server.base_url) as client:
        parsed = client.chat.completions.parse(model="m", messages=MESSAGES, response_format=kind)  # type: ignore[arg-type]
        assert parsed.choices[0].message.parsed is not None
        assert parsed.choices[0].message.content == json.dumps(
            json.loads(parsed.choices[0].message.content or ""), ensure_ascii=False
        )


def test_nothing_of_the_completion_is_lost(api: SyncApi) -> None:
    odd = completion(
        choice(reasoning_content="Hm", parsed="the server's own"),
        {**choice(None, 1, tool_calls=[function_call("{}"), {"id": "c", "type": "new", "new": {}}]), "odd": [1]},
        {"index": 2, "finish_reason": "stop"},
        "no choice",
        timings={"a": 1},
    )
    with ScriptedServer(json_reply(odd, x_request_id="req-7")) as server:
        parsed = parse(api, server, response_format=PydanticWeather)
    assert parsed.to_dict() == odd
    assert list(parsed.to_dict()) == list(odd)
    assert isinstance(parsed, ParsedChatCompletion)
    assert isinstance(parsed, ChatCompletion)
    assert isinstance(parsed.choices[0], ParsedChoice)
    assert isinstance(parsed.choices[0].message, ParsedChatCompletionMessage)
    assert parsed.choices[0].message.reasoning_content == "Hm"
    assert parsed.choices[0].message.parsed == VALUE
    assert parsed.choices[0].message["parsed"] == "the server's own"
    assert parsed.timings == {"a": 1}
    assert parsed._request_id == "req-7"
    assert response_info(parsed).status_code == 200
    assert isinstance(parsed.choices[1].message.tool_calls[0], ParsedFunctionToolCall)
    assert parsed.choices[1].message.tool_calls[1].new == {}


def test_a_completion_with_values_pickles_copies_shows_and_goes_back_to_the_server(api: SyncApi) -> None:
    reply = completion(choice(), choice(None, 1, "tool_calls", tool_calls=[function_call('{"a": 1}')]))
    with ScriptedServer(json_reply(reply)) as server:
        parsed = parse(api, server, response_format=PydanticWeather, tools=[tool(strict=True)])
        for again in (pickle.loads(pickle.dumps(parsed)), copy.deepcopy(parsed), copy.copy(parsed)):
            assert again == parsed
            assert again.choices[0].message.parsed == VALUE
            assert again.choices[1].message.tool_calls[0].function.parsed_arguments == {"a": 1}
        assert copy.copy(parsed.choices[0].message).parsed is parsed.choices[0].message.parsed
        function = parsed.choices[1].message.tool_calls[0].function
        assert copy.copy(function).parsed_arguments is function.parsed_arguments
        assert f"parsed={VALUE!r}" in repr(parsed)
        assert "parsed_arguments={'a': 1}" in repr(parsed)
        said = parsed.choices[1].message
        parse(api, server, messages=[*MESSAGES, said, {"role": "tool", "tool_call_id": "call_1", "content": "x"}])
        assert server.requests[1].json()["messages"][1] == said.to_dict() == reply["choices"][1]["message"]


def test_a_decoded_dict_is_a_completion_without_values() -> None:
    reply = completion(choice(tool_calls=[function_call("{}")]))
    decoded = ParsedChatCompletion[int].from_dict(reply)
    assert decoded.to_dict() == reply
    assert decoded.choices[0].message.parsed is None
    assert decoded.choices[0].message.tool_calls[0].function.parsed_arguments is None  # type: ignore[union-attr, index]
    assert decoded.choices[0].message.tool_calls[0].function.name == "look_up"  # type: ignore[union-attr, index]


@pytest.mark.parametrize("content", [None, "", "I will not"])
def test_a_refusal_is_not_a_value_and_no_error(api: SyncApi, content: Any) -> None:
    with ScriptedServer(json_reply(completion(choice(content, refusal="I cannot.")))) as server:
        parsed = parse(api, server, response_format=PydanticWeather)
    assert parsed.choices[0].message.parsed is None
    assert parsed.choices[0].message.refusal == "I cannot."


@pytest.mark.parametrize(
    ("finish", "kind", "words"),
    [
        ("length", LengthFinishReasonError, "token limit after 2 tokens: increase max_completion_tokens"),
        ("content_filter", ContentFilterFinishReasonError, "content filter"),
    ],
)
@pytest.mark.parametrize("content", ['{"city": "Zü', WEATHER, None])
@pytest.mark.parametrize("asked", [{"response_format": PydanticWeather}, {}])
def test_a_choice_that_was_cut_off_is_reported_with_its_completion(
    api: SyncApi, finish: str, kind: type[StructuredOutputError], words: str, content: Any, asked: Any
) -> None:
    reply = completion(choice(index=0), choice(content, 1, finish))
    with ScriptedServer(json_reply(reply)) as server:
        with pytest.raises(kind, match=words) as caught:
            parse(api, server, **asked)
    assert str(caught.value).startswith("choice 1 ")
    assert caught.value.completion.to_dict() == reply
    assert caught.value.completion.choices[0].message.parsed == (VALUE if asked else None)
    assert caught.value.completion.choices[1].message.parsed is None
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.completion) == (str(caught.value), caught.value.completion)


INVALID: dict[str, tuple[Any, str, str]] = {
    "another type": ('{"city": "a", "degrees": "hot"}', "/degrees", "number"),
    "deep inside": ('{"city": "a", "degrees": 1, "days": ["Mo", 3]}', "/days/1", "string"),
    "a field is missing": ('{"city": "a"}', "", "required"),
    "several faults": ('{"city": 1, "degrees": "hot"}', "/city", "1 of 2 problems"),
    "a validator of the type": ('{"city": "", "degrees": 1}', "/city", "at least 1 character"),
    "another value": ("[]", "", "should be an object"),
    "null": ("null", "", "should be an object"),
    "empty": ("", "", "it is not JSON"),
    "no content": (None, "", "it is not JSON"),
    "words": ("The weather is fine.", "", "check that the server supports structured output"),
    "a code fence with words": (f"Here it is:\n```json\n{WEATHER}\n```", "", "it is not JSON"),
    "words after a code fence": (f"```json\n{WEATHER}\n```\nEnjoy!", "", "it is not JSON"),
    "two code fences": (f"```json\n{WEATHER}\n```\n```json\n{WEATHER}\n```", "", "it is not JSON"),
    "a code fence that is open": (f"```json\n{WEATHER}", "", "it is not JSON"),
    "an empty code fence": ("```json\n```", "", "it is not JSON"),
    "another type in a code fence": ('```json\n{"city": "a", "degrees": "hot"}\n```', "/degrees", "number"),
    "words after it": (f"{WEATHER} Enjoy!", "", "it is not JSON"),
    "half of it": (WEATHER[:20], "", "it is not JSON"),
}


@pytest.mark.parametrize(("content", "pointer", "words"), INVALID.values(), ids=INVALID.keys())
def test_a_reply_that_is_invalid_is_reported_with_its_completion(
    api: SyncApi, content: Any, pointer: str, words: str
) -> None:
    reply = completion(choice(), choice(content, 1))
    with ScriptedServer(json_reply(reply, x_request_id="req-7")) as server:
        with pytest.raises(OutputValidationError) as caught:
            parse(api, server, response_format=PydanticWeather)
    error = caught.value
    assert words in str(error)
    assert str(error).startswith("/choices/1/message/content is not a valid PydanticWeather")
    assert (error.where, error.pointer) == ("/choices/1/message/content", pointer)
    assert error.error is error.__cause__
    assert type(error.error).__name__ == "ValidationError"
    assert error.completion.to_dict() == reply
    assert error.completion._request_id == "req-7"
    assert error.completion.choices[0].message.parsed == VALUE
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert (str(again), again.where, again.pointer) == (str(error), error.where, pointer)
        assert again.completion == error.completion
        assert str(again.error) == str(error.error)


@pytest.mark.parametrize("kind", WEATHERS, ids=lambda kind: kind.__name__)
def test_each_library_tells_what_is_wrong_and_where(api: SyncApi, kind: Any) -> None:
    with ScriptedServer(json_reply(completion(choice('{"city": "a", "degrees": 1, "days": [3]}')))) as server:
        with pytest.raises(OutputValidationError) as caught:
            parse(api, server, response_format=kind)
    assert caught.value.pointer == "/days/0"
    assert f"is not a valid {kind.__name__} at /days/0: " in str(caught.value)


@pytest.mark.parametrize("kind", WEATHERS, ids=lambda kind: kind.__name__)
def test_each_library_names_a_missing_field(api: SyncApi, kind: Any) -> None:
    with ScriptedServer(json_reply(completion(choice('{"city": "a"}')))) as server:
        with pytest.raises(OutputValidationError, match=r"\(degrees\)|`degrees`"):
            parse(api, server, response_format=kind)


def test_an_error_of_a_callers_validator_keeps_the_completion(api: SyncApi) -> None:
    class Picky(PydanticWeather):
        def model_post_init(self, context: Any) -> None:
            raise LookupError("no such city")

    with ScriptedServer(json_reply(completion(choice()))) as server:
        with pytest.raises(OutputValidationError, match="no such city") as caught:
            parse(api, server, response_format=Picky)
    assert type(caught.value.error) is LookupError
    assert caught.value.completion.choices[0].message.content == WEATHER


def test_a_place_in_a_union_is_a_place_in_the_json(api: SyncApi) -> None:
    from tests.structured.kinds import Cat, Dog

    with ScriptedServer(json_reply(completion(choice('{"value": [{"kind": "cat", "lives": 12}]}')))) as server:
        with pytest.raises(OutputValidationError) as caught:
            parse(api, server, response_format=list[Cat | Dog])
    assert caught.value.pointer == "/value/0/lives"


def test_each_choice_has_a_value_of_its_own(api: SyncApi) -> None:
    with ScriptedServer(
        json_reply(completion(choice(), choice('{"city": "b", "degrees": 2}', 1), choice(index=2)))
    ) as server:
        choices = parse(api, server, response_format=PydanticWeather, n=3).choices
    assert [chosen.message.parsed.city for chosen in choices] == ["Zürich", "b", "Zürich"]
    assert choices[0].message.parsed is not choices[2].message.parsed


def test_content_in_parts_is_their_text(api: SyncApi) -> None:
    parts = [
        {"type": "thinking", "thinking": "Hm"},
        {"type": "text", "text": WEATHER[:9]},
        {"type": "text", "text": WEATHER[9:]},
    ]
    with ScriptedServer(json_reply(completion(choice(parts)))) as server:
        assert parse(api, server, response_format=PydanticWeather).choices[0].message.parsed == VALUE


@pytest.mark.parametrize("form", [{"type": "json_object"}, None, response_format_for(PydanticWeather)])
def test_a_dict_is_sent_as_it_is_and_nothing_is_parsed(api: SyncApi, form: Any) -> None:
    with ScriptedServer(json_reply(completion(choice("no JSON")))) as server:
        parsed = parse(api, server, response_format=form)
        assert server.requests[0].json()["response_format"] == form
        assert parse(api, server).choices[0].message.parsed is None
        assert "response_format" not in server.requests[1].json()
    assert isinstance(parsed, ParsedChatCompletion)
    assert parsed.choices[0].message.parsed is None


def test_arguments_of_tools_are_values_where_the_type_is_known(api: SyncApi) -> None:
    typed = Typed(adapter_for(Step), tool("typed"))
    inside = tool("inside")
    inside["function"] = Typed(adapter_for(Step), inside["function"])
    step = '{"explanation": "a", "output": "b"}'
    calls = [
        function_call(step, "typed"), function_call(step, "inside"), function_call('{"a": 1}', "strict"),
        function_call("{oops", "loose"), function_call("{oops", "unknown"),
        {"id": "c", "type": "custom", "custom": {"name": "typed", "input": "x"}},
    ]  # fmt: skip
    tools = [
        typed,
        inside,
        tool("strict", strict=True),
        tool("loose", strict=False),
        {"type": "custom", "custom": {"name": "x"}},
    ]
    with ScriptedServer(json_reply(completion(choice(None, finish="tool_calls", tool_calls=calls)))) as server:
        parsed = parse(api, server, response_format=PydanticWeather, tools=tools)
        assert [sent["function"]["name"] for sent in server.requests[0].json()["tools"][:4]] == [
            "typed",
            "inside",
            "strict",
            "loose",
        ]
    message = parsed.choices[0].message
    values = [call.function.parsed_arguments for call in message.tool_calls[:5]]
    assert values == [Step(explanation="a", output="b"), Step(explanation="a", output="b"), {"a": 1}, None, None]
    assert message.tool_calls[5].custom.input == "x"
    assert message.parsed is None
    assert parsed.to_dict()["choices"][0]["message"]["tool_calls"] == calls


@pytest.mark.parametrize(
    ("arguments", "pointer"), [('{"explanation": 1, "output": ""}', "/explanation"), ("{oops", ""), ("", "")]
)
def test_arguments_that_are_invalid_are_reported_with_their_place(api: SyncApi, arguments: str, pointer: str) -> None:
    calls = [function_call("{}", "free"), function_call(arguments, "typed")]
    with ScriptedServer(json_reply(completion(choice(None, finish="tool_calls", tool_calls=calls)))) as server:
        with pytest.raises(OutputValidationError, match="arguments is not a valid Step") as caught:
            parse(api, server, tools=[Typed(adapter_for(Step), tool("typed")), tool("free")])
    assert caught.value.where == "/choices/0/message/tool_calls/1/function/arguments"
    assert caught.value.pointer == pointer


@pytest.mark.parametrize(
    ("content", "value"), [(WEATHER, VALUE), ("Let me look that up.", None), ("", None), (None, None)]
)
def test_content_beside_tool_calls_may_be_the_value_and_need_not(api: SyncApi, content: Any, value: Any) -> None:
    calls = [function_call("{}")]
    with ScriptedServer(json_reply(completion(choice(content, finish="tool_calls", tool_calls=calls)))) as server:
        parsed = parse(api, server, response_format=PydanticWeather)
    assert parsed.choices[0].message.parsed == value
    assert parsed.choices[0].message.content == content


def test_a_legacy_function_call_is_no_missing_value(api: SyncApi) -> None:
    called = choice(None, finish="function_call", function_call={"name": "f", "arguments": "{}"})
    with ScriptedServer(json_reply(completion(called))) as server:
        assert parse(api, server, response_format=PydanticWeather).choices[0].message.parsed is None


@pytest.mark.parametrize("choices", [[], [None], [{"index": 0}], [{"index": 0, "message": None}]])
def test_a_completion_without_messages_has_no_values(api: SyncApi, choices: Any) -> None:
    with ScriptedServer(json_reply({**completion(), "choices": choices})) as server:
        assert parse(api, server, response_format=PydanticWeather).to_dict()["choices"] == choices


@pytest.mark.parametrize("choices", [None, {}])
def test_a_reply_without_a_list_of_choices_is_refused(api: SyncApi, choices: Any) -> None:
    with ScriptedServer(json_reply({**completion(), "choices": choices})) as server:
        with pytest.raises(chat_completions.APIResponseValidationError) as caught:
            parse(api, server, response_format=PydanticWeather)
    assert caught.value.body["choices"] == choices


def test_the_raw_response_is_parsed_when_asked(api: SyncApi) -> None:
    with ScriptedServer(json_reply(completion(choice()), x_a="b"), json_reply(completion(choice("oops")))) as server:
        client = api.client(base_url=server.base_url)
        raw, bad = (
            run(
                api,
                client.chat.completions.with_raw_response.parse(
                    model="m", messages=MESSAGES, response_format=PydanticWeather
                ),
            )
            for _ in range(2)
        )
        assert raw.headers["x-a"] == "b"
        assert raw.parse().choices[0].message.parsed == VALUE
        assert raw.parse() is raw.parse()
        assert bad.json()["choices"][0]["message"]["content"] == "oops"
        for _ in range(2):
            with pytest.raises(OutputValidationError):
                bad.parse()


def test_what_cannot_be_asked_for_is_reported_before_anything_is_sent(api: SyncApi) -> None:
    with ScriptedServer(json_reply(completion(choice())), stream_reply([])) as server:
        client = api.client(base_url=server.base_url)
        with pytest.raises(SchemaError, match="/properties/value/items: allows any JSON"):
            parse(api, server, client, response_format=list)
        with pytest.raises(SchemaError, match="arbitrary keys"):
            parse(api, server, client, response_format=dict[str, int])
        with pytest.raises(TypeError, match="is not a type"):
            parse(api, server, client, response_format="json_object")
        with pytest.raises(TypeError, match=r"use stream\(response_format=\.\.\.\)"):
            parse(api, server, client, response_format=Step, extra_body={"stream": True})
        with pytest.raises(TypeError):
            parse(api, server, client, response_format=Step, stream=True)
        with pytest.raises(TypeError, match="did you mean 'temperature'"):
            parse(api, server, client, response_format=Step, temprature=1)
        for kind in (dict[str, int], 3):
            with pytest.raises((SchemaError, TypeError)):
                client.chat.completions.stream(model="m", messages=MESSAGES, response_format=kind)
        assert server.requests == []


def test_a_type_given_to_create_is_reported_where_it_belongs(api: SyncApi) -> None:
    with ScriptedServer(json_reply(completion(choice()))) as server:
        with pytest.raises(RequestValidationError, match=r"/response_format is .*class Step; .* parse\(\)"):
            api.create(api.client(base_url=server.base_url), response_format=Step)


@pytest.mark.parametrize("reason", [None, "stop", "new", ["odd"], {"odd": 1}])
def test_an_odd_finish_reason_does_not_matter(api: SyncApi, reason: Any) -> None:
    with ScriptedServer(json_reply(completion(choice(finish=reason)))) as server:
        assert parse(api, server, response_format=PydanticWeather).choices[0].message.parsed == VALUE


def test_arguments_that_came_as_a_value_are_read_as_one(api: SyncApi) -> None:
    calls: list[Any] = [function_call(arguments, "typed") for arguments in ({"explanation": "a", "output": "b"}, None)]  # type: ignore[arg-type]
    typed = Typed(adapter_for(Step), tool("typed"))
    with ScriptedServer(*(json_reply(completion(choice(None, tool_calls=[call]))) for call in calls)) as server:
        client = api.client(base_url=server.base_url)
        [call] = parse(api, server, client, tools=[typed]).choices[0].message.tool_calls
        assert call.function.parsed_arguments == Step(explanation="a", output="b")
        assert call.function.arguments == {"explanation": "a", "output": "b"}
        with pytest.raises(OutputValidationError):
            parse(api, server, client, tools=[typed])


def test_not_given_is_left_out(api: SyncApi) -> None:
    with ScriptedServer(json_reply(completion(choice()))) as server:
        parsed = parse(api, server, response_format=chat_completions.NOT_GIVEN)
        assert "response_format" not in server.requests[0].json()
    assert parsed.choices[0].message.parsed is None


def test_a_failed_call_is_its_own_error(api: SyncApi) -> None:
    with ScriptedServer(json_reply({"error": {"message": "no", "code": "x"}}, 400)) as server:
        with pytest.raises(chat_completions.BadRequestError, match="no"):
            parse(api, server, response_format=PydanticWeather)


def test_the_request_can_be_validated(api: SyncApi) -> None:
    with ScriptedServer(json_reply(completion(choice()))) as server:
        assert parse(api, server, response_format=PydanticWeather, validate=True).choices[0].message.parsed == VALUE
        with pytest.raises(RequestValidationError, match="temperature"):
            parse(api, server, response_format=PydanticWeather, temperature="hot", validate=True)
