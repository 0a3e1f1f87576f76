"""A server that costs little: answers of a fixed form over raw sockets, with faults as a program asks for them.

`python -m tests.bulk.fast_server --status-429 0.05 --port 0` prints its address, and serves until its standard input is
closed. The tests run it in a thread, or as a process of its own where a client's speed is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_ANSWER = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":'
    b'{"role":"assistant","content":%s,"refusal":null},"logprobs":null,"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":20,"completion_tokens":10,"total_tokens":30}}'
)
_ERROR = b'{"error":{"message":"injected","type":"server_error","param":null,"code":%s}}'
_REASONS = {200: b"OK", 400: b"Bad Request", 429: b"Too Many Requests", 500: b"Internal Server Error"}


@dataclass
class Behaviour:
    """What the server does; shares are of all requests, seconds are of a request.

    Attributes:
        refused: Share answered with 429.
        failed: Share answered with 500.
        cut: Share whose body breaks off.
        slow: Share that takes `slow_seconds` longer.
        seconds: How long an answer takes.
        places: How many requests may be under way at once; those beyond are answered with 429. 0 for any number.
        workers: How many are worked on at once; those beyond wait. 0 for any number.
        headers: Headers of every answer.
        refusal_headers: Headers of the 429s.
    """

    refused: float = 0.0
    failed: float = 0.0
    cut: float = 0.0
    slow: float = 0.0
    slow_seconds: float = 0.5
    seconds: float = 0.0
    places: int = 0
    workers: int = 0
    seed: int = 7
    headers: dict[str, str] = field(default_factory=dict)
    refusal_headers: dict[str, str] = field(default_factory=dict)


class Tally:
    """What the server saw."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.times: list[float] = []
        self.keys: dict[str, set[bytes]] = {}
        self.answered: Counter[str] = Counter()
        self.busy = 0
        self.busiest = 0


class _Connection(asyncio.Protocol):
    def __init__(self, server: FastServer) -> None:
        self.server = server
        self.buffer = b""
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 : (head + b"\r\n").find(b"\r\n", at)]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            body = self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            self.server.asked(self, head, body)

    def reply(self, status: int, body: bytes, headers: dict[str, str], *, cut: bool = False) -> None:
        if self.transport.is_closing():
            return
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        head = b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%s\r\n"
        head %= (status, _REASONS.get(status, b"Status"), len(body), more)
        if cut:
            self.transport.write(head + body[: len(body) // 2])
            self.transport.close()
        else:
            self.transport.write(head + body)


class FastServer:
    """Use it with `with`: it runs in a thread of its own.

    Args:
        behaviour: What it does.
        port: Where it listens; 0 for a free port.
    """

    def __init__(self, behaviour: Behaviour | None = None, port: int = 0) -> None:
        self.behaviour = behaviour or Behaviour()
        self.tally = Tally()
        self._random = random.Random(self.behaviour.seed)
        self._port = port
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._waiting: list[Any] = []
        self._worked_on = 0

    def __enter__(self) -> FastServer:
        self._thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._stop is not None
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await self.loop.create_server(lambda: _Connection(self), "127.0.0.1", self._port, backlog=1024)
        self.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._ready.set()
        await self._stop.wait()
        server.close()

    def asked(self, connection: _Connection, head: bytes, body: bytes) -> None:
        it, tally = self.behaviour, self.tally
        tally.times.append(time.monotonic())
        tally.busy += 1
        tally.busiest = max(tally.busiest, tally.busy)
        if it.places and tally.busy > it.places:
            self._refuse(connection)
            return
        die = self._random.random()
        if die < it.refused:
            self._refuse(connection)
        elif die < it.refused + it.failed:
            self._ended(500)
            connection.reply(500, _ERROR % b'"injected"', {})
        else:
            cut = die < it.refused + it.failed + it.cut
            slow = die > 1 - it.slow
            seconds = it.seconds + (it.slow_seconds if slow else 0.0)
            job = (connection, head, body, cut, seconds)
            if it.workers and self._worked_on >= it.workers:
                self._waiting.append(job)
            else:
                self._work(job)

    def _work(self, job: Any) -> None:
        self._worked_on += 1
        if job[-1]:
            self.loop.call_later(job[-1], self._answer, job)
        else:
            self._answer(job)

    def _answer(self, job: Any) -> None:
        connection, head, body, cut, _ = job
        self._worked_on -= 1
        if self._waiting:
            self._work(self._waiting.pop(0))
        said = body
        at = body.find(b'"content":')
        if at >= 0:
            end = body.find(b'"', body.find(b'"', at + 10) + 1)
            said = body[at + 10 : end + 1].strip()
        self._ended(200)
        name = json.loads(said) if said else ""
        at = head.find(b"idempotency-key:")
        self.tally.keys.setdefault(name, set()).add(head[at:].split(b"\r\n", 1)[0])
        if not cut:
            self.tally.answered[name] += 1
        connection.reply(200, _ANSWER % (said or b'""'), self.behaviour.headers, cut=cut)

    def _refuse(self, connection: _Connection) -> None:
        self._ended(429)
        connection.reply(429, _ERROR % b'"rate_limit_exceeded"', self.behaviour.refusal_headers)

    def _ended(self, status: int) -> None:
        self.tally.busy -= 1
        self.tally.statuses[status] += 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    for name, value in vars(Behaviour()).items():
        if isinstance(value, (int, float)):
            parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    given = vars(parser.parse_args())
    port = given.pop("port")
    with FastServer(Behaviour(**given), port) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()
        print(json.dumps({"statuses": server.tally.statuses, "busiest": server.tally.busiest}), flush=True)


if __name__ == "__main__":
    main()
