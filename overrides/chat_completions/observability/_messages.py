"""Messages of a request and of a completion, in the form of the semantic conventions. No I/O.

A message is a role and its parts. Text, reasoning and tool calls are included whole. Images, audio and files are
included by kind only, as they would overflow a span; addresses without user and query, which may hold a signature.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from chat_completions import _logging

_REASONING = ("reasoning_content", "reasoning")


def input_messages(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the messages of a request."""
    return [_message(message) for message in _as_list(body.get("messages")) if isinstance(message, Mapping)]


def output_messages(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the messages of a completion, one for each choice, complete or so far."""
    messages = []
    for choice in _as_list(body.get("choices")):
        message = choice.get("message") if isinstance(choice, Mapping) else None
        if isinstance(message, Mapping):
            messages.append({**_message(message), "finish_reason": choice.get("finish_reason") or "error"})
    return messages


def tool_definitions(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the names and kinds of the tools of a request."""
    definitions = []
    for tool in _as_list(body.get("tools")):
        kind = tool.get("type") if isinstance(tool, Mapping) else None
        definition = tool.get(kind) if isinstance(kind, str) else None
        if isinstance(definition, Mapping) and isinstance(definition.get("name"), str):
            definitions.append({"type": kind, "name": definition["name"]})
    return definitions


def as_text(value: Any) -> str:
    """Return a value as the JSON text that a span holds."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    role = message.get("role")
    converted: dict[str, Any] = {"role": role if isinstance(role, str) else "assistant"}
    if isinstance(name := message.get("name"), str) and role != "function":
        converted["name"] = name
    return {**converted, "parts": list(_parts(message))}


def _parts(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    content = message.get("content")
    if message.get("role") in ("tool", "function"):
        response = list(_content(content)) if isinstance(content, list) else content
        yield {"type": "tool_call_response", "id": message.get("tool_call_id"), "response": response}
        return
    for name in _REASONING:
        if isinstance(text := message.get(name), str) and text:
            yield {"type": "reasoning", "content": text}
            break
    yield from _content(content)
    if isinstance(refusal := message.get("refusal"), str) and refusal:
        yield {"type": "refusal", "content": refusal}
    if isinstance(audio := message.get("audio"), Mapping):
        # In a request it refers to earlier audio; in a completion it is the audio itself.
        yield {**_media("audio"), "content": audio.get("transcript") or ""}
    for call in _as_list(message.get("tool_calls")):
        if isinstance(call, Mapping):
            yield _tool_call(call.get("function") or call.get("custom"), call.get("id"))
    if isinstance(function_call := message.get("function_call"), Mapping):
        yield _tool_call(function_call, None)


def _content(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, str):
        if content:
            yield {"type": "text", "content": content}
        return
    for part in _as_list(content):
        if isinstance(part, Mapping):
            yield _part(part)


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    match part:
        case {"type": "text", "text": str(text)}:
            return {"type": "text", "content": text}
        case {"type": "refusal", "refusal": str(text)}:
            return {"type": "refusal", "content": text}
        case {"type": "thinking", "thinking": thinking}:
            texts = [inner["content"] for inner in _content(thinking) if inner["type"] == "text"]
            return {"type": "reasoning", "content": "".join(texts)}
        case {"type": "image_url", "image_url": {"url": str(url)}} if url.startswith("data:"):
            return _media("image", url[len("data:") :].partition(",")[0].partition(";")[0])
        case {"type": "image_url", "image_url": {"url": str(url)}}:
            return {"type": "uri", "modality": "image", "uri": _logging.redact_url(url)}
        case {"type": "input_audio", "input_audio": {"format": str(audio_format)}}:
            return _media("audio", f"audio/{audio_format}")
        case {"type": "file", "file": {"file_id": str(file_id)}}:
            return {"type": "file", "modality": "document", "file_id": file_id}
        case {"type": "file"}:
            return _media("document")
    kind = part.get("type")
    return {"type": kind if isinstance(kind, str) else "unknown"}


def _media(modality: str, mime_type: str | None = None) -> dict[str, Any]:
    """Return a part that stands for data, without the data."""
    return {"type": "blob", "modality": modality, **({"mime_type": mime_type} if mime_type else {}), "content": ""}


def _tool_call(function: Any, call_id: Any) -> dict[str, Any]:
    function = function if isinstance(function, Mapping) else {}
    arguments = function.get("arguments", function.get("input"))
    if isinstance(arguments, str):
        # Left as text if it was cut off, or is the input of a custom tool.
        with suppress(ValueError, RecursionError):
            arguments = json.loads(arguments)
    name = function.get("name")
    return {"type": "tool_call", "id": call_id, "name": name if isinstance(name, str) else "", "arguments": arguments}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
