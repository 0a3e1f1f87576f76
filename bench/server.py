"""A server in a process of its own: it sends seeded streams over sockets, one event at a time.

The request's model says what to send: `100 0.05 8` is 100 chunks, 0.05 seconds apart, which begin once 8 streams are
open, so that these are all there at the same time. With `stamped` after it, the text of each chunk is
the time of its writing.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.files import raise_file_limit
from bench.fixtures import DONE, text_stream
from bench.requests_in import RequestReader
from bench.shapes import shaped_stream

# As many characters as the time of a machine that has been on for years.
STAMP = 17
ROOT = Path(__file__).resolve().parents[1]
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nx-request-id: r\r\n\r\n"


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Run the server in another process; gives the base URL."""
    command = [sys.executable, "-m", "bench.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            # It ends with its standard input, and so with this process, however that ends.
            process.stdin.close()
            process.wait()


class _Connection(RequestReader):
    def __init__(self, framed: dict[int, list[bytes]], waiting: list[Callable[[float], object]]) -> None:
        super().__init__()
        self._framed = framed
        self._waiting = waiting

    def _asked(self, request: dict[str, Any]) -> None:
        chunks, pause, together, *stamped = request["model"].split()
        self._transport.write(_HEAD)
        events = _stamped_events(int(chunks)) if stamped else iter(self._events(int(chunks)))
        self._waiting.append(functools.partial(self._send, events, float(pause)))
        if len(self._waiting) >= int(together):
            # Evenly: what is sent at the same time is read at the same time.
            for position, begin in enumerate(self._waiting):
                begin(position * float(pause) / int(together))
            self._waiting.clear()

    def _events(self, chunks: int) -> list[bytes]:
        if chunks not in self._framed:
            framed = [b"%x\r\n%b\r\n" % (len(event), event) for event in text_stream(chunks).events]
            framed[-1] += b"0\r\n\r\n"
            self._framed[chunks] = framed
        return self._framed[chunks]

    def _send(self, events: Iterator[bytes], pause: float, wait: float) -> None:
        asyncio.get_running_loop().call_later(wait, self._write, events, pause)

    def _write(self, events: Iterator[bytes], pause: float) -> None:
        event = next(events, None)
        if event is not None and not self._transport.is_closing():
            self._transport.write(event)
            self._send(events, pause, pause)


def _stamped_events(chunks: int) -> Iterator[bytes]:
    """Yield ordinary chunks, each made when it is asked for."""
    before, after = shaped_stream("content", 1).events[0].split(b'"content":"')
    after = after[after.index(b'"') :]
    length = len(before) + len(b'"content":"') + STAMP + len(after)
    for _ in range(chunks):
        stamp = f"{time.monotonic():0{STAMP}.6f}".encode()
        yield b'%x\r\n%b"content":"%b%b\r\n' % (length, before, stamp, after)
    yield b"%x\r\n%b\r\n0\r\n\r\n" % (len(DONE), DONE)


async def _serve() -> None:
    framed: dict[int, list[bytes]] = {}
    waiting: list[Callable[[float], object]] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(framed, waiting), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    raise_file_limit()
    asyncio.run(_serve())
