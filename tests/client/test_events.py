"""`.stream()` gives typed events of what the chunks say: over a real socket, sync and async by the same rows."""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import example, given
from hypothesis import strategies as st

from chat_completions import ChatCompletionStreamState, errors, response_info
from chat_completions._streaming.events.event_builder import EventBuilder
from chat_completions._streaming.events.events import ChatCompletionStreamEvent, ContentDeltaEvent
from chat_completions._streaming.events.parsed_events import event_builder
from chat_completions._streaming.received_chunk import ReceivedChunk, decode
from chat_completions._streaming.stream_decoder import ChunkDecoder
from chat_completions.models import ChatCompletion, ChatCompletionChunk, ChatCompletionTokenLogprob
from chat_completions.structured.output_spec import OutputSpec
from tests.client.conftest import MESSAGES, AsyncApi, SyncApi
from tests.client.scripted import Reply, ScriptedServer, json_reply, stream_reply

DONE = b"data: [DONE]\n\n"
PAYLOADS = Path(__file__).parents[3] / "shared" / "payloads" / "streams.jsonl.gz"
ARGUMENTS = "tool_calls.function.arguments"
# What a row shows of an event, beside its type and its choice.
SHOWN = {
    "chunk": (),
    "content.delta": ("delta", "snapshot"),
    "content.done": ("content",),
    "refusal.delta": ("delta", "snapshot"),
    "refusal.done": ("refusal",),
    "reasoning.delta": ("delta", "snapshot", "field"),
    "reasoning.done": ("reasoning", "field"),
    f"{ARGUMENTS}.delta": ("index", "name", "arguments_delta", "arguments"),
    f"{ARGUMENTS}.done": ("index", "name", "arguments"),
    "tool_calls.custom.input.delta": ("index", "name", "input_delta", "input"),
    "tool_calls.custom.input.done": ("index", "name", "input"),
    "logprobs.content.delta": ("content", "snapshot"),
    "logprobs.content.done": ("content",),
    "logprobs.refusal.delta": ("refusal", "snapshot"),
    "logprobs.refusal.done": ("refusal",),
}
CHUNK = ("chunk",)


def add(builder: EventBuilder, value: dict[str, Any]) -> list[ChatCompletionStreamEvent]:
    """Add the JSON object of the next chunk, and return its events."""
    builder.accumulator.add(value)
    return builder.events_of(ReceivedChunk(value))


def finish(builder: EventBuilder) -> list[ChatCompletionStreamEvent]:
    """Record that the server sent `[DONE]`, and return the events of what is done by that."""
    builder.accumulator.finish()
    return builder.last_events()


def value(*choices: Any, **extra: Any) -> dict[str, Any]:
    return {
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": list(choices), **extra
    }  # fmt: skip


def one(finish: str | None = None, index: int = 0, **delta: Any) -> dict[str, Any]:
    return {"index": index, "delta": delta, "finish_reason": finish}


def call(arguments: Any, index: int | None = 0, id_: str | None = None, name: str | None = None) -> dict[str, Any]:
    begun = {"id": id_, "type": "function"} if id_ else {}
    function = {"name": name, "arguments": arguments} if name else {"arguments": arguments}
    return {**({} if index is None else {"index": index}), **begun, "function": function}


def tokens(*texts: str, part: str = "content") -> dict[str, Any]:
    return {"content": None, "refusal": None, part: [{"token": text, "logprob": -1.5} for text in texts]}


def sse(*values: Any) -> list[bytes]:
    return [value if isinstance(value, bytes) else b"data: " + json.dumps(value).encode() + b"\n\n" for value in values]


def shown(event: Any) -> tuple[Any, ...]:
    """Return what a row says of an event: its type, its choice unless 0, and its fields; of tokens their texts."""
    fields = [getattr(event, name) for name in SHOWN[event.type]]
    texts = [tuple(token.token for token in field) if isinstance(field, list) else field for field in fields]
    choice = getattr(event, "choice_index", 0)
    return (event.type, *([choice] if choice else []), *texts)


def run(api: SyncApi, result: Any) -> Any:
    return api._runner.run(result) if isinstance(api, AsyncApi) else result


@contextmanager
def opened(api: SyncApi, server: ScriptedServer, client: Any = None, **arguments: Any) -> Iterator[Any]:
    client = client or api.client(base_url=server.base_url)
    manager = client.chat.completions.stream(**{"model": "m", "messages": MESSAGES, **arguments})
    name = "a" if isinstance(api, AsyncApi) else ""
    stream = run(api, getattr(manager, f"__{name}enter__")())
    try:
        yield stream
    finally:
        run(api, getattr(manager, f"__{name}exit__")(None, None, None))


ROWS: dict[str, tuple[list[Any], list[tuple[Any, ...]]]] = {
    "content": (
        [value(one(role="assistant", content="", refusal=None)), value(one(content="a")), value(one(content="b")),
         value(one("stop")), DONE],
        [CHUNK, ("content.delta", "", ""), CHUNK, ("content.delta", "a", "a"), CHUNK, ("content.delta", "b", "ab"),
         CHUNK, ("content.done", "ab")],
    ),
    "content and finish in one chunk, no [DONE]": (
        [value(one("stop", content="ab"))], [CHUNK, ("content.delta", "ab", "ab"), ("content.done", "ab")]),
    "content without a finish reason": (
        [value(one(content="a")), DONE], [CHUNK, ("content.delta", "a", "a"), ("content.done", "a")]),
    "no content": ([value(one(role="assistant", content="")), value(one("stop")), DONE],
                   [CHUNK, ("content.delta", "", ""), CHUNK]),
    "null content": ([value(one("stop", content=None)), DONE], [CHUNK]),
    "usage": (
        [value(one("stop", content="a")), value(usage={"total_tokens": 3}), DONE],
        [CHUNK, ("content.delta", "a", "a"), ("content.done", "a"), CHUNK]),
    "chunks without choices": (
        [{"object": "", "choices": None}, {"id": "c", "usage": {"a": 1}}, value(one("stop", content="a")), DONE],
        [CHUNK, CHUNK, CHUNK, ("content.delta", "a", "a"), ("content.done", "a")]),
    "choices that are none, and a null delta": (
        [value("x", None), value({"index": 0, "delta": None, "finish_reason": None}), value(one("stop")), DONE],
        [CHUNK, CHUNK, CHUNK]),
    "a choice without index": (
        [value({"delta": {"content": "a"}}), value({"delta": {}, "finish_reason": "stop"}), DONE],
        [CHUNK, ("content.delta", "a", "a"), CHUNK, ("content.done", "a")]),
    "refusal": (
        [value(one(role="assistant", content=None, refusal="")), value(one(refusal="I ")), value(one(refusal="can't")),
         value(one("stop")), DONE],
        [CHUNK, ("refusal.delta", "", ""), CHUNK, ("refusal.delta", "I ", "I "), CHUNK,
         ("refusal.delta", "can't", "I can't"), CHUNK, ("refusal.done", "I can't")]),
    "tool calls after content": (
        [value(one(content="Hm.")), value(one(tool_calls=[call("", 0, "t0", "f")])), value(one(tool_calls=[call("{")])),
         value(one(tool_calls=[call("}")])), value(one(tool_calls=[call("", 1, "t1", "g")])),
         value(one(tool_calls=[call("[]", 1)])), value(one("tool_calls")), DONE],
        [CHUNK, ("content.delta", "Hm.", "Hm."),
         CHUNK, (f"{ARGUMENTS}.delta", 0, "f", "", ""), ("content.done", "Hm."),
         CHUNK, (f"{ARGUMENTS}.delta", 0, "f", "{", "{"),
         CHUNK, (f"{ARGUMENTS}.delta", 0, "f", "}", "{}"),
         CHUNK, (f"{ARGUMENTS}.delta", 1, "g", "", ""), (f"{ARGUMENTS}.done", 0, "f", "{}"),
         CHUNK, (f"{ARGUMENTS}.delta", 1, "g", "[]", "[]"),
         CHUNK, (f"{ARGUMENTS}.done", 1, "g", "[]")]),
    "whole tool calls in one chunk": (
        [value(one("tool_calls", tool_calls=[call("{}", 0, "t0", "f"), call("[]", 1, "t1", "g")])), DONE],
        [CHUNK, (f"{ARGUMENTS}.delta", 0, "f", "{}", "{}"), (f"{ARGUMENTS}.delta", 1, "g", "[]", "[]"),
         (f"{ARGUMENTS}.done", 0, "f", "{}"), (f"{ARGUMENTS}.done", 1, "g", "[]")]),
    "all tool calls under one index": (
        [value(one(tool_calls=[call("{}", 0, "t0", "f"), call("[]", 0, "t1", "g")])),
         value(one(tool_calls=[call("1", 0, "t2", "f")])), value(one("tool_calls")), DONE],
        [CHUNK, (f"{ARGUMENTS}.delta", 0, "f", "{}", "{}"), (f"{ARGUMENTS}.delta", 1, "g", "[]", "[]"),
         (f"{ARGUMENTS}.done", 0, "f", "{}"),
         CHUNK, (f"{ARGUMENTS}.delta", 2, "f", "1", "1"), (f"{ARGUMENTS}.done", 1, "g", "[]"),
         CHUNK, (f"{ARGUMENTS}.done", 2, "f", "1")]),
    "tool calls without index": (
        [value(one(tool_calls=[call("{", None, "t0", "f")])), value(one(tool_calls=[call("}", None)])),
         value(one(tool_calls=[call("[]", None, "t1", "g")])), value(one("tool_calls")), DONE],
        [CHUNK, (f"{ARGUMENTS}.delta", 0, "f", "{", "{"), CHUNK, (f"{ARGUMENTS}.delta", 0, "f", "}", "{}"),
         CHUNK, (f"{ARGUMENTS}.delta", 1, "g", "[]", "[]"), (f"{ARGUMENTS}.done", 0, "f", "{}"),
         CHUNK, (f"{ARGUMENTS}.done", 1, "g", "[]")]),
    "tool calls side by side": (
        [value(one(tool_calls=[call("{", 0, "t0", "f"), call("[", 1, "t1", "g")])),
         value(one(tool_calls=[call("}"), call("]", 1)])), value(one("tool_calls")), DONE],
        [CHUNK, (f"{ARGUMENTS}.delta", 0, "f", "{", "{"), (f"{ARGUMENTS}.delta", 1, "g", "[", "["),
         CHUNK, (f"{ARGUMENTS}.delta", 0, "f", "}", "{}"), (f"{ARGUMENTS}.delta", 1, "g", "]", "[]"),
         (f"{ARGUMENTS}.done", 1, "g", "[]"), CHUNK, (f"{ARGUMENTS}.done", 0, "f", "{}")]),
    "arguments that are an object or null": (
        [value(one(tool_calls=[call({"a": 1}, 0, "t0", "f")])), value(one(tool_calls=[call(None, 1, "t1", "g")])),
         value(one("tool_calls")), DONE],
        [CHUNK, (f"{ARGUMENTS}.delta", 0, "f", '{"a": 1}', '{"a": 1}'),
         CHUNK, (f"{ARGUMENTS}.delta", 1, "g", "", ""), (f"{ARGUMENTS}.done", 0, "f", '{"a": 1}'),
         CHUNK, (f"{ARGUMENTS}.done", 1, "g", "")]),
    "a custom tool call": (
        [value(one(tool_calls=[call("{}", 0, "t0", "f")])),
         value(one(tool_calls=[{"index": 1, "id": "t1", "type": "custom", "custom": {"name": "g", "input": "x"}}])),
         value(one("tool_calls")), DONE],
        [CHUNK, (f"{ARGUMENTS}.delta", 0, "f", "{}", "{}"),
         CHUNK, ("tool_calls.custom.input.delta", 1, "g", "x", "x"), (f"{ARGUMENTS}.done", 0, "f", "{}"),
         CHUNK, ("tool_calls.custom.input.done", 1, "g", "x")]),
    "content after tool calls": (
        [value(one(content="a")), value(one(tool_calls=[call("{}", 0, "t0", "f")])), value(one(content="b")),
         value(one("stop")), DONE],
        [CHUNK, ("content.delta", "a", "a"), CHUNK, (f"{ARGUMENTS}.delta", 0, "f", "{}", "{}"), ("content.done", "a"),
         CHUNK, ("content.delta", "b", "ab"), CHUNK, (f"{ARGUMENTS}.done", 0, "f", "{}")]),
    "two choices by turns": (
        [value(one(content="a")), value(one(index=1, content="x")), value(one(content="b"), one(index=1, content="y")),
         value(one("stop", 1)), value(one("length")), DONE],
        [CHUNK, ("content.delta", "a", "a"), CHUNK, ("content.delta", 1, "x", "x"),
         CHUNK, ("content.delta", "b", "ab"), ("content.delta", 1, "y", "xy"),
         CHUNK, ("content.done", 1, "xy"), CHUNK, ("content.done", "ab")]),
    "log probabilities": (
        [value({**one(content="a"), "logprobs": tokens("a")}),
         value({**one(content="bc"), "logprobs": tokens("b", "c")}),
         value({**one("stop"), "logprobs": None}), DONE],
        [CHUNK, ("content.delta", "a", "a"), ("logprobs.content.delta", ("a",), ("a",)),
         CHUNK, ("content.delta", "bc", "abc"), ("logprobs.content.delta", ("b", "c"), ("a", "b", "c")),
         CHUNK, ("content.done", "abc"), ("logprobs.content.done", ("a", "b", "c"))]),
    "log probabilities of a refusal": (
        [value({**one("stop", refusal="no"), "logprobs": tokens("n", "o", part="refusal")}), DONE],
        [CHUNK, ("refusal.delta", "no", "no"), ("logprobs.refusal.delta", ("n", "o"), ("n", "o")),
         ("refusal.done", "no"), ("logprobs.refusal.done", ("n", "o"))]),
    "reasoning": (
        [value(one(content=None, reasoning_content="Hm")), value(one(content="", reasoning_content="m")),
         value(one(content="a", reasoning_content=None)), value(one("stop", content="b")), DONE],
        [CHUNK, ("reasoning.delta", "Hm", "Hm", "reasoning_content"),
         CHUNK, ("reasoning.delta", "m", "Hmm", "reasoning_content"), ("content.delta", "", ""),
         CHUNK, ("reasoning.done", "Hmm", "reasoning_content"), ("content.delta", "a", "a"),
         CHUNK, ("content.delta", "b", "ab"), ("content.done", "ab")]),
    "reasoning under both names has events once": (
        [value(one(reasoning="Hm", reasoning_content="Hm")), value(one(reasoning="m", reasoning_content="m")),
         value(one("stop")), DONE],
        [CHUNK, ("reasoning.delta", "Hm", "Hm", "reasoning_content"),
         CHUNK, ("reasoning.delta", "m", "Hmm", "reasoning_content"),
         CHUNK, ("reasoning.done", "Hmm", "reasoning_content")]),
    "reasoning, then a tool call": (
        [value(one(reasoning="Hm")), value(one("tool_calls", tool_calls=[call("{}", 0, "t0", "f")])), DONE],
        [CHUNK, ("reasoning.delta", "Hm", "Hm", "reasoning"), CHUNK, ("reasoning.done", "Hm", "reasoning"),
         (f"{ARGUMENTS}.delta", 0, "f", "{}", "{}"), (f"{ARGUMENTS}.done", 0, "f", "{}")]),
    "content in parts, of which some are thoughts": (
        [value(one(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}])),
         value(one(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "m"}]}])),
         value(one(content=[{"type": "text", "text": "a"}])), value(one("stop", content="b")), DONE],
        [CHUNK, ("reasoning.delta", "Hm", "Hm", "thinking"), CHUNK, ("reasoning.delta", "m", "Hmm", "thinking"),
         CHUNK, ("reasoning.done", "Hmm", "thinking"), ("content.delta", "a", "a"),
         CHUNK, ("content.delta", "b", "ab"), ("content.done", "ab")]),
    "parts after text": (
        [value(one(content="a")), value(one("stop", content=[{"type": "text", "text": "b"}])), DONE],
        [CHUNK, ("content.delta", "a", "a"), CHUNK, ("content.delta", "b", "ab"), ("content.done", "ab")]),
    "the whole message beside and after the deltas": (
        [value({**one(content="a"), "message": {"role": "assistant", "content": "a"}}),
         value({"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ab"}}), DONE],
        [CHUNK, ("content.delta", "a", "a"), CHUNK, ("content.delta", "b", "ab"), ("content.done", "ab")]),
    "the whole message only": (
        [value({"index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": "a",
            "tool_calls": [call("{}", None, "t0", "f"), call("1", None, "t1", "g")]}}), DONE],
        [CHUNK, ("content.delta", "a", "a"), (f"{ARGUMENTS}.delta", 0, "f", "{}", "{}"),
         (f"{ARGUMENTS}.delta", 1, "g", "1", "1"), ("content.done", "a"), (f"{ARGUMENTS}.done", 0, "f", "{}"),
         (f"{ARGUMENTS}.done", 1, "g", "1")]),
}  # fmt: skip


@pytest.mark.parametrize(("values", "expected"), ROWS.values(), ids=ROWS.keys())
@pytest.mark.parametrize("together", [True, False], ids=["together", "apart"])
def test_chunks_give_these_events(
    api: SyncApi, values: list[Any], expected: list[tuple[Any, ...]], together: bool
) -> None:
    pieces = sse(*values)
    with ScriptedServer(stream_reply([b"".join(pieces)] if together else pieces)) as server:
        with opened(api, server) as stream:
            events = api.chunks(stream)
    # Read only now, after the end: what they refer to has gone on, what they say has not.
    assert [shown(event) for event in events] == expected
    chunks = [event.chunk for event in events if event.type == "chunk"]
    assert [chunk.to_dict() for chunk in chunks] == [sent for sent in values if sent is not DONE]
    assert all(isinstance(chunk, ChatCompletionChunk) for chunk in chunks)


def test_every_event_has_a_type_of_its_own_and_cannot_be_changed() -> None:
    kinds = get_args(ChatCompletionStreamEvent)
    assert sorted(kind.type for kind in kinds) == sorted(SHOWN)
    core = EventBuilder()
    for event in add(core, value(one("stop", content="a"))):
        with pytest.raises(FrozenInstanceError):
            event.choice_index = 1  # type: ignore[misc, union-attr]
        with pytest.raises((AttributeError, FrozenInstanceError)):
            event.extra = 1  # type: ignore[union-attr]


def test_a_snapshot_is_of_its_moment_even_if_all_chunks_arrived_at_once(api: SyncApi) -> None:
    pieces = sse(value(one(content="a")), value(one(content="b")), value(one("stop", content="c")), DONE)
    with ScriptedServer(stream_reply([b"".join(pieces)])) as server, opened(api, server) as stream:
        with pytest.raises(errors.ChatCompletionsError, match="no chunk has arrived"):
            _ = stream.current_completion_snapshot
        told = ""
        snapshots = []
        for _ in range(3):
            event = api.next(stream)
            snapshots.append(event)
            told += event.chunk.choices[0].delta.content
            assert event.snapshot.choices[0].message.content == told
            assert stream.current_completion_snapshot.choices[0].message.content == told
            assert api.next(stream).snapshot == told
        assert isinstance(snapshots[0].snapshot, ChatCompletion)
        assert snapshots[0].snapshot._request_id == stream.request_id == "req-1"
        # Read later, it is the completion so far.
        assert snapshots[0].snapshot.choices[0].message.content == "abc"


def test_log_probabilities_are_typed(api: SyncApi) -> None:
    pieces = sse(value({**one("stop", content="a"), "logprobs": tokens("a")}), DONE)
    with ScriptedServer(stream_reply(pieces)) as server, opened(api, server) as stream:
        events = [event for event in api.chunks(stream) if event.type.startswith("logprobs")]
    assert len(events) == 2
    assert all(isinstance(event.content[0], ChatCompletionTokenLogprob) for event in events)
    assert events[0].content[0].logprob == -1.5


def test_the_request_is_sent_when_entered_and_always_asks_for_a_stream(api: SyncApi) -> None:
    with ScriptedServer(stream_reply(sse(value(one("stop", content="a")), DONE))) as server:
        client = api.client(base_url=server.base_url)
        extra = {"stream": False, "top_k": 1}
        manager = client.chat.completions.stream(model="m", messages=MESSAGES, extra_body=extra)
        del manager
        assert server.requests == []
        with opened(api, server, client, extra_body=extra) as stream:
            assert len(server.requests) == 1
            assert server.requests[0].json() == {"model": "m", "messages": MESSAGES, "top_k": 1, "stream": True}
            assert stream.response.status_code == 200
            assert response_info(stream).request_id == "req-1"
        assert extra == {"stream": False, "top_k": 1}


def test_a_final_completion_is_what_the_chunks_fold_to(api: SyncApi) -> None:
    values = [value(one(content="a")), value(one("stop", content="b")), value(usage={"total_tokens": 2}), DONE]
    with ScriptedServer(stream_reply(sse(*values))) as server:
        plain = api.create(api.client(base_url=server.base_url), stream=True)
        api.chunks(plain)
        with opened(api, server) as stream:
            api.next(stream)
            completion = run(api, stream.get_final_completion())
            assert completion.to_dict() == plain.completion.to_dict()
            assert completion._request_id == "req-1"
            assert run(api, stream.get_final_completion()) == completion
            assert api.chunks(stream) == []
        with opened(api, server) as stream:
            assert run(api, stream.until_done()) is stream
            assert stream.current_completion_snapshot == completion
        with opened(api, server) as stream:
            assert api.texts(stream) == ["a", "b"]


def test_repairs_are_in_anomalies(api: SyncApi) -> None:
    values = [value({"delta": {"content": "a"}}), value(one("stop")), DONE]
    with ScriptedServer(stream_reply(sse(*values))) as server, opened(api, server) as stream:
        run(api, stream.until_done())
        assert [anomaly.kind for anomaly in stream.anomalies] == ["missing"]
    values = [value(one(content="a")), DONE]
    with ScriptedServer(stream_reply([b"".join(sse(*values))])) as server, opened(api, server) as stream:
        run(api, stream.until_done())
        assert [anomaly.kind for anomaly in stream.anomalies] == ["unfinished"]


FAULTS: dict[str, tuple[list[Any], type[errors.StreamError], str]] = {
    "no finish reason": ([], errors.IncompleteStreamError, "finish reason"),
    "half an event": ([b'data: {"id":'], errors.IncompleteStreamError, "finish reason"),
    "an error object": ([{"error": {"message": "overloaded"}}], errors.StreamError, "overloaded"),
    "an error beside choices": (
        [{**value(one("error")), "error": {"message": "overloaded"}}], errors.StreamError, "overloaded"),
    "not JSON": ([b"data: {oops\n\n"], errors.StreamError, "not JSON"),
}  # fmt: skip


@pytest.mark.parametrize(("last", "kind", "message"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("together", [True, False], ids=["together", "apart"])
def test_a_fault_comes_after_the_events_of_what_arrived(
    api: SyncApi, last: list[Any], kind: type[errors.StreamError], message: str, together: bool
) -> None:
    pieces = sse(value(one(content="a")), value(one(tool_calls=[call("{", 0, "t0", "f")])), value(one(content="b")))
    pieces += sse(*last)
    with ScriptedServer(stream_reply([b"".join(pieces)] if together else pieces)) as server:
        with opened(api, server) as stream:
            events = []
            with pytest.raises(kind, match=message) as caught:
                while True:
                    events.append(api.next(stream))
                    # A snapshot is not ahead of the events either, though the partial completion is.
                    assert stream.current_completion_snapshot.choices[0].message.tool_calls or len(events) < 3
            assert type(caught.value) is kind
            partial = caught.value.partial
            assert partial is not None
            assert partial.choices[0].message.content == "ab"
            assert partial.choices[0].message.tool_calls[0].function.arguments == "{"
            assert [shown(event) for event in events] == [
                CHUNK, ("content.delta", "a", "a"), CHUNK, (f"{ARGUMENTS}.delta", 0, "f", "{", "{"),
                ("content.done", "a"), CHUNK, ("content.delta", "b", "ab")]  # fmt: skip
            # It has ended, and has no final completion: the same fault again.
            assert api.chunks(stream) == []
            with pytest.raises(kind) as again:
                run(api, stream.get_final_completion())
            assert again.value is caught.value


def test_a_fault_is_raised_by_whatever_consumes_the_stream(api: SyncApi) -> None:
    with ScriptedServer(stream_reply(sse(value(one(content="a"))), cut=True)) as server:
        for consume in ("get_final_completion", "until_done"):
            with opened(api, server) as stream, pytest.raises(errors.StreamError, match="broke") as caught:
                run(api, getattr(stream, consume)())
            assert caught.value.partial is not None


def test_a_stream_that_was_left_has_no_final_completion(api: SyncApi) -> None:
    with ScriptedServer(stream_reply([*sse(value(one(content="a"))), 0.02] * 200)) as server:
        with opened(api, server) as stream:
            api.next(stream)
        with pytest.raises(errors.StreamError, match="closed") as caught:
            run(api, stream.get_final_completion())
        assert caught.value.partial is not None
        assert caught.value.partial.choices[0].message.content == "a"
        assert caught.value.request_id == "req-1"
    with ScriptedServer(stream_reply([DONE])) as server, opened(api, server) as stream:
        with pytest.raises(errors.IncompleteStreamError, match="before any choice") as caught:
            run(api, stream.get_final_completion())
        assert caught.value.partial.choices == [] and caught.value.text == ""


def test_leaving_lets_go_of_the_connection_and_the_end_keeps_it(api: SyncApi) -> None:
    with ScriptedServer(stream_reply([*sse(value(one(content="a"))), 0.02] * 200)) as server:
        with opened(api, server) as stream:
            assert api.next(stream).type == "chunk"
        assert server.wait_until_closed()
        # The events of the chunk that had arrived are still yielded; there are no done events, as nothing is complete.
        assert api.next(stream).type == "content.delta"
        with pytest.raises(errors.StreamError, match="closed"):
            while True:
                assert api.next(stream).type in ("chunk", "content.delta")
    with ScriptedServer(stream_reply([*sse(value(one(content="a"))), 0.02] * 200)) as server:
        with opened(api, server) as stream:
            api.close(stream)
            api.close(stream)
            assert server.wait_until_closed()
    with ScriptedServer(stream_reply([*sse(value(one("stop", content="a")), DONE), 0.02])) as server:
        client = api.client(base_url=server.base_url)
        for _ in range(3):
            with opened(api, server, client) as stream:
                run(api, stream.until_done())
        assert server.connections == 1


def test_an_error_status_is_raised_on_entering(api: SyncApi) -> None:
    with ScriptedServer(json_reply({"error": {"message": "No."}}, 404)) as server:
        with pytest.raises(errors.NotFoundError, match="No"), opened(api, server):
            pytest.fail("there is no stream")


def test_a_server_that_does_not_stream_gives_the_same_events(api: SyncApi) -> None:
    message = {"role": "assistant", "content": "Hi", "tool_calls": [call("{}", None, "t0", "f")]}
    completion = {"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": {}}
    with ScriptedServer(Reply([json.dumps(completion).encode()])) as server, opened(api, server) as stream:
        assert [shown(event) for event in api.chunks(stream)] == [
            CHUNK, ("content.delta", "Hi", "Hi"), (f"{ARGUMENTS}.delta", 0, "f", "{}", "{}"),
            ("content.done", "Hi"), (f"{ARGUMENTS}.done", 0, "f", "{}")]  # fmt: skip


class Tally:
    """What the events of a stream say, put together again."""

    def __init__(self) -> None:
        self.texts: dict[Any, str] = defaultdict(str)
        self.done: Counter[Any] = Counter()

    def add(self, event: Any) -> None:
        if event.type == "chunk":
            return
        part, _, step = event.type.rpartition(".")
        key = (event.choice_index, part, getattr(event, "index", None))
        if part.startswith("logprobs"):
            return
        if step == "delta":
            piece = event.arguments_delta if part == ARGUMENTS else event.delta
            self.texts[key] += piece
            if part == ARGUMENTS and piece:
                self.done[key] = 0  # arguments that go on are done anew
        else:
            self.done[key] += 1
            told = {"content": "content", "refusal": "refusal", "reasoning": "reasoning", ARGUMENTS: "arguments"}[part]
            assert getattr(event, told) == self.texts[key]

    def compare(self, completion: Any) -> None:
        """Compare with the accumulated completion."""
        for choice in completion.choices:
            content = choice.message.content
            if isinstance(content, list):
                content = "".join(part["text"] for part in content if part.get("type") == "text")
            assert self.texts.pop((choice.index, "content", None), "") == (content or "")
            self.texts.pop((choice.index, "refusal", None), None)
            self.texts.pop((choice.index, "reasoning", None), None)
            calls = [one for one in choice.message.tool_calls or () if one.get("type") == "function"]
            told = [
                text for (of, part, _), text in sorted(self.texts.items()) if (of, part) == (choice.index, ARGUMENTS)
            ]
            assert told == [one.function.arguments for one in calls]
        assert set(self.done.values()) <= {1}


def recorded() -> Iterator[dict[str, Any]]:
    with gzip.open(PAYLOADS, "rt", encoding="utf-8", errors="surrogateescape") as lines:
        yield from map(json.loads, lines)


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the recorded traffic (../shared/payloads) is not here")
def test_events_of_recorded_streams_join_to_their_completions(api: SyncApi) -> None:
    bodies = [row["body"].encode("utf-8", "surrogateescape") for row in recorded()]
    replies = [stream_reply([body[i : i + 700] for i in range(0, len(body), 700)]) for body in bodies]
    whole = arguments = 0
    with ScriptedServer(*replies) as server:
        client = api.client(base_url=server.base_url)
        for body in bodies:
            tally, completion = Tally(), None
            with opened(api, server, client) as stream:
                try:
                    for event in api.chunks(stream):
                        tally.add(event)
                    completion = run(api, stream.get_final_completion())
                except errors.StreamError:
                    continue
            whole += 1
            if b"[DONE]" in body:
                undone = {key for key, text in tally.texts.items() if text and not tally.done[key]}
                assert not undone, body[-300:]
            arguments += sum(part == ARGUMENTS for _, part, _ in tally.texts)
            tally.compare(completion)
    assert whole > 200
    assert arguments > 20


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the recorded traffic (../shared/payloads) is not here")
def test_a_state_says_of_recorded_chunks_what_a_stream_says() -> None:
    """The events before `[DONE]`, whichever way the chunks came, and the completion."""
    count = 0
    for row in recorded():
        body = row["body"].encode("utf-8", "surrogateescape")
        builder, state = event_builder(OutputSpec({})), ChatCompletionStreamState[None]()
        decoder = ChunkDecoder(builder.events_of, builder.accumulator)
        of_stream = [event for events in (*decoder.feed(body), *decoder.end()) for event in events]
        decoder_of_chunks = ChunkDecoder(decode)
        chunks = [*decoder_of_chunks.feed(body), *decoder_of_chunks.end()]
        of_state = [event for chunk in chunks for event in state.handle_chunk(chunk)]
        assert [repr(event) for event in of_state] == [repr(event) for event in of_stream]
        if chunks:
            assert state.get_final_completion().to_dict() == builder.snapshot().to_dict()
            count += 1
    assert count > 200


TEXTS = st.sampled_from(["", "a", "bc", "Ж", "{"])


def calls(with_index: bool) -> st.SearchStrategy[Any]:
    function = st.fixed_dictionaries({"arguments": TEXTS | st.none()}, optional={"name": st.sampled_from(["f", "g"])})
    always = {"function": function, **({"index": st.integers(0, 2)} if with_index else {})}
    # Ids without indexes: an index that is used again may get the number of another call.
    sometimes = {} if with_index else {"id": st.sampled_from(["t0", "t1", None])}
    return st.fixed_dictionaries(always, optional=sometimes)


PARTS = st.lists(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS})
    | st.fixed_dictionaries({"type": st.just("thinking"), "thinking": TEXTS})
    | st.just({"type": "other"}),
    max_size=2,
)


def streams(with_index: bool) -> st.SearchStrategy[Any]:
    delta = {
        "role": st.just("assistant"),
        "content": TEXTS | st.none() | PARTS,
        "refusal": TEXTS | st.none(),
        "reasoning": TEXTS,
        "reasoning_content": TEXTS | st.none(),
        "tool_calls": st.lists(calls(with_index), max_size=3) | st.none() | st.just([None]),
    }
    choice = st.fixed_dictionaries(
        {"delta": st.fixed_dictionaries({}, optional=delta) | st.none()},
        optional={
            "finish_reason": st.sampled_from([None, "stop"]),
            "logprobs": st.just(tokens("t")),
        },
    )
    in_order = st.lists(choice | st.none(), max_size=2)
    return st.lists(in_order | in_order.map(backwards), max_size=12)


def backwards(choices: list[Any]) -> list[Any]:
    last = len(choices) - 1
    return [choice and {**choice, "index": last - place} for place, choice in enumerate(choices)]


# A call that begins, and goes on, after its choice has finished.
LATE_CALL = [
    [{"delta": {}, "finish_reason": "stop"}],
    [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": ""}}]}}],
    [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": "a"}}]}}],
]


@given(st.booleans().flatmap(streams))
@example(LATE_CALL)
def test_whatever_the_chunks_are_deltas_join_to_the_completion(chunks: list[Any]) -> None:
    core, tally = EventBuilder(), Tally()
    for choices in chunks:
        for event in add(core, value(*choices)):
            tally.add(event)
    for event in finish(core):
        tally.add(event)
    if (completion := core.completion()) is not None:
        tally.compare(completion)


@pytest.mark.slow
@pytest.mark.parametrize(
    "choice", [one(content=" word"), one(tool_calls=[call(" word")])], ids=["content", "arguments"]
)
def test_the_cost_of_a_chunk_does_not_grow_with_the_stream(choice: dict[str, Any]) -> None:
    def seconds_a_chunk(count: int) -> float:
        core = EventBuilder()
        before = time.process_time()
        for _ in range(count):
            add(core, value(choice))
        return (time.process_time() - before) / count

    assert min(seconds_a_chunk(64_000) for _ in range(2)) < 2 * min(seconds_a_chunk(4_000) for _ in range(5))


def test_an_event_that_is_kept_tells_its_snapshot_at_any_time() -> None:
    core = EventBuilder()
    kept: list[Any] = []
    for number in range(100):
        events = add(core, value(one(content=str(number % 10))))
        kept += [event for event in events if isinstance(event, ContentDeltaEvent)]
        # A reading in between disturbs nothing.
        assert len(kept[number // 2].snapshot) == number // 2 + 1
    assert [len(event.snapshot) for event in kept] == list(range(1, 101))
    assert kept[-1].snapshot == "0123456789" * 10
    assert kept[3].parsed is None
