"""A server that sends given bytes unchanged, over real sockets in this process."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Sequence

from tests.client.scripted import read_request

GOOD = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "good",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
    }
).encode()
_GOOD_REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(GOOD), GOOD)

Replies = Sequence[bytes] | Callable[[bytes], bytes]


class RawServer:
    """Answer the n-th request after `script` with the n-th reply, and the model `good` with a completion.

    The replies may also be a function of the request's body. Use it with `with`.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}/v1"
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._all_closed = threading.Condition(self._lock)
        self.script((), hold=False)

    def script(self, replies: Replies, *, hold: bool) -> None:
        """Set the next replies, and whether connections stay open after a reply."""
        with self._lock:
            self._replies, self._hold, self._sent = replies, hold, 0

    def __enter__(self) -> RawServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            sockets = list(self._sockets)
        for connection in sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def wait_until_closed(self, seconds: float) -> bool:
        """Wait, and return whether all connections are closed."""
        with self._all_closed:
            return self._all_closed.wait_for(lambda: not self._sockets, seconds)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._sockets.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as reader:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (request := read_request(reader)) is not None:
                if b'"good"' in request.body:
                    connection.sendall(_GOOD_REPLY)
                    continue
                reply, hold = self._next_reply(request.body)
                connection.sendall(reply)
                if not hold:
                    # Keep reading what the client still sends: closing with unread bytes would lose the reply.
                    connection.shutdown(socket.SHUT_WR)
        with self._lock:
            self._sockets.discard(connection)
            self._all_closed.notify_all()

    def _next_reply(self, body: bytes) -> tuple[bytes, bool]:
        with self._lock:
            if callable(self._replies):
                return self._replies(body), self._hold
            reply = self._replies[min(self._sent, len(self._replies) - 1)] if self._replies else b""
            self._sent += 1
            return reply, self._hold
