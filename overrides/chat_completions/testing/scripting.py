"""ASGI middleware that records requests, and answers them from the script or passes them to the local server."""

from __future__ import annotations

import asyncio
import inspect
import socket
import struct
import time
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from chat_completions.local.errors import ApiError
from chat_completions.local.events import json_bytes

from .answers import HttpReply, http_reply
from .entries import Callback, Entry, RawEntry
from .received import ReceivedRequest
from .script import only_entry

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .script import ScriptPlayer

_PATH = "/v1/chat/completions"
_PATH_END = "/chat/completions"


class Scripting:
    """Middleware in front of the local server's application.

    Args:
        app: The application.
        player: The script, which records each request.
        connection_of: Finds the connection of a client by its address.
    """

    def __init__(
        self, app: ASGIApp, player: ScriptPlayer, connection_of: Callable[[Any], asyncio.Transport | None]
    ) -> None:
        self._app = app
        self._player = player
        self._connection_of = connection_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        content = await _content(receive)
        if content is None:
            return
        request = _received(scope, content)
        number = self._player._record(request)
        reply = None
        if request.path.endswith(_PATH_END) and request.method in ("GET", "POST"):
            # The application serves one path; clients of other vendors use other paths.
            scope = {**scope, "path": _PATH, "raw_path": _PATH.encode()}
            reply = await self._scripted(scope, request, number)
        else:
            self._player._set_outcome(number, "the local server")
        if reply is None:
            await self._app(scope, _again(content, receive), send)
            return
        if reply.stored is not None:
            await _store(scope, reply.stored)
        reply.headers.setdefault("x-request-id", f"req_scripted_{number + 1}")
        await send_reply(reply, receive, send, self._connection_of(scope.get("client")))

    async def _scripted(self, scope: Scope, request: ReceivedRequest, number: int) -> HttpReply | None:
        """Return the script's response; None leaves it to the application."""
        player = self._player
        try:
            # There is no await before the entry is taken, so that requests are answered in the order of arrival.
            label, entry = player._next_entry(lambda entry: self._check(entry, scope, request))
            player._set_outcome(number, label)
            if isinstance(entry, Callback):
                entry = await _call_function(entry, request)
            if entry is None:
                return None
            return http_reply(entry, request, number)
        except ApiError as error:
            player._set_outcome(number, f"refused: {error.message}")
            return _json_reply(error.status, error.body(), error.headers)
        except Exception as error:
            # The test is at fault: `verify` raises this too, because the code under test may hide it.
            failure = player._record_failure(number, error)
            return failure_reply(f"{type(failure).__name__} in the test: {failure}")

    def _check(self, entry: Entry, scope: Scope, request: ReceivedRequest) -> None:
        """Refuse an invalid request as the API does, before an entry is used for it.

        Raises:
            ApiError: If the request is refused.
        """
        if isinstance(entry, RawEntry):
            return
        service = scope["app"].state.service
        service.check_key(Request(scope))
        if self._player.validate and request.method == "POST":
            headers = request.headers
            service.checked_body(request.content, headers.get("content-type"), headers.get("content-encoding"))


async def _call_function(entry: Callback, request: ReceivedRequest) -> Entry | None:
    function: Callable[[ReceivedRequest], Any] = entry.function
    if inspect.iscoroutinefunction(function):
        value = await function(request)
    else:
        # In a thread, so that a function that waits does not block other requests.
        value = await asyncio.to_thread(function, request)
        if inspect.isawaitable(value):
            value = await value
    if value is None:
        return None
    answer = only_entry(value)
    if isinstance(answer, Callback):
        raise TypeError("a function of the script returned a function, not an answer")
    return answer


def failure_reply(message: str) -> HttpReply:
    """Return the response that reports an error in the test; clients should not retry it."""
    error = {"message": message, "type": "scripted_server_error", "param": None, "code": None}
    return _json_reply(500, {"error": error}, {"x-should-retry": "false"})


def _json_reply(status: int, value: Any, headers: dict[str, str]) -> HttpReply:
    content = json_bytes(value)
    lower = {name.lower(): text for name, text in headers.items()}
    return HttpReply([content], status, {"content-type": "application/json", **lower}, len(content))


async def _content(receive: Receive) -> bytes | None:
    """Read the body of a request; return None if the client disconnected."""
    content = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        content += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(content)


def _received(scope: Scope, content: bytes) -> ReceivedRequest:
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    target = raw_path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    return ReceivedRequest.of(scope["method"], target, headers, content, time.time())


def _again(content: bytes, receive: Receive) -> Receive:
    """Return a `receive` that first returns a body that was already read."""
    waiting = [content]

    async def receive_again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return receive_again


async def _store(scope: Scope, completion: dict[str, Any]) -> None:
    if not isinstance(completion.get("metadata"), dict):
        completion = {**completion, "metadata": {}}
    try:
        await scope["app"].state.store.save(completion)
    except ApiError:
        # The id is taken: the script sent the same completion again, and the first one stays.
        return


async def send_reply(reply: HttpReply, receive: Receive, send: Send, transport: asyncio.Transport | None) -> None:
    """Send a response.

    Args:
        reply: The response.
        receive: Reports when the client disconnects; the request has been read.
        send: Takes the messages of the response.
        transport: The connection, to close it early.
    """
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        if await _waited(reply.delay, gone) and reply.status is not None:
            await send(_start(reply))
            for part in reply.parts:
                if isinstance(part, float):
                    if not await _waited(part, gone):
                        return
                else:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                    await asyncio.sleep(0)  # let other requests run
        if reply.ending == "whole" and reply.status is not None:
            await send({"type": "http.response.body", "body": b""})
        elif transport is not None:
            _end(transport, reply.ending == "reset")
            await gone
    finally:
        gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _waited(seconds: float, gone: asyncio.Future[None]) -> bool:
    """Wait, and return whether the client is still connected."""
    if seconds:
        await asyncio.wait({gone}, timeout=seconds)
    return not gone.done()


def _start(reply: HttpReply) -> MutableMapping[str, Any]:
    headers = dict(reply.headers)
    if reply.length is not None and "transfer-encoding" not in headers:
        headers.setdefault("content-length", str(reply.length))
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": reply.status, "headers": pairs}


def _end(transport: asyncio.Transport, reset: bool) -> None:
    raw = transport.get_extra_info("socket")
    if reset and raw is not None:
        # With this option, closing sends a reset.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
