"""Whatever is in an answer ends no run: each request ends in one of the two files, and is not asked again."""

from __future__ import annotations

import json
import random
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from chat_completions import bulk
from chat_completions._retryable import may_pass
from chat_completions.bulk.report.page import failures_of
from chat_completions.bulk.runner import runner
from chat_completions.bulk.runner.attempts import fault_of
from chat_completions.errors import APIConnectionError, APIResponseValidationError, IncompleteStreamError, StreamError
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply, stream_reply
from tests.fuzz.server import RawServer

from .fast_server import FastServer
from .files import check_each_once, errors_of, results, settings, write_requests

pytestmark = pytest.mark.slow

TRANSPORTS = ["httpx", "httpx2", "aiohttp"]
USAGE = '{"prompt_tokens":%s,"completion_tokens":1}'
ANSWER = (
    '{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":%s},"finish_reason":"stop"}],"usage":%s}'
)


def with_transport(name: str, server: Any) -> dict[str, Any]:
    """Return the arguments of a run over one of the transports."""
    if name != "httpx2":
        pytest.importorskip("httpx_aiohttp" if name == "aiohttp" else "httpx")
        return {"client_settings": settings(server), "transport": name}
    httpx2 = pytest.importorskip("httpx2")
    from chat_completions import AsyncClient

    class Closing(httpx2.AsyncClient):  # type: ignore[misc, name-defined]
        closes_with_client = True

    return {"client_settings": lambda: AsyncClient(**settings(server), http_client=Closing())}


def nested(depth: int, brackets: str) -> str:
    opening, closing = ("[", "]") if brackets == "[" else ('{"a":', "}")
    return opening * depth + "1" + closing * depth


ODD: dict[str, str] = {
    "4,000 digits": ANSWER % ('"x"', USAGE % ("9" * 4000)),
    "5,000 digits": ANSWER % ('"x"', USAGE % ("9" * 5000)),
    "negative digits": ANSWER % ('"x"', USAGE % ("-" + "9" * 4000)),
    "a huge float": ANSWER % ('"x"', USAGE % "1e999"),
    "a float": ANSWER % ('"x"', USAGE % "12.5"),
    "NaN": ANSWER % ('"NaN, x"', USAGE % "NaN"),
    "Infinity": ANSWER % ('"x"', '{"prompt_tokens":-Infinity}'),
    "true": ANSWER % ('"x"', USAGE % "true"),
    "a text": ANSWER % ('"x"', USAGE % '"many"'),
    "a list": ANSWER % ('"x"', USAGE % "[1]"),
    "usage is a list": ANSWER % ('"x"', "[1, 2]"),
    "usage is a text": ANSWER % ('"x"', '"much"'),
    "half a surrogate": ANSWER % ('"\\ud800"', "null"),
    "half a surrogate on lines": "\n" + (ANSWER % ('"\\ud800 NaN"', "null")).replace(",", ",\r\n"),
    "no choices": '{"id":"c"}',
    "choices null": '{"choices":null}',
    "choices a text": '{"choices":"none"}',
    "choices odd": '{"choices":[null,1,[],{"message":7},{"delta":null}]}',
    "an id of 1 MB": '{"id":"%s","choices":[]}' % ("\\u00e9" * 170_000),
    "a key twice": '{"choices":[],"choices":[{"x":1}],"usage":{"prompt_tokens":1,"prompt_tokens":2}}',
    "an error that is odd": '{"error":{"message":["x"],"code":{"a":1},"type":5,"param":[]}}',
    "an error without an object": '{"error":7}',
    "an error as a text": '{"object":"error","message":"\\ud800","code":400}',
    "an error beside no choices": '{"error":{"message":"x"},"choices":[]}',
    "digits as a code": f'{{"error":{{"code":{"4" * 4000},"message":{"9" * 4000}}}}}',
    "control characters": '{"choices":[],"x":"\u0001"}',
    "a null byte": '{"choices":[]}\0',
}
for depth in (900, 990, 1000, 100_000):
    ODD |= {f"{depth} deep {b}": f'{{"choices":[],"x":{nested(depth, b)}}}' for b in "[{"}
    ODD[f"an error {depth} deep"] = f'{{"error":{{"message":{nested(depth, "{")}}}}}'


def run_twice(tmp_path: Path, reply: Callable[[Received], Reply], names: list[str], **given: Any) -> bulk.Summary:
    """Run twice over the same files, and give the first summary: the second one asks nothing."""
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    body = given.pop("body", {})
    write_requests(source, names, **body)
    with ScriptedServer(reply) as server:
        options = {**with_transport(given.pop("over", "httpx"), server), "max_retries": 0, "give_up_after": 0, **given}
        summary = bulk.run(source, output, **options)
        asked = len(server.requests)
        again = bulk.run(source, output, **options)
        assert len(server.requests) == asked
    assert (summary.complete, summary.reason) == (True, "complete")
    assert summary.answered + summary.failed == len(names)
    assert (again.complete, again.answered_before, again.failed_before) == (True, summary.answered, summary.failed)
    ended = [read_strictly(line)["custom_id"] for path in (output, errors_of(output)) for line in lines_of(path)]
    assert sorted(ended) == sorted(names)
    return summary


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def read_strictly(line: bytes) -> Any:
    """Read a line as JSON has it, with numbers of any length."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        return json.loads(line, parse_constant=refuse, parse_int=str)
    finally:
        sys.setrecursionlimit(limit)


def asked_name(received: Received) -> str:
    return str(received.json()["messages"][0]["content"])


@pytest.mark.parametrize("over", TRANSPORTS)
@pytest.mark.parametrize("status", [200, 400])
def test_no_answer_ends_a_run(tmp_path: Path, over: str, status: int) -> None:
    def reply(received: Received) -> Reply:
        return Reply([ODD[asked_name(received)].encode()], status)

    summary = run_twice(tmp_path, reply, [*ODD], over=over, tokens_per_minute=6e7, concurrency=4)
    output = tmp_path / "out.jsonl"
    if status == 400:
        assert summary.answered == 0
    else:
        failed = {result["custom_id"]: result for result in map(read_strictly, lines_of(errors_of(output)))}
        assert failed["4,000 digits"]["error"]["code"] == "invalid_response"
        assert "usage.prompt_tokens" in failed["4,000 digits"]["error"]["message"]
        assert failed["4,000 digits"]["response"]["body"]["usage"]["prompt_tokens"] == "9" * 4000
        assert set(failed) >= {
            "5,000 digits",
            "100000 deep [",
            "an error as a text",
            "an error beside no choices",
            "choices null",
        }
        answered = {result["custom_id"] for result in map(read_strictly, lines_of(output))}
        assert answered >= {"NaN", "true", "a list", "half a surrogate", "a key twice", "900 deep ["}
        assert 0 <= summary.prompt_tokens + summary.completion_tokens < 1000
    found = failures_of(str(errors_of(output)))
    assert found is not None
    assert sum(count for _, count in found.kinds) == summary.failed


def odd_value(chance: random.Random, depth: int = 0) -> str:
    """Return any JSON, and what some take for JSON."""
    kinds = [
        "null",
        "true",
        "-0",
        "1e400",
        "NaN",
        "-Infinity",
        "0.1",
        "9" * chance.choice([1, 19, 20, 400, 4300, 4301]),
    ]
    kinds += [
        '"\\ud83d"',
        '"\\u0000"',
        '"é\\"\\\\"',
        '"NaN"',
        '"' + "x" * 5000 + '"',
        nested(chance.randrange(1, 1100), "["),
    ]
    if depth > 3 or chance.random() < 0.4:
        return chance.choice(kinds)
    names = [
        "choices",
        "usage",
        "error",
        "code",
        "type",
        "message",
        "param",
        "prompt_tokens",
        "completion_tokens",
        "id",
    ]
    if chance.random() < 0.3:
        return "[" + ",".join(odd_value(chance, depth + 1) for _ in range(chance.randrange(4))) + "]"
    fields = (f'"{chance.choice(names)}":{odd_value(chance, depth + 1)}' for _ in range(chance.randrange(5)))
    return "{" + chance.choice(["", "\n", " "]) + ",".join(fields) + "}"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("stream", [False, True])
def test_answers_made_at_random_end_no_run(tmp_path: Path, seed: int, stream: bool) -> None:
    chance = random.Random(seed)
    names = [f"request-{n}" for n in range(100)]
    replies: dict[str, Reply] = {}
    for name in names:
        body = odd_value(chance)
        if chance.random() < 0.5:
            error = chance.choice(["null", body])
            body = f'{{"choices":[{odd_value(chance)}],"usage":{odd_value(chance)},"error":{error}}}'
        data = body.encode("utf-8", "surrogatepass")
        if chance.random() < 0.2:
            data = data[: chance.randrange(len(data) + 1)]
        headers = {"content-type": chance.choice(["application/json", "text/event-stream", "text/html", ""])}
        headers["x-request-id"] = chance.choice(["req", "é" * 50])
        headers["retry-after"] = chance.choice(["", "x", "1e-9", "Wed, 99 Foo 12345 25:61:61 GMT", "nan", "-1"])
        headers["x-ratelimit-reset-requests"] = chance.choice(["1ms", "nan", "", "x"])
        headers["x-ratelimit-remaining-requests"] = chance.choice(["nan", "1", "x", "-inf"])
        if stream:
            data = b"data: " + data.replace(b"\n", b" ") + b"\n\n" + chance.choice([b"", b"data: [DONE]\n\n"])
        replies[name] = Reply([data], chance.choice([200, 200, 200, 400, 404, 418, 599]), headers)
    body = {"stream": True} if stream else {}
    run_twice(tmp_path, lambda received: replies[asked_name(received)], names, concurrency=4, body=body)


HEADS = [
    b"nonsense\r\n\r\n",
    b"HTTP/1.1 abc OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 7\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 307 Moved\r\nlocation: http://[\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 307 Moved\r\nlocation: http://h:99999/\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n",
    b"",
]


def raw_reply(body: bytes) -> bytes:
    """Return the malformed response that the request's name selects, or a good one."""
    number = int(body.rpartition(b"head-")[2].partition(b'"')[0])
    answer = (ANSWER % ('"x"', "null")).encode()
    good = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(answer), answer)
    return HEADS[number] if number < len(HEADS) else good


@pytest.mark.parametrize("over", TRANSPORTS)
@pytest.mark.parametrize("stream", [False, True])
def test_no_malformed_answer_ends_a_run(tmp_path: Path, over: str, stream: bool) -> None:
    """Whatever exception the HTTP library raises for it: the others are answered, and it is in the error file."""
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(
        source, [f"head-{n}" for n in range(len(HEADS) + 20)], **({"stream": True} if stream else {})
    )
    with RawServer() as server:
        server.script(raw_reply, hold=False)
        given = {**with_transport(over, server), "max_retries": 3, "concurrency": 4}
        summary = bulk.run(source, output, **given)
    assert not summary.reason.startswith("nothing"), summary.reason
    assert (summary.complete, summary.answered, summary.failed) == (True, 20, len(HEADS))
    check_each_once(names, output)


def error_event(**error: Any) -> Reply:
    return stream_reply([b"data: " + json.dumps({"error": error}).encode() + b"\n\n", b"data: [DONE]\n\n"])


PERMANENT: list[dict[str, Any]] = [
    {"message": "bad schema", "type": "BadRequestError", "param": "response_format", "code": 400},
    {"message": "too long", "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded"},
    {"message": "no such model", "type": "NotFoundError", "param": None, "code": "404"},
    {"message": "no", "code": "content_filter"},
    {"message": "x", "type": "invalid_request_error"},
]
PASSING: list[dict[str, Any]] = [
    {"message": "busy", "code": 429},
    {"message": "oh", "type": "InternalServerError", "code": 500},
    {"message": "full", "type": "overloaded_error"},
    {"message": "slow down", "code": "rate_limit_exceeded", "type": "invalid_request_error"},
    {"message": "later", "status": "UNAVAILABLE", "code": 503},
]


@pytest.mark.parametrize("over", TRANSPORTS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("error", PERMANENT, ids=lambda error: str(error.get("code")))
def test_a_permanent_error_in_a_success_is_asked_once(
    tmp_path: Path, over: str, stream: bool, error: dict[str, Any]
) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_requests(source, 1, stream=stream)
    with ScriptedServer(
        error_event(**error) if stream else json_reply({"error": error}, x_request_id="req-1")
    ) as server:
        summary = bulk.run(source, output, **with_transport(over, server))
        assert len(server.requests) == 1
    assert (summary.complete, summary.failed) == (True, 1)
    (told,) = results(errors_of(output))
    assert told["response"] == {"status_code": 200, "request_id": "req-1", "body": {"error": error}}
    assert told["error"]["code"] == ("stream_error" if stream else "invalid_response")
    assert error["message"] in told["error"]["message"]
    assert [attempt["status"] for attempt in told["attempts"]] == [200]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("error", PASSING, ids=lambda error: str(error.get("code") or error.get("type")))
def test_an_error_in_a_success_that_may_pass_is_asked_again(
    tmp_path: Path, stream: bool, error: dict[str, Any]
) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 1, stream=stream)
    first = error_event(**error) if stream else json_reply({"error": error})
    with ScriptedServer(first, json_reply(json.loads(ANSWER % ('"x"', "null")))) as server:
        summary = bulk.run(source, output, client_settings=settings(server))
    assert (summary.answered, summary.retries) == (1, 1)
    check_each_once(names, output)


@pytest.mark.parametrize("stream", [False, True])
def test_a_used_up_quota_stops_the_run_wherever_it_is_told(tmp_path: Path, stream: bool) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_requests(source, 20, stream=stream)
    error = {"message": "no money", "type": "insufficient_quota", "code": 429}
    with ScriptedServer(error_event(**error) if stream else json_reply({"error": error})) as server:
        summary = bulk.run(source, output, client_settings=settings(server), concurrency=2)
    assert "quota is exhausted" in summary.reason
    assert not results(errors_of(output))


def test_one_rule_says_what_may_pass() -> None:
    """For an error of a stream, an error with the status of success, and for bulk."""
    for error in (*PERMANENT, *PASSING):
        passes = error in PASSING
        assert may_pass(error) is passes
        assert StreamError("x", body=error).is_retryable is passes
        assert APIResponseValidationError("x", body=error).is_retryable is passes
        assert fault_of(StreamError("x", body=error)).retryable is passes
    # Where nothing is said: a stream that broke may go well next time; a success that is none will be none again.
    for body in (None, "boom", {"message": "boom"}, {"code": None, "type": 7}, [], {"code": "1302"}, {"code": 2}):
        assert may_pass(body) is None
        assert StreamError("x", body=body).is_retryable
        assert not APIResponseValidationError("x", body=body).is_retryable
    assert not StreamError("x", body="<html>").is_retryable
    assert IncompleteStreamError("x").is_retryable
    assert may_pass({"code": 429, "type": "insufficient_quota"}) is False


@pytest.mark.parametrize("over", TRANSPORTS)
@pytest.mark.parametrize("max_retries", [0, 1])
def test_a_server_that_is_away_is_waited_for(
    tmp_path: Path, over: str, max_retries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused connections took nothing: however often, no request fails for them."""
    monkeypatch.setattr(runner, "_NEVER_REACHED", 3600.0)
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 6)
    with socket.socket() as held, ExitStack() as closing:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))  # held, and not listened at: it refuses
        server = FastServer(port=held.getsockname()[1])
        server.base_url = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
        came_back = False

        def on_progress(progress: bulk.Progress) -> None:
            nonlocal came_back
            if progress.attempts["unreachable"] > 12 and not came_back:
                came_back = True
                closing.enter_context(server)

        given = {**with_transport(over, server), "concurrency": 4, "patience": 3600.0, "max_retries": max_retries}
        summary = bulk.run(source, output, on_progress=on_progress, **given)
    assert (summary.complete, summary.answered, summary.failed) == (True, 6, 0)
    assert summary.attempts["unreachable"] > 12
    assert "timeout" not in summary.attempts
    check_each_once(names, output)


def test_a_gateway_without_its_server_is_waited_for(tmp_path: Path) -> None:
    """It answers 502 at once; more often than a failure is tried again."""
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 1)
    away = json_reply({"error": {"message": "bad gateway"}}, 502, retry_after_ms="1")
    good = json_reply(json.loads(ANSWER % ('"x"', "null")))
    with ScriptedServer(*[away] * 12, good) as server:
        assert bulk.run(source, output, client_settings=settings(server)).answered == 1
    check_each_once(names, output)


def caused(error: Exception, *causes: Exception) -> APIConnectionError:
    told: Any = APIConnectionError("x")
    at = told
    for cause in (error, *causes):
        at.__cause__ = cause
        at = cause
    return told


def test_what_reached_nobody_is_told_apart_from_what_broke() -> None:
    httpx = pytest.importorskip("httpx")
    assert fault_of(caused(httpx.ConnectError("x"))).unreached
    assert fault_of(caused(httpx.ConnectTimeout("x"))).unreached
    assert fault_of(caused(httpx.ProxyError("x"))).unreached
    assert not fault_of(caused(httpx.ReadError("x"))).unreached
    assert not fault_of(caused(httpx.RemoteProtocolError("x"))).unreached
    aiohttp = pytest.importorskip("aiohttp")
    # httpx-aiohttp calls them all a ConnectTimeout.
    key: Any = None
    assert fault_of(caused(httpx.ConnectTimeout("x"), aiohttp.ClientConnectorError(key, OSError(111, "no")))).unreached
    assert fault_of(caused(httpx.ConnectTimeout("x"), aiohttp.ConnectionTimeoutError("x"))).unreached
    assert not fault_of(caused(httpx.ConnectTimeout("x"), aiohttp.ServerDisconnectedError())).unreached
    assert not fault_of(caused(httpx.ConnectTimeout("x"), aiohttp.ClientOSError(104, "reset"))).unreached
