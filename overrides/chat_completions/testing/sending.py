"""Send a scripted response with its pauses and faults, and stop when the client disconnects."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from .answers import HttpReply

if TYPE_CHECKING:
    from starlette.types import Receive, Send


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
