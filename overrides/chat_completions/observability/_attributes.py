"""What spans and metrics say of a call, by the semantic conventions for generative AI. No I/O, no OpenTelemetry.

The names are those of the conventions' release 1.41.1, the last one before they moved to a repository of their own,
which has made no release yet. Ours, for which the conventions have no name, begin with `chat_completions.`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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
# Whose telemetry has the attributes that begin with `openai.`.
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
# The attributes of a span that its metrics have as well.
_MEASURED = (
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "server.address",
    "server.port",
)
_MEASURED_OF_DURATION = ("error.type", *(name for name, _ in _RESPONSE_OPENAI.values()))


def server(url: str) -> Attributes:
    """Return what an address says of a server; nothing of a user, a path or a query."""
    parts = urlsplit(url)
    if not parts.hostname:
        return {}
    return {"server.address": parts.hostname, "server.port": parts.port or _DEFAULT_PORTS.get(parts.scheme, 443)}


def provider_of(host: str) -> str:
    """Return the provider at an address; `openai` for one that is not known, because it offers the same API."""
    for end, name in _PROVIDERS.items():
        if host == end or (end[0] in ".-" and host.endswith(end)):
            return name
    return "openai"


def request(body: Mapping[str, Any], provider: str) -> Attributes:
    """Return what a span says of the body of a request, without its messages."""
    told = _picked(body, _REQUEST)
    model, stop, count, tier = (body.get(name) for name in ("model", "stop", "n", "service_tier"))
    if isinstance(model, str):
        told["gen_ai.request.model"] = model
    if sequences := [stop] if isinstance(stop, str) else _texts(stop):
        told["gen_ai.request.stop_sequences"] = sequences
    if type(count) is int and count != 1:
        told["gen_ai.request.choice.count"] = count
    if body.get("stream") is True:
        told["gen_ai.request.stream"] = True
    if output := _output_type(body):
        told["gen_ai.output.type"] = output
    if provider in _OPENAI:
        told["openai.api.type"] = "chat_completions"
        if isinstance(tier, str) and tier != "auto":
            told["openai.request.service_tier"] = tier
    return told


def response(body: Mapping[str, Any], provider: str) -> Attributes:
    """Return what a span says of a completion, without its messages."""
    told = _picked(body, {**_RESPONSE, **_RESPONSE_OPENAI} if provider in _OPENAI else _RESPONSE)
    choices = body.get("choices")
    reasons = [choice.get("finish_reason") for choice in choices or () if isinstance(choice, Mapping)]
    if finished := _texts(reasons):
        told["gen_ai.response.finish_reasons"] = finished
    usage = body.get("usage")
    if isinstance(usage, Mapping):
        read, thought = (
            details if isinstance(details := usage.get(name), Mapping) else {}
            for name in ("prompt_tokens_details", "completion_tokens_details")
        )
        counts = {
            "gen_ai.usage.input_tokens": usage.get("prompt_tokens"),
            "gen_ai.usage.output_tokens": usage.get("completion_tokens"),
            "gen_ai.usage.cache_read.input_tokens": read.get("cached_tokens"),
            "gen_ai.usage.reasoning.output_tokens": thought.get("reasoning_tokens"),
        }
        told |= {name: count for name, count in counts.items() if type(count) is int}
    return told


def page(body: Mapping[str, Any]) -> Attributes:
    """Return what a span says of a page of stored completions."""
    data = body.get("data")
    return {"chat_completions.page.items": len(data)} if isinstance(data, list) else {}


def measured(told: Mapping[str, Any], *, duration: bool = False) -> Attributes:
    """Return those attributes of a span that its metrics have, too."""
    names = (*_MEASURED, *_MEASURED_OF_DURATION) if duration else _MEASURED
    return {name: told[name] for name in names if name in told}


def _picked(body: Mapping[str, Any], names: Mapping[str, tuple[str, tuple[type, ...]]]) -> Attributes:
    # By exact type: to Python True is a number.
    return {name: body[field] for field, (name, types) in names.items() if type(body.get(field)) in types}


def _texts(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, Iterable) else []


def _output_type(body: Mapping[str, Any]) -> str | None:
    modalities, response_format = body.get("modalities"), body.get("response_format")
    if isinstance(modalities, list) and "audio" in modalities:
        return "speech"
    kind = response_format.get("type") if isinstance(response_format, Mapping) else None
    return {"json_object": "json", "json_schema": "json", "text": "text"}.get(kind) if isinstance(kind, str) else None
