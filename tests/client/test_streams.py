"""A stream tells the truth: over a real socket, sync and async by the same rows."""

from __future__ import annotations

import copy
import functools
import gzip
import json
import pickle
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_completions import Client, errors
from chat_completions._transport import watchdog
from chat_completions.models import ChatCompletionChunk
from chat_completions.sse import Decoder
from tests.client.conftest import SyncApi
from tests.client.scripted import Reply, ScriptedServer, json_reply, stream_reply

DONE = b"data: [DONE]\n\n"
PAYLOADS = Path(__file__).parents[3] / "shared" / "payloads" / "streams.jsonl.gz"


def chunk(content: str | None = None, finish: str | None = None, index: int = 0, **extra: Any) -> bytes:
    delta = {} if content is None else {"content": content}
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    value = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **extra}
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def text_of(partial: Any) -> str | None:
    return partial.choices[0].message.content if partial.choices else None


def stream_of(api: SyncApi, server: ScriptedServer, **arguments: Any) -> Any:
    return api.create(api.client(base_url=server.base_url), stream=True, **arguments)


USAGE = b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"a":1}}\n\n'
COMPLETE = {
    "done after the finish reason": ([chunk("a"), chunk("b", "stop"), DONE], "ab"),
    "done without a finish reason": ([chunk("a"), DONE], "a"),
    "a finish reason without done": ([chunk("a"), chunk(None, "length")], "a"),
    "the last event without its blank line": ([chunk("a"), chunk("b", "stop").rstrip()], "ab"),
    "done without a blank line": ([chunk("a"), b"data: [DONE]"], "a"),
    "comments and unknown fields": ([b": ping\n\n", chunk("a"), b"x: y\n\n", DONE], "a"),
    "carriage returns and a byte order mark": ([b"\xef\xbb\xbf", chunk("a").replace(b"\n", b"\r\n"), DONE], "a"),
    "usage in a chunk without choices": ([chunk("a", "stop"), b'data: {"choices":[],"usage":{}}\n\n', DONE], "a"),
    "what comes after done": ([chunk("a"), DONE, chunk("late"), b"garbage"], "a"),
}


@pytest.mark.parametrize(("pieces", "text"), COMPLETE.values(), ids=COMPLETE.keys())
@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "bytewise"])
def test_a_complete_stream_gives_its_chunks_and_ends(
    api: SyncApi, pieces: list[bytes], text: str, bytewise: bool
) -> None:
    body = b"".join(pieces)
    split = [body[i : i + 1] for i in range(len(body))] if bytewise else [body]
    with ScriptedServer(stream_reply(split)) as server:
        stream = stream_of(api, server)
        chunks = api.chunks(stream)
        assert all(isinstance(one, ChatCompletionChunk) for one in chunks)
        assert stream.completion.choices[0].message.content == text
        assert stream.completion._request_id == stream.request_id == "req-1"
        assert server.requests[0].json()["stream"] is True


FAULTS: dict[str, tuple[list[bytes], type[Exception], str, str | None]] = {
    "nothing at all": ([], errors.IncompleteStreamError, "without .DONE.", None),
    "no finish reason": ([chunk("a"), chunk("b")], errors.IncompleteStreamError, "finish reason", "ab"),
    "one of two choices unfinished": (
        [chunk("a", "stop"), chunk("b", None, 1)], errors.IncompleteStreamError, "every choice", "a"),
    "half an event": ([chunk("a"), chunk("b")[:30]], errors.IncompleteStreamError, "ended", "a"),
    "an error object": ([chunk("a"), b'data: {"error":{"message":"overloaded","code":"c"}}\n\n'],
                        errors.StreamError, "overloaded", "a"),
    "an error text": ([chunk("a"), b'data: {"error":"broken"}\n\n'], errors.StreamError, "broken", "a"),
    "an error event": ([chunk("a"), b'event: error\ndata: {"message":"gone"}\n\n'], errors.StreamError, "gone", "a"),
    "an error event in plain text": ([b"event: error\ndata: oh no\n\n"], errors.StreamError, "oh no", None),
    "a flat error": ([chunk("a"), b'data: {"object":"error","message":"flat"}\n\n'], errors.StreamError, "flat", "a"),
    "finish reason error": (
        [chunk("a"), chunk(None, "error", error={"message": "upstream died"})],
        errors.StreamError, "upstream died", "a"),
    "not JSON": ([chunk("a"), b"data: {oops\n\n"], errors.StreamError, "not JSON", "a"),
    "not an object": ([chunk("a"), b"data: 42\n\n"], errors.StreamError, "not a JSON object", "a"),
    "no UTF-8": ([chunk("a"), b"data: \xff\xfe\n\n"], errors.StreamError, "UTF-8", "a"),
    "HTML": ([b"<!doctype html><p>hi"], errors.StreamError, "base_url", None),
}  # fmt: skip


@pytest.mark.parametrize(("pieces", "kind", "message", "partial"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("together", [True, False], ids=["together", "apart"])
def test_a_fault_is_typed_and_carries_what_had_arrived(
    api: SyncApi, pieces: list[bytes], kind: type[errors.StreamError], message: str, partial: str | None, together: bool
) -> None:
    with ScriptedServer(stream_reply([b"".join(pieces)] if together else pieces)) as server:
        stream = stream_of(api, server)
        given = []
        with pytest.raises(kind, match=message) as caught:
            while True:
                given.append(api.next(stream))
        assert type(caught.value) is kind
        assert text_of(caught.value.partial) == partial
        assert caught.value.request_id == "req-1"
        # What arrived before the fault was yielded first.
        assert "".join(one.choices[0].delta.content or "" for one in given if one.choices[0].index == 0) == (
            partial or ""
        )
        # Asked again, a stream that failed has ended.
        assert api.chunks(stream) == []


@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_a_cut_connection_is_a_typed_error(api: SyncApi, framing: str) -> None:
    reply = stream_reply([chunk("a"), chunk("b")], cut=True, framing=framing)
    if framing == "length":
        reply.headers["content-length"] = "100000"
    with ScriptedServer(reply) as server, pytest.raises(errors.StreamError, match="broke") as caught:
        api.chunks(stream_of(api, server))
    assert text_of(caught.value.partial) == "ab"


def test_a_body_that_ends_by_closing_is_complete_if_its_content_is(api: SyncApi) -> None:
    with ScriptedServer(stream_reply([chunk("a"), chunk(None, "stop")], framing="close")) as server:
        assert len(api.chunks(stream_of(api, server))) == 2
    with ScriptedServer(stream_reply([chunk("a")], framing="close")) as server:
        with pytest.raises(errors.IncompleteStreamError):
            api.chunks(stream_of(api, server))


def test_a_server_that_does_not_stream_yields_one_chunk(api: SyncApi) -> None:
    message = {"role": "assistant", "content": "Hi", "tool_calls": [{"id": "t", "type": "function", "function": {}}]}
    completion = {"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": {}}
    with ScriptedServer(Reply([b"   \n", json.dumps(completion).encode()])) as server:
        stream = stream_of(api, server)
        (only,) = api.chunks(stream)
        assert only.choices[0].delta.content == "Hi"
        assert stream.completion.choices[0].message.tool_calls[0].id == "t"


def test_an_error_in_json_in_place_of_a_stream_is_raised(api: SyncApi) -> None:
    with ScriptedServer(json_reply({"error": {"message": "too busy", "code": "busy"}})) as server:
        with pytest.raises(errors.StreamError, match="too busy") as caught:
            api.chunks(stream_of(api, server))
    assert caught.value.code == "busy"


def test_an_error_status_is_raised_before_there_is_a_stream(api: SyncApi) -> None:
    with ScriptedServer(json_reply({"error": {"message": "No."}}, 404)) as server:
        with pytest.raises(errors.NotFoundError, match="No"):
            stream_of(api, server)


def test_the_connection_goes_back_after_done(api: SyncApi) -> None:
    # The end of the body comes in a write of its own, after [DONE] has been read.
    with ScriptedServer(stream_reply([chunk("a"), DONE, 0.02])) as server:
        client = api.client(base_url=server.base_url)
        for _ in range(5):
            api.chunks(api.create(client, stream=True))
        assert server.connections == 1


@pytest.mark.slow
def test_a_body_that_continues_after_done_does_not_block_the_caller(api: SyncApi) -> None:
    with ScriptedServer(stream_reply([chunk("a"), DONE, *[b": more\n\n", 0.1] * 600])) as server:
        client = api.client(base_url=server.base_url)
        before = time.monotonic()
        assert len(api.chunks(api.create(client, stream=True))) == 1
        assert time.monotonic() - before < 30
        assert server.wait_until_closed()


def test_leaving_and_closing_close_the_connection(api: SyncApi) -> None:
    with ScriptedServer(stream_reply([chunk("a"), 0.02] * 200)) as server:
        stream = stream_of(api, server)
        assert api.next(stream).choices[0].delta.content == "a"
        api.close(stream)
        api.close(stream)
        # Cut short by the caller is not complete either.
        with pytest.raises(errors.StreamError, match="closed before it was complete") as caught:
            api.chunks(stream)
        assert text_of(caught.value.partial) == "a"
        assert server.wait_until_closed()


@pytest.mark.slow
def test_comments_do_not_reset_the_idle_timeout(api: SyncApi) -> None:
    pings: list[bytes | float] = [b": ping\n\n", 0.05] * 600
    with ScriptedServer(stream_reply([chunk("a"), *pings, DONE])) as server:
        with pytest.raises(errors.StreamError, match="no event arrived for 1 s") as caught:
            api.chunks(stream_of(api, server, idle_timeout=1))
    assert text_of(caught.value.partial) == "a"


@pytest.mark.slow
def test_the_deadline_covers_the_body(api: SyncApi) -> None:
    with ScriptedServer(stream_reply([piece for _ in range(600) for piece in (chunk("a"), 0.05)])) as server:
        with pytest.raises(errors.StreamError, match="deadline") as caught:
            api.chunks(stream_of(api, server, deadline=1))
    assert text_of(caught.value.partial)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "message"), [("idle_timeout", "no event arrived for 1 s"), ("deadline", "the deadline passed")]
)
def test_the_error_of_a_silent_stream_names_the_limit_that_was_exceeded(api: SyncApi, limit: str, message: str) -> None:
    with ScriptedServer(stream_reply([chunk("a"), 60.0, DONE])) as server:
        before = time.monotonic()
        with pytest.raises(errors.StreamError, match=message) as caught:
            api.chunks(stream_of(api, server, **{limit: 1}))
        assert time.monotonic() - before < 30
    assert text_of(caught.value.partial) == "a"


@pytest.mark.parametrize("rest", [[60.0], [b": ping\n\n", 0.05] * 600], ids=["silence", "comments"])
def test_a_stream_whose_choices_have_finished_ends_soon(api: SyncApi, rest: list[bytes | float]) -> None:
    with ScriptedServer(stream_reply([chunk("a"), chunk(None, "stop"), *rest])) as server:
        stream = stream_of(api, server, done_timeout=0.2)
        assert len(api.chunks(stream)) == 2
        assert [anomaly.kind for anomaly in stream.anomalies] == ["no_done"]


def test_the_time_of_the_caller_is_not_part_of_the_done_timeout(api: SyncApi) -> None:
    with ScriptedServer(stream_reply([chunk("a"), chunk(None, "stop"), 0.05, USAGE, DONE])) as server:
        stream = stream_of(api, server, done_timeout=0.2, stream_options={"include_usage": True})
        chunks = [api.next(stream), api.next(stream)]
        time.sleep(0.4)
        chunks.append(api.next(stream))
        time.sleep(0.4)
        chunks += api.chunks(stream)
        assert len(chunks) == 3 and stream.anomalies == []


def test_the_done_timeout_of_a_stream_that_has_ended_leaves_the_next_call_alone(api: SyncApi) -> None:
    ending = stream_reply([chunk("a"), chunk(None, "stop"), 0.02, DONE, 0.02])
    slow = stream_reply([chunk("a"), 0.4, chunk("b"), chunk(None, "stop"), 0.02, DONE])
    with ScriptedServer(ending, slow) as server:
        client = api.client(base_url=server.base_url, done_timeout=0.2)
        api.chunks(api.create(client, stream=True))
        stream = api.create(client, stream=True)
        api.chunks(stream)
        assert text_of(stream.completion) == "ab" and stream.anomalies == []
        assert server.connections == 1


def test_the_wait_for_the_end_of_a_complete_stream_is_watched_beside_longer_limits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = []

    def watch(body: Any) -> None:
        limits.append(body.time_left())
        body.connection.shutdown(socket.SHUT_RDWR)

    pieces = [chunk("a", "stop"), 60.0]
    with ScriptedServer(stream_reply(pieces)) as server, Client(base_url=server.base_url, api_key="k") as client:
        stream = client.chat.completions.create(
            model="m", messages=[], stream=True, deadline=3600, idle_timeout=3600, done_timeout=5
        )
        next(stream)
        monkeypatch.setattr(watchdog._watchdog, "watch", watch)
        assert not list(stream)
    assert [left <= 5 for left in limits] == [True]


def test_text_deltas_are_the_text_of_the_first_choice(api: SyncApi) -> None:
    pieces = [chunk(""), chunk("a"), chunk("x", None, 1), chunk("b", "stop"), chunk("y", "stop", 1), DONE]
    with ScriptedServer(stream_reply(pieces)) as server:
        assert api.texts(stream_of(api, server)) == ["a", "b"]


def test_an_event_over_the_limit_is_an_error(api: SyncApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "chat_completions._streaming.stream_decoder.Decoder", functools.partial(Decoder, max_event_bytes=300)
    )
    with ScriptedServer(stream_reply([chunk("a"), chunk("b" * 400), DONE])) as server:
        with pytest.raises(errors.StreamError, match="300 bytes") as caught:
            api.chunks(stream_of(api, server))
    assert text_of(caught.value.partial) == "a"


def test_an_error_of_a_stream_pickles_with_its_partial(api: SyncApi) -> None:
    with ScriptedServer(stream_reply([chunk("a")])) as server, pytest.raises(errors.IncompleteStreamError) as caught:
        api.chunks(stream_of(api, server))
    for again in (pickle.loads(pickle.dumps(caught.value)), copy.deepcopy(caught.value)):
        assert type(again) is errors.IncompleteStreamError
        assert (str(again), again.request_id, text_of(again.partial)) == (str(caught.value), "req-1", "a")


def test_repairs_are_in_anomalies(api: SyncApi) -> None:
    odd = b'data: {"choices":[{"delta":{"role":"assistant","content":"a"}},{"index":1,"delta":null}]}\n\n'
    with ScriptedServer(stream_reply([odd, chunk("b", "stop"), DONE])) as server:
        stream = stream_of(api, server)
        api.chunks(stream)
        kinds = {(anomaly.kind, anomaly.where) for anomaly in stream.anomalies}
    assert ("missing", "/0/choices/0/index") in kinds
    assert any(kind == "unfinished" for kind, _ in kinds)
    assert text_of(stream.completion) == "ab"


def recorded() -> Iterator[dict[str, Any]]:
    with gzip.open(PAYLOADS, "rt", encoding="utf-8", errors="surrogateescape") as lines:
        yield from map(json.loads, lines)


@pytest.mark.slow
@pytest.mark.skipif(not PAYLOADS.exists(), reason="the recorded traffic (../shared/payloads) is not here")
def test_recorded_streams_accumulate_to_what_their_chunks_say(api: SyncApi) -> None:
    bodies = [row["body"].encode("utf-8", "surrogateescape") for row in recorded()]
    replies = [stream_reply([body[i : i + 700] for i in range(0, len(body), 700)]) for body in bodies]
    whole = faults = 0
    with ScriptedServer(*replies) as server:
        client = api.client(base_url=server.base_url)
        for body in bodies:
            stream = api.create(client, stream=True)
            said = ""
            try:
                while True:
                    one = api.next(stream)
                    for choice in one.choices:
                        content = choice.delta.content or ""
                        said += content if choice.index in (0, None) and isinstance(content, str) else ""
            except (StopIteration, StopAsyncIteration):
                whole += 1
                completion = stream.completion
            except errors.StreamError as error:
                faults += 1
                completion = error.partial
                assert not (b"[DONE]" in body and type(error) is errors.IncompleteStreamError), body[-300:]
            if completion is not None and isinstance(text_of(completion), str):
                assert text_of(completion) == said
    assert whole > 200
    assert whole + faults == len(bodies)
