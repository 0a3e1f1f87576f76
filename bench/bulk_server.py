"""A server in a process of its own that answers at once, but for faults that every contender meets alike.

What befalls a request depends on what it says, and on how often it came: 3 % are refused with 429, 1 % fail with 500,
1 % are cut in their bodies, 1 % answered late. The next attempt is answered, but for one in eight of them, whose second
one fails as well.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.requests_in import RequestReader

ROOT = Path(__file__).resolve().parents[1]
LATE = 0.25  # seconds
FAULTS = (("429", 0.03), ("500", 0.01), ("cut", 0.01), ("late", 0.01))

ANSWER = (
    '{{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":'
    '{{"role":"assistant","content":{content},"refusal":null}},"logprobs":null,"finish_reason":"stop"}}],'
    '"usage":{{"prompt_tokens":20,"completion_tokens":10,"total_tokens":30}}}}'
)
_ERROR = b'{"error":{"message":"a fault of the benchmark","type":"server_error","param":null,"code":null}}'
_HEAD = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\nx-request-id: r\r\ncontent-length: %d\r\n\r\n"
_STATUSES = {"429": b"429 Too Many Requests", "500": b"500 Internal Server Error"}


def answer_to(name: str) -> str:
    """Return what the server says to a request that says this."""
    return f"an answer to {name}"


def fault_of(name: str, attempt: int) -> str | None:
    """Return what befalls an attempt; None for an answer.

    Args:
        name: What the request says.
        attempt: How often it came, from 1.
    """
    number = zlib.crc32(name.encode())
    if attempt > (2 if number % 8 == 0 else 1):
        return None
    die = (number >> 3) / 2**29
    for fault, share in FAULTS:
        if die < share:
            return fault if attempt == 1 or fault != "late" else None
        die -= share
    return None


@dataclass
class Served:
    """A running server.

    Attributes:
        url: The base URL.
        tally: What it saw, once it has ended: `answers`, `asked`, and how often each fault.
    """

    url: str
    tally: dict[str, Any]


@contextlib.contextmanager
def running(*, pause: float = 0.0, faults: bool = True) -> Iterator[Served]:
    """Run the server in another process.

    Args:
        pause: Seconds that each answer takes.
        faults: Whether there are any.
    """
    command = [sys.executable, "-m", "bench.bulk_server", "--pause", str(pause), *([] if faults else ["--no-faults"])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin
        assert process.stdout
        served = Served(f"http://127.0.0.1:{int(process.stdout.readline())}/v1", {})
        try:
            yield served
        finally:
            # It ends with its standard input, and so with this process, however that ends.
            process.stdin.close()
            served.tally.update(json.loads(process.stdout.readline() or "{}"))
            process.wait()


class _State:
    def __init__(self, pause: float, faults: bool) -> None:
        self.pause, self.faults = pause, faults
        self.attempts: Counter[str] = Counter()
        self.tally: Counter[str] = Counter(answers=0, asked=0)


class _Connection(RequestReader):
    def __init__(self, state: _State) -> None:
        super().__init__()
        self._state = state

    def _asked(self, request: dict[str, Any]) -> None:
        name = request["messages"][-1]["content"]
        state = self._state
        state.attempts[name] += 1
        fault = fault_of(name, state.attempts[name]) if state.faults else None
        state.tally["asked"] += 1
        if fault is not None:
            state.tally[fault] += 1
        seconds = state.pause + (LATE if fault == "late" else 0.0)
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._reply, name, fault)
        else:
            self._reply(name, fault)

    def _reply(self, name: str, fault: str | None) -> None:
        if self._transport.is_closing():
            return
        if fault in _STATUSES:
            self._transport.write(_HEAD % (_STATUSES[fault], len(_ERROR)) + _ERROR)
            return
        body = ANSWER.format(content=json.dumps(answer_to(name))).encode()
        head = _HEAD % (b"200 OK", len(body))
        if fault == "cut":
            self._transport.write(head + body[: len(body) // 2])
            self._transport.close()
            return
        self._state.tally["answers"] += 1
        self._transport.write(head + body)


async def _serve(pause: float, faults: bool) -> None:
    state = _State(pause, faults)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(state), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps(state.tally), flush=True)
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--no-faults", action="store_true")
    given = parser.parse_args()
    asyncio.run(_serve(given.pause, not given.no_faults))
