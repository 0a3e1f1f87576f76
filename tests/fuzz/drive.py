"""Carries out cases, and judges what comes of each."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import pickle
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chat_completions import (
    AsyncClient,
    ChatCompletionsError,
    Client,
    DefaultAioHttpClient,
    DefaultAsyncHttpx2Client,
    DefaultHttpx2Client,
    StreamError,
)
from chat_completions._transport import retry
from tests.fuzz.cases import VARIABLES, Case
from tests.fuzz.server import RawServer

KEY = "sk-fuzz-marker"
MESSAGES: Any = [{"role": "user", "content": "Hello"}]
PAGES = 4  # of a listing that are asked for at most
SECONDS = 60.0  # after which a case hangs; all limits of the clients are far below

_OPTIONS: dict[str, Any] = {"api_key": KEY, "max_retries": 1, "timeout": 0.5, "deadline": 5.0}
# It has to succeed, however busy the machine is.
_GOOD: dict[str, Any] = {"model": "good", "messages": MESSAGES, "timeout": 60, "deadline": None}
_HTTP_CLIENTS: dict[str, Callable[[], Any]] = {
    "sync-httpx2": DefaultHttpx2Client,
    "async-httpx2": DefaultAsyncHttpx2Client,
    "aiohttp": DefaultAioHttpClient,
}


class Driver:
    """Carries out cases with a client for each transport, against one server. Use it with `with`."""

    def __init__(self) -> None:
        self.server = RawServer()
        self._runner = asyncio.Runner()
        self._clients: dict[str, Any] = {}
        self._strays: list[str] = []  # what went wrong where nobody awaits it

    def __enter__(self) -> Driver:
        self._delays = retry.FIRST_DELAY, retry.LONGEST_RETRY_AFTER
        retry.FIRST_DELAY, retry.LONGEST_RETRY_AFTER = 0.0, 0.01
        self._getaddrinfo = socket.getaddrinfo
        socket.getaddrinfo = self._looked_up
        self.server.__enter__()
        self._runner.get_loop().set_exception_handler(self._note)
        return self

    def __exit__(self, *exc: object) -> None:
        self.forget()
        self._runner.close()
        self.server.__exit__(*exc)
        socket.getaddrinfo = self._getaddrinfo
        retry.FIRST_DELAY, retry.LONGEST_RETRY_AFTER = self._delays

    def _looked_up(self, host: Any, *args: Any, **options: Any) -> Any:
        """Keep the names that servers redirect to away from the network."""
        if host not in ("127.0.0.1", b"127.0.0.1"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self._getaddrinfo(host, *args, **options)

    def _note(self, _: Any, told: dict[str, Any]) -> None:
        # httpx-aiohttp forgets the connection of a reply whose reason is no UTF-8; it is closed when it is collected.
        if told["message"] not in ("Unclosed connection", "Unclosed response"):
            self._strays.append(repr(told))

    def forget(self) -> None:
        """Close all clients; the next case makes others."""
        while self._clients:
            self._close(self._clients.popitem()[1])

    def problem(self, case: Case) -> str | None:
        """Carry out a case, and return what is wrong with what came of it; None if nothing is."""
        self._strays.clear()
        self.server.script(case.replies, hold=case.hold)
        with _environment(case.environment):
            try:
                client = self._client(case)
            except Exception as error:
                return _wrong_with(error)
            try:
                wrong = self._carried_out(client, case)
                if wrong is None and not case.environment:
                    wrong = self._still_works(client)
            finally:
                if case.environment:
                    self._close(client)
        if wrong is None and self._strays:
            wrong = f"the event loop was told of {self._strays[0]}"
        if wrong is not None:
            self.forget()
        return wrong

    def leaks(self) -> bool:
        """Return whether a connection stays open once all clients are closed."""
        self.forget()
        gc.collect()
        return not self.server.wait_until_closed(30)

    def _client(self, case: Case) -> Any:
        if not case.environment and case.transport in self._clients:
            return self._clients[case.transport]
        make = _HTTP_CLIENTS.get(case.transport)
        options = {**_OPTIONS, "base_url": self.server.base_url, "http_client": make() if make else None}
        client: Any = Client(**options) if case.transport.startswith("sync") else AsyncClient(**options)
        if not case.environment:
            self._clients[case.transport] = client
        return client

    def _close(self, client: Any) -> None:
        if isinstance(client, AsyncClient):
            self._runner.run(client.close())
        else:
            client.close()

    def _carried_out(self, client: Any, case: Case) -> str | None:
        operation = _ASYNC[case.operation] if isinstance(client, AsyncClient) else _SYNC[case.operation]
        try:
            self._run(client, operation)
        except TimeoutError:
            return f"it still hung after {SECONDS} s"
        except Exception as error:
            return _wrong_with(error)
        return None

    def _still_works(self, client: Any) -> str | None:
        try:
            completion = self._run(client, lambda client: client.chat.completions.create(**_GOOD))
        except Exception as error:
            return f"the next call fails: {error!r}"
        return None if completion.choices[0].message.content == "Hello" else "the next call has another answer"

    def _run(self, client: Any, operation: Callable[[Any], Any]) -> Any:
        if isinstance(client, Client):
            return operation(client)

        async def main() -> Any:
            async with asyncio.timeout(SECONDS):
                return await operation(client)

        return self._runner.run(main())


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    names = {name for known in VARIABLES for name in (known, known.lower(), known.upper())}
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)
        os.environ.update(before)


def _wrong_with(error: Exception) -> str | None:
    """Return what is wrong with an error; None if it is as it should be."""
    if not isinstance(error, ChatCompletionsError):
        return "not one of our errors:\n" + "".join(traceback.format_exception(error))
    if not str(error).strip():
        return f"an error without a message: {error!r}"
    try:
        text = pickle.dumps(error)
        copies = [pickle.loads(text), copy.copy(error), copy.deepcopy(error)]
    except Exception as failure:
        return f"{error!r} cannot be copied: {failure!r}"
    if any(str(other) != str(error) or type(other) is not type(error) for other in copies):
        return f"a copy of {error!r} differs"
    shown = [repr(error), str(error), str(vars(error)), repr(text)]
    if KEY in "".join([*shown, "".join(traceback.format_exception(error))]):
        return f"the key shows in {error!r}"
    if isinstance(error, StreamError):
        try:
            error.partial.to_dict()
            assert isinstance(error.text, str)
        except Exception as failure:
            return f".partial of {error!r} cannot be read: {failure!r}"
    return None


def _create(client: Client) -> None:
    client.chat.completions.create(model="m", messages=MESSAGES).to_dict()


def _stream(client: Client) -> None:
    with client.chat.completions.create(model="m", messages=MESSAGES, stream=True) as stream:
        for chunk in stream:
            chunk.to_dict()


def _events(client: Client) -> None:
    with client.chat.completions.stream(model="m", messages=MESSAGES) as stream:
        for _ in stream:
            pass
        stream.get_final_completion()


def _list(client: Client) -> None:
    for number, page in enumerate(client.chat.completions.list().iter_pages()):
        page.to_dict()
        if number == PAGES:
            break


def _raw(client: Client) -> None:
    raw = client.chat.completions.with_raw_response.create(model="m", messages=MESSAGES)
    for read in (lambda: raw.text, raw.json, raw.parse, lambda: repr(raw)):
        _told(read)


def _streamed(client: Client) -> None:
    for way in ("read", "text", "json", "parse", "iter_text", "iter_lines"):
        with client.chat.completions.with_streaming_response.create(model="m", messages=MESSAGES) as response:
            _told(lambda response=response, way=way: _exhausted(getattr(response, way)()))


def _exhausted(found: Any) -> None:
    if hasattr(found, "__next__"):
        for _ in found:
            pass


def _told(read: Callable[[], Any]) -> None:
    """Read on after one of our errors, if it is as it should be: each way to read is to be tried."""
    try:
        read()
    except ChatCompletionsError as error:
        if _wrong_with(error):
            raise AssertionError(_wrong_with(error)) from error


async def _create_async(client: AsyncClient) -> None:
    (await client.chat.completions.create(model="m", messages=MESSAGES)).to_dict()


async def _stream_async(client: AsyncClient) -> None:
    async with await client.chat.completions.create(model="m", messages=MESSAGES, stream=True) as stream:
        async for chunk in stream:
            chunk.to_dict()


async def _events_async(client: AsyncClient) -> None:
    async with client.chat.completions.stream(model="m", messages=MESSAGES) as stream:
        async for _ in stream:
            pass
        await stream.get_final_completion()


async def _list_async(client: AsyncClient) -> None:
    number = 0
    async for page in client.chat.completions.list().iter_pages():
        page.to_dict()
        number += 1
        if number > PAGES:
            break


async def _raw_async(client: AsyncClient) -> None:
    raw = await client.chat.completions.with_raw_response.create(model="m", messages=MESSAGES)
    for read in (lambda: raw.text, raw.json, raw.parse, lambda: repr(raw)):
        _told(read)


async def _streamed_async(client: AsyncClient) -> None:
    for way in ("read", "text", "json", "parse", "iter_text", "iter_lines"):
        async with client.chat.completions.with_streaming_response.create(model="m", messages=MESSAGES) as response:
            try:
                found: Any = getattr(response, way)()
                if hasattr(found, "__aiter__"):
                    async for _ in found:
                        pass
                else:
                    await found
            except ChatCompletionsError as error:
                if _wrong_with(error):
                    raise AssertionError(_wrong_with(error)) from error


_SYNC: dict[str, Callable[[Any], Any]] = {
    "create": _create,
    "stream": _stream,
    "events": _events,
    "list": _list,
    "raw": _raw,
    "streamed": _streamed,
}
_ASYNC: dict[str, Callable[[Any], Any]] = {
    "create": _create_async,
    "stream": _stream_async,
    "events": _events_async,
    "list": _list_async,
    "raw": _raw_async,
    "streamed": _streamed_async,
}
