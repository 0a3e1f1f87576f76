"""The sync and the async shell that carry out a plan: the same steps in the same order."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from typing import TYPE_CHECKING, Any, Self, cast

from chat_completions import _logging
from chat_completions._transport.call import CallResult
from chat_completions._transport.cookies import check_sessions, cookie_book, forget_in_sessions
from chat_completions._transport.request_builder import Requests, send_options
from chat_completions._transport.response_body import aread_body, awaited_by, read_body, slice_body
from chat_completions._transport.steps import Close, Key, Read, Send, Sleep, Step
from chat_completions._types import NotGiven, Secret
from chat_completions.errors import ChatCompletionsError

if TYPE_CHECKING:
    import ssl

    import httpx

    from chat_completions._types import AsyncHttpClient, HttpClient, Timeout, TransportName

# More idle connections than httpx's 20, so that a burst of streams does not pay for TLS twice. A sync client keeps all:
# with more threads than idle connections, httpcore sometimes closes one that another thread has just taken. An async
# client has one thread, and httpx polls every idle connection.
MAX_CONNECTIONS = MAX_IDLE_CONNECTIONS = 1000
MAX_IDLE_ASYNC_CONNECTIONS = 100

_KEPT = "chat_completions_transport"
_HTTP_LIBRARY_TIMEOUT = 5.0  # seconds; the timeout of an HTTP client that was created without one


class _BaseTransport:
    """The base of the two transports: which HTTP client they send with, and where it can be used.

    Connections belong to a process, and async ones to an event loop: after a fork two processes would write to one
    socket, and a socket of another loop never wakes up. So each process and each event loop gets its own HTTP client.
    """

    _closed = False
    _process: int | None = None  # that uses the caller's HTTP client

    _closing: str  # the method that the HTTP client closes with
    _kind: str  # its class, in httpx and in httpx2

    def __init__(self, http_client: Any, transport: TransportName, make: Callable[[], Any] | None) -> None:
        if http_client is not None:
            self._check_kind(http_client)
            if transport == "fast":
                _logging.not_fast("the client has an http_client")
        self._name = transport
        self._is_fast = transport == "fast" and http_client is None
        self.owned = http_client is None
        # The caller's HTTP client until its first use, and the function that creates another, if there is one.
        self._unused = [] if http_client is None else [http_client]
        self._make = make if http_client is None else getattr(http_client, "made_again", None)
        self._given = http_client
        self._clients: dict[Any, Any] = {}  # by process or event loop
        self._locks: dict[int, threading.Lock] = {}  # by process: a fork may copy a lock that is held
        self._requests = Requests()
        self._closes = self.owned or closes_with_client(http_client)

    def _check_kind(self, http_client: Any) -> None:
        """Check the caller's HTTP client.

        Raises:
            TypeError: It is of the other kind, or not an HTTP client.
        """
        if isinstance(http_client, type):
            name = f"the class {http_client.__name__}"
        elif all(callable(getattr(http_client, method, None)) for method in ("build_request", "send", self._closing)):
            return
        else:
            name = type(http_client).__name__
        raise TypeError(f"http_client must be an httpx.{self._kind}() or an httpx2.{self._kind}(), not {name}")

    def sibling(self) -> Self:
        """Return the transport for a copy of the client: a new one, or this one if the HTTP client is the caller's."""
        kind: Any = type(self)
        return cast(Self, kind(None, self._name) if self.owned else self)

    def named(self, transport: TransportName) -> Self:
        """Return the transport for a copy of the client with this setting: this one if nothing changes."""
        if transport == self._name or self._closed or not self.owned:
            return self
        kind: Any = type(self)
        return cast(Self, kind(None, transport))

    def _client_for(self, place: Any, process: int) -> Any:
        """Return the HTTP client for a process or event loop, created on first use."""
        with self._locks.setdefault(process, threading.Lock()):
            client = self._clients.get(place)
            if client is None:
                client = self._first(process) if self._unused else self._another(process)
                self._clients[place] = client
            return client

    def _first(self, process: int) -> Any:
        self._process = process
        return self._unused.pop()

    def _another(self, process: int) -> Any:
        if self._make is None:
            raise _elsewhere("process")
        return self._make()

    def _check_open(self) -> None:
        if self._closed:
            raise ChatCompletionsError("the client is closed; create another one")


def _elsewhere(place: str) -> ChatCompletionsError:
    return ChatCompletionsError(
        f"the http_client of this client has connections of another {place}; create both clients in the {place}"
        " that uses them, or omit http_client"
    )


class Transport(_BaseTransport):
    """Carries out plans with an `httpx.Client`: the caller's, or its own, created on first use."""

    _closing, _kind = "close", "Client"

    def __init__(self, http_client: HttpClient | None, transport: TransportName = "httpx") -> None:
        super().__init__(http_client, transport, _new_client)

    def http_client(self) -> HttpClient:
        """Return the HTTP client for this process.

        Raises:
            ChatCompletionsError: The client is closed, or the caller's HTTP client was used before a fork.
        """
        self._check_open()
        process = os.getpid()
        client = self._clients.get(process) or self._client_for(process, process)
        if client.is_closed:
            self._closed = True
            self._check_open()
        return cast("HttpClient", client)

    def run(self, plan: Generator[Step, Any, CallResult]) -> CallResult:
        """Carry out a plan and return its result."""
        result: Any = None
        failure: Exception | None = None
        try:
            while True:
                step = plan.throw(failure) if failure is not None else plan.send(result)
                result, failure = None, None
                try:
                    result = self._do(step)
                except Exception as error:
                    failure = error
        except StopIteration as stop:
            answer: CallResult = stop.value
            return answer

    def _do(self, step: Step) -> Any:
        match step:
            case Send():
                return self._send(step)
            case Read():
                return self._read(step)
            case Close(response):
                return response.close()
            case Sleep(seconds):
                return time.sleep(seconds)
            case Key(source, ends_at):
                if ends_at is None:
                    return Secret(source.reveal()())
                from chat_completions._transport.watchdog import call_by

                return call_by(ends_at, lambda: Secret(source.reveal()()))

    def _send(self, step: Send) -> Any:
        client: Any = self.http_client()
        request = step.request = self._requests.request(client, step)
        book = cookie_book(client)

        def send() -> Any:
            if book is None:
                return client.send(request, **send_options(step))
            with book:
                response = client.send(request, **send_options(step))
                book.record(step, response)
                return response

        if step.ends_at is None:
            response = self._opened(send())
        else:
            from chat_completions._transport.watchdog import Sending, call_by, guard

            ends_at = step.ends_at
            sending = request.extensions["trace"] = Sending()
            response = self._opened(call_by(ends_at, send, dropped=lambda late: late.close(), late=sending.give_up))
            guard(response, lambda: ends_at - time.monotonic())
        slice_body(response)
        return response

    def _opened(self, response: Any) -> Any:
        # A stream may outlive its client, whose finalizer closes the connections.
        response.extensions[_KEPT] = self
        if self._is_fast:
            from chat_completions._transport.chunked_body import read_directly

            if not read_directly(response):
                self._is_fast = False
                _logging.not_fast("this version of httpx is not supported")
        return response

    def _read(self, step: Read) -> Exception | None:
        read = functools.partial(read_body, step.response, step.limit, step.ends_at, cut=step.cut)
        if step.ends_at is None or getattr(step.response.stream, "connection", None) is not None:
            return read()
        from chat_completions._transport.watchdog import call_by

        return call_by(step.ends_at, read)

    @property
    def is_closed(self) -> bool:
        """Whether the connections are closed."""
        client = self._clients.get(os.getpid()) or (self._unused[0] if self._unused else None)
        return self._closed or (client is not None and client.is_closed)

    def close(self) -> None:
        """Close the connections, except those of a caller's own HTTP client."""
        if self._closes:
            self._closed = True
            for client in (self._clients.get(os.getpid()), *self._unused):
                if client is not None:
                    client.close()

    def __del__(self) -> None:
        # If the client was not closed; after a fork the connections belong to the parent.
        if getattr(self, "owned", False) and (client := self._clients.get(os.getpid())) is not None:
            with contextlib.suppress(Exception):
                client.close()


class AsyncTransport(_BaseTransport):
    """Carries out plans with an `httpx.AsyncClient`: the caller's, or its own, created on first use.

    Its own is closed with its event loop at the latest: by an async generator that the loop closes
    (`loop.shutdown_asyncgens`, as `asyncio.run` does).
    """

    _closing, _kind = "aclose", "AsyncClient"

    def __init__(self, http_client: AsyncHttpClient | None, transport: TransportName = "httpx") -> None:
        super().__init__(http_client, transport, _new_async_client)
        if self._is_fast:
            from chat_completions._transport.fast import check_installed

            check_installed()
            self._make = _new_aiohttp_client
        self._closers: dict[
            Any, AsyncGenerator[None, None]
        ] = {}  # by the same keys as the HTTP clients that they close
        self._moved = False  # whether the caller's HTTP client is used in a second event loop

    async def http_client(self) -> AsyncHttpClient:
        """Return the HTTP client for this process and event loop.

        Raises:
            ChatCompletionsError: The client is closed, or the caller's HTTP client was used before a fork.
        """
        self._check_open()
        place = _async_place()
        client = self._clients.get(place)
        if client is None:
            for other in list(self._clients):
                if other[0] == place[0] and other[1].is_closed():
                    self._clients.pop(other, None)
                    self._closers.pop(other, None)
            client = self._client_for(place, place[0])
            if self._make is not None and self._closes:
                closer = self._closers[place] = self._closer(place, client)
                await anext(closer)  # now it waits to be closed
        if client.is_closed:
            self._closed = True
            self._check_open()
        return cast("AsyncHttpClient", client)

    def _another(self, process: int) -> Any:
        if self._make is None and self._process == process:
            self._moved = True  # it may work; the request will tell
            return self._given
        return super()._another(process)

    async def _closer(self, place: Any, client: AsyncHttpClient) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            self._clients.pop(place, None)
            self._closers.pop(place, None)
            await client.aclose()

    async def run(self, plan: Generator[Step, Any, CallResult]) -> CallResult:
        """Carry out a plan and return its result."""
        result: Any = None
        failure: Exception | None = None
        try:
            while True:
                step = plan.throw(failure) if failure is not None else plan.send(result)
                result, failure = None, None
                try:
                    result = await self._do(step)
                except Exception as error:
                    failure = error
        except StopIteration as stop:
            answer: CallResult = stop.value
            return answer

    async def _do(self, step: Step) -> Any:
        match step:
            case Send():
                return await self._send(step)
            case Read():
                return await aread_body(step.response, step.limit, step.ends_at, cut=step.cut)
            case Close(response):
                return await response.aclose()
            case Sleep(seconds):
                import asyncio

                return await asyncio.sleep(seconds)
            case Key(source, ends_at):
                key: Secret[Any] = Secret(source.reveal()())
                return Secret(await awaited_by(ends_at, key.reveal())) if inspect.isawaitable(key.reveal()) else key

    async def _send(self, step: Send) -> Any:
        client: Any = await self.http_client()
        request = step.request = self._requests.request(client, step)
        try:
            response = await awaited_by(step.ends_at, _sent(client, step, request))
        except RuntimeError as failure:
            if self._moved:
                raise _elsewhere("event loop") from failure
            raise
        response.extensions[_KEPT] = self
        if "httpx_aiohttp" in sys.modules:
            from chat_completions._transport.aiohttp_errors import mend_body

            mend_body(response)
        slice_body(response)
        return response

    @property
    def is_closed(self) -> bool:
        """Whether the connections are closed."""
        known = [*self._clients.values(), *self._unused]
        return self._closed or (bool(known) and all(client.is_closed for client in known))

    async def close(self) -> None:
        """Close the connections, except those of a caller's own HTTP client."""
        if not self._closes:
            return
        self._closed = True
        here = _async_place()
        for place, closer in list(self._closers.items()):
            self._closers.pop(place, None)
            if place == here:
                await closer.aclose()
            elif place[0] == here[0] and place[1].is_running():
                import asyncio

                asyncio.run_coroutine_threadsafe(closer.aclose(), place[1])
        for client in {*self._unused, *([] if self._make is not None else self._clients.values())}:
            await client.aclose()


async def _sent(client: Any, step: Send, request: Any) -> Any:
    check_sessions(client, step)
    book = cookie_book(client)
    with book or contextlib.nullcontext():
        response = await client.send(request, **send_options(step))
        if book is not None:
            book.record(step, response)
            forget_in_sessions(client, response)
        return response


def _async_place() -> tuple[int, Any]:
    import asyncio

    return os.getpid(), asyncio.get_running_loop()


def timeout_of(timeout: Timeout | NotGiven, http_client: HttpClient | AsyncHttpClient | None) -> Timeout | NotGiven:
    """Return a client's timeout: that of its HTTP client, if the caller has set it only there."""
    limits: Any = getattr(http_client, "timeout", None)
    if (
        not isinstance(timeout, NotGiven)
        or not hasattr(limits, "as_dict")
        or isinstance(http_client, type)
        or set(limits.as_dict().values()) == {_HTTP_LIBRARY_TIMEOUT}
    ):
        return timeout
    return cast("Timeout", limits)


def closes_with_client(http_client: object) -> bool:
    """Return whether an HTTP client is closed with its client, as a `DefaultHttpxClient` is."""
    return getattr(http_client, "closes_with_client", False) is True


def _limits(transport: type[Any]) -> httpx.Limits:
    import httpx

    idle = MAX_IDLE_CONNECTIONS if transport is httpx.HTTPTransport else MAX_IDLE_ASYNC_CONNECTIONS
    return httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=idle)


def _client_arguments(transport: type[Any]) -> dict[str, Any]:
    from chat_completions._transport.environment import proxy_arguments

    arguments = {"limits": _limits(transport), "verify": default_ssl_context()}
    return {**arguments, **proxy_arguments(transport, **arguments)}


def _httpx_arguments(transport: type[Any]) -> dict[str, Any]:
    """Return the arguments for httpx's own clients: these can wait for certificates until they need them."""
    from chat_completions._transport.environment import late_arguments

    limits = _limits(transport)
    late = late_arguments(lambda: transport(limits=limits, verify=default_ssl_context()))
    return {"limits": limits, **late} if late else _client_arguments(transport)


def _new_client() -> httpx.Client:
    import httpx

    return httpx.Client(**_httpx_arguments(httpx.HTTPTransport))


def _new_async_client() -> httpx.AsyncClient:
    import httpx

    return httpx.AsyncClient(**_httpx_arguments(httpx.AsyncHTTPTransport))


def _new_aiohttp_client() -> httpx.AsyncClient:
    """Return an HTTP client that sends with aiohttp; with httpx, if aiohttp cannot do what the environment asks for."""
    from chat_completions._transport.fast import problem_of_aiohttp

    if (problem := problem_of_aiohttp()) is not None:
        _logging.not_fast(problem)
        return _new_async_client()
    import httpx
    from httpx_aiohttp import HttpxAiohttpClient

    return HttpxAiohttpClient(**_client_arguments(httpx.AsyncHTTPTransport))


def default_ssl_context() -> ssl.SSLContext:
    """Return httpx's default TLS context, with the certificates that the environment names.

    Raises:
        ChatCompletionsError: The certificates do not exist.
    """
    environment = os.environ.get
    return _ssl_context(environment("SSL_CERT_FILE"), environment("SSL_CERT_DIR"))


@functools.cache
def _ssl_context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    """Load the certificate store once for all clients: it takes longer than the rest of creating one."""
    from chat_completions._transport.environment import ssl_context

    return ssl_context()
