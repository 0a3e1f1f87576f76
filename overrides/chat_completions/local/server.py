"""A server in a background thread, on a real loopback socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Collection, Mapping
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

# Seconds that running replies have to end when the server closes.
_GRACE = 0.25

_JOIN_TIMEOUT = 10.0


class LocalServer:
    """Serve the Chat Completions API from this process.

    Use it as a context manager: `with LocalServer() as server: Client(base_url=server.base_url)`. Several servers may
    run at once, and a closed one may be started again.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 chooses a free one at each start.
        database: SQLite file for stored completions; None keeps them in memory until `close`.
        api_keys: The accepted API keys; None requires no key.
        strict: Whether request fields that are not in the contract are rejected; otherwise they are ignored.
        chunk_delay: Seconds between the chunks of a stream.
        max_body_bytes: Maximum size of a request body in bytes.
        document: OpenAPI document to check requests against; None uses the one in the package.
        allow_hosts: Values of the header `Host` to accept besides loopback and `host`; a server that listens on all
            addresses accepts every host.

    Attributes:
        app: The ASGI application.

    Raises:
        ImportError: If the extra `[local]` is not installed.
        ValueError: If a setting is out of range.
    """

    app: Starlette

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        database: str | PathLike[str] | None = None,
        api_keys: Collection[str] | None = None,
        strict: bool = False,
        chunk_delay: float = 0.0,
        max_body_bytes: int = 32 * 2**20,
        document: Mapping[str, Any] | None = None,
        allow_hosts: Collection[str] = (),
    ) -> None:
        require_extra()
        from .app import create_app
        from .hosts import allowed_hosts

        allowed_hosts([host], allow_hosts)

        self.app = create_app(
            database=database,
            api_keys=api_keys,
            strict=strict,
            chunk_delay=chunk_delay,
            max_body_bytes=max_body_bytes,
            document=document,
        )
        self._host = host
        self._allow_hosts = allow_hosts
        if not 0 <= port <= 65535:
            # Some systems would use such a number modulo 65536.
            raise ValueError(f"port {port} is not between 0 and 65535")
        self._port = port
        self._url: str | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """The base URL for clients, such as `http://127.0.0.1:8080/v1`.

        Raises:
            RuntimeError: If the server is not running.
        """
        if self._url is None:
            raise RuntimeError("the local server is not running: call start() or use it in a with statement")
        return self._url

    def start(self) -> Self:
        """Start listening, and return once the server is ready.

        Returns:
            The server itself.

        Raises:
            OSError: If the address is taken or the database cannot be used.
            RuntimeError: If the server is already running.
        """
        if self._thread is not None:
            raise RuntimeError("the local server is already running")
        from .hosts import allowed_hosts

        listener = _listener(self._host, self._port)
        try:
            self.app.state.store.open()
        except BaseException:
            listener.close()
            raise
        ready = threading.Event()
        self._server = server = _quiet_server(self.app, ready)
        self._thread = threading.Thread(
            target=server.run, args=([listener],), name="chat-completions-local", daemon=True
        )
        host, port = listener.getsockname()[:2]
        self.app.state.hosts = allowed_hosts([self._host, host], self._allow_hosts)
        self._thread.start()
        while not ready.wait(0.05):
            if not self._thread.is_alive():
                self.close()
                self.app.state.store.close()
                listener.close()
                raise RuntimeError("the local server did not start; the log of 'uvicorn.error' says why")
        self._url = f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
        return self

    def close(self) -> None:
        """Close the server: stop listening, give running replies a moment to end, and wait for the thread.

        Closing twice, or before the start, does nothing.

        Raises:
            RuntimeError: If the thread does not end within ten seconds.
        """
        thread, self._thread, self._url = self._thread, None, None
        if thread is None or self._server is None:
            return
        self._server.should_exit = True
        thread.join(_JOIN_TIMEOUT)
        if thread.is_alive():
            raise RuntimeError("the local server did not stop")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


LocalServer.__module__ = "chat_completions.local"  # where people import it from


def _listener(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if hasattr(socket, "SO_REUSEPORT"):  # not on Windows, where SO_REUSEADDR would share a taken port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def _quiet_server(app: Starlette, ready: threading.Event) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        """Signal when it is ready, stop promptly, and abort connections that do not end."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready.set()

        async def main_loop(self) -> None:
            while not await self.on_tick(0):
                for _ in range(100):
                    await asyncio.sleep(0.01)
                    if self.should_exit:
                        break

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            for server in self.servers:
                server.close()
            for connection in list(self.server_state.connections):
                connection.shutdown()
            end = time.monotonic() + _GRACE
            while self.server_state.connections and time.monotonic() < end:
                await asyncio.sleep(0.01)
            for connection in list(self.server_state.connections):
                with contextlib.suppress(AttributeError):  # a connection that is still being opened has no transport
                    connection.transport.abort()
            # The rest is what uvicorn does, without its fixed pause: tests start and stop many servers.
            while self.server_state.connections or self.server_state.tasks:
                await asyncio.sleep(0.005)
            for server in self.servers:
                await server.wait_closed()
            await self.lifespan.shutdown()

    # `log_config` would change the logging of the whole process.
    config = uvicorn.Config(
        app,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        proxy_headers=False,
        server_header=False,
    )
    return Server(config)


def require_extra() -> None:
    """Check that the packages of the extra `[local]` can be imported.

    Raises:
        ImportError: If one of them is missing; the message says what to install.
    """
    try:
        import jsonschema  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        message = f"the local server needs the package {error.name!r}: pip install 'chat-completions-client[local]'"
        raise ImportError(message, name=error.name) from error
