"""What a server that does not stream answers to a request for a stream: the whole completion at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_chunk(completion: Mapping[str, Any]) -> dict[str, Any]:
    """Give a whole completion as the one chunk that says the same."""
    choices = []
    for choice in completion["choices"]:
        if isinstance(choice, dict):
            rest = {key: value for key, value in choice.items() if key != "message"}
            message = choice.get("message")
            if isinstance(message, dict) and isinstance(message.get("tool_calls"), list):
                calls = [{"index": i, **c} if isinstance(c, dict) else c for i, c in enumerate(message["tool_calls"])]
                message = {**message, "tool_calls": calls}
            choice = {**rest, "delta": message if message is not None else choice.get("delta")}
        choices.append(choice)
    return {**completion, "object": "chat.completion.chunk", "choices": choices}
