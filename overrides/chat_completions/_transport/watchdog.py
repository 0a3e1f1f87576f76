"""Hold what blocks a thread to its time: one thread looks after the bodies that others read, and another one sends.

A sync read waits in the operating system, and each byte that drips in begins its time-out anew. What ends it in any
case is the end of its connection, which the thread `_Watchdog` brings about for the body of a response. Until there is
a response, other things may wait as well (the look-up of a name, the pool, a hook), so another thread sends the
request, and is given up if it is too late.
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
    # The thread stayed in the parent, and a lock may be held by one that did.
    global _watchdog
    _watchdog = _Watchdog()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def guard(response: Any, time_left: Callable[[], float | None]) -> bool:
    """Have reads of a body end when its time is over, also one that waits.

    Args:
        response: The response of a sync client, whose body has not been read.
        time_left: Gives the seconds that are left, None for no limit; asked again when they should be over.

    Returns:
        Whether that can be done; it cannot where the connection is shared (HTTP/2) or not a socket.
    """
    connection = connection_of(response.extensions.get("network_stream"))
    if connection is None:
        return False
    body = wrapped(response)
    body.connection, body.time_left, body.on_close = connection, time_left, _forget
    _watchdog.watch(body)
    return True


def _forget(body: Body) -> None:
    """Look after a body no longer."""
    _watchdog.forget(body)


def connection_of(stream: Any) -> socket.socket | None:
    """Return the socket of a network stream of httpx, None if it is not for one response alone."""
    if stream is None:
        return None
    tls = stream.get_extra_info("ssl_object")
    if tls is not None and tls.selected_alpn_protocol() == "h2":
        return None
    connection = stream.get_extra_info("socket")
    return connection if isinstance(connection, socket.socket) else None


class Sending:
    """A request on its way, as its thread tells of it step by step (httpx's extension `trace`).

    Once it is given up, its connection is ended, and its next step raises, so that nothing is sent any more.
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
                self._stream = None  # from then on it may be another's
            if not self._given_up:
                return
            self._end_connection()
        # At other steps the http library would lose sight of its socket, which has been ended.
        if event.endswith((".connect_tcp.started", ".send_request_headers.started", ".send_request_body.started")):
            raise APITimeoutError("the time for the call was over while its request was on its way")

    def give_up(self) -> None:
        """End the request."""
        with self._lock:
            self._given_up = True
            self._end_connection()

    def _end_connection(self) -> None:
        if (connection := connection_of(self._stream)) is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _stream_of_caller() -> Any:
    """Return the network stream of the connection that tells of a step, None if it is not found.

    A connection that is taken from the pool is named nowhere else. It is only looked at, by the thread that has it.
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
    """Return what a function returns, if it does by then.

    Args:
        ends_at: Until when to wait, on the clock.
        work: What to do; in a thread of its own, with the context variables of this one.
        dropped: Called with a result that came too late.
        late: Called when it is too late; no result is taken from then on.

    Raises:
        APITimeoutError: It was too late.
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
        # Also if the wait was interrupted.
        with lock:
            given_up = not results and not failures
            if given_up:
                late()
    if given_up:
        raise APITimeoutError("the time for the call was over before the head of a response had come")
    if failures:
        raise failures.pop()
    return results.pop()
