"""What the caller's own transports, authentications, event hooks and bodies raise, over a real socket."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from chat_completions import AsyncClient, Client, errors
from tests.client.scripted import ScriptedServer, json_reply, stream_reply
from tests.client.test_calls import COMPLETION
from tests.client.test_streams import DONE, chunk

MESSAGES: Any = [{"role": "user", "content": "Hello"}]
KEY = "sk-very-secret"


class Odd(LookupError):
    """What no library raises."""


class Breaking:
    """Raises where it is told to, and counts."""

    def __init__(self, place: str, kind: type[Exception]) -> None:
        self.place, self.kind, self.count = place, kind, 0

    def at(self, place: str) -> None:
        if place == self.place:
            self.count += 1
            raise self.kind(f"no {KEY}")


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a response, which breaks after its first piece."""

    def __init__(self, stream: Any, breaking: Breaking) -> None:
        self._stream, self._breaking = stream, breaking

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            yield piece
            self._breaking.at("body")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece
            self._breaking.at("body")

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A real transport, wrapped."""

    def __init__(self, inner: Any, breaking: Breaking) -> None:
        self._inner, self._breaking = inner, breaking

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._breaking.at("transport")
        return self._wrapped(self._inner.handle_request(request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._breaking.at("transport")
        return self._wrapped(await self._inner.handle_async_request(request))

    def _wrapped(self, response: httpx.Response) -> httpx.Response:
        body = Body(response.stream, self._breaking)
        return httpx.Response(response.status_code, headers=response.headers, stream=body)

    def close(self) -> None:
        self._inner.close()

    async def aclose(self) -> None:
        await self._inner.aclose()


class Auth(httpx.Auth):
    def __init__(self, breaking: Breaking) -> None:
        self._breaking = breaking

    def auth_flow(self, request: httpx.Request) -> Any:
        self._breaking.at("auth")
        yield request


def raised_by(breaking: Breaking, url: str, *, is_async: bool, stream: bool) -> BaseException:
    """Return what a call raises, which may be retried twice."""
    arguments: Any = {"model": "m", "messages": MESSAGES, "stream": stream}
    settings: Any = {"api_key": KEY, "base_url": url, "max_retries": 2}

    async def async_hook(_: Any) -> None:
        breaking.at("hook")

    async def main() -> None:
        transport = Transport(httpx.AsyncHTTPTransport(), breaking)
        hooks = {"response": [async_hook]}
        async with httpx.AsyncClient(transport=transport, auth=Auth(breaking), event_hooks=hooks) as http_client:
            answer: Any = await AsyncClient(http_client=http_client, **settings).chat.completions.create(**arguments)
            [_ async for _ in answer]

    def sync_main() -> None:
        transport = Transport(httpx.HTTPTransport(), breaking)
        hooks = {"response": [lambda _: breaking.at("hook")]}
        with httpx.Client(transport=transport, auth=Auth(breaking), event_hooks=hooks) as http_client:
            list(Client(http_client=http_client, **settings).chat.completions.create(**arguments))

    with pytest.raises(Exception) as caught:
        asyncio.run(main()) if is_async else sync_main()
    return caught.value


# Whether the call is tried again.
KINDS: dict[type[Exception], bool] = {
    Odd: False,
    RuntimeError: False,
    ValueError: False,
    StopIteration: False,
    OSError: True,
    EOFError: True,
    httpx.ReadError: True,
    TimeoutError: True,
}


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_completions._transport.retry.delay", lambda *_: 0.0)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("place", ["transport", "auth", "hook", "body"])
@pytest.mark.parametrize(("kind", "is_retried"), KINDS.items(), ids=[kind.__name__ for kind in KINDS])
def test_what_the_callers_code_raises_is_the_cause(
    place: str, kind: type[Exception], is_retried: bool, is_async: bool
) -> None:
    """Of an error with the request, and without the key; an error of the network is retried, a mistake is not."""
    breaking = Breaking(place, kind)
    with ScriptedServer(json_reply(COMPLETION)) as server:
        error: Any = raised_by(breaking, server.base_url, is_async=is_async, stream=False)
    assert isinstance(error, errors.APIConnectionError)
    assert isinstance(error, errors.APITimeoutError) is (kind is TimeoutError)
    # Python itself turns a StopIteration in a generator into a RuntimeError.
    assert type(error.__cause__) in ((kind, RuntimeError) if kind is StopIteration else (kind,))
    assert (breaking.count, len(error.attempts)) == ((3, 3) if is_retried else (1, 1))
    assert error.is_retryable is is_retried
    assert (error.request.method, error.request.headers["authorization"]) == ("POST", "<hidden>")
    assert KEY not in f"{error} {error.attempts}"


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(("kind", "is_retried"), KINDS.items(), ids=[kind.__name__ for kind in KINDS])
def test_a_body_of_the_callers_that_breaks_in_a_stream(kind: type[Exception], is_retried: bool, is_async: bool) -> None:
    """It is a stream's error, which keeps what arrived; what was yielded cannot be taken back, nor is it retried."""
    breaking = Breaking("body", kind)
    with ScriptedServer(stream_reply([chunk("Hel"), 0.2, chunk("lo", "stop"), DONE])) as server:
        error: Any = raised_by(breaking, server.base_url, is_async=is_async, stream=True)
    assert type(error) is (errors.StreamTimeoutError if kind is TimeoutError else errors.StreamConnectionError)
    assert type(error.__cause__) in ((kind, RuntimeError) if kind is StopIteration else (kind,))
    assert error.partial.choices[0].message.content.startswith("Hel")
    assert (breaking.count, error.is_retryable, error.request.method) == (1, is_retried, "POST")


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("place", ["transport", "auth", "hook", "body"])
@pytest.mark.parametrize("stream", [False, True], ids=["completion", "stream"])
def test_an_assertion_of_a_test_passes_through(place: str, stream: bool, is_async: bool) -> None:
    breaking = Breaking(place, AssertionError)
    reply = stream_reply([chunk("Hello", "stop"), DONE]) if stream else json_reply(COMPLETION)
    with ScriptedServer(reply) as server:
        error = raised_by(breaking, server.base_url, is_async=is_async, stream=stream)
    assert (type(error), error.__cause__, breaking.count) == (AssertionError, None, 1)


def test_a_key_function_under_a_deadline_is_asked_for_each_attempt_and_held_to_it() -> None:
    """It sees the caller's context variables; what it raises has no other kind than without a deadline."""
    tenant = contextvars.ContextVar("tenant", default="none")
    asked: list[str] = []
    go_on = threading.Event()

    def key() -> str:
        asked.append(tenant.get())
        if len(asked) == 3:
            go_on.wait(5)
        return f"sk-{len(asked)}"

    tenant.set("a")
    busy = json_reply({}, 503)
    with ScriptedServer(busy, busy, json_reply(COMPLETION)) as server:
        with Client(api_key=key, base_url=server.base_url, deadline=0.5, max_retries=5) as client:
            begun = time.monotonic()
            with pytest.raises(errors.APITimeoutError, match=r"the deadline of 0\.5 s") as late:
                client.chat.completions.create(model="m", messages=MESSAGES)
            assert time.monotonic() - begun < 5
            go_on.set()
        sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer sk-1", "Bearer sk-2"] and asked == ["a"] * 3
    assert [attempt.status for attempt in late.value.attempts] == [503, 503, None]


@pytest.mark.parametrize("kind", [Odd, AssertionError, OSError])
def test_a_key_function_under_a_deadline_raises_what_it_does_without_one(kind: type[Exception]) -> None:
    def key() -> str:
        raise kind(KEY)

    for deadline in (None, 5):
        with Client(api_key=key, base_url="http://127.0.0.1:9/v1", deadline=deadline, max_retries=1) as client:
            with pytest.raises(errors.APIConnectionError if kind is OSError else kind) as caught:
                client.chat.completions.create(model="m", messages=MESSAGES)
        assert type(caught.value.__cause__ or caught.value) is kind
