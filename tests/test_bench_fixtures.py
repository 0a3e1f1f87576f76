"""The benchmarks' streams and bodies are what they say, and the client makes of them what they expect."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from bench import fixtures
from bench.fixtures import KINDS, StreamFixture
from bench.reading import readers, said_in_dict
from bench.server import running
from bench.shapes import SHAPES, shaped_stream
from bench.streams import ARGUMENTS, EVENTS, LIMIT, OURS, check, everyday, our_events, ours, untyped
from bench.transports import BASE_URL, json_client, streaming_client
from chat_completions import Client

SMALL: dict[str, Callable[[], StreamFixture]] = {
    **{kind: (lambda kind=kind: fixtures.stream_named(kind, 50)) for kind in KINDS},
    **{shape: (lambda shape=shape: shaped_stream(shape, 50)) for shape in SHAPES},
    "short": lambda: fixtures.short_stream(5),
    "big event": lambda: fixtures.big_event_stream(100_000),
    "comments": lambda: fixtures.comment_stream(2_000),
    "many lines": lambda: fixtures.many_line_stream(1_000),
}


@pytest.fixture(params=SMALL)
def stream(request: pytest.FixtureRequest) -> StreamFixture:
    return SMALL[request.param]()


@pytest.mark.parametrize("single", [False, True], ids=["big reads", "one event a read"])
def test_the_client_folds_a_stream_to_what_it_says(stream: StreamFixture, single: bool) -> None:
    pieces = list(stream.events) if single else stream.in_reads()
    client = Client(base_url=BASE_URL, api_key="k", http_client=streaming_client(pieces))
    chunks = client.chat.completions.create(**ARGUMENTS, stream=True)
    assert sum(1 for _ in chunks) == stream.chunks
    assert chunks.completion is not None
    message = chunks.completion.choices[0].message
    assert (message.content or "") == stream.text
    calls = message.tool_calls or []
    assert tuple(call.function.arguments for call in calls) == stream.arguments


def test_contenders_read_the_same_of_a_stream(stream: StreamFixture) -> None:
    pieces = stream.in_reads(1_000)
    in_dict, in_model, size = readers(stream)
    found = {OURS: ours(pieces, in_model), EVENTS: our_events(pieces)}
    if stream.name in (*KINDS, *SHAPES):
        client = streaming_client(pieces)
        found[LIMIT] = lambda: untyped(client, in_dict)
    check(stream, found)
    with pytest.raises(AssertionError, match=f"one reads -1 of the stream '{stream.name}', not {size}"):
        check(stream, {"one": lambda: -1})


@pytest.mark.parametrize("blank", [b"\n\n", b"\r\n\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("cut", [False, True], ids=["whole", "cut"])
def test_contenders_read_the_same_of_what_any_server_sends(blank: bytes, cut: bool) -> None:
    stream = shaped_stream("perplexity", 50)
    events = stream.events[:-10] if cut else stream.events
    body = b": wait\n\n" + b"".join(events)
    sizes = {name: run() for name, run in everyday(body.replace(b"\n\n", blank)).items()}
    chunks = [json.loads(event[6:]) for event in events[:50]]
    assert set(sizes.values()) == {sum(map(said_in_dict, chunks))}
    assert len(sizes) >= 3


def test_fixtures_are_the_same_each_time_and_as_large_as_they_say() -> None:
    assert fixtures.text_stream(50) == fixtures.text_stream(50) != fixtures.text_stream(50, seed=10)
    for kind in ("text", "tool calls", "logprobs"):
        made = fixtures.stream_named(kind, 50)
        assert made.chunks == 50
        assert b"".join(made.in_reads(999)) == b"".join(made.events)
    assert [fixtures.short_stream(chunks).chunks for chunks in (0, 2, 3, 5, 100)] == [0, 2, 3, 5, 100]
    text = fixtures.text_stream(1_000)
    assert 250 < sum(map(len, text.events)) / text.chunks < 350
    assert len(b"".join(fixtures.big_event_stream(100_000).events)) == pytest.approx(100_000, rel=0.02)
    assert b"".join(fixtures.comment_stream(10_000).events).count(b": keep-alive") == pytest.approx(5_000, rel=0.05)
    assert fixtures.many_line_stream(1_000).events[0].count(b"\n") == 1_000 + 4


def test_bodies_decode_and_encode() -> None:
    body = json.dumps(fixtures.completion()).encode()
    with json_client(body) as http_client:
        completion = Client(base_url=BASE_URL, api_key="k", http_client=http_client).chat.completions.create(
            **ARGUMENTS
        )
    assert completion.to_dict() == fixtures.completion()
    page = fixtures.completion_page(3)
    with json_client(json.dumps(page).encode()) as http_client:
        listed = list(Client(base_url=BASE_URL, api_key="k", http_client=http_client).chat.completions.list())
    assert [item.to_dict() for item in listed] == page["data"]
    assert len(fixtures.request(1_000)["messages"]) == 1_000


def test_the_server_sends_what_it_is_asked_for() -> None:
    text = fixtures.text_stream(20).text
    with running() as url, Client(base_url=url, api_key="k", max_retries=0) as client:
        for pause in ("0", "0.001"):
            messages = [{"role": "user", "content": "Go on."}]
            stream = client.chat.completions.create(model=f"20 {pause} 1", messages=messages, stream=True)
            assert "".join(stream.text_deltas()) == text


def test_the_server_writes_the_time_into_a_chunk() -> None:
    with running() as url, Client(base_url=url, api_key="k", max_retries=0) as client:
        messages = [{"role": "user", "content": "Go on."}]
        begun = time.monotonic()
        stream = client.chat.completions.create(model="20 0 1 stamped", messages=messages, stream=True)
        stamps = [float(delta) for delta in stream.text_deltas()]
    assert len(stamps) == 20
    assert begun < stamps[0] and stamps == sorted(stamps)
