"""A fast server in a process of its own, for clients that many threads or tasks share.

`python -m tests.client.stream_server` prints its address, and serves until its standard input is closed. The model's
name says what it does: `stream`, `late-end` (the body's end comes after a pause), `cut`, `error` (inside the stream),
`reply` (not streamed), or `slow` (a reply that takes 1.5 s to begin).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator

_CHUNK = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"%s",'
    b'"choices":[{"index":0,%s}]}\n\n'
)
_DONE = b"data: [DONE]\n\n"
_ERROR = b'data: {"error":{"message":"No.","code":"overloaded"}}\n\n'
_REPLY = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"%s","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"%s"},"finish_reason":"stop"}]}'
)
_PAUSE = 0.02  # seconds before the end of a body that comes late


def _chunks(name: bytes) -> list[bytes]:
    return [
        _CHUNK % (name, b'"delta":{"role":"assistant","content":"%s"},"finish_reason":null' % name),
        *[_CHUNK % (name, b'"delta":{"content":"."},"finish_reason":null') for _ in range(5)],
        _CHUNK % (name, b'"delta":{},"finish_reason":"stop"'),
    ]


def _framed(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            at = head.index(b"content-length:") + 15
            body = json.loads(await reader.readexactly(int(head[at : head.index(b"\r\n", at)])))
            kind, _, name = body["model"].partition("/")
            if not await _answer(writer, kind, name.encode()):
                break
    writer.close()


async def _answer(writer: asyncio.StreamWriter, kind: str, name: bytes) -> bool:
    """Answer a request, and return whether the connection stays open."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    if kind in ("reply", "slow"):
        await asyncio.sleep(1.5 if kind == "slow" else 0)
        body = _REPLY % (name, name)
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )
    elif kind == "cut":
        writer.write(head + _framed(*_chunks(name)[:3]))
        await writer.drain()
        return False
    elif kind == "error":
        writer.write(head + _framed(*_chunks(name)[:3], _ERROR) + b"0\r\n\r\n")
    else:
        writer.write(head + _framed(*_chunks(name), _DONE))
        if kind == "late-end":
            await writer.drain()
            await asyncio.sleep(_PAUSE)
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


@contextlib.contextmanager
def stream_server() -> Iterator[str]:
    """Run the server in a process of its own, and give its base URL."""
    command = [sys.executable, "-m", "tests.client.stream_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
