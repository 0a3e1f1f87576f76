"""The attributes of a call's spans and metrics, by the semantic conventions for generative AI. No I/O.

The names are those of the conventions' release 1.41.1, the last one before they moved to a separate repository,
which has no release yet. Attributes that the conventions do not name begin with `chat_completions.`.

A message is a role and its parts. Text, reasoning and tool calls are included whole. Images, audio and files are
included by kind only, as they would overflow a span; addresses without user and query, which may hold a signature.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chat_completions import _logging

if TYPE_CHECKING:
    from typing import TypeAlias

    Attributes: TypeAlias = dict[str, "str | bool | int | float | list[str]"]

SCHEMA_URL = "https://opentelemetry.io/schemas/1.41.1"

CHAT = "chat"
LIST = "list_chat_completions"

_DEFAULT_PORTS = {"http": 80, "https": 443}
_PROVIDERS = {
    "api.anthropic.com": "anthropic",
    "api.cohere.ai": "cohere",
    "api.cohere.com": "cohere",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.moonshot.ai": "moonshot_ai",
    "api.moonshot.cn": "moonshot_ai",
    "api.openai.com": "openai",
    "api.perplexity.ai": "perplexity",
    "api.x.ai": "x_ai",
    "generativelanguage.googleapis.com": "gcp.gemini",
    ".aiplatform.googleapis.com": "gcp.vertex_ai",
    "-aiplatform.googleapis.com": "gcp.vertex_ai",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    ".amazonaws.com": "aws.bedrock",
    ".cognitiveservices.azure.com": "azure.ai.openai",
    ".ml.cloud.ibm.com": "ibm.watsonx.ai",
    ".openai.azure.com": "azure.ai.openai",
    ".services.ai.azure.com": "azure.ai.inference",
}
# The providers whose spans have the attributes that begin with `openai.`.
_OPENAI = frozenset({"azure.ai.openai", "openai"})

_NUMBER, _WHOLE, _TEXT = (int, float), (int,), (str,)
_REQUEST: dict[str, tuple[str, tuple[type, ...]]] = {
    "frequency_penalty": ("gen_ai.request.frequency_penalty", _NUMBER),
    "max_tokens": ("gen_ai.request.max_tokens", _WHOLE),
    "max_completion_tokens": ("gen_ai.request.max_tokens", _WHOLE),
    "presence_penalty": ("gen_ai.request.presence_penalty", _NUMBER),
    "seed": ("gen_ai.request.seed", _WHOLE),
    "temperature": ("gen_ai.request.temperature", _NUMBER),
    "top_k": ("gen_ai.request.top_k", _NUMBER),
    "top_p": ("gen_ai.request.top_p", _NUMBER),
}
_RESPONSE: dict[str, tuple[str, tuple[type, ...]]] = {
    "id": ("gen_ai.response.id", _TEXT),
    "model": ("gen_ai.response.model", _TEXT),
}
_RESPONSE_OPENAI: dict[str, tuple[str, tuple[type, ...]]] = {
    "service_tier": ("openai.response.service_tier", _TEXT),
    "system_fingerprint": ("openai.response.system_fingerprint", _TEXT),
}
# The span attributes that metrics carry as well.
_METRIC_ATTRIBUTES = (
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "server.address",
    "server.port",
)
_DURATION_ATTRIBUTES = ("error.type", *(name for name, _ in _RESPONSE_OPENAI.values()))


def server(url: str) -> Attributes:
    """Return the host and port of an address; no user, path or query."""
    parts = urlsplit(url)
    if not parts.hostname:
        return {}
    return {"server.address": parts.hostname, "server.port": parts.port or _DEFAULT_PORTS.get(parts.scheme, 443)}


def provider_of(host: str) -> str:
    """Return the provider at an address; `openai` for an unknown one, because it offers the same API."""
    for end, name in _PROVIDERS.items():
        if host == end or (end[0] in ".-" and host.endswith(end)):
            return name
    return "openai"


def request(body: Mapping[str, Any], provider: str) -> Attributes:
    """Return the attributes of a request body, without its messages."""
    attributes = _select(body, _REQUEST)
    model, stop, count, tier = (body.get(name) for name in ("model", "stop", "n", "service_tier"))
    if isinstance(model, str):
        attributes["gen_ai.request.model"] = model
    if sequences := [stop] if isinstance(stop, str) else _texts(stop):
        attributes["gen_ai.request.stop_sequences"] = sequences
    if type(count) is int and count != 1:
        attributes["gen_ai.request.choice.count"] = count
    if body.get("stream") is True:
        attributes["gen_ai.request.stream"] = True
    if output := _output_type(body):
        attributes["gen_ai.output.type"] = output
    if provider in _OPENAI:
        attributes["openai.api.type"] = "chat_completions"
        if isinstance(tier, str) and tier != "auto":
            attributes["openai.request.service_tier"] = tier
    return attributes


def response(body: Mapping[str, Any], provider: str) -> Attributes:
    """Return the attributes of a completion, without its messages."""
    attributes = _select(body, {**_RESPONSE, **_RESPONSE_OPENAI} if provider in _OPENAI else _RESPONSE)
    choices = body.get("choices")
    reasons = [choice.get("finish_reason") for choice in choices or () if isinstance(choice, Mapping)]
    if finished := _texts(reasons):
        attributes["gen_ai.response.finish_reasons"] = finished
    usage = body.get("usage")
    if isinstance(usage, Mapping):
        prompt_details, completion_details = (
            details if isinstance(details := usage.get(name), Mapping) else {}
            for name in ("prompt_tokens_details", "completion_tokens_details")
        )
        counts = {
            "gen_ai.usage.input_tokens": usage.get("prompt_tokens"),
            "gen_ai.usage.output_tokens": usage.get("completion_tokens"),
            "gen_ai.usage.cache_read.input_tokens": prompt_details.get("cached_tokens"),
            "gen_ai.usage.reasoning.output_tokens": completion_details.get("reasoning_tokens"),
        }
        attributes |= {name: count for name, count in counts.items() if type(count) is int}
    return attributes


def page(body: Mapping[str, Any]) -> Attributes:
    """Return the attributes of a page of stored completions."""
    data = body.get("data")
    return {"chat_completions.page.items": len(data)} if isinstance(data, list) else {}


def metric_attributes(attributes: Mapping[str, Any], *, duration: bool = False) -> Attributes:
    """Return the span attributes that metrics carry as well."""
    names = (*_METRIC_ATTRIBUTES, *_DURATION_ATTRIBUTES) if duration else _METRIC_ATTRIBUTES
    return {name: attributes[name] for name in names if name in attributes}


def _select(body: Mapping[str, Any], names: Mapping[str, tuple[str, tuple[type, ...]]]) -> Attributes:
    # By exact type: in Python, True is an int.
    return {name: body[field] for field, (name, types) in names.items() if type(body.get(field)) in types}


def _texts(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, Iterable) else []


def _output_type(body: Mapping[str, Any]) -> str | None:
    modalities, response_format = body.get("modalities"), body.get("response_format")
    if isinstance(modalities, list) and "audio" in modalities:
        return "speech"
    kind = response_format.get("type") if isinstance(response_format, Mapping) else None
    return {"json_object": "json", "json_schema": "json", "text": "text"}.get(kind) if isinstance(kind, str) else None


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
