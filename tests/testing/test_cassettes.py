"""Recording and replaying, over real sockets: every kind of client, whole replies, streams, faults."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

from chat_completions import APIConnectionError, AsyncClient, Client, DefaultAioHttpClient, StreamError
from chat_completions.testing import CassetteError, ScriptedServer, UnknownRequestError, record, replay
from chat_completions.testing.cassette import Cassette
from tests.client.conftest import MESSAGES, AsyncApi, SyncApi
from tests.client.scripted import Reply, json_reply, stream_reply
from tests.client.scripted import ScriptedServer as RawServer

NOWHERE = "http://127.0.0.1:9/v1"  # nobody listens there


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassettes" / "it.json"


def http_client(api: SyncApi, cassette: Cassette) -> Any:
    """Return an HTTP client of the row's library, sync or async, that records or replays."""
    library: Any = httpx2 if "Httpx2" in type(api).__name__ else httpx
    if isinstance(api, AsyncApi):
        inner = library.AsyncHTTPTransport() if cassette.is_recording else None
        return library.AsyncClient(transport=cassette.transport(inner))
    return library.Client(transport=cassette.transport(library.HTTPTransport() if cassette.is_recording else None))


def close(api: SyncApi, client: Any) -> None:
    if isinstance(api, AsyncApi):
        api._runner.run(client.aclose())
    else:
        client.close()


def outcome(act: Any) -> Any:
    """Return what a call gives, or what it raises and what had arrived."""
    try:
        return act()
    except Exception as error:
        partial = getattr(error, "partial", None)
        return type(error).__name__, partial and partial.choices[0].message.content


def traffic(api: SyncApi, base_url: str, cassette: Cassette) -> list[Any]:
    """Use a client in many ways, and give all that came of it."""
    sender = http_client(api, cassette)
    client = api.client(base_url=base_url, http_client=sender, max_retries=0)
    results = [
        api.create(client).to_dict(),
        outcome(lambda: [chunk.to_dict() for chunk in api.chunks(api.create(client, stream=True))]),
        outcome(lambda: api.texts(api.create(client, model="cut", stream=True))),
        outcome(lambda: api.texts(api.create(client, model="error", stream=True))),
        outcome(lambda: api.create(client, model="quota")),
        outcome(lambda: api.create(client, model="dropped")),
        outcome(lambda: api.create(client, model="slow", timeout=1)),
        outcome(lambda: api.create(client, model="half")),
        api.create(client, model="retried", max_retries=1).choices[0].message.content,
        [item.id for item in api.list(client, limit=1).data],
    ]
    close(api, sender)
    return results


def test_what_was_recorded_is_replayed(api: SyncApi, path: Path) -> None:
    """Completions, streams, lists, errors, cuts and time-outs come again as they came, without a server."""
    with ScriptedServer(exact=True) as server:
        server.reply("Hello there").stream(["Hel", "lo"]).stream(["a", "b"], cut_after=2).stream(["a"], error="boom")
        server.fail(429, code="insufficient_quota").drop().stall().raw('{"id": "x"}', cut=True)
        server.fail(503, retry_after=0.001).reply("at last").page([{"id": "chatcmpl-1", "choices": []}])
        with record(path) as cassette:
            live = traffic(api, server.base_url, cassette)
    assert [each for each in live if isinstance(each, tuple)] == [
        ("StreamConnectionError", "ab"),
        ("StreamError", "a"),
        ("RateLimitError", None),
        ("APIConnectionError", None),
        ("APITimeoutError", None),
        ("APIConnectionError", None),
    ]
    with replay(path) as cassette:
        assert len(cassette.unused) == 11
        assert traffic(api, NOWHERE, cassette) == live
        assert not cassette.unused
        cassette.verify(exact=True)


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_a_stream_is_replayed_in_the_pieces_in_which_it_was_read(api: SyncApi, path: Path, size: int) -> None:
    """Each read gives the same bytes again, wherever the pieces end: within an event, a line, a character."""
    text = 'event: x\ndata: {"a": "żółw 🐢"}\r\n\r\n: comment\n\ndata: [DONE]\n\n'.encode() + b"data: \xff"
    pieces = [text[begin : begin + size] for begin in range(0, len(text), size)]

    def read(client: Any, base_url: str) -> list[bytes]:
        url, body = f"{base_url}/chat/completions", {"model": "m"}

        async def reading() -> list[bytes]:
            async with client.stream("POST", url, json=body) as response:
                return [piece async for piece in response.aiter_raw()]

        if isinstance(api, AsyncApi):
            return api._runner.run(reading())
        with client.stream("POST", url, json=body) as response:
            return list(response.iter_raw())

    with RawServer(stream_reply(pieces)) as server, record(path) as cassette:
        client = http_client(api, cassette)
        live = read(client, server.base_url)
        close(api, client)
    with replay(path) as cassette:
        client = http_client(api, cassette)
        assert read(client, NOWHERE) == live
        close(api, client)
    assert b"".join(live) == text
    if size < 10_000:
        assert len(live) > 1


EVENTS = [
    {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]}
    for text in ("Hel", "lo")
]


@pytest.mark.parametrize(
    ("style", "options"),
    [
        ("compact", {"separators": (",", ":"), "ensure_ascii": False}),
        ("spaced", {"ensure_ascii": False}),
        ("compact-ascii", {"separators": (",", ":")}),
        ("spaced-ascii", {}),
    ],
)
def test_events_are_written_as_what_they_say(path: Path, style: str, options: dict[str, Any]) -> None:
    """In the file an event is JSON on one line, and becomes the same bytes again, as servers write JSON differently."""
    events = [*EVENTS, {"odd": "ż", "number": 1e-07, "big": 10**30}]
    text = [f"data: {json.dumps(event, **options)}\n\n".encode() for event in events] + [b"data: [DONE]\n\n"]
    with RawServer(stream_reply([text[0], text[1] + text[2], text[3]])) as server, record(path) as cassette:
        with cassette.http_client().stream("POST", f"{server.base_url}/chat/completions", json={}) as response:
            live = list(response.iter_raw())
    stream = json.loads(path.read_text())["exchanges"][0]["response"]["stream"]
    assert [piece["events"] for piece in stream] == [[events[0]], events[1:], ["[DONE]"]]
    assert {piece.get("style", "compact") for piece in stream[1:2]} == {style}
    assert sum('"Hel"' in line and '"choices"' in line for line in path.read_text().splitlines()) == 1
    with replay(path) as cassette:
        again = cassette.http_client().post(f"{NOWHERE}/chat/completions", json={}).content
    assert again == b"".join(live) == b"".join(text)


@pytest.mark.parametrize(
    ("content", "kind", "form"),
    [
        (b'{"a":1,"b":["\xc5\xbc",1.5,null]}', "application/json", "json"),
        (json.dumps({"a": [1, {}]}, indent=2).encode(), "application/json", "json"),
        (b'{"a": NaN}', "application/json", "lines"),
        (b'{"a": 1, "a": 2}', "application/json", "lines"),
        (b'{"a": 1e999}', "application/json", "lines"),
        (b"[" * 100_000, "application/json", "lines"),
        (b"<html>\n<body>x</body>\r\n</html>\n", "text/html", "lines"),
        (b"\x00\xff\xfe", "image/png", "base64"),
        (b'{"half": "\\ud800"}', "application/json", "json"),
        (b"", "application/json", None),
    ],
)
def test_bodies_of_every_kind(path: Path, content: bytes, kind: str, form: str | None) -> None:
    """A body is kept as JSON where nothing is lost by it, else as lines, else as base64."""
    with RawServer(Reply([content], headers={"content-type": kind})) as server, record(path) as cassette:
        live = cassette.http_client().post(f"{server.base_url}/chat/completions", content=content)
    written = json.loads(path.read_text())["exchanges"][0]["response"]
    assert form is None or form in written
    with replay(path) as cassette:
        again = cassette.http_client().post(f"{NOWHERE}/chat/completions", content=content)
    assert again.headers["content-type"] == kind
    assert int(again.headers["content-length"]) == len(again.content)
    if form == "json" and b"ud800" in content:
        assert again.json() == live.json()
    else:
        assert again.content == live.content == content


def test_compressed_bodies_become_readable(path: Path) -> None:
    """No compression is asked for while recording, and a server that compresses all the same is understood."""
    content = json.dumps({"choices": [{"message": {"content": "readable"}}]}).encode()
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    with RawServer(Reply([gzip.compress(content)], headers=headers)) as server, record(path) as cassette:
        live = cassette.http_client().post(f"{server.base_url}/chat/completions", json={"a": 1})
        assert server.requests[0].headers["accept-encoding"] == "identity"
    assert '"readable"' in path.read_text()
    with replay(path) as cassette:
        assert cassette.http_client().post(f"{NOWHERE}/chat/completions", json={"a": 1}).content == live.content


def test_the_order_of_keys_does_not_matter(path: Path) -> None:
    """Bodies are equal if their JSON is; true is not 1, and the order of a list counts."""
    recorded = {"model": "m", "n": 1, "tools": [{"a": 1, "b": 2}], "stop": ["x", "y"]}
    with RawServer(json_reply({})) as server, record(path) as cassette:
        cassette.http_client().post(f"{server.base_url}/chat/completions", json=recorded)
    different = [{**recorded, "n": True}, {**recorded, "stop": ["y", "x"]}, {**recorded, "tools": None}, {}, None]
    for body in different:
        with replay(path) as cassette, pytest.raises(UnknownRequestError):
            cassette.http_client().post(f"{NOWHERE}/chat/completions", json=body)
    equal = {"stop": ["x", "y"], "tools": [{"b": 2, "a": 1}], "n": 1.0, "model": "m"}
    with replay(path) as cassette:
        assert cassette.http_client().post(f"{NOWHERE}/chat/completions", json=equal).status_code == 200


def test_equal_requests_get_their_answers_in_order(path: Path) -> None:
    """Each answer is given once, in the order of recording; then there is none."""
    with ScriptedServer() as server, record(path) as cassette:
        server.reply("one", "two")
        with Client(base_url=server.base_url, http_client=cassette.http_client()) as client:
            for _ in range(2):
                client.chat.completions.create(model="m", messages=MESSAGES)  # type: ignore[typeddict-item]
    with replay(path) as cassette, Client(base_url=NOWHERE, http_client=cassette.http_client()) as client:
        ask = client.chat.completions.create
        texts = [ask(model="m", messages=MESSAGES).choices[0].message.content for _ in range(2)]  # type: ignore
        assert texts == ["one", "two"]
        with pytest.raises(UnknownRequestError, match="it was recorded 2 times and has been replayed as often"):
            ask(model="m", messages=MESSAGES)  # type: ignore[typeddict-item]
        with pytest.raises(UnknownRequestError):
            cassette.verify()


def test_an_unknown_request_shows_the_nearest(path: Path) -> None:
    """The error names the file, the nearest recorded request, and where it differs, as JSON pointers."""
    with RawServer(json_reply({})) as server, record(path) as cassette:
        client = cassette.http_client()
        client.get(f"{server.base_url}/chat/completions", params={"limit": 2})
        client.post(f"{server.base_url}/chat/completions", json={"model": "a", "messages": [{"content": "Hi"}]})
        client.post(f"{server.base_url}/chat/completions", json={"model": "b", "messages": []})
    with replay(path) as cassette:
        client = cassette.http_client()
        with pytest.raises(UnknownRequestError) as unknown:
            body = {"model": "a", "messages": [{"content": "Ho", "a/b": True}]}
            client.post(f"{NOWHERE}/chat/completions", json=body)
        first, *lines = str(unknown.value).splitlines()
        assert str(path) in first and "the nearest of its 3, number 2 differs" in first
        assert lines == [
            '  /messages/0/content: recorded "Hi", now "Ho"',
            "  /messages/0/a~1b: recorded nothing, now true",
        ]
        with pytest.raises(UnknownRequestError, match=r"query limit: recorded .*2.*, now .*3"):
            client.get(f"{NOWHERE}/chat/completions", params={"limit": 3})
        with pytest.raises(UnknownRequestError, match="path: recorded"):
            client.post("http://127.0.0.1:9/v2/chat/completions", json={"model": "b", "messages": []})
        with pytest.raises(UnknownRequestError, match="method: recorded"):
            client.put(f"{NOWHERE}/chat/completions", json={"model": "b", "messages": []})
        assert len(cassette.problems) == 4


def test_an_empty_cassette(path: Path) -> None:
    """A recording without traffic is a file, too, and knows no answer."""
    with record(path):
        pass
    with replay(path) as cassette, pytest.raises(UnknownRequestError, match="it contains no exchanges"):
        assert "0 exchanges>" in repr(cassette)
        cassette.http_client().get(NOWHERE)


def test_what_the_client_left_is_not_made_up(path: Path) -> None:
    """A stream that was left early replays as far as it was read, and says so when it is read further."""
    with ScriptedServer() as server, record(path) as cassette:
        server.stream(["a", "b", 30, "c"])
        with Client(base_url=server.base_url, http_client=cassette.http_client()) as client:
            stream = client.chat.completions.create(model="m", messages=MESSAGES, stream=True)  # type: ignore
            assert [next(stream).choices[0].delta.content for _ in range(2)] == ["a", "b"]
            stream.close()
    assert json.loads(path.read_text())["exchanges"][0]["response"]["left"] is True
    with replay(path) as cassette, Client(base_url=NOWHERE, http_client=cassette.http_client()) as client:
        stream = client.chat.completions.create(model="m", messages=MESSAGES, stream=True)  # type: ignore
        assert [next(stream).choices[0].delta.content for _ in range(2)] == ["a", "b"]
        with pytest.raises(UnknownRequestError, match="where the client stopped reading"):
            next(stream)


def test_many_at_once(path: Path) -> None:
    """Requests that overlap are kept apart, while recording and while replaying."""

    async def ask(base_url: str, cassette: Cassette) -> list[str | None]:
        async with (
            cassette.async_http_client() as http_client,
            AsyncClient(base_url=base_url, http_client=http_client) as client,
        ):

            async def one(number: int) -> str | None:
                messages: Any = [{"role": "user", "content": f"number {number}"}]
                stream = await client.chat.completions.create(model="m", messages=messages, stream=True)
                return "".join([text async for text in stream.text_deltas()])

            return await asyncio.gather(*map(one, range(20)))

    with ScriptedServer(chunk_delay=0.002) as server, record(path) as cassette:
        live = asyncio.run(ask(server.base_url, cassette))
    assert all(f"number {number} " in text for number, text in enumerate(live) if text)
    with replay(path) as cassette:
        assert asyncio.run(ask(NOWHERE, cassette)) == live


@pytest.mark.parametrize(("speed", "pause", "least"), [(None, 60, 0), (1, 0.3, 0.3), (600, 60, 0.1)])
def test_the_time_between_the_pieces(path: Path, speed: float | None, pause: float, least: float) -> None:
    """A replay waits as the server did, faster, or not at all."""
    with ScriptedServer() as server, record(path) as cassette:
        server.stream(["a", 0.3, "b"])
        cassette.http_client().post(
            f"{server.base_url}/chat/completions", json={"model": "m", "messages": MESSAGES, "stream": True}
        )
    recorded = json.loads(path.read_text())
    pieces = recorded["exchanges"][0]["response"]["stream"]
    assert sum(piece["after"] for piece in pieces) >= 0.25  # milliseconds, rounded
    pieces[-1]["after"] = pause
    path.write_text(json.dumps(recorded))
    with replay(path, speed=speed) as cassette:
        client = cassette.http_client()
        begin = time.perf_counter()
        client.post(f"{NOWHERE}/chat/completions", json={"model": "m", "messages": MESSAGES, "stream": True})
        assert least <= time.perf_counter() - begin < 30


def test_clients_that_are_made_elsewhere(path: Path) -> None:
    """Within `patched`, every client of httpx and httpx2, also over aiohttp, is recorded, once, only for this API."""
    body = {"model": "m", "messages": MESSAGES}

    def ask(base_url: str, cassette: Cassette) -> list[Any]:
        with httpx.Client() as one, httpx2.Client() as two, Client(base_url=base_url) as three:
            wrapped = cassette.http_client() if cassette.is_recording else one
            return [
                *(client.post(f"{base_url}/chat/completions", json=body).json() for client in (one, two, wrapped)),
                three.chat.completions.create(**body).to_dict(),  # type: ignore[arg-type]
                asyncio.run(ask_async(base_url)),
            ]

    async def ask_async(base_url: str) -> list[Any]:
        async with httpx.AsyncClient() as one, httpx2.AsyncClient() as two, DefaultAioHttpClient() as three:
            clients: Any = (one, two, three)
            answers = [(await client.post(f"{base_url}/chat/completions", json=body)).json() for client in clients]
        async with AsyncClient(base_url=base_url, transport="fast") as four:
            stream = await four.chat.completions.create(**body, stream=True)  # type: ignore[call-overload]
            return [*answers, [text async for text in stream.text_deltas()]]

    methods = [httpx.HTTPTransport.handle_request, httpx2.AsyncHTTPTransport.handle_async_request]
    with ScriptedServer() as server:
        server.reply(*"abcdefg").stream(["h", "i"])
        with record(path) as cassette, cassette.patched():
            live = ask(server.base_url, cassette)
            assert httpx.get(f"{server.base_url}/models").status_code == 404
        assert live[-1][-1] == ["h", "i"]
        assert len(cassette.exchanges) == 8 == len(server.requests) - 1
        with replay(path) as cassette, cassette.patched():
            assert ask(NOWHERE, cassette) == live
            assert httpx.get(f"{server.base_url}/models").status_code == 404
            with pytest.raises(UnknownRequestError):
                httpx.post(f"{server.base_url}/chat/completions", json=body)
        assert len(server.requests) == 10
    assert methods == [httpx.HTTPTransport.handle_request, httpx2.AsyncHTTPTransport.handle_async_request]


def test_a_recording_is_written_though_the_program_fails(path: Path) -> None:
    """What was paid for is not lost; and a file is replaced whole, or not at all."""
    path.parent.mkdir()
    path.write_text("before")
    with pytest.raises(ZeroDivisionError), RawServer(json_reply({})) as server, record(path) as cassette:
        cassette.http_client().post(f"{server.base_url}/chat/completions", json={})
        assert path.read_text() == "before"
        raise ZeroDivisionError
    assert len(replay(path).exchanges) == 1
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a cassette"),
        ("[]", "is not a cassette of this version"),
        ('{"format": "chat-completions cassette 99"}', "of this version"),
        ('{"format": "chat-completions cassette 1", "exchanges": [{}]}', "exchange 1: KeyError: 'request'"),
        (
            '{"format": "chat-completions cassette 1", "exchanges": [{"request": {"method": "GET", "url": "x"},'
            ' "response": {"status": "many"}}]}',
            "exchange 1: ValueError",
        ),
        (
            '{"format": "chat-completions cassette 1", "exchanges": [{"request": {"method": "GET", "url": "x"},'
            ' "response": {"status": 200, "json": {}, "style": "baroque"}}]}',
            "the style 'baroque' is not one of",
        ),
        (
            '{"format": "chat-completions cassette 1", "exchanges": [{"request": {"method": "GET", "url": "x"},'
            ' "response": {"status": 200, "base64": "*"}}]}',
            "not valid base64",
        ),
    ],
)
def test_files_that_are_not_cassettes(path: Path, text: str, message: str) -> None:
    """A file that was edited wrongly, or is something else, is told with its place."""
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(CassetteError, match=message) as failed:
        replay(path)
    assert str(path) in str(failed.value)


def test_a_file_may_be_written_by_hand(path: Path) -> None:
    """A cassette needs little: a request and what answers it."""
    path.parent.mkdir()
    exchange = {
        "request": {"method": "POST", "url": "https://x/v1/chat/completions", "json": {"a": 1}},
        "response": {"status": 200, "headers": {"content-type": "text/event-stream"}, "stream": [{"events": EVENTS}]},
    }
    path.write_text(json.dumps({"format": "chat-completions cassette 1", "exchanges": [exchange]}))
    with replay(path) as cassette:
        text = cassette.http_client().post(f"{NOWHERE}/chat/completions", json={"a": 1}).text
    assert text.count("data: ") == 2


def test_replaying_needs_a_file(path: Path) -> None:
    """A missing file is the error that it is; a speed that is none is refused."""
    with pytest.raises(FileNotFoundError, match="record it first, with record") as failed:
        replay(path)
    assert failed.value.filename == str(path)
    with pytest.raises(ValueError, match="speed must be above 0"):
        replay(path, speed=0)


def test_a_failure_of_another_library_is_still_a_failure(path: Path) -> None:
    """What one HTTP library raised while recording is the other one's error of the same name when replaying."""
    with record(path) as cassette, pytest.raises(APIConnectionError):
        with Client(base_url=NOWHERE, http_client=cassette.http_client(), max_retries=0) as client:
            client.chat.completions.list()
    for text in (path.read_text(), path.read_text().replace("ConnectError", "NoSuchError")):
        path.write_text(text)
        with replay(path) as cassette, httpx2.Client(transport=cassette.transport()) as http_client:
            with pytest.raises(APIConnectionError), Client(base_url=NOWHERE, http_client=http_client) as client:
                client.with_options(max_retries=0).chat.completions.list()


def test_a_stream_cut_by_a_reset(path: Path) -> None:
    """A socket that breaks within a stream breaks it again."""
    with RawServer(stream_reply([b"data: {}\n\n"], cut=True)) as server, record(path) as cassette:
        with Client(base_url=server.base_url, http_client=cassette.http_client()) as client, pytest.raises(StreamError):
            list(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))  # type: ignore
    failure = json.loads(path.read_text())["exchanges"][0]["response"]["failure"]
    assert failure["type"] == "RemoteProtocolError"
