"""`stream(response_format=T)`: the value is readable as it grows and given when done; what lacks is told at the end."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chat_completions
from chat_completions import (
    ContentFilterFinishReasonError,
    IncompleteStreamError,
    LengthFinishReasonError,
    OutputValidationError,
    StreamError,
    StructuredOutputError,
    response_format_for,
)
from chat_completions._streaming.events.event_builder import EventBuilder
from chat_completions._streaming.events.parsed_events import ParsedEventBuilder, event_builder
from chat_completions.local import LocalServer
from chat_completions.models import ChatCompletion, ParsedChatCompletion
from chat_completions.structured import adapter_for
from chat_completions.structured.output_spec import OutputSpec
from tests.client.conftest import MESSAGES, SyncApi
from tests.client.scripted import ScriptedServer, json_reply, stream_reply
from tests.client.test_events import ARGUMENTS, DONE, add, call, finish, one, opened, run, sse, value
from tests.conftest import examples
from tests.structured.kinds import WEATHERS, WRAPPED, PydanticWeather, Step, Tree
from tests.structured.replies import WEATHER, Typed, choice, completion, tool
from tests.structured.test_adapters import is_begun

VALUE = PydanticWeather.model_validate_json(WEATHER)
STEP = '{"explanation": "a", "output": "b"}'


def chunks(text: str, *ends: int, finish: str = "stop", index: int = 0) -> list[Any]:
    """Return the chunks of a text, split at some places, and its finish."""
    bounds = [0, *ends, len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(bounds)]
    begun = value(one(index=index, role="assistant", content="", refusal=None))
    return [begun, *(value(one(index=index, content=piece)) for piece in pieces), value(one(finish, index))]


@pytest.mark.parametrize("together", [True, False], ids=["together", "apart"])
def test_the_value_grows_with_the_text(api: SyncApi, together: bool) -> None:
    pieces = sse(*chunks(WEATHER, 1, 12, 20, 40), DONE)
    with ScriptedServer(stream_reply([b"".join(pieces)] if together else pieces)) as server:
        with opened(api, server, response_format=PydanticWeather) as stream:
            assert server.requests[0].json()["response_format"] == response_format_for(PydanticWeather)
            events = api.chunks(stream)
            final = run(api, stream.get_final_completion())
    grown = [
        None, {}, {"city": "Zü"}, {"city": "Zürich"}, {"city": "Zürich", "degrees": 21.5},
        {"city": "Zürich", "degrees": 21.5, "unit": "F", "days": ["Mo"]},
    ]  # fmt: skip
    # Read only now, after the end: each event says what it said then.
    assert [event.parsed for event in events if event.type == "content.delta"] == grown
    [done] = [event for event in events if event.type == "content.done"]
    assert (done.parsed, done.content) == (VALUE, WEATHER)
    assert done.parsed is done.parsed
    assert isinstance(final, ParsedChatCompletion)
    assert final.choices[0].message.parsed == VALUE
    assert final._request_id == "req-1"


def test_a_value_in_a_code_fence_grows_as_well(api: SyncApi) -> None:
    content = f"```json\n{WEATHER}\n```"
    with ScriptedServer(stream_reply(sse(*chunks(content, 2, 8, 20, len(content) - 2), DONE))) as server:
        with opened(api, server, response_format=PydanticWeather) as stream:
            events = api.chunks(stream)
            final = run(api, stream.get_final_completion())
    grown = [event.parsed for event in events if event.type == "content.delta"]
    assert grown == [None, None, None, {"city": "Zü"}, json.loads(WEATHER), json.loads(WEATHER)]
    [done] = [event for event in events if event.type == "content.done"]
    assert (done.parsed, done.content, final.choices[0].message.parsed) == (VALUE, content, VALUE)
    assert final.choices[0].message.content == content
    assert [(anomaly.kind, anomaly.where) for anomaly in stream.anomalies] == [("fenced", "/choices/0/message/content")]


@pytest.mark.parametrize("kind", WEATHERS, ids=lambda kind: kind.__name__)
def test_each_library_gives_its_value(api: SyncApi, kind: Any) -> None:
    with ScriptedServer(stream_reply(sse(*chunks(WEATHER, 9), DONE))) as server:
        with opened(api, server, response_format=kind) as stream:
            [done] = [event for event in api.chunks(stream) if event.type == "content.done"]
    assert done.parsed == adapter_for(kind).load(WEATHER)


@pytest.mark.parametrize("kind", [*WRAPPED, Tree], ids=str)
def test_the_local_server_streams_a_value_of_any_type(kind: Any) -> None:
    with LocalServer() as server, chat_completions.Client(base_url=server.base_url) as client:
        plain = client.chat.completions.parse(model="m", messages=MESSAGES, response_format=kind)  # type: ignore[arg-type]
        with client.chat.completions.stream(model="m", messages=MESSAGES, response_format=kind) as stream:  # type: ignore[arg-type]
            last = [event for event in stream if event.type == "content.delta"][-1]
            final = stream.get_final_completion()
    assert final.choices[0].message.parsed == plain.choices[0].message.parsed
    said = json.loads(final.choices[0].message.content or "")
    assert last.parsed == (said["value"] if kind in WRAPPED else said)


def test_snapshots_have_the_value_so_far(api: SyncApi) -> None:
    with ScriptedServer(stream_reply([b"".join(sse(*chunks(WEATHER, 9, 30), DONE))])) as server:
        with opened(api, server, response_format=PydanticWeather) as stream:
            seen = []
            for _ in range(5):
                while (event := api.next(stream)).type != "chunk":
                    pass
                assert event.snapshot == stream.current_completion_snapshot
                assert isinstance(event.snapshot, ParsedChatCompletion)
                seen.append(event.snapshot.choices[0].message.parsed)
            run(api, stream.until_done())
            assert stream.current_completion_snapshot.choices[0].message.parsed == VALUE
    assert seen == [None, {}, {"city": "Zürich"}, json.loads(WEATHER), VALUE]


def test_a_stream_without_a_type_has_a_place_for_values_and_none(api: SyncApi) -> None:
    for form in ({}, {"response_format": {"type": "json_object"}}, {"response_format": None}):
        with ScriptedServer(stream_reply(sse(*chunks("oops"), DONE))) as server, opened(api, server, **form) as stream:
            events = api.chunks(stream)
            final = run(api, stream.get_final_completion())
        assert not any(type(event).__name__.startswith("Parsed") for event in events)
        assert [event.parsed for event in events if event.type.startswith("content")] == [None] * 3
        assert final.choices[0].message.parsed is None
        assert final == events[0].snapshot


def test_a_stream_without_a_type_costs_nothing_more() -> None:
    plain = event_builder(OutputSpec({}))
    for name in ("events_of", "last_events"):
        assert getattr(type(plain), name) is getattr(EventBuilder, name)


@pytest.mark.parametrize(
    ("finish", "kind"), [("length", LengthFinishReasonError), ("content_filter", ContentFilterFinishReasonError)]
)
def test_a_cut_choice_is_reported_at_the_end_with_all_that_came(
    api: SyncApi, finish: str, kind: type[StructuredOutputError]
) -> None:
    usage = value(usage={"prompt_tokens": 1, "completion_tokens": 7, "total_tokens": 8})
    pieces = sse(*chunks(WEATHER, 9, finish=finish)[:-2], value(one(finish)), usage, DONE)
    with ScriptedServer(stream_reply([b"".join(pieces)])) as server:
        with opened(api, server, response_format=PydanticWeather) as stream:
            events = []
            with pytest.raises(kind) as caught:
                while True:
                    events.append(api.next(stream))
            assert [event.type for event in events] == [
                "chunk", "content.delta", "chunk", "content.delta", "chunk", "content.done", "chunk"]  # fmt: skip
            with pytest.raises(kind):
                _ = events[-2].parsed
            assert events[3].parsed == {}
            # All of it: the usage came after the finish reason.
            assert caught.value.completion.usage.completion_tokens == 7
            assert caught.value.completion.choices[0].message.content == WEATHER[:9]
            assert api.chunks(stream) == []
            for _ in range(2):
                with pytest.raises(kind) as again:
                    run(api, stream.get_final_completion())
                assert again.value is caught.value
            assert stream.current_completion_snapshot.choices[0].message.parsed == {}


def test_a_cut_choice_without_a_type_is_no_error(api: SyncApi) -> None:
    with (
        ScriptedServer(stream_reply(sse(*chunks("Hel", finish="length"), DONE))) as server,
        opened(api, server) as stream,
    ):
        final = run(api, stream.get_final_completion())
    assert final.choices[0].finish_reason == "length"


@pytest.mark.parametrize(
    "content", ['{"city": "a", "degrees": "hot"}', f"Sure: ```json\n{WEATHER}\n```", "Fine.", WEATHER[:20]]
)
def test_an_invalid_reply_is_reported_at_the_end_and_where_it_is_read(api: SyncApi, content: str) -> None:
    pieces = sse(*chunks(content, 5), value(usage={"total_tokens": 8}), DONE)
    with ScriptedServer(stream_reply(pieces)) as server:
        with opened(api, server, response_format=PydanticWeather) as stream:
            events = []
            with pytest.raises(OutputValidationError, match="is not a valid PydanticWeather") as caught:
                while True:
                    events.append(api.next(stream))
            assert caught.value.completion.usage.total_tokens == 8
            assert caught.value.completion.choices[0].message.content == content
            assert caught.value.completion.choices[0].message.parsed is None
            assert caught.value.error is caught.value.__cause__
            [done] = [event for event in events if event.type == "content.done"]
            with pytest.raises(OutputValidationError) as read:
                _ = done.parsed
            assert str(read.value) == str(caught.value)
            assert done.content == content
            assert repr(done) == f"ParsedContentDoneEvent(choice_index=0, content={content!r})"


def test_the_error_comes_to_whatever_consumes_the_stream(api: SyncApi) -> None:
    with ScriptedServer(stream_reply(sse(*chunks("oops"), DONE))) as server:
        for consume in (lambda s: run(api, s.until_done()), api.texts, lambda s: run(api, s.get_final_completion())):
            with opened(api, server, response_format=PydanticWeather) as stream:
                with pytest.raises(OutputValidationError):
                    consume(stream)
            assert stream.current_completion_snapshot.choices[0].message.content == "oops"
        with opened(api, server, response_format=PydanticWeather) as stream:
            api.next(stream)  # and left: what was not read to the end is not judged


def test_an_empty_reply_is_not_a_value(api: SyncApi) -> None:
    for content in ("", None):
        pieces = sse(value(one(content=content)), value(one("stop")), DONE)
        with ScriptedServer(stream_reply(pieces)) as server:
            with opened(api, server, response_format=PydanticWeather) as stream:
                with pytest.raises(OutputValidationError, match="it is not JSON"):
                    api.chunks(stream)


def test_a_reply_without_a_finish_reason_is_whole_after_done(api: SyncApi) -> None:
    with ScriptedServer(stream_reply(sse(*chunks(WEATHER, 9)[:-1], DONE))) as server:
        with opened(api, server, response_format=PydanticWeather) as stream:
            [done] = [event for event in api.chunks(stream) if event.type == "content.done"]
            assert done.parsed == VALUE
            assert run(api, stream.get_final_completion()).choices[0].message.parsed is done.parsed


def test_a_refusal_is_not_a_value_and_no_error(api: SyncApi) -> None:
    pieces = sse(value(one(role="assistant", content="")), value(one(refusal="I can")), value(one(refusal="not.")))
    with ScriptedServer(stream_reply([*pieces, *sse(value(one("stop")), DONE)])) as server:
        with opened(api, server, response_format=PydanticWeather) as stream:
            assert "refusal.done" in [event.type for event in api.chunks(stream)]
            message = run(api, stream.get_final_completion()).choices[0].message
    assert (message.parsed, message.refusal) == (None, "I cannot.")


def test_a_refusal_after_half_a_value_is_no_error(api: SyncApi) -> None:
    pieces = sse(value(one(content='{"city')), value(one(refusal="I cannot.")), value(one("stop")), DONE)
    with ScriptedServer(stream_reply(pieces)) as server:
        with opened(api, server, response_format=PydanticWeather) as stream:
            [done] = [event for event in api.chunks(stream) if event.type == "content.done"]
            assert done.parsed is None
            assert run(api, stream.get_final_completion()).choices[0].message.parsed is None


@pytest.mark.parametrize("content", ["Let me see. ", WEATHER])
def test_arguments_of_tools_grow_to_values_where_the_type_is_known(api: SyncApi, content: str) -> None:
    tools = [Typed(adapter_for(Step), tool("typed")), tool("strict", strict=True), tool("loose")]
    values = [
        value(one(content=content)), value(one(tool_calls=[call(STEP[:20], 0, "t0", "typed")])),
        value(one(tool_calls=[call(STEP[20:])])), value(one(tool_calls=[call('{"a": [1', 1, "t1", "strict")])),
        value(one(tool_calls=[call("]}", 1)])), value(one(tool_calls=[call("{}", 2, "t2", "loose")])),
        value(one("tool_calls")), DONE,
    ]  # fmt: skip
    with ScriptedServer(stream_reply(sse(*values))) as server:
        with opened(api, server, response_format=PydanticWeather, tools=tools) as stream:
            events = api.chunks(stream)
            message = run(api, stream.get_final_completion()).choices[0].message
    parsed = [event.parsed_arguments for event in events if event.type == f"{ARGUMENTS}.delta"]
    assert parsed == [{"explanation": "a"}, {"explanation": "a", "output": "b"}, {"a": [1]}, {"a": [1]}, None]
    done = [event.parsed_arguments for event in events if event.type == f"{ARGUMENTS}.done"]
    assert done == [Step(explanation="a", output="b"), {"a": [1]}, None]
    assert [made.function.parsed_arguments for made in message.tool_calls] == done
    [told] = [event for event in events if event.type == "content.done"]
    # Beside tool calls content may be the value, and need not.
    assert told.parsed == message.parsed == (VALUE if content == WEATHER else None)


def test_arguments_whose_pieces_take_turns_are_done_when_they_are_whole(api: SyncApi) -> None:
    values = [
        value(one(tool_calls=[call("", 0, "t0", "typed"), call("", 1, "t1", "typed")])),
        value(one(tool_calls=[call(STEP[:20])])), value(one(tool_calls=[call(STEP[:9], 1)])),
        value(one(tool_calls=[call(STEP[20:])])), value(one(tool_calls=[call(STEP[9:], 1)])),
        value(one("tool_calls")), DONE,
    ]  # fmt: skip
    with ScriptedServer(stream_reply(sse(*values))) as server:
        with opened(api, server, tools=[Typed(adapter_for(Step), tool("typed"))]) as stream:
            done = [event for event in api.chunks(stream) if event.type == f"{ARGUMENTS}.done"]
    assert [event.parsed_arguments for event in done] == [Step(explanation="a", output="b")] * 2


def test_arguments_that_are_invalid_are_reported(api: SyncApi) -> None:
    values = [value(one(tool_calls=[call('{"explanation": 1}', 0, "t0", "typed")])), value(one("tool_calls")), DONE]
    with ScriptedServer(stream_reply(sse(*values))) as server:
        with opened(api, server, tools=[Typed(adapter_for(Step), tool("typed"))]) as stream:
            events = []
            with pytest.raises(OutputValidationError, match="is not a valid Step") as caught:
                while True:
                    events.append(api.next(stream))
            assert caught.value.where == "/choices/0/message/tool_calls/0/function/arguments"
            with pytest.raises(OutputValidationError):
                _ = events[-1].parsed_arguments


def test_choices_are_reported_apart(api: SyncApi) -> None:
    other = '{"city": "b", "degrees": 2}'
    first, second = chunks(WEATHER, 9), chunks(other, 4, index=1)
    mixed = [entry for pair in zip(first, second, strict=True) for entry in pair]
    with ScriptedServer(stream_reply(sse(*mixed, DONE))) as server:
        with opened(api, server, response_format=PydanticWeather, n=2) as stream:
            events = api.chunks(stream)
            final = run(api, stream.get_final_completion())
    done = {event.choice_index: event.parsed.city for event in events if event.type == "content.done"}
    assert done == {0: "Zürich", 1: "b"}
    assert [chosen.message.parsed.city for chosen in final.choices] == ["Zürich", "b"]


@pytest.mark.parametrize(
    ("last", "kind"),
    [([], IncompleteStreamError), ([{"error": {"message": "overloaded"}}], StreamError)],
    ids=["cut", "an error in the stream"],
)
def test_a_stream_that_failed_stays_that(api: SyncApi, last: list[Any], kind: type[StreamError]) -> None:
    pieces = sse(*chunks(WEATHER, 9, 30)[:3], *last)
    with ScriptedServer(stream_reply(pieces)) as server:
        with opened(api, server, response_format=PydanticWeather) as stream:
            with pytest.raises(kind) as caught:
                api.chunks(stream)
            assert caught.value.partial is not None
            assert isinstance(caught.value.partial, ChatCompletion)
            assert caught.value.partial.choices[0].message.content == WEATHER[:30]
            assert stream.current_completion_snapshot.choices[0].message.parsed == {"city": "Zürich"}
            with pytest.raises(kind):
                run(api, stream.get_final_completion())


def test_a_server_that_does_not_stream_gives_the_value_too(api: SyncApi) -> None:
    with ScriptedServer(json_reply(completion(choice()))) as server:
        with opened(api, server, response_format=PydanticWeather) as stream:
            assert [event.parsed for event in api.chunks(stream) if event.type == "content.done"] == [VALUE]


def test_a_value_is_made_once(api: SyncApi) -> None:
    made = []

    class Counted(PydanticWeather):
        def model_post_init(self, context: Any) -> None:
            made.append(self)

    with ScriptedServer(stream_reply(sse(*chunks(WEATHER, *range(1, 60)), DONE))) as server:
        with opened(api, server, response_format=Counted) as stream:
            [done] = [event for event in api.chunks(stream) if event.type == "content.done"]
            final = run(api, stream.get_final_completion())
            assert stream.current_completion_snapshot.choices[0].message.parsed is done.parsed
    assert final.choices[0].message.parsed is done.parsed
    assert len(made) == 1


def test_a_manager_may_be_entered_again(api: SyncApi) -> None:
    with ScriptedServer(stream_reply(sse(*chunks(WEATHER), DONE))) as server:
        client = api.client(base_url=server.base_url)
        manager = client.chat.completions.stream(model="m", messages=MESSAGES, response_format=PydanticWeather)
        values = []
        for _ in range(2):
            stream = run(api, manager.__aenter__() if hasattr(manager, "__aenter__") else manager.__enter__())
            values.append(run(api, stream.get_final_completion()).choices[0].message.parsed)
            run(api, stream.close())
        assert values == [VALUE, VALUE]
        assert values[0] is not values[1]


@examples(100)
@given(st.lists(st.integers(0, len(WEATHER)), max_size=12), st.booleans())
def test_however_the_text_is_split_the_value_grows_to_the_same(ends: list[int], reads: bool) -> None:
    core = event_builder(OutputSpec({"response_format": PydanticWeather}))
    seen: list[Any] = []
    done = []
    for chunk in chunks(WEATHER, *sorted(ends)):
        for event in add(core, chunk):
            if event.type == "content.delta" and reads:
                seen.append(event.parsed)
            elif event.type == "content.done":
                done.append(event.parsed)
    done += [event.parsed for event in finish(core) if event.type == "content.done"]
    core.check()
    assert done == [VALUE]
    assert all(part is None or is_begun(part, json.loads(WEATHER)) for part in seen)
    texts = [(part or {}).get("city", "") for part in seen]
    assert texts == sorted(texts)
    assert not seen or seen[-1] == json.loads(WEATHER)


def test_unread_values_cost_nothing_that_grows() -> None:
    def seconds(count: int) -> float:
        core = ParsedEventBuilder(OutputSpec({"response_format": list[str]}))
        add(core, value(one(content='{"value": ["')))
        begun = time.thread_time()
        for _ in range(count):
            add(core, value(one(content="abcd")))
        return time.thread_time() - begun

    few = min(seconds(2_000) for _ in range(3))
    # Ten times the chunks; were each text read anew, it would be a hundred times the work.
    assert min(seconds(20_000) for _ in range(2)) < 40 * few
