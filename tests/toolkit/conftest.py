"""One interface for the two clients and for plain and streamed runs, so that each test is a row for all four."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from chat_completions import AsyncClient, Client
from tests.client.scripted import Reply, json_reply, stream_reply

MESSAGES = [{"role": "user", "content": "Hello"}]


def calls(*named: tuple[str, Any], **details: Any) -> dict[str, Any]:
    """Return an assistant's message that calls functions, in order, with arguments as text or as JSON values."""
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": f"call_{place}",
                "type": "function",
                "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
            }
            for place, (name, given) in enumerate(named)
        ],
        **details,
    }


def says(text: str | None, **details: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, "refusal": None, **details}


def completion(message: dict[str, Any], reason: str | None = None, **fields: Any) -> dict[str, Any]:
    reason = reason or ("tool_calls" if message.get("tool_calls") else "stop")
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 2},
    }
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m"}
    return {**head, "choices": [choice], "usage": usage, **fields}


def streamed(whole: dict[str, Any]) -> Reply:
    """Return the completion as a stream: a chunk for each piece of the message, and one for the usage."""
    choice = whole["choices"][0]
    head = {"id": whole["id"], "object": "chat.completion.chunk", "created": 1, "model": "m"}
    deltas: list[dict[str, Any]] = [{"role": "assistant"}]
    for key, value in choice["message"].items():
        if key == "tool_calls":
            deltas += [{"tool_calls": [{"index": place, **call}]} for place, call in enumerate(value or ())]
        elif key == "content" and value:
            deltas += [{"content": piece} for piece in (value[:3], value[3:]) if piece]
        elif key != "role":
            deltas.append({key: value})
    chunks = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    if whole.get("usage"):
        chunks.append({**head, "choices": [], "usage": whole["usage"]})
    return stream_reply([f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks] + [b"data: [DONE]\n\n"])


class Runs:
    """Runs of the sync client, whole or streamed."""

    is_async = False

    def __init__(self, streams: bool) -> None:
        self.streams = streams
        self.runner = asyncio.Runner()
        self.clients: list[Any] = []

    def client(self, base_url: str, **settings: Any) -> Any:
        kind = AsyncClient if self.is_async else Client
        self.clients.append(kind(base_url=base_url, api_key="sk-test", max_retries=0, **settings))
        return self.clients[-1]

    def reply(self, message: dict[str, Any], reason: str | None = None, **fields: Any) -> Reply:
        whole = completion(message, reason, **fields)
        return streamed(whole) if self.streams else json_reply(whole)

    def run(self, client: Any, **arguments: Any) -> Any:
        arguments = {"model": "m", "messages": MESSAGES, **arguments}
        if not self.streams:
            return client.chat.completions.run_tools(**arguments)
        with client.chat.completions.run_tools(**arguments, stream=True) as stream:
            self.events = list(stream)
            return stream.get_final_run()

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.runner.close()


class AsyncRuns(Runs):
    """Runs of the async client, driven by an event loop of their own."""

    is_async = True

    def run(self, client: Any, **arguments: Any) -> Any:
        return self.runner.run(self.started(client, **arguments))

    async def started(self, client: Any, **arguments: Any) -> Any:
        arguments = {"model": "m", "messages": MESSAGES, **arguments}
        if not self.streams:
            return await client.chat.completions.run_tools(**arguments)
        async with client.chat.completions.run_tools(**arguments, stream=True) as stream:
            self.events = [event async for event in stream]
            return await stream.get_final_run()

    def close(self) -> None:
        for client in self.clients:
            self.runner.run(client.close())
        self.runner.close()


ROWS = {
    "sync": (Runs, False),
    "sync-stream": (Runs, True),
    "async": (AsyncRuns, False),
    "async-stream": (AsyncRuns, True),
}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=ROWS.values(), ids=ROWS.keys())
def runs(request: pytest.FixtureRequest) -> Iterator[Runs]:
    kind, streams = request.param
    made = kind(streams)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(params=[False, True], ids=["async", "async-stream"])
def async_runs(request: pytest.FixtureRequest) -> Iterator[AsyncRuns]:
    made = AsyncRuns(request.param)
    try:
        yield made
    finally:
        made.close()
