"""A scripted server on real sockets: complete, cut, slow and wrong replies; and the one reader of HTTP requests."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO


@dataclass
class Received:
    """A received request."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """A status, headers, and the body in pieces; a float among the pieces is a pause in seconds.

    `framing` is "length", "chunked" or "close"; `cut` closes the connection after the pieces, whatever the headers
    announce.
    """

    pieces: Iterable[bytes | float] = (b"{}",)
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    framing: str = "length"
    cut: bool = False


def json_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply([json.dumps(value).encode()], status, {"content-type": "application/json", **named})


def stream_reply(pieces: Iterable[bytes | float], **options: Any) -> Reply:
    options.setdefault("framing", "chunked")
    return Reply(pieces, headers={"content-type": "text/event-stream", "x-request-id": "req-1"}, **options)


class ScriptedServer:
    """Answers the n-th request with the n-th reply; the last one is repeated. Use it with `with`."""

    def __init__(self, *replies: Reply | Callable[[Received], Reply]) -> None:
        self.replies = replies
        self.requests: list[Received] = []
        self.connections = 0
        self.open_connections = 0
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        # Closing alone does not wake a thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            sockets = list(self._sockets)
        for connection in sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self.wait_until_closed()

    def wait_until_closed(self, seconds: float = 30.0) -> bool:
        """Wait, and return whether all connections are closed."""
        until = time.monotonic() + seconds
        while self.open_connections and time.monotonic() < until:
            time.sleep(0.005)
        return not self.open_connections

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self.open_connections += 1
                self._sockets.add(connection)
                number = self.connections
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as reader:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (request := read_request(reader, number)) is not None:
                with self._lock:
                    self.requests.append(request)
                    position = min(len(self.requests), len(self.replies)) - 1
                reply = self.replies[position]
                reply = reply if isinstance(reply, Reply) else reply(request)
                _send(connection, reply, self._over)
                if reply.cut or reply.framing == "close":
                    break
        with self._lock:
            self.open_connections -= 1
            self._sockets.discard(connection)


def read_request(reader: BinaryIO, connection: int = 0) -> Received | None:
    """Read a request; return None if the client closed the connection before its end."""
    line = reader.readline()
    if not line:
        return None
    method, target, _ = line.decode().split(" ", 2)
    headers = {}
    while (line := reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    body = reader.read(length)
    return Received(method, target, headers, body, connection) if len(body) == length else None


def _send(connection: socket.socket, reply: Reply, over: threading.Event) -> None:
    pieces, headers = reply.pieces, dict(reply.headers)
    if reply.framing == "length":
        pieces = list(pieces)
        headers.setdefault("content-length", str(sum(len(piece) for piece in pieces if isinstance(piece, bytes))))
    elif reply.framing == "chunked":
        headers["transfer-encoding"] = "chunked"
    else:
        headers["connection"] = "close"
    head = f"HTTP/1.1 {reply.status} Reason\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.sendall(head.encode() + b"\r\n")
    for piece in pieces:
        if isinstance(piece, float):
            if over.wait(piece):
                raise ConnectionAbortedError("the server was closed in a pause")
        elif reply.framing == "chunked" and piece:  # an empty chunk would be the last one
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        else:
            connection.sendall(piece)
    if reply.framing == "chunked" and not reply.cut:
        connection.sendall(b"0\r\n\r\n")
