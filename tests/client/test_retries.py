"""What is tried again, when, and what is told of it; redirects; options. Sync and async by the same rows."""

from __future__ import annotations

import asyncio
import email.utils
import logging
import os
import pickle
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat_completions import AsyncClient, Client, errors, response_info
from chat_completions._transport import plan, retry
from chat_completions._transport.transport import _ssl_context
from chat_completions.bulk.runner.attempts import fault_of
from tests.cli.certificates import TlsServer, self_signed
from tests.client.conftest import MESSAGES, AsyncApi, SyncApi
from tests.client.scripted import Reply, ScriptedServer, json_reply, stream_reply
from tests.client.test_calls import COMPLETION
from tests.client.test_streams import DONE, chunk


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep our own delays short; what a server asks for stays."""
    monkeypatch.setattr(retry, "FIRST_DELAY", 0.001)


def fail(status: int = 503, code: str | None = None, **headers: str) -> Reply:
    return json_reply({"error": {"message": "No.", "code": code}}, status, **headers)


OK = json_reply(COMPLETION)

RETRIED: dict[str, tuple[list[Reply], int]] = {
    "408": ([fail(408), OK], 2),
    "409": ([fail(409), OK], 2),
    "429": ([fail(429), OK], 2),
    "500": ([fail(500), OK], 2),
    "599": ([fail(599), OK], 2),
    "twice": ([fail(), fail(429), OK], 3),
    "a closed connection": ([Reply([], framing="close", status=500), OK], 2),
    "x-should-retry for a 400": ([fail(400, x_should_retry="true"), OK], 2),
}


@pytest.mark.parametrize(("replies", "requests"), RETRIED.values(), ids=RETRIED.keys())
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_passing_failure_is_tried_again_with_the_same_key(
    api: SyncApi, replies: list[Reply], requests: int, stream: bool
) -> None:
    with ScriptedServer(*replies) as server:
        result = api.create(api.client(base_url=server.base_url), stream=stream)
        info = response_info(result)
        if stream:
            api.chunks(result)
        assert len(server.requests) == requests
        assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
        assert [attempt.status for attempt in info.attempts] == [reply.status for reply in replies]
        assert all(attempt.delay is not None and attempt.reason for attempt in info.attempts[:-1])


FINAL: dict[str, tuple[list[Reply], int]] = {
    "400": ([fail(400)], 1),
    "401": ([fail(401)], 1),
    "404": ([fail(404)], 1),
    "x-should-retry false": ([fail(503, x_should_retry="false")], 1),
    "a used-up quota": ([fail(429, "insufficient_quota")], 1),
    "a used-up quota that asks for it": ([fail(429, "insufficient_quota", x_should_retry="true")], 1),
    "three failures": ([fail(500), fail(502), fail(503)], 3),
    "too long a wait": ([fail(429, retry_after="3600")], 1),
}


@pytest.mark.parametrize(("replies", "requests"), FINAL.values(), ids=FINAL.keys())
def test_a_lasting_failure_is_raised_with_its_attempts(api: SyncApi, replies: list[Reply], requests: int) -> None:
    with ScriptedServer(*replies, OK) as server:
        with pytest.raises(errors.APIStatusError) as caught:
            api.create(api.client(base_url=server.base_url))
        assert len(server.requests) == requests
        assert [attempt.status for attempt in caught.value.attempts] == [reply.status for reply in replies]
        assert response_info(caught.value).status_code == replies[-1].status


def test_a_time_out_and_a_lost_connection_are_tried_again(api: SyncApi) -> None:
    with ScriptedServer(
        Reply([b"{", 60.0, b"}"]), Reply([b"{"], cut=True, headers={"content-length": "9"}), OK
    ) as server:
        client = api.client(base_url=server.base_url, max_retries=0)
        with pytest.raises(errors.APITimeoutError):
            api.create(client, timeout=1)
        with pytest.raises(errors.APIConnectionError):
            api.create(client)
        assert api.create(client).id == "chatcmpl-1"


def test_a_connection_that_breaks_before_any_answer_is_tried_again(api: SyncApi) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    taken = []

    def hang_up() -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            taken.append(connection.recv(100))
            connection.close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    with pytest.raises(errors.APIConnectionError) as caught:
        api.create(api.client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", max_retries=1))
    thread.join()
    listener.close()
    assert len(taken) == len(caught.value.attempts) == 2


DELAYS: list[tuple[dict[str, str], float, float]] = [
    ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5, 1.5),
    ({"retry-after": "2"}, 2, 2),
    ({"retry-after": "0.25"}, 0.25, 0.25),
    ({"retry-after": email.utils.formatdate(time.time() - 30, usegmt=True)}, 0, 0),
    ({"retry-after": "soon"}, 0, 0.001),
    ({"retry-after": "-1"}, 0, 0.001),
    ({"retry-after": "nan"}, 0, 0.001),
    ({"retry-after": "inf"}, 0, 0.001),
    ({}, 0, 0.001),
]


@pytest.mark.parametrize(("headers", "least", "most"), DELAYS)
def test_the_delay_is_what_the_server_asks_for(headers: dict[str, str], least: float, most: float) -> None:
    delay = retry.delay(1, headers)
    assert delay is not None
    assert least <= delay <= most


def test_the_delay_may_be_a_date() -> None:
    asked = retry.retry_after({"retry-after": email.utils.formatdate(time.time() + 30, usegmt=True)})
    assert asked is not None
    assert 25 < asked <= 30


def test_our_own_delay_grows_to_a_bound_with_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_DELAY", 0.5)
    for attempt, longest in ((1, 0.5), (2, 1.0), (5, 8.0), (50, 8.0)):
        delays = {retry.delay(attempt) for _ in range(50)}
        assert len(delays) > 1
        assert all(delay is not None and 0.75 * longest <= delay <= longest for delay in delays)


@pytest.mark.slow
def test_the_deadline_covers_all_attempts(api: SyncApi, clock_of: Callable[..., Callable[[float], None]]) -> None:
    advance = clock_of(plan)

    def late(_: Any) -> Reply:
        advance(540)
        return fail(503, retry_after="0.1")

    with ScriptedServer(late, fail(503, retry_after="70")) as server:
        before = time.monotonic()
        with pytest.raises(errors.InternalServerError):
            api.create(api.client(base_url=server.base_url, max_retries=50, deadline=600))
        assert time.monotonic() - before < 30
        assert len(server.requests) == 2
    with ScriptedServer(Reply([b"{", 60.0, b"}"])) as server:
        before = time.monotonic()
        with pytest.raises(errors.APITimeoutError):
            api.create(api.client(base_url=server.base_url), deadline=0.2)
        assert time.monotonic() - before < 30


def test_nothing_is_tried_again_once_a_stream_has_begun(api: SyncApi) -> None:
    with ScriptedServer(stream_reply([chunk("a")], cut=True)) as server:
        with pytest.raises(errors.StreamError):
            api.chunks(api.create(api.client(base_url=server.base_url), stream=True))
        assert len(server.requests) == 1


CUT = stream_reply([b": soon\n\n"], cut=True)


def test_a_stream_that_gave_nothing_is_sent_again_with_the_same_key(api: SyncApi) -> None:
    whole = stream_reply([chunk("a", "stop"), DONE])
    whole.headers["x-request-id"] = "req-2"
    with ScriptedServer(CUT, whole) as server:
        stream = api.create(api.client(base_url=server.base_url), stream=True)
        first = stream.response
        assert len(api.chunks(stream)) == 1
        assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
        assert len({request.body for request in server.requests}) == 1
    info = response_info(stream)
    assert [attempt.status for attempt in info.attempts] == [200, 200]
    assert info.attempts[0].delay is not None and "broke" in (info.attempts[0].reason or "")
    assert (stream.request_id, stream.response is first, first.is_closed) == ("req-2", False, True)
    assert response_info(stream.completion) == info
    assert stream.timings.before_request >= info.attempts[0].delay


def test_a_response_that_the_caller_holds_is_not_replaced(api: SyncApi) -> None:
    with ScriptedServer(CUT, stream_reply([chunk("a", "stop"), DONE])) as server:
        completions = api.client(base_url=server.base_url).chat.completions

        class Raw:
            class chat:
                completions = None

        Raw.chat.completions = completions.with_raw_response
        with pytest.raises(errors.StreamConnectionError):
            api.chunks(api.create(Raw, stream=True).parse())
        assert len(server.requests) == 1


def test_a_stream_that_is_closed_before_it_is_sent_again_stays_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_DELAY", 0.2)

    async def run(base_url: str) -> None:
        async with AsyncClient(base_url=base_url, api_key="k") as client:
            stream = await client.chat.completions.create(model="m", messages=[], stream=True)
            task = asyncio.create_task(anext(stream))
            while stream.response.is_closed is False:
                await asyncio.sleep(0.001)
            await stream.close()
            with pytest.raises(errors.StreamError, match="was closed"):
                await task

    with ScriptedServer(CUT, stream_reply([b": soon\n\n", 0.01] * 6000)) as server:
        asyncio.run(run(server.base_url))
        assert server.wait_until_closed()


def test_a_redirect_within_the_origin_keeps_the_key(api: SyncApi) -> None:
    with ScriptedServer(Reply([], 307, {"location": "/elsewhere?x=1"}), OK) as server:
        assert api.create(api.client(base_url=server.base_url)).id == "chatcmpl-1"
        assert server.requests[1].target == "/elsewhere?x=1"
        assert server.requests[1].headers["authorization"] == "Bearer sk-test"
        assert server.requests[1].json()["model"] == "m"


def test_no_credential_crosses_an_origin(api: SyncApi) -> None:
    with ScriptedServer(OK) as target:
        location = target.base_url + "/other"
        with ScriptedServer(Reply([], 308, {"location": location})) as server:
            client = api.client(base_url=server.base_url, organization="o", default_headers={"api-key": "k", "x": "y"})
            assert api.create(client, extra_headers={"cookie": "c"}).id == "chatcmpl-1"
    names = set(target.requests[0].headers)
    assert not names & {"authorization", "api-key", "x", "cookie", "openai-organization", "idempotency-key"}
    assert target.requests[0].json()["model"] == "m"


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_would_lose_the_body_is_an_error(api: SyncApi, status: int) -> None:
    with ScriptedServer(Reply([], status, {"location": "/x"})) as server:
        with pytest.raises(errors.APIStatusError, match="redirect"):
            api.create(api.client(base_url=server.base_url))
        assert len(server.requests) == 1


def test_a_redirect_loop_ends(api: SyncApi) -> None:
    with ScriptedServer(Reply([], 307, {"location": "/v1/chat/completions"})) as server:
        with pytest.raises(errors.APIStatusError, match="307"):
            api.create(api.client(base_url=server.base_url))
        assert len(server.requests) == plan.MAX_REDIRECTS + 1


def test_https_never_falls_back_to_http() -> None:
    sent = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(str(request.url))
        return httpx.Response(308, headers={"location": "http://api.example/v1/chat/completions"})

    with httpx.Client(transport=httpx.MockTransport(answer)) as own:
        client = Client(base_url="https://api.example/v1", api_key="sk", http_client=own)
        with pytest.raises(errors.APIStatusError, match=r"http://api\.example"):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}])
    assert sent == ["https://api.example/v1/chat/completions"]


def test_options_share_the_connections_and_leave_the_client_as_it_was(api: SyncApi) -> None:
    with ScriptedServer(OK) as server:
        client = api.client(base_url=server.base_url, default_headers={"x-a": "1"}, max_retries=4)
        other = client.with_options(default_headers={"x-b": "2"}, max_retries=0, api_key="sk-other")
        api.create(client)
        api.create(other)
        assert server.connections == 1
    first, second = server.requests
    assert (first.headers["authorization"], "x-b" in first.headers) == ("Bearer sk-test", False)
    assert (second.headers["authorization"], second.headers["x-a"], second.headers["x-b"]) == (
        "Bearer sk-other",
        "1",
        "2",
    )
    assert (client.max_retries, other.max_retries) == (4, 0)


def test_a_raw_response_is_parsed_when_asked(api: SyncApi) -> None:
    replies = [
        json_reply(COMPLETION, x_request_id="r", x_ratelimit_limit_tokens="9", x_ratelimit_reset_tokens="6m1.5s")
    ]
    with ScriptedServer(*replies, stream_reply([chunk("a", "stop"), DONE])) as server:
        completions = api.client(base_url=server.base_url).chat.completions

        class Raw:
            class chat:
                completions = None

        Raw.chat.completions = completions.with_raw_response
        raw = api.create(Raw)
        assert (raw.status_code, raw.request_id, raw.headers["x-request-id"]) == (200, "r", "r")
        assert raw.json() == COMPLETION
        assert raw.parse() is raw.parse()
        assert raw.parse().to_dict() == COMPLETION
        limits = response_info(raw.parse()).rate_limits
        assert (limits.tokens.limit, limits.tokens.reset, limits.requests.limit) == (9, 361.5, None)
        assert len(api.chunks(api.create(Raw, stream=True).parse())) == 1


def _key() -> str:
    return "sk-from-a-function"


def test_a_client_pickles_without_its_key(api: SyncApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    client = api.client(
        base_url="http://127.0.0.1:1/v1",
        api_key=None,
        max_retries=7,
        default_headers={"x": "1"},
        http_client=None,
    )
    monkeypatch.delenv("OPENAI_API_KEY")
    pickled = pickle.dumps(client)
    assert b"sk-secret" not in pickled
    with pytest.raises(errors.ChatCompletionsError, match="OPENAI_API_KEY"):
        pickle.loads(pickled)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-there")
    again = pickle.loads(pickled)
    assert (type(again), again.max_retries, again.base_url) == (type(client), 7, "http://127.0.0.1:1/v1")
    assert again._settings.api_key.reveal() == "sk-there"
    again = pickle.loads(pickle.dumps(client.with_options(api_key=_key)))
    assert again._settings.api_key.reveal()() == "sk-from-a-function"


@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": "sk-given"},
        {"default_headers": {"api-key": "x"}},
        {"default_query": {"sig-token": "x"}},
        {"base_url": "http://u:p@127.0.0.1", "api_key": ""},
    ],
)
def test_a_client_with_other_secrets_does_not_pickle(api: SyncApi, settings: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(api.client(**{"base_url": "http://127.0.0.1", "http_client": None, "api_key": None, **settings}))


def test_a_client_with_a_callers_http_client_does_not_pickle() -> None:
    with httpx.Client() as own, pytest.raises(TypeError, match="your own http client"):
        pickle.dumps(Client(base_url="http://127.0.0.1:1", http_client=own))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_takes_connections_of_its_own() -> None:
    with ScriptedServer(OK) as server, Client(base_url=server.base_url) as client:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}])
        child = os.fork()
        if child == 0:
            try:
                client.chat.completions.create(model="child", messages=[{"role": "user", "content": "Hello"}])
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}])
        assert [(request.json()["model"], request.connection) for request in server.requests] == [
            ("m", 1), ("child", 2), ("m", 1),
        ]  # fmt: skip


def test_threads_share_a_client() -> None:
    with ScriptedServer(OK) as server, Client(base_url=server.base_url) as client:

        def work() -> None:
            for _ in range(5):
                assert client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}]).id

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.requests) == 40
        assert server.connections <= 8


def test_the_certificate_store_is_loaded_once_and_by_the_first_https_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_completions._transport.environment.getproxies", dict)
    _ssl_context.cache_clear()
    for scheme, loads in (("http", 0), ("https", 1), ("https", 1), ("http", 1)):
        with Client(base_url=f"{scheme}://127.0.0.1:1", api_key="k", max_retries=0) as client:
            with pytest.raises(errors.APIConnectionError):
                client.chat.completions.create(model="m", messages=MESSAGES)
        assert _ssl_context.cache_info().misses == loads


@pytest.mark.parametrize("kind", [SyncApi, AsyncApi])
def test_a_server_with_tls_is_trusted_by_the_certificates_that_were_waited_for(
    kind: type[SyncApi], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed(tmp_path, begins=timedelta(0), ends=timedelta(days=1))
    api = kind()
    with TlsServer(certificate, key, *[json_reply(COMPLETION)] * 3) as server:
        with pytest.raises(errors.APIConnectionError):
            api.create(api.client(base_url=server.base_url, max_retries=0))
        trusting = ssl.create_default_context(cafile=certificate)
        monkeypatch.setattr("chat_completions._transport.transport.default_ssl_context", lambda: trusting)
        client = api.client(base_url=server.base_url, max_retries=0)
        for _ in range(2):
            assert api.create(client).id == COMPLETION["id"]
        api.shut_down()
        assert server.connections == 2


def test_the_log_tells_of_attempts_and_never_of_a_key_or_a_body(api: SyncApi, caplog: pytest.LogCaptureFixture) -> None:
    with ScriptedServer(fail(503), OK) as server, caplog.at_level(logging.DEBUG, "chat_completions"):
        url = server.base_url.replace("//", "//user:sk-url@")
        api.create(
            api.client(base_url=url, api_key="", default_headers={"X-Api-Key": "sk-very-secret"}),
            extra_query={"sig": "sk-query"},
        )
    text = caplog.text
    assert "attempt 2" in text
    assert "retrying in" in text
    assert not [word for word in ("sk-", "Hello", MESSAGES[0]["content"]) if word in text]


def test_an_async_key_is_awaited() -> None:
    import asyncio

    async def key() -> str:
        return "sk-async"

    async def main(url: str) -> None:
        async with AsyncClient(base_url=url, api_key=key) as client:
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])

    with ScriptedServer(OK) as server:
        asyncio.run(main(server.base_url))
        with Client(base_url=server.base_url, api_key=key) as client:  # type: ignore[arg-type]
            with pytest.raises(errors.ChatCompletionsError, match="AsyncClient"):
                client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
    assert server.requests[0].headers["authorization"] == "Bearer sk-async"


def test_tasks_share_an_async_client() -> None:
    import asyncio

    async def main(url: str) -> list[str]:
        async with AsyncClient(base_url=url) as client:
            calls = (client.chat.completions.create(model=str(i), messages=MESSAGES) for i in range(40))  # type: ignore[arg-type]
            return [completion.id for completion in await asyncio.gather(*calls)]

    with ScriptedServer(OK) as server:
        assert asyncio.run(main(server.base_url)) == ["chatcmpl-1"] * 40
        assert {request.json()["model"] for request in server.requests} == {str(i) for i in range(40)}


def test_a_raw_page_is_parsed_when_asked() -> None:
    page = {"object": "list", "data": [COMPLETION], "has_more": False}
    with ScriptedServer(json_reply(page)) as server, Client(base_url=server.base_url) as client:
        raw = client.chat.completions.with_raw_response.list(limit=1, max_items=1)
        assert raw.json() == page
        assert [item.id for item in raw.parse()] == ["chatcmpl-1"]


@pytest.mark.slow
@pytest.mark.parametrize(("level", "told"), [("", ()), ("info", ()), ("debug", ("attempt 1",)), ("bodies", ("Hello",))])
def test_the_environment_turns_the_log_on(level: str, told: tuple[str, ...]) -> None:
    code = """
import sys
from chat_completions import Client
client = Client(base_url=sys.argv[1], api_key="sk-very-secret")
client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}])
"""
    environment = {**os.environ, "CHAT_COMPLETIONS_LOG": level}
    with ScriptedServer(OK) as server:
        command = [sys.executable, "-c", code, server.base_url]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert all(words in result.stderr for words in told)
    assert bool(result.stderr) is bool(told)
    assert "sk-very-secret" not in result.stderr
    assert ("Hello" in result.stderr) is (level == "bodies")


# A failure, and whether it is worth another attempt: as the client does, as its error says, and as a bulk run does.
WORTH_ANOTHER: dict[str, tuple[Reply, bool]] = {
    "400": (fail(400), False),
    "400 that the server wants again": (fail(400, x_should_retry="true"), True),
    "404 that the server wants again": (fail(404, x_should_retry="TRUE"), True),
    "408": (fail(408), True),
    "409": (fail(409), True),
    "409 that the server does not want again": (fail(409, x_should_retry="false"), False),
    "429": (fail(429), True),
    "429, the quota is used up": (fail(429, "insufficient_quota"), False),
    "429, the quota is used up, says the type": (
        json_reply({"error": {"message": "No.", "type": "insufficient_quota"}}, 429),
        False,
    ),
    "429, the quota is used up, and the server wants it again": (
        fail(429, "insufficient_quota", x_should_retry="true"),
        False,
    ),
    "500": (fail(500), True),
    "500 that the server does not want again": (fail(500, x_should_retry="false"), False),
    "503 of which the server says something else": (fail(503, x_should_retry="perhaps"), True),
}


@pytest.mark.parametrize(("reply", "is_worth"), WORTH_ANOTHER.values(), ids=WORTH_ANOTHER)
def test_calls_errors_and_bulk_runs_agree_on_what_is_tried_again(api: SyncApi, reply: Reply, is_worth: bool) -> None:
    with ScriptedServer(reply, OK) as server:
        client = api.client(base_url=server.base_url, max_retries=1)
        try:
            api.create(client)
            was_retried = True
        except errors.APIStatusError as error:
            was_retried = len(server.requests) > 1
            assert len(error.attempts) == len(server.requests)
    with ScriptedServer(reply) as server, pytest.raises(errors.APIStatusError) as raised:
        api.create(api.client(base_url=server.base_url, max_retries=0))
    assert (was_retried, raised.value.is_retryable, fault_of(raised.value).retryable) == (is_worth,) * 3
