# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .chat_completion_moderation import ChatCompletionModeration
    from .choice import Choice
    from .completion_usage import CompletionUsage
    from .service_tier import ServiceTier

_Choice = LazyModel("choice", "Choice")
_ChatCompletionModeration = LazyModel("chat_completion_moderation", "ChatCompletionModeration")
_CompletionUsage = LazyModel("completion_usage", "CompletionUsage")


# Source: #/components/schemas/CreateChatCompletionResponse
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletion(Model):
    """A finished chat completion."""

    choices: list[Choice]
    """The generated replies, as many as n asked for."""

    created: int
    """When the completion was created, in unix seconds."""

    id: str
    """Unique id of the completion."""

    metadata: dict[str, str] | None = UNSET
    """Labels that the request attached to the completion."""

    model: str
    """Model that wrote the reply, often a dated version of the one asked for."""

    moderation: ChatCompletionModeration | None = UNSET
    """Moderation outcome for input and reply, if the request asked for moderation."""

    object: Literal["chat.completion"] = "chat.completion"
    """Always chat.completion; names the kind of object."""

    service_tier: ServiceTier | None = UNSET
    """Processing tier that served the request, which can differ from the one asked for."""

    system_fingerprint: str | None = UNSET
    """Deprecated without replacement; marks the backend configuration that ran the model."""

    usage: CompletionUsage | None = UNSET
    """Token counts of the request."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "choices": "choices",
        "created": "created",
        "id": "id",
        "metadata": "metadata",
        "model": "model",
        "moderation": "moderation",
        "object": "object",
        "service_tier": "service_tier",
        "system_fingerprint": "system_fingerprint",
        "usage": "usage",
    }
    _source: ClassVar[str] = "#/components/schemas/CreateChatCompletionResponse"
    _nested: ClassVar[tuple[str, ...]] = (
        "choices",
        "moderation",
        "usage",
    )
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "choices": list,
    }
    _extensions: ClassVar[frozenset[str]] = frozenset(
        (
            "citations",
            "images",
            "prompt_filter_results",
            "provider",
            "search_results",
            "time_info",
            "timings",
            "usage_breakdown",
            "x_groq",
        )
    )

    if TYPE_CHECKING:
        # Fields that many servers send and the specification does not know. To assign one, use model["name"] = value.

        @property
        def citations(self) -> list[Any] | None:
            """Perplexity, xAI: addresses of the sources, or objects that name them."""

        @property
        def images(self) -> list[Any] | None:
            """Perplexity: images that were found."""

        @property
        def prompt_filter_results(self) -> list[Any] | None:
            """Azure: what the content filters found in the prompt."""

        @property
        def provider(self) -> str | None:
            """OpenRouter: the provider that served the request."""

        @property
        def search_results(self) -> list[Any] | None:
            """Perplexity: the pages that the search found."""

        @property
        def time_info(self) -> dict[str, Any] | None:
            """Cerebras: how long each step took, in seconds."""

        @property
        def timings(self) -> dict[str, Any] | None:
            """llama.cpp: numbers of tokens, and how long they took, in milliseconds."""

        @property
        def usage_breakdown(self) -> dict[str, Any] | None:
            """Groq: the usage of each model that took part."""

        @property
        def x_groq(self) -> dict[str, Any] | None:
            """Groq: the id of the request; in the last chunk the usage, or an error."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("choices")
        if value is not None:
            decoded.choices = (
                [_Choice.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.created = get("created")
        decoded.id = get("id")
        decoded.metadata = get("metadata")
        decoded.model = get("model")
        decoded.moderation = value = get("moderation")
        if value is not None:
            decoded.moderation = _ChatCompletionModeration.from_dict(value) if isinstance(value, dict) else value
        decoded.object = get("object")
        decoded.service_tier = get("service_tier")
        decoded.system_fingerprint = get("system_fingerprint")
        decoded.usage = value = get("usage")
        if value is not None:
            decoded.usage = _CompletionUsage.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
