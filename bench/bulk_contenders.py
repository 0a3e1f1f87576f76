"""What turns a file of requests into a file of answers, each in a process of its own: ours, and loops by hand.

`python -m bench.bulk_contenders NAME IN OUT URL CONCURRENCY` prints seconds and memory as JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from bench.machine import peak_memory

ROOT = Path(__file__).resolve().parents[1]
OURS, BARE = "ours", "bare httpx loop"
OURS_FINDING, BARE_SMALL_POOLS, STUB = "ours, finding it", "bare, small pools", "stub"
_RETRIES = 5
_A_POOL = 4


def run(name: str, source: Path, output: Path, url: str, concurrency: int) -> dict[str, float]:
    """Run a contender in a process of its own, from the first line to the last; its start is not counted.

    Returns:
        `wall` and `cpu` in seconds, `peak` in MiB.
    """
    words = [name, str(source), str(output), url, str(concurrency)]
    done = subprocess.run(
        [sys.executable, "-m", __name__, *words], capture_output=True, text=True, cwd=ROOT, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _ours(source: str, output: str, url: str, concurrency: int | None) -> None:
    from chat_completions import bulk

    settings = {"base_url": url, "api_key": "k"}
    summary = bulk.run(source, output, client_settings=settings, concurrency=concurrency)
    if not summary.complete:
        raise RuntimeError(summary.reason)


def _stub(source: str, output: str, url: str, concurrency: int) -> None:
    """Let the run ask a transport that answers from memory."""
    import httpx

    from bench.bulk_server import ANSWER
    from chat_completions import AsyncClient, bulk

    content = ANSWER.format(content=json.dumps("word " * 20)).encode()

    class Stub(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, content=content)

    def client() -> AsyncClient:
        return AsyncClient(base_url=url, api_key="k", http_client=httpx.AsyncClient(transport=Stub()))

    summary = bulk.run(source, output, client_settings=client, concurrency=concurrency)
    if not summary.complete:
        raise RuntimeError(summary.reason)


async def _bare(source: str, output: str, url: str, concurrency: int, pool: int) -> None:
    """Read, post, try again, write: what one would write by hand, without anything that a crash or a fault needs."""
    import httpx

    def client() -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=pool, max_keepalive_connections=pool)
        return httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer k"}, limits=limits, timeout=600)

    clients = [client() for _ in range(0, concurrency, pool)]
    with Path(source).open() as lines, Path(output).open("w") as answers, Path(f"{output}.errors").open("w") as errors:

        async def work(place: int) -> None:
            for line in lines:
                await _asked(clients[place // pool], json.loads(line), answers, errors)

        await asyncio.gather(*(work(place) for place in range(concurrency)))
    for each in clients:
        await each.aclose()


async def _asked(client: Any, request: dict[str, Any], answers: TextIO, errors: TextIO) -> None:
    import httpx

    result = {"id": request["custom_id"], "custom_id": request["custom_id"], "response": None, "error": None}
    told = ""
    for attempt in range(_RETRIES + 1):
        try:
            response = await client.post("/chat/completions", json=request["body"])
            if response.status_code == 200:
                request_id = response.headers.get("x-request-id")
                result["response"] = {"status_code": 200, "request_id": request_id, "body": response.json()}
                answers.write(json.dumps(result) + "\n")
                return
            told = response.text
        except httpx.TransportError as error:
            told = str(error)
        await asyncio.sleep(0.5 * 2**attempt * (1 - 0.25 * random.random()))
    result["error"] = {"code": "failed", "message": told}
    errors.write(json.dumps(result) + "\n")


def main() -> None:
    """Run the contender that the arguments name."""
    name, source, output, url, number = sys.argv[1:]
    concurrency = int(number)
    contenders: dict[str, Callable[[], Any]] = {
        OURS: lambda: _ours(source, output, url, concurrency),
        OURS_FINDING: lambda: _ours(source, output, url, None),
        BARE: lambda: asyncio.run(_bare(source, output, url, concurrency, concurrency)),
        BARE_SMALL_POOLS: lambda: asyncio.run(_bare(source, output, url, concurrency, _A_POOL)),
        STUB: lambda: _stub(source, output, url, concurrency),
    }
    # What is imported by the first call belongs to the start.
    __import__("chat_completions" if name.startswith((OURS, STUB)) else "httpx")
    wall, cpu = time.perf_counter(), time.process_time()
    contenders[name]()
    found = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "peak": peak_memory() / 1024**2}
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
