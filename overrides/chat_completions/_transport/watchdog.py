"""Deadlines for sync calls, which may block: one thread watches the bodies that others read, and another one sends.

A sync read blocks in the operating system, and each byte that arrives restarts its timeout. Only the end of its
connection ends it for certain; the thread of `_Watchdog` shuts down the connection of a body that is late. Before there
is a response, other steps may block as well (name resolution, the pool, a hook), so another thread sends the request,
and is abandoned if it is late.
"""

from __future__ import annotations

import contextlib
import contextvars
import math
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from chat_completions._transport.response_body import wrapped
from chat_completions.errors import APITimeoutError

if TYPE_CHECKING:
    from chat_completions._transport.response_body import Body

T = TypeVar("T")

_LINGERS = 10.0  # seconds that the thread waits for another body before it ends


class _Watchdog:
    def __init__(self) -> None:
        self._bodies: set[Body] = set()
        self._changed = threading.Condition()
        self._wakes_at = math.inf
        self._runs = False

    def watch(self, body: Body) -> None:
        left = body.time_left()
        with self._changed:
            self._bodies.add(body)
            if not self._runs:
                self._runs, self._wakes_at = True, -math.inf
                threading.Thread(target=self._run, name="chat-completions-watchdog", daemon=True).start()
            elif left is not None and time.monotonic() + left < self._wakes_at:
                self._changed.notify()

    def forget(self, body: Body) -> None:
        with self._changed:
            self._bodies.discard(body)

    def _run(self) -> None:
        with self._changed:
            while True:
                waits = _LINGERS
                for body in list(self._bodies):
                    left = body.time_left()
                    if left is not None and left <= 0:
                        self._bodies.discard(body)
                        body.end()
                    elif left is not None:
                        waits = min(waits, left)
                self._wakes_at = time.monotonic() + waits
                woken = self._changed.wait(waits)
                if not self._bodies and not woken:
                    self._runs = False
                    return


_watchdog = _Watchdog()


def _forked() -> None:
    # The thread stays in the parent, and a thread of the parent may hold the lock.
    global _watchdog
    _watchdog = _Watchdog()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def guard(response: Any, time_left: Callable[[], float | None]) -> bool:
    """End the reads of a body at its deadline, also one that blocks.

    Args:
        response: The response of a sync client, whose body has not been read.
        time_left: Returns the seconds left, None for no limit; called again when they should have passed.

    Returns:
        Whether that is possible; it is not if the connection is shared (HTTP/2) or is not a socket.
    """
    connection = connection_of(response.extensions.get("network_stream"))
    if connection is None:
        return False
    body = wrapped(response)
    body.connection, body.time_left, body.on_close = connection, time_left, _forget
    _watchdog.watch(body)
    return True


def _forget(body: Body) -> None:
    """Stop watching a body."""
    _watchdog.forget(body)


def connection_of(stream: Any) -> socket.socket | None:
    """Return the socket of an httpx network stream; None if several responses share it."""
    if stream is None:
        return None
    tls = stream.get_extra_info("ssl_object")
    if tls is not None and tls.selected_alpn_protocol() == "h2":
        return None
    connection = stream.get_extra_info("socket")
    return connection if isinstance(connection, socket.socket) else None


class Sending:
    """A request that is being sent; its thread reports each step (httpx's extension `trace`).

    Once it is abandoned, its connection is shut down and its next step raises, so that nothing more is sent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stream: Any = None
        self._given_up = False

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        with self._lock:
            if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
                self._stream = info["return_value"]
            elif event.endswith(".send_request_headers.started"):
                self._stream = _stream_of_caller() or self._stream
            elif event.endswith(".response_closed.started"):
                self._stream = None  # from now on another request may use it
            if not self._given_up:
                return
            self._end_connection()
        # At other steps the HTTP library would lose track of its socket.
        if event.endswith((".connect_tcp.started", ".send_request_headers.started", ".send_request_body.started")):
            raise APITimeoutError("the deadline passed while the request was being sent")

    def give_up(self) -> None:
        """Abandon the request."""
        with self._lock:
            self._given_up = True
            self._end_connection()

    def _end_connection(self) -> None:
        if (connection := connection_of(self._stream)) is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _stream_of_caller() -> Any:
    """Return the network stream of the connection that reports a step; None if it is not found.

    There is no other way to a connection from the pool. It is only read, by the thread that owns it.
    """
    frame = sys._getframe(2)
    for _ in range(4):
        stream = getattr(frame.f_locals.get("self"), "_network_stream", None)
        if stream is not None or frame.f_back is None:
            return stream
        frame = frame.f_back
    return None


def call_by(
    ends_at: float,
    work: Callable[[], T],
    *,
    dropped: Callable[[T], Any] = lambda result: None,
    late: Callable[[], Any] = lambda: None,
) -> T:
    """Call a function and return its result, unless it takes too long.

    Args:
        ends_at: When to stop waiting, in seconds of `time.monotonic`.
        work: The function; it runs in its own thread, with the context variables of this one.
        dropped: Called with a result that arrives too late.
        late: Called at the deadline; later results are dropped.

    Raises:
        APITimeoutError: The deadline passed.
    """
    lock, finished = threading.Lock(), threading.Event()
    results: list[T] = []
    failures: list[BaseException] = []
    given_up = False
    context = contextvars.copy_context()

    def run() -> None:
        try:
            result = context.run(work)
        except BaseException as failure:
            failures.append(failure)
        else:
            with lock:
                if in_time := not given_up:
                    results.append(result)
            if not in_time:
                dropped(result)
        finished.set()

    threading.Thread(target=run, name="chat-completions-call", daemon=True).start()
    try:
        finished.wait(max(0.0, min(ends_at - time.monotonic(), threading.TIMEOUT_MAX)))
    finally:
        # Also if an exception interrupts the wait.
        with lock:
            given_up = not results and not failures
            if given_up:
                late()
    if given_up:
        raise APITimeoutError("the deadline passed before a response began")
    if failures:
        raise failures.pop()
    return results.pop()
