"""Replies of a server, and how the two clients ask for them."""

from __future__ import annotations

from typing import Any

from tests.client.conftest import MESSAGES, SyncApi
from tests.client.scripted import ScriptedServer
from tests.client.test_events import run

WEATHER = '{"city": "Zürich", "degrees": 21.5, "unit": "F", "days": ["Mo"]}'


def message(content: Any = WEATHER, **extra: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, "refusal": None, **extra}


def choice(content: Any = WEATHER, index: int = 0, finish: str | None = "stop", **extra: Any) -> dict[str, Any]:
    return {"index": index, "message": message(content, **extra), "logprobs": None, "finish_reason": finish}


def completion(*choices: Any, **extra: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": list(choices),
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        **extra,
    }


def function_call(arguments: str, name: str = "look_up", id_: str = "call_1") -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def tool(name: str = "look_up", **extra: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "parameters": schema, **extra}}


class Typed(dict[str, Any]):
    """A tool that knows its type, as `function_tool` makes one."""

    def __init__(self, adapter: Any, definition: dict[str, Any]) -> None:
        super().__init__(definition)
        self.adapter = adapter


def parse(api: SyncApi, server: ScriptedServer, client: Any = None, **arguments: Any) -> Any:
    client = client or api.client(base_url=server.base_url)
    return run(api, client.chat.completions.parse(**{"model": "m", "messages": MESSAGES, **arguments}))
