"""The attributes of a call's spans and metrics, by the semantic conventions for generative AI. No I/O.

The names are those of the conventions' release 1.41.1, the last one before they moved to a separate repository,
which has no release yet. Attributes that the conventions do not name begin with `chat_completions.`.
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
