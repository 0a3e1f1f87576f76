"""What real servers send, as data: each `[[case]]` of the .toml files here, sync and async, over a socket.

name, source    what holds, and where the bytes were reported or recorded (repository and number)
body            the bytes; `pieces`, a list, are sent one by one, a number among them is a pause in seconds
status, headers of the response; the content type is that of an event stream unless `reply = true`
deltas          in place of a body: JSON deltas of choice 0, a line each; then `finish` ("stop"), [DONE]
chunks          in place of a body: the JSON objects of chunks, a line each; then comes [DONE]
ends            "end" (as announced), "cut" (closed before the announced end), or "open" (silence until the client goes)
replies         a list of tables of the members above, for several requests in a row; the last one is repeated
elsewhere       the same for a second server; `{origin}` and `{elsewhere}` in headers, settings and expectations are the
                origins of the two
request         further arguments of the call; `settings`: those of the client
tools           the names of the request's tools
typed           whether the reply is to be a `Weather`
ways            of "create", "stream", "reply" and "parse"; if left out, "create" and "stream", or "reply" for
                `reply = true`; with `typed`, "stream" or "parse"
xfail           why the case does not hold yet
[case.expect]   text, finish_reason, tool_calls ([name, arguments] each), ids, choices (their number), usage (total
                tokens), chunks (their number), deltas (the pieces of text as they came), events (their types),
                done ([name, arguments] of each call that is done, in order),
                anomalies (all kinds), message (of the first choice, the members named); and of a failure: error (the
                class), code, type, status, says (a part of its message), hides (what is no part of its message), body
                (a part of its body's text), requests (how many were sent), delays (the seconds between them that a
                server asked for), attempts (their statuses, 0 for none), parsed (the members of the `Weather`)
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chat_completions import AsyncClient, ChatCompletionsError, Client, StreamError, response_info
from chat_completions._streaming.stream import TextPieces
from chat_completions._streaming.stream_decoder import ChunkDecoder
from chat_completions._transport import retry
from tests.client.scripted import Reply, ScriptedServer

CASES = [
    {"reply": False, "file": path.stem, **case}
    for path in sorted(Path(__file__).parent.glob("*.toml"))
    for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
]
_SILENCE = 3600.0


class Weather(msgspec.Struct):
    """What a typed reply is to be."""

    city: str
    degrees: int


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep our own delays short; what a server asks for stays."""
    monkeypatch.setattr(retry, "FIRST_DELAY", 0.001)


def _ways(case: dict[str, Any]) -> list[str]:
    untyped, typed = (["reply"], ["parse"]) if case["reply"] else (["create", "stream"], ["stream"])
    ways: list[str] = case.get("ways", typed if case.get("typed") else untyped)
    return ways


def _rows() -> list[Any]:
    return [
        pytest.param(
            case,
            way,
            is_async,
            id=f"{case['file']}-{case['name']}-{way}-{'async' if is_async else 'sync'}",
            marks=[pytest.mark.xfail(reason=case["xfail"], strict=True)] if "xfail" in case else [],
        )
        for case in CASES
        for way in _ways(case)
        for is_async in (False, True)
    ]


def _replies(case: dict[str, Any], replies: list[dict[str, Any]], places: dict[str, str]) -> list[Any]:
    """Return what makes the replies of a server; `places` are filled in once both servers have their addresses."""
    return [lambda _, reply=reply: _reply({"reply": case["reply"], **reply}, places) for reply in replies]


def _filled(value: Any, places: dict[str, str]) -> Any:
    """Return a value of a case with the origins in it."""
    if isinstance(value, dict):
        return {name: _filled(part, places) for name, part in value.items()}
    if isinstance(value, str):
        for name, place in places.items():
            value = value.replace(f"{{{name}}}", place)
    return value


def _body(case: dict[str, Any]) -> str:
    chunks = case.get("chunks", "").split("\n")
    if "deltas" in case:
        head = '{"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,'
        chunks = [head + f'"delta":{line},"finish_reason":null}}]}}' for line in case["deltas"].split("\n") if line]
        chunks.append(head + f'"delta":{{}},"finish_reason":"{case.get("finish", "stop")}"}}]}}')
    elif "chunks" not in case:
        return str(case.get("body", ""))
    return "".join(f"data: {line}\n\n" for line in [*chunks, "[DONE]"] if line)


def _reply(case: dict[str, Any], places: dict[str, str]) -> Reply:
    pieces = [p.encode() if isinstance(p, str) else float(p) for p in case.get("pieces", [_body(case)])]
    ends = case.get("ends", "end")
    kind = "application/json" if case["reply"] else "text/event-stream"
    headers = {"content-type": kind, **_filled(case.get("headers", {}), places)}
    if ends == "open":
        pieces.append(_SILENCE)
    return Reply(pieces, case.get("status", 200), headers, framing="chunked", cut=ends == "cut")


def _arguments(case: dict[str, Any]) -> dict[str, Any]:
    typed = {"response_format": Weather} if case.get("typed") else {}
    tools = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in case.get("tools", ())]
    more = {**typed, **({"tools": tools} if tools else {}), **case.get("request", {})}
    return {"model": "m", "messages": [{"role": "user", "content": "Hello"}], **more}


class _Outcome:
    """What a call came to."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.error: ChatCompletionsError | None = None
        self.completion: Any = None
        self.anomalies: list[Any] = []
        self.attempts: list[Any] = []


def _call(client: Client, way: str, arguments: dict[str, Any], outcome: _Outcome) -> None:
    completions = client.chat.completions
    if way in ("reply", "parse"):
        outcome.completion = (completions.create if way == "reply" else completions.parse)(**arguments)
        info = response_info(outcome.completion)
        outcome.attempts, outcome.anomalies = list(info.attempts), list(getattr(info, "anomalies", ()))
    elif way == "create":
        with completions.create(**arguments, stream=True) as stream:
            try:
                outcome.items.extend(iter(stream))
            finally:
                outcome.completion, outcome.anomalies = stream.completion, stream.anomalies
                outcome.attempts = list(response_info(stream).attempts)
    else:
        with completions.stream(**arguments) as events:
            try:
                outcome.items.extend(iter(events))
                outcome.completion = events.get_final_completion()
            finally:
                outcome.attempts, outcome.anomalies = list(response_info(events).attempts), events.anomalies


async def _call_async(client: AsyncClient, way: str, arguments: dict[str, Any], outcome: _Outcome) -> None:
    completions = client.chat.completions
    if way in ("reply", "parse"):
        outcome.completion = await (completions.create if way == "reply" else completions.parse)(**arguments)
        info = response_info(outcome.completion)
        outcome.attempts, outcome.anomalies = list(info.attempts), list(getattr(info, "anomalies", ()))
    elif way == "create":
        async with await completions.create(**arguments, stream=True) as stream:
            try:
                outcome.items.extend([chunk async for chunk in stream])
            finally:
                outcome.completion, outcome.anomalies = stream.completion, stream.anomalies
                outcome.attempts = list(response_info(stream).attempts)
    else:
        async with completions.stream(**arguments) as events:
            try:
                async for event in events:
                    outcome.items.append(event)
                outcome.completion = await events.get_final_completion()
            finally:
                outcome.attempts, outcome.anomalies = list(response_info(events).attempts), events.anomalies


def _run(case: dict[str, Any], way: str, is_async: bool, places: dict[str, str]) -> _Outcome:
    settings = {"api_key": "sk-test-key", "base_url": "{origin}/v1", "max_retries": 0, **case.get("settings", {})}
    settings = _filled(settings, places)
    outcome = _Outcome()

    async def run_async() -> None:
        async with AsyncClient(**settings) as client:
            await _call_async(client, way, _arguments(case), outcome)

    try:
        if is_async:
            asyncio.run(run_async())
        else:
            with Client(**settings) as client:
                _call(client, way, _arguments(case), outcome)
    except ChatCompletionsError as error:
        outcome.error = error
        outcome.attempts = list(getattr(error, "attempts", ()))
        if way == "stream":
            outcome.completion = getattr(error, "partial", None)
    return outcome


_CHECKED = ("says", "done", "hides", "body", "events", "deltas", "requests")  # by more than being equal


@pytest.mark.parametrize(("case", "way", "is_async"), _rows())
def test_a_server_is_read_as_it_means(case: dict[str, Any], way: str, is_async: bool) -> None:
    places: dict[str, str] = {}
    replies, elsewhere = case.get("replies", [case]), case.get("elsewhere", [{}])
    with (
        ScriptedServer(*_replies(case, replies, places)) as server,
        ScriptedServer(*_replies(case, elsewhere, places)) as other,
    ):
        places |= {"origin": server.base_url.removesuffix("/v1"), "elsewhere": other.base_url.removesuffix("/v1")}
        outcome = _run(case, way, is_async, places)
        requests = len(server.requests) + len(other.requests)
    if isinstance(outcome.error, StreamError):
        assert outcome.error.text == _text(outcome)
    expect = _filled(case["expect"], places)
    got = {name: _GET[name](outcome) for name in expect if name not in _CHECKED}
    if "message" in expect:
        got["message"] = {name: got["message"].get(name) for name in expect["message"]}
    assert got == {name: value for name, value in expect.items() if name in got}, outcome.error
    if "requests" in expect:
        assert requests == expect["requests"]
    if "error" not in expect and outcome.error is not None:
        raise outcome.error
    if "says" in expect:
        assert expect["says"] in str(outcome.error)
    if "hides" in expect:
        assert expect["hides"] not in f"{outcome.error} {getattr(outcome.error, 'body', None)}"
    if "body" in expect:
        assert expect["body"] in str(getattr(outcome.error, "body", None))
    if way == "stream" and "events" in expect:
        assert [event.type for event in outcome.items] == expect["events"]
    if way == "stream" and "done" in expect:
        done = [e for e in outcome.items if e.type == "tool_calls.function.arguments.done"]
        assert [[event.name, event.arguments] for event in done] == expect["done"]
    if "deltas" in expect:
        assert _deltas(outcome, way) == expect["deltas"]


def _decoded(pieces: list[bytes]) -> Any:
    """Return all that a decoder makes of a body."""
    decoder = ChunkDecoder(lambda chunk: chunk.model().to_dict())
    chunks = [chunk for piece in pieces for chunk in decoder.feed(piece)] + [*decoder.end()]
    fault, log = decoder.fault, decoder.accumulator
    return chunks, type(fault), str(fault), getattr(fault, "body", None), log.to_dict(), log.anomalies, decoder.done


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if not case["reply"] and not {"replies", "status"} & case.keys()],
    ids=lambda case: f"{case['file']}-{case['name']}",
)
def test_a_body_means_the_same_however_it_is_split(case: dict[str, Any]) -> None:
    body = "".join(piece for piece in case.get("pieces", [case.get("body", "")]) if isinstance(piece, str)).encode()
    whole = _decoded([body])
    assert _decoded([body[at : at + 1] for at in range(len(body))]) == whole
    assert _decoded(body.splitlines(keepends=True)) == whole
    if not body.startswith(b"{"):  # where a line end may stand in a string
        assert _decoded([body.replace(b"\n", b"\r\n")]) == whole


def _deltas(outcome: _Outcome, way: str) -> list[str]:
    if way == "stream":
        return [event.delta for event in outcome.items if event.type == "content.delta" and event.delta]
    pieces = TextPieces()
    return [text for chunk in outcome.items for text in pieces.of(chunk)]


def _first(outcome: _Outcome) -> Any:
    choices = outcome.completion.choices if outcome.completion is not None else None
    return choices[0] if choices else None


def _text(outcome: _Outcome) -> str:
    first = _first(outcome)
    content = None if first is None or first.message is None else first.message.content
    return content if isinstance(content, str) else ""


def _tool_calls(outcome: _Outcome) -> list[list[Any]]:
    first = _first(outcome)
    calls = (first.message.tool_calls if first is not None and first.message is not None else None) or []
    return [
        [call.custom.name, call.custom.input]
        if call.type == "custom"
        else [call.function.name, call.function.arguments]
        for call in calls
    ]


_GET: dict[str, Callable[[_Outcome], Any]] = {
    "text": _text,
    "finish_reason": lambda o: getattr(_first(o), "finish_reason", None),
    "tool_calls": _tool_calls,
    "ids": lambda o: [call.id for call in _first(o).message.tool_calls],
    "choices": lambda o: len(o.completion.choices or []),
    "usage": lambda o: o.completion.usage.total_tokens if o.completion.usage else None,
    "chunks": lambda o: len([item for item in o.items if getattr(item, "type", "chunk") == "chunk"]),
    "anomalies": lambda o: sorted({anomaly.kind for anomaly in o.anomalies}),
    "message": lambda o: _first(o).message.to_dict(),
    "error": lambda o: type(o.error).__name__ if o.error else None,
    "code": lambda o: getattr(o.error, "code", None),
    "type": lambda o: getattr(o.error, "type", None),
    "status": lambda o: getattr(o.error, "status_code", None),
    "delays": lambda o: [round(attempt.delay, 9) for attempt in o.attempts[:-1]],
    "attempts": lambda o: [attempt.status or 0 for attempt in o.attempts],
    "parsed": lambda o: msgspec.to_builtins(_first(o).message.parsed),
}
