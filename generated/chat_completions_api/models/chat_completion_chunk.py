# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .chat_completion_moderation import ChatCompletionModeration
    from .chunk_choice import ChunkChoice
    from .completion_usage import CompletionUsage
    from .service_tier import ServiceTier

_ChunkChoice = LazyModel("chunk_choice", "ChunkChoice")
_ChatCompletionModeration = LazyModel("chat_completion_moderation", "ChatCompletionModeration")
_CompletionUsage = LazyModel("completion_usage", "CompletionUsage")


# Source: #/components/schemas/CreateChatCompletionStreamResponse
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionChunk(Model):
    """One chunk of a streamed chat completion."""

    choices: list[ChunkChoice]
    """What this chunk adds to each choice; empty in the last chunk when usage was requested."""

    created: int
    """When the completion was created, in unix seconds, the same in all of its chunks."""

    id: str
    """Id of the completion, the same in all of its chunks."""

    model: str
    """Model that is writing the reply."""

    moderation: ChatCompletionModeration | None = UNSET
    """Moderation outcome for input and reply, in the chunk that carries it."""

    obfuscation: str | None = UNSET
    """Random padding that evens out chunk sizes; ignore it."""

    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    """Always chat.completion.chunk; names the kind of object."""

    service_tier: ServiceTier | None = UNSET
    """Processing tier that is serving the request, which can differ from the one asked for."""

    system_fingerprint: str | None = UNSET
    """Deprecated without replacement; marks the backend configuration that runs the model."""

    usage: CompletionUsage | None = UNSET
    """Token counts of the whole request, in the last chunk only, and only with stream_options.include_usage."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "choices": "choices",
        "created": "created",
        "id": "id",
        "model": "model",
        "moderation": "moderation",
        "obfuscation": "obfuscation",
        "object": "object",
        "service_tier": "service_tier",
        "system_fingerprint": "system_fingerprint",
        "usage": "usage",
    }
    _source: ClassVar[str] = "#/components/schemas/CreateChatCompletionStreamResponse"
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
                [_ChunkChoice.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.created = get("created")
        decoded.id = get("id")
        decoded.model = get("model")
        decoded.moderation = value = get("moderation")
        if value is not None:
            decoded.moderation = _ChatCompletionModeration.from_dict(value) if isinstance(value, dict) else value
        decoded.obfuscation = get("obfuscation")
        decoded.object = get("object")
        decoded.service_tier = get("service_tier")
        decoded.system_fingerprint = get("system_fingerprint")
        decoded.usage = value = get("usage")
        if value is not None:
            decoded.usage = _CompletionUsage.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
