"""The two shells that carry out a plan: same steps, same order, one with await."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import threading
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, cast

from chat_completions._exchange import Answer, Close, Key, Read, Send, Sleep, Step
from chat_completions._requests import Requests
from chat_completions._settings import NotGiven

if TYPE_CHECKING:
    import ssl

    from chat_completions._settings import AsyncHttpClient, HttpClient, Timeout

# httpx's own limits, with more idle connections kept than its 20: a burst of streams should not pay for TLS twice.
MAX_CONNECTIONS = 1000
MAX_IDLE_CONNECTIONS = 100

_KEPT = "chat_completions_transport"
_HTTP_LIBRARY_TIMEOUT = 5.0  # seconds; what an http client has that was made without a word about time


class Transport:
    """Carries out plans with an `httpx.Client`, the caller's or one of its own that is made when it is needed."""

    def __init__(self, http_client: HttpClient | None) -> None:
        self._http_client = http_client
        self._requests = Requests()
        self._process = os.getpid()
        self._lock = threading.Lock()
        self.owned = http_client is None
        self._closes = self.owned or closes_with_client(http_client)
        self._closed = False

    def http_client(self) -> HttpClient:
        if self.owned and self._process != os.getpid():
            # A fork shares the parent's connections; two processes that write to one mix up their requests.
            self._process, self._lock, self._http_client = os.getpid(), threading.Lock(), None
        if self._http_client is None:
            import httpx

            with self._lock:
                if self._http_client is None:
                    self._http_client = httpx.Client(**_client_arguments())
        return self._http_client

    def run(self, plan: Generator[Step, Any, Answer]) -> Answer:
        """Carry out a plan and give its answer."""
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
            answer: Answer = stop.value
            return answer

    def _do(self, step: Step) -> Any:
        match step:
            case Send():
                client = self.http_client()
                response = client.send(self._requests.request(client, step), stream=True, follow_redirects=False)
                # A stream may outlive the client that it came from, which closes the connections when it goes.
                response.extensions[_KEPT] = self
                return response
            case Read(response):
                return response.read()
            case Close(response):
                return response.close()
            case Sleep(seconds):
                return time.sleep(seconds)
            case Key(source):
                return source()

    @property
    def is_closed(self) -> bool:
        """Whether the connections are closed."""
        return self._closed or (self._http_client is not None and self._http_client.is_closed)

    def close(self) -> None:
        """Close the connections; those of a caller's http client are the caller's, if it is not made by ours."""
        self._closed = self._closes
        if self._closes and self._http_client is not None:
            self._http_client.close()

    def __del__(self) -> None:
        # Of a client that nobody closed; a fork's connections are its parent's.
        if getattr(self, "owned", False) and self._http_client is not None and self._process == os.getpid():
            with contextlib.suppress(Exception):
                self._http_client.close()


class AsyncTransport:
    """Carries out plans with an `httpx.AsyncClient`, the caller's or one of its own that is made when it is needed."""

    def __init__(self, http_client: AsyncHttpClient | None) -> None:
        self._http_client = http_client
        self._requests = Requests()
        self._process = os.getpid()
        self.owned = http_client is None
        self._closes = self.owned or closes_with_client(http_client)
        self._closed = False

    def http_client(self) -> AsyncHttpClient:
        if self.owned and self._process != os.getpid():
            self._process, self._http_client = os.getpid(), None
        if self._http_client is None:
            import httpx

            self._http_client = httpx.AsyncClient(**_client_arguments())
        return self._http_client

    async def run(self, plan: Generator[Step, Any, Answer]) -> Answer:
        """Carry out a plan and give its answer."""
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
            answer: Answer = stop.value
            return answer

    async def _do(self, step: Step) -> Any:
        match step:
            case Send():
                client = self.http_client()
                return await client.send(self._requests.request(client, step), stream=True, follow_redirects=False)
            case Read(response):
                return await response.aread()
            case Close(response):
                return await response.aclose()
            case Sleep(seconds):
                import asyncio

                return await asyncio.sleep(seconds)
            case Key(source):
                key = source()
                return await key if inspect.isawaitable(key) else key

    @property
    def is_closed(self) -> bool:
        """Whether the connections are closed."""
        return self._closed or (self._http_client is not None and self._http_client.is_closed)

    async def close(self) -> None:
        """Close the connections; those of a caller's http client are the caller's, if it is not made by ours."""
        self._closed = self._closes
        if self._closes and self._http_client is not None:
            await self._http_client.aclose()


def timeout_of(timeout: Timeout | NotGiven, http_client: HttpClient | AsyncHttpClient | None) -> Timeout | NotGiven:
    """Give a client's time limits: those of its http client where the caller has set them there and nowhere else."""
    limits = getattr(http_client, "timeout", None)
    if not isinstance(timeout, NotGiven) or limits is None or set(limits.as_dict().values()) == {_HTTP_LIBRARY_TIMEOUT}:
        return timeout
    return cast("Timeout", limits)


def closes_with_client(http_client: object) -> bool:
    """Tell whether an http client was made by `DefaultHttpxClient` and its like, for one client."""
    return getattr(http_client, "closes_with_client", False) is True


def _client_arguments() -> dict[str, Any]:
    import httpx

    limits = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_IDLE_CONNECTIONS)
    return {"limits": limits, "verify": default_ssl_context()}


def default_ssl_context() -> ssl.SSLContext:
    """Give httpx's own context, for the certificates that the environment names."""
    environment = os.environ.get
    return _ssl_context(environment("SSL_CERT_FILE"), environment("SSL_CERT_DIR"))


@functools.cache
def _ssl_context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    """Load the certificate store once for all clients: it takes longer than all the rest of making one."""
    import httpx

    return httpx.create_ssl_context()
