"""Runs against servers that fail, refuse, cut and trickle: every request ends once, within the limits that were set."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from pathlib import Path
from typing import Any

import pytest

from chat_completions import AsyncClient, bulk
from chat_completions.local import LocalServer
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply, stream_reply

from .fast_server import Behaviour, FastServer
from .files import check_each_once, errors_of, request, results, settings, write_requests

pytestmark = pytest.mark.slow

ANSWER = {"choices": [{"index": 0, "message": {"content": "x"}}], "usage": {"prompt_tokens": 5, "completion_tokens": 5}}


def run_with(tmp_path: Path, server: Any, names: list[str] | int = 1, **options: Any) -> bulk.Summary:
    source = tmp_path / "in.jsonl"
    body = options.pop("body", {})
    if not source.exists():
        write_requests(source, names, **body)
    return bulk.run(source, tmp_path / "out.jsonl", client_settings=settings(server), **options)


def rate_of(times: list[float]) -> float:
    """Return how many moments there are in a second: the median of tens of them, for the machine may pause."""
    return 10 / statistics.median(after - before for before, after in zip(times, times[10:], strict=False))


def test_every_request_ends_once_whatever_the_server_does(tmp_path: Path) -> None:
    """Refusals, failures, cut bodies and slow answers; and the summary counts what the server counted."""
    behaviour = Behaviour(refused=0.03, failed=0.03, cut=0.03, slow=0.01, slow_seconds=0.2)
    with FastServer(behaviour) as server:
        summary = run_with(tmp_path, server, 1500, concurrency=32)
    names = [f"request-{n}" for n in range(1500)]
    said = check_each_once(names, tmp_path / "out.jsonl")
    assert said == {name: name for name in names}
    assert (summary.answered, summary.failed, summary.complete) == (1500, 0, True)
    assert summary.attempts["429"] == server.tally.statuses[429] > 0
    assert summary.attempts["500"] == server.tally.statuses[500] > 0
    assert summary.attempts["cut"] > 0
    assert summary.retries == sum(summary.attempts.values()) - 1500
    assert (summary.prompt_tokens, summary.completion_tokens) == (30_000, 15_000)
    assert all(len(keys) == 1 for keys in server.tally.keys.values()), "one idempotency key for all attempts"
    assert server.tally.busiest <= 32
    assert summary.samples[-1].answered == summary.latencies.total == 1500


def test_malformed_lines_are_reported_with_their_numbers(tmp_path: Path) -> None:
    lines = [
        json.dumps(request("a")).encode(),
        b"nonsense",
        b"",
        json.dumps(request("a")).encode(),
        b"\xff\xfe\xff",
        json.dumps({**request("b"), "url": "/v1/embeddings"}).encode(),
        json.dumps(request("c" * 3000)).encode(),
        json.dumps(request("d")).encode(),
    ]
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b"\n".join(lines))
    with FastServer() as server:
        for _ in range(2):
            summary = bulk.run(source, output, client_settings=settings(server), longest_line=2000)
    assert [result["custom_id"] for result in results(output)] in (["a", "d"], ["d", "a"])
    told = {result["error"]["line"]: result for result in results(errors_of(output))}
    assert {line: result["error"]["code"] for line, result in told.items()} == {
        2: "invalid_json_line",
        4: "duplicate_custom_id",
        5: "invalid_encoding",
        6: "invalid_url",
        7: "line_too_long",
    }
    assert [told[line]["custom_id"] for line in (2, 4, 6)] == [None, None, "b"]
    assert (summary.answered, summary.malformed, summary.failed_before, summary.complete) == (0, 0, 5, True)


def test_a_request_fails_for_good_with_its_attempts(tmp_path: Path) -> None:
    with ScriptedServer(
        json_reply({"error": {"message": "slow"}}, 429, retry_after_ms="20"),
        json_reply({"error": {"message": "oh"}}, 500, retry_after_ms="10"),
        json_reply({"error": {"message": "your fault", "code": "bad"}}, 400, x_request_id="req-9"),
    ) as server:
        summary = run_with(tmp_path, server)
    (told,) = results(errors_of(tmp_path / "out.jsonl"))
    assert told["custom_id"] == "request-0"
    assert told["response"]["status_code"] == 400
    assert told["response"]["request_id"] == "req-9"
    assert told["response"]["body"]["error"]["code"] == "bad"
    assert [(attempt["status"], attempt["delay"]) for attempt in told["attempts"]] == [
        (429, 0.02),
        (500, 0.01),
        (400, None),
    ]
    assert (summary.failed, summary.complete) == (1, True)
    assert len({received.headers["idempotency-key"] for received in server.requests}) == 1


def test_failed_requests_are_asked_again_if_asked_for(tmp_path: Path) -> None:
    """With another idempotency key, so that no server repeats its failure; the old failures are kept."""
    refusal = json_reply({"error": {"message": "no"}}, 400)
    with ScriptedServer(refusal, json_reply(ANSWER)) as server:
        assert run_with(tmp_path, server).failed == 1
        summary = run_with(tmp_path, server)
        assert (summary.failed, summary.failed_before, len(server.requests)) == (0, 1, 1)
        summary = run_with(tmp_path, server, retry_failed=True)
        assert (summary.answered, summary.failed_before) == (1, 0)
    assert len({received.headers["idempotency-key"] for received in server.requests}) == 2
    assert len(results(tmp_path / "out.errors.1.jsonl")) == 1
    assert not results(errors_of(tmp_path / "out.jsonl"))


@pytest.mark.parametrize(
    ("reply", "code", "attempts"),
    [
        (Reply([b"<html>"], headers={"content-type": "text/html"}), "invalid_response", 1),
        (Reply([b'{"choices":['], framing="close"), "invalid_response", 3),
        (Reply([b'{"choices":['], framing="chunked", cut=True), "connection_error", 3),
        (json_reply({"error": {"message": "no", "code": 400}}), "invalid_response", 1),
        (json_reply({"error": {"message": "busy", "code": 503}}), "invalid_response", 3),
        (Reply([b"[]"]), "invalid_response", 1),
    ],
    ids=["a web page", "cut json", "cut body", "an error in a success", "one that passes", "an array"],
)
def test_a_success_without_a_completion_is_none(tmp_path: Path, reply: Reply, code: str, attempts: int) -> None:
    with ScriptedServer(reply) as server:
        run_with(tmp_path, server, max_retries=2)
    (told,) = results(errors_of(tmp_path / "out.jsonl"))
    assert told["error"]["code"] == code
    assert len(told["attempts"]) == attempts == len(server.requests)
    assert not results(tmp_path / "out.jsonl")


def _event(**values: Any) -> bytes:
    return b"data: " + json.dumps(values).encode() + b"\n\n"


def test_a_stream_is_folded_to_its_completion_and_asked_again_where_it_broke(tmp_path: Path) -> None:
    pieces = [
        _event(id="c", model="m", choices=[{"index": 0, "delta": {"role": "assistant", "content": "one "}}]),
        _event(id="c", model="m", choices=[{"index": 0, "delta": {"content": "two"}, "finish_reason": "stop"}]),
        _event(id="c", model="m", choices=[], usage={"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}),
        b"data: [DONE]\n\n",
    ]
    with ScriptedServer(stream_reply(pieces[:1], cut=True), stream_reply(pieces)) as server:
        summary = run_with(tmp_path, server, body={"stream": True})
    (told,) = results(tmp_path / "out.jsonl")
    assert told["response"]["body"]["choices"][0]["message"]["content"] == "one two"
    assert told["response"]["body"]["object"] == "chat.completion"
    assert (summary.prompt_tokens, summary.completion_tokens, summary.retries) == (3, 2, 1)
    assert json.loads(server.requests[0].body)["stream"] is True


def test_against_the_local_server_and_with_a_function_that_makes_the_client(tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 20)
    with LocalServer() as server:
        summary = bulk.run(source, output, client_settings=lambda: AsyncClient(base_url=server.base_url))
    assert summary.complete
    assert all(name in text for name, text in check_each_once(names, output).items())


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (json_reply({"error": {"message": "wrong key"}}, 401), "does not accept the key"),
        (json_reply({"error": {"message": "no money", "code": "insufficient_quota"}}, 429), "quota is exhausted"),
        (json_reply({"error": {"message": "later"}}, 429, retry_after="3600"), "asks to wait 3,600 s"),
    ],
)
def test_a_run_stops_where_going_on_makes_no_sense(tmp_path: Path, reply: Reply, why: str) -> None:
    """Nothing is written, so that the same command asks everything once that is mended."""
    with ScriptedServer(reply) as server:
        summary = run_with(tmp_path, server, 500, concurrency=4)
    assert not summary.complete
    assert why in summary.reason
    assert len(server.requests) <= 8
    assert not results(errors_of(tmp_path / "out.jsonl"))


def test_a_run_stops_where_all_fail_in_the_same_way(tmp_path: Path) -> None:
    with ScriptedServer(json_reply({"error": {"message": "no such model"}}, 404)) as server:
        summary = run_with(tmp_path, server, 100, give_up_after=10, concurrency=2)
    assert "the first 10 requests all failed" in summary.reason
    assert "no such model" in summary.reason
    assert summary.failed in (10, 11)
    assert not summary.complete


def test_a_server_that_is_not_there_is_told_soon(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    write_requests(source, 5)
    nowhere = {"base_url": "http://127.0.0.1:9/v1", "api_key": "sk-test"}
    summary = bulk.run(source, tmp_path / "out.jsonl", client_settings=nowhere, patience=1.0)
    assert "no answers for" in summary.reason
    assert "127.0.0.1:9" in summary.reason
    assert (summary.failed, summary.complete) == (0, False)


def test_a_pause_that_the_server_asks_for_holds_for_all(tmp_path: Path) -> None:
    """Also one that the headers of an answer tell of; and nobody else is asked meanwhile."""
    first = json_reply({"error": {"message": "slow"}}, 429, retry_after="0.5")
    headers = {"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "400ms"}
    times: list[float] = []

    def timed(reply: Reply) -> Any:
        def answer(received: Received) -> Reply:
            times.append(time.monotonic())
            return reply

        return answer

    replies = [timed(first), timed(json_reply(ANSWER, **headers)), timed(json_reply(ANSWER))]
    with ScriptedServer(*replies) as server:
        summary = run_with(tmp_path, server, 6, concurrency=1)
    assert summary.answered == 6
    assert times[1] - times[0] >= 0.5
    assert times[2] - times[1] >= 0.4


def test_the_ceiling_of_requests_is_held(tmp_path: Path) -> None:
    """With retries, from the beginning on, and never more in any second."""
    with FastServer(Behaviour(failed=0.1)) as server:
        summary = run_with(tmp_path, server, 150, requests_per_minute=3000, concurrency=16)
    times = server.tally.times[:130]  # at the end, it waits for what is tried again
    rate = rate_of(times)
    assert summary.complete
    assert 25 <= rate <= 55  # a busy machine is slower
    most = max(sum(start <= moment < start + 1 for moment in times) for start in times)
    assert most <= 60 + 16  # whatever is under way may be held up, and arrive together


def test_the_ceiling_of_tokens_is_held(tmp_path: Path) -> None:
    """Though each request takes 30, and says 1,000 of itself: what was reserved too much is given back."""
    with FastServer() as server:
        summary = run_with(tmp_path, server, 150, tokens_per_minute=90_000, concurrency=8, body={"max_tokens": 1000})
    times = server.tally.times
    assert summary.complete
    used = 30 * rate_of(times[40:]) * 60
    assert 10_000 <= used <= 100_000  # a busy machine is slower; what was reserved would leave 2,700


def test_a_budget_ends_a_run_and_the_next_one_goes_on(tmp_path: Path) -> None:
    names = [f"request-{n}" for n in range(50)]
    with FastServer() as server:
        first = run_with(tmp_path, server, 50, request_budget=20)
        assert (first.answered, first.complete, first.reason) == (20, False, "the budget of 20 requests is used up")
        second = run_with(tmp_path, server, token_budget=300, concurrency=4)
        assert 300 <= second.prompt_tokens + second.completion_tokens <= 420
        assert "budget of 300 tokens" in second.reason
        third = run_with(tmp_path, server)
    assert third.complete
    assert first.answered + second.answered + third.answered == 50
    assert third.answered_before == first.answered + second.answered
    check_each_once(names, tmp_path / "out.jsonl")
    assert sum(server.tally.answered.values()) == 50


def test_a_request_has_a_deadline_over_all_its_attempts(tmp_path: Path) -> None:
    slow = Reply([b"{", 60.0, b"}"])
    with ScriptedServer(json_reply({"error": {"message": "oh"}}, 500, retry_after_ms="50"), slow) as server:
        summary = run_with(tmp_path, server, deadline=1.5)
        assert 1.5 <= summary.seconds < 30
    (told,) = results(errors_of(tmp_path / "out.jsonl"))
    assert told["error"]["code"] == "request_timeout"
    assert [attempt["status"] for attempt in told["attempts"]] == [500, None]


def test_the_number_of_requests_finds_a_known_limit(tmp_path: Path) -> None:
    """A server of 12 places, and 429 for whoever is too much: they are used, and it seldom has to refuse."""
    with FastServer(Behaviour(seconds=0.02, places=12)) as server:
        summary = run_with(tmp_path, server, 1200)
    assert summary.complete
    later = [sample.concurrency for sample in summary.samples[len(summary.samples) // 3 :]]
    assert sum(later) / len(later) > 1  # how near it comes is in test_pacing, with a clock that no load changes
    assert summary.attempts.get("429", 0) < 0.3 * 1200


def test_settings_are_checked_before_anything_is_opened(tmp_path: Path) -> None:
    for bad in ({"concurrency": 0}, {"requests_per_minute": -1}, {"deadline": float("nan")}, {"transport": "x"}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            bulk.run(tmp_path / "in", tmp_path / "out", **bad)  # type: ignore[arg-type]
    for bad in ({"concurrency": 1.5}, {"patience": "x"}, {"concurency": 3}):
        with pytest.raises(TypeError, match=next(iter(bad))):
            bulk.run(tmp_path / "in", tmp_path / "out", **bad)
    assert not list(tmp_path.iterdir())


def test_it_says_what_to_call_in_an_event_loop_and_can_be_cancelled_there(tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    names = write_requests(source, 200)

    async def call() -> None:
        with pytest.raises(RuntimeError, match="arun"):
            bulk.run(source, output)
        task = asyncio.create_task(bulk.arun(source, output, client_settings=settings(server), concurrency=4))
        while not server.tally.answered:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert json.loads((tmp_path / "out.jsonl.run.json").read_text())["state"] == "stopped"
        await bulk.arun(source, output, client_settings=settings(server))

    with FastServer(Behaviour(seconds=0.02)) as server:
        asyncio.run(call())
    check_each_once(names, output)


def test_no_key_is_in_any_file(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    write_requests(source, 2)
    more = {"default_headers": {"X-Api-Key": "sk-header"}, "default_query": {"key": "sk-query"}}
    summaries = []
    with ScriptedServer(json_reply(ANSWER), json_reply({"error": {"message": "no"}}, 400)) as server:
        address = server.base_url.replace("://", "://user:sk-in-url@")
        for name, given in (
            ("a", {"base_url": address, "api_key": ""}),
            ("b", {"base_url": server.base_url, "api_key": "sk-secret"}),
        ):
            output = tmp_path / f"{name}.jsonl"
            summaries.append(bulk.run(source, output, client_settings={**given, **more}, concurrency=1))
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir()).decode() + repr(summaries)
    for secret in ("sk-secret", "sk-in-url", "sk-header", "sk-query"):
        assert secret not in written
