"""One client in many hands: threads, forks, event loops and copies; none of them harms or betrays another."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import httpx2
import pytest

from chat_completions import (
    AsyncAzureClient,
    AsyncClient,
    AzureClient,
    Client,
    DefaultAioHttpClient,
    DefaultAsyncHttpx2Client,
    DefaultAsyncHttpxClient,
    DefaultHttpx2Client,
    DefaultHttpxClient,
    errors,
)
from tests.client.conftest import MESSAGES, SyncApi
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply, stream_reply
from tests.client.stream_server import stream_server

pytestmark = pytest.mark.slow

OK = json_reply({"id": "chatcmpl-1", "object": "chat.completion", "choices": []})
SYNC = [None, DefaultHttpxClient, DefaultHttpx2Client, httpx.Client, httpx2.Client]
ASYNC = [
    None,
    DefaultAsyncHttpxClient,
    DefaultAsyncHttpx2Client,
    DefaultAioHttpClient,
    httpx.AsyncClient,
    httpx2.AsyncClient,
]
OURS = [None, DefaultHttpxClient, DefaultHttpx2Client]
ASYNC_OURS = ASYNC[:4]


def named(make: Any) -> str:
    return "own" if make is None else f"{make.__module__.partition('.')[0]}-{make.__name__}"


def made(make: Any) -> Any:
    if make not in (httpx.Client, httpx2.Client):
        return None if make is None else make()
    # With more threads than idle connections, httpcore itself closes one now and then that another thread has taken.
    library = httpx if make is httpx.Client else httpx2
    return make(limits=library.Limits(max_connections=1000, max_keepalive_connections=1000))


def create(client: Client, model: str = "m") -> Any:
    return client.chat.completions.create(model=model, messages=MESSAGES)  # type: ignore[arg-type]


async def acreate(client: AsyncClient, model: str = "m") -> Any:
    return await client.chat.completions.create(model=model, messages=MESSAGES)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fast() -> Iterator[str]:
    with stream_server() as base_url:
        yield base_url


def told(stream: Any, name: str, kind: str) -> None:
    """Read a stream of the server's, and check that every chunk of it is this one's."""
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text == name + "....."
    assert kind != "cut"


@pytest.mark.parametrize("make", SYNC, ids=named)
@pytest.mark.parametrize("kind", ["stream", "late-end"])
def test_threads_that_only_stream(fast: str, make: Any, kind: str) -> None:
    """No thread gets an error, or another's chunks, from what is done to the connections of the others."""
    outcomes: Counter[str] = Counter()
    http_client = made(make)
    with Client(base_url=fast, api_key="x", max_retries=0, timeout=60, http_client=http_client) as client:

        def work(thread: int) -> None:
            for call in range(12):
                name = f"{thread}-{call}"
                try:
                    told(
                        client.chat.completions.create(model=f"{kind}/{name}", messages=MESSAGES, stream=True),  # type: ignore[call-overload]
                        name,
                        kind,
                    )
                    outcomes["complete"] += 1
                except Exception as error:
                    outcomes[repr(error)] += 1

        threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if http_client is not None:
        http_client.close()
    assert outcomes == {"complete": 32 * 12}


@pytest.mark.parametrize("make", SYNC, ids=named)
def test_the_short_limit_of_a_drain_is_not_another_calls(fast: str, make: Any) -> None:
    """A slow reply over a connection on which a stream has just ended is waited for as long as its own limit says."""
    failures: list[Exception] = []
    http_client = made(make)
    with Client(base_url=fast, api_key="x", max_retries=0, timeout=60, http_client=http_client) as client:

        def work(thread: int) -> None:
            try:
                for call in range(2):
                    name = f"{thread}-{call}"
                    told(
                        client.chat.completions.create(model=f"late-end/{name}", messages=MESSAGES, stream=True),  # type: ignore[call-overload]
                        name,
                        "stream",
                    )
                    assert create(client, f"slow/{name}").choices[0].message.content == name
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if http_client is not None:
        http_client.close()
    assert not failures


@pytest.mark.parametrize("make", [None, DefaultHttpxClient, DefaultHttpx2Client], ids=named)
def test_a_drained_connection_is_used_again(fast: str, make: Any) -> None:
    """Also where the end of the body comes after `[DONE]`, in a packet of its own."""
    last = b'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n'
    reply = stream_reply([last, b"data: [DONE]\n\n", 0.05])
    with ScriptedServer(reply) as server, Client(base_url=server.base_url, http_client=made(make)) as client:
        for _ in range(4):
            list(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))  # type: ignore[arg-type]
        assert server.connections == 1


def test_a_thousand_tasks_on_one_client(fast: str) -> None:
    outcomes: Counter[str] = Counter()

    async def work(client: AsyncClient, number: int) -> None:
        kind = ("stream", "late-end", "cut", "error", "stream")[number % 5]
        try:
            stream = await client.chat.completions.create(model=f"{kind}/{number}", messages=MESSAGES, stream=True)  # type: ignore[call-overload]
            async for chunk in stream:
                if number % 5 == 4:
                    assert chunk.choices[0].delta.content == str(number)
                    outcomes["left"] += 1
                    break
            else:
                outcomes["complete"] += 1
        except Exception as error:
            outcomes[type(error).__name__] += 1

    async def main() -> None:
        async with AsyncClient(base_url=fast, api_key="x", max_retries=0, timeout=120) as client:
            await asyncio.gather(*(work(client, number) for number in range(1000)))

    asyncio.run(main())
    assert outcomes == {"complete": 400, "left": 200, "StreamConnectionError": 200, "StreamError": 200}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("make", SYNC, ids=named)
def test_a_fork_shares_no_connection(make: Any) -> None:
    """Ours are made again in the child; one of the caller's is refused there with a typed error."""
    http_client = made(make)
    with ScriptedServer(OK) as server, Client(base_url=server.base_url, http_client=http_client) as client:
        create(client, "parent")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                create(client, "child")
                code = 0
            except errors.ChatCompletionsError as error:
                code = 2 if "has connections of another process" in str(error) else 3
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        create(client, "parent")
        if http_client is not None:
            http_client.close()
        seen = [(request.json()["model"], request.connection) for request in server.requests]
        if make in OURS:
            assert (code, seen) == (0, [("parent", 1), ("child", 2), ("parent", 1)])
        else:
            assert (code, seen) == (2, [("parent", 1), ("parent", 1)])


# Of connections that only a loop which has ended could have closed.
left_open = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("way", ["close", "del", "next", "break"])
def test_a_stream_that_a_fork_brought_along_is_left_alone(fast: str, way: str) -> None:
    """A lock of the pool may be held by a thread that stayed in the parent, and the connection is the parent's."""
    with Client(base_url=fast, api_key="x") as client:
        stream: Any = client.chat.completions.create(model="stream/s", messages=MESSAGES, stream=True)  # type: ignore[call-overload]
        chunks = iter(stream)
        next(chunks)
        pool_lock = client._transport.http_client()._transport._pool._optional_thread_lock  # type: ignore[union-attr]
        with pool_lock:
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    if way == "close":
                        stream.close()
                    elif way == "del":
                        del stream, chunks
                        gc.collect()
                    elif way == "break":
                        for _ in chunks:
                            break
                        chunks.close()
                    else:
                        for _ in range(100):
                            next(chunks)
                    code = 0
                except errors.ChatCompletionsError:
                    code = 0
                finally:
                    os._exit(code)
            until = time.monotonic() + 60
            while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < until:
                time.sleep(0.01)
            if ended[0] == 0:
                os.kill(child, 9)
                os.waitpid(child, 0)
        assert ended[0] and os.waitstatus_to_exitcode(ended[1]) == 0
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "....."


def test_event_loops_that_have_ended_are_forgotten() -> None:
    with ScriptedServer(OK) as server:
        client = AsyncClient(base_url=server.base_url)
        loops = []

        async def main() -> None:
            loops.append(weakref.ref(asyncio.get_running_loop()))
            await acreate(client)

        for _ in range(5):
            asyncio.run(main())
        gc.collect()
        assert [loop() for loop in loops] == [None] * 5


class Tagged(Client):
    tags: list[str]


def test_copies_of_a_subclass_have_what_it_added() -> None:
    client = Tagged(base_url="http://127.0.0.1:9/v1")
    client.tags = ["a"]
    assert client.with_options(max_retries=1).tags is copy.copy(client).tags is client.tags
    deep = copy.deepcopy(client)
    assert deep.tags == ["a"] and deep.tags is not client.tags


@left_open
@pytest.mark.parametrize("make", ASYNC, ids=named)
def test_an_async_client_in_one_event_loop_after_another(make: Any) -> None:
    with ScriptedServer(OK) as server:
        client = AsyncClient(base_url=server.base_url, http_client=made(make))

        async def main() -> int:
            done = 0
            for _ in range(2):
                done += bool((await acreate(client)).id)
            return done

        assert asyncio.run(main()) == 2
        if make in ASYNC_OURS:
            assert [asyncio.run(main()) for _ in range(3)] == [2, 2, 2]
            assert server.wait_until_closed()
            assert server.connections == 4
        else:
            with pytest.raises(errors.ChatCompletionsError, match="has connections of another event loop"):
                asyncio.run(main())
        client = None  # type: ignore[assignment]
        gc.collect()


@left_open
@pytest.mark.parametrize("make", ASYNC_OURS, ids=named)
def test_loops_that_are_only_closed(make: Any) -> None:
    """Without `shutdown_asyncgens`, which would close the connections."""
    with ScriptedServer(OK) as server:
        client = AsyncClient(base_url=server.base_url, http_client=made(make))
        for _ in range(3):
            loop = asyncio.new_event_loop()
            assert loop.run_until_complete(acreate(client)).id
            loop.close()
        del client
        gc.collect()


@pytest.mark.parametrize("make", ASYNC_OURS, ids=named)
def test_event_loops_of_several_threads_at_once(make: Any) -> None:
    failures: list[Exception] = []
    with ScriptedServer(OK) as server:
        client = AsyncClient(base_url=server.base_url, http_client=made(make), max_retries=0, timeout=120)

        async def main() -> None:
            await asyncio.gather(*(acreate(client) for _ in range(5)))

        def work() -> None:
            try:
                asyncio.run(main())
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert len(server.requests) == 40
        assert server.wait_until_closed()


@pytest.mark.parametrize("make", [None, DefaultHttpxClient, httpx.Client, httpx2.Client], ids=named)
def test_a_call_after_close(make: Any) -> None:
    """Closed by the client, or by the caller's own http client: the same typed error, before anything is sent."""
    with ScriptedServer(OK) as server:
        http_client = made(make)
        client = Client(base_url=server.base_url, http_client=http_client)
        create(client)
        (client if make in OURS else http_client).close()
        for _ in range(2):
            with pytest.raises(errors.ChatCompletionsError, match="client is closed"):
                create(client)
        assert client.is_closed() and len(server.requests) == 1
        client.close()


@pytest.mark.parametrize("make", ASYNC, ids=named)
def test_an_async_call_after_close(make: Any) -> None:
    async def main() -> None:
        http_client = made(make)
        client = AsyncClient(base_url=server.base_url, http_client=http_client)
        await acreate(client)
        await (client.close() if make in ASYNC_OURS else http_client.aclose())
        for _ in range(2):
            with pytest.raises(errors.ChatCompletionsError, match="client is closed"):
                await acreate(client)
        assert client.is_closed() and len(server.requests) == 1
        await client.close()

    with ScriptedServer(OK) as server:
        asyncio.run(main())


COPIES: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy]


@pytest.mark.parametrize("copied", COPIES, ids=lambda copied: copied.__name__)
def test_a_copy_sends_the_same_key(api: SyncApi, copied: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(OK) as server:
        original = api.client(base_url=server.base_url, api_key="sk-other", organization="o", timeout=50, deadline=70)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
        monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
        client = copied(original)
        copies = [client, copied(client.with_options(max_retries=0))]
        for one in copies:
            api.create(one)
        assert {request.headers["authorization"] for request in server.requests} == {"Bearer sk-other"}
        assert (client.organization, client.timeout, client._settings.deadline) == ("o", 50, 70)
        api.create(original)
        for one in copies:
            api.close(one)


@pytest.mark.parametrize("kind", [AzureClient, AsyncAzureClient])
@pytest.mark.parametrize("copied", COPIES, ids=lambda copied: copied.__name__)
@pytest.mark.parametrize("given", [{"api_key": "sk-other"}, {"azure_ad_token": "sk-other"}], ids=["key", "token"])
def test_a_copy_of_an_azure_client(kind: Any, copied: Any, given: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(OK) as server:
        endpoint = server.base_url.removesuffix("/v1")
        original = kind(azure_endpoint=endpoint, api_version="v", **given)
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", "sk-environment")
        monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "sk-environment")
        client = copied(original)
        asyncio.run(acreate(client)) if kind is AsyncAzureClient else create(client)
        headers = server.requests[0].headers
        assert (headers.get("api-key"), headers.get("authorization")) in (
            ("sk-other", None),
            (None, "Bearer sk-other"),
        )


def test_a_copy_shares_a_callers_http_client() -> None:
    with ScriptedServer(OK) as server, httpx.Client(headers={"x-lamp": "lit"}) as http_client:
        client = copy.deepcopy(Client(base_url=server.base_url, http_client=http_client))
        create(client)
        client.close()
        assert server.requests[0].headers["x-lamp"] == "lit" and not http_client.is_closed


def test_a_copy_keeps_a_key_function_and_hooks() -> None:
    seen: list[Any] = []
    with ScriptedServer(json_reply({"id": "c", "choices": [], "lamp": 1})) as server:
        client = copy.deepcopy(Client(base_url=server.base_url, api_key=lambda: "sk-f", on_unknown=seen.append))
        create(client)
        assert server.requests[0].headers["authorization"] == "Bearer sk-f" and len(seen) == 1


def test_closed_clients_of_ended_loops_leave_no_thread_or_task() -> None:
    before = threading.active_count()

    def reply(request: Received) -> Reply:
        return OK

    with ScriptedServer(reply) as server:

        async def main() -> int:
            client = AsyncClient(base_url=server.base_url)
            await acreate(client)
            return len(asyncio.all_tasks())

        assert asyncio.run(main()) == 1
        assert server.wait_until_closed()
    until = time.monotonic() + 60
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() <= before
