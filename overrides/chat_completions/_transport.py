"""The two shells that carry out a plan: same steps, same order, one with await."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import threading
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from chat_completions._exchange import Answer, Close, Key, Read, Send, Sleep, Step

if TYPE_CHECKING:
    import ssl

    from chat_completions._settings import AsyncHttpClient, HttpClient

# httpx's own limits, with more idle connections kept than its 20: a burst of streams should not pay for TLS twice.
MAX_CONNECTIONS = 1000
MAX_IDLE_CONNECTIONS = 100


class Transport:
    """Carries out plans with an `httpx.Client`, the caller's or one of its own that is made when it is needed."""

    def __init__(self, http_client: HttpClient | None) -> None:
        self._http_client = http_client
        self._process = os.getpid()
        self._lock = threading.Lock()
        self.owned = http_client is None

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
                return client.send(_request(client, step), stream=True, follow_redirects=False)
            case Read(response):
                return response.read()
            case Close(response):
                return response.close()
            case Sleep(seconds):
                return time.sleep(seconds)
            case Key(source):
                return source()

    def close(self) -> None:
        """Close the connections; those of a caller's http client are the caller's."""
        if self.owned and self._http_client is not None:
            self._http_client.close()


class AsyncTransport:
    """Carries out plans with an `httpx.AsyncClient`, the caller's or one of its own that is made when it is needed."""

    def __init__(self, http_client: AsyncHttpClient | None) -> None:
        self._http_client = http_client
        self._process = os.getpid()
        self.owned = http_client is None

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
                return await client.send(_request(client, step), stream=True, follow_redirects=False)
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

    async def close(self) -> None:
        """Close the connections; those of a caller's http client are the caller's."""
        if self.owned and self._http_client is not None:
            await self._http_client.aclose()


def _request(client: Any, step: Send) -> Any:
    """Give the request that `client.build_request` would give, at half the cost.

    What that spends its time on is merging headers, which are few and known here. Time limits are an extension, so they
    need no `Timeout` of the library at hand.
    """
    kind: Any = type(client)
    module = _module_of(kind)
    if module is None:
        return client.build_request(
            step.method,
            step.url,
            headers=step.headers,
            params=step.params or None,
            content=step.content,
            extensions={"timeout": step.timeout},
        )
    ours = {name.lower().encode() for name in step.headers}
    headers = [pair for pair in client.headers.raw if pair[0].lower() not in ours]
    headers += [(name.encode("ascii"), value.encode("ascii")) for name, value in step.headers.items()]
    return module.Request(
        step.method,
        step.url,
        headers=headers,
        params=client.params.merge(step.params) if client.params else step.params or None,
        cookies=client.cookies or None,
        content=step.content,
        extensions={"timeout": step.timeout},
    )


@functools.cache
def _module_of(kind: type) -> Any:
    """Give httpx or httpx2, whichever a client's class is of; None if it builds requests in a way of its own."""
    for base in kind.__mro__:
        if "build_request" in vars(base):
            module = base.__module__.partition(".")[0]
            return sys.modules[module] if module in ("httpx", "httpx2") else None
    return None


def _client_arguments() -> dict[str, Any]:
    import httpx

    limits = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_IDLE_CONNECTIONS)
    environment = os.environ.get
    return {"limits": limits, "verify": _ssl_context(environment("SSL_CERT_FILE"), environment("SSL_CERT_DIR"))}


@functools.cache
def _ssl_context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    """Load the certificate store once for all clients: it takes longer than all the rest of making one."""
    import httpx

    return httpx.create_ssl_context()
