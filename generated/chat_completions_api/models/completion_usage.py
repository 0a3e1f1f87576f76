# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .completion_tokens_details import CompletionTokensDetails
    from .prompt_tokens_details import PromptTokensDetails

_CompletionTokensDetails = LazyModel("completion_tokens_details", "CompletionTokensDetails")
_PromptTokensDetails = LazyModel("prompt_tokens_details", "PromptTokensDetails")


# Source: #/components/schemas/CompletionUsage
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class CompletionUsage(Model):
    """How many tokens a request used."""

    completion_tokens: int
    """Tokens generated, hidden reasoning included. The server's default is 0."""

    completion_tokens_details: CompletionTokensDetails | None = UNSET
    """What the completion tokens were spent on."""

    prompt_tokens: int
    """Tokens in the prompt, cached ones included. The server's default is 0."""

    prompt_tokens_details: PromptTokensDetails | None = UNSET
    """What the prompt tokens were made up of."""

    total_tokens: int
    """Sum of prompt and completion tokens. The server's default is 0."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "completion_tokens": "completion_tokens",
        "completion_tokens_details": "completion_tokens_details",
        "prompt_tokens": "prompt_tokens",
        "prompt_tokens_details": "prompt_tokens_details",
        "total_tokens": "total_tokens",
    }
    _source: ClassVar[str] = "#/components/schemas/CompletionUsage"
    _nested: ClassVar[tuple[str, ...]] = (
        "completion_tokens_details",
        "prompt_tokens_details",
    )
    _extensions: ClassVar[frozenset[str]] = frozenset(
        (
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
            "completion_time",
            "cost",
            "cost_details",
            "cost_in_usd_ticks",
            "is_byok",
            "num_sources_used",
            "prompt_cache_hit_tokens",
            "prompt_cache_miss_tokens",
            "prompt_time",
            "queue_time",
            "total_time",
        )
    )

    if TYPE_CHECKING:
        # Fields that many servers send and the specification does not know. To assign one, use model["name"] = value.

        @property
        def cache_creation_input_tokens(self) -> int | None:
            """Anthropic's models: prompt tokens that were written to the cache."""

        @property
        def cache_read_input_tokens(self) -> int | None:
            """Anthropic's models: prompt tokens that were read from the cache."""

        @property
        def completion_time(self) -> float | None:
            """Groq: how long the reply took, in seconds."""

        @property
        def cost(self) -> Any:
            """OpenRouter: the cost in US dollars, a number; Perplexity: an object."""

        @property
        def cost_details(self) -> dict[str, Any] | None:
            """OpenRouter: the parts of the cost."""

        @property
        def cost_in_usd_ticks(self) -> int | None:
            """xAI: the cost, in ten-billionths of a US dollar."""

        @property
        def is_byok(self) -> bool | None:
            """OpenRouter: whether the provider's key was the caller's."""

        @property
        def num_sources_used(self) -> int | None:
            """xAI: how many sources a search used."""

        @property
        def prompt_cache_hit_tokens(self) -> int | None:
            """DeepSeek: prompt tokens that were in the cache."""

        @property
        def prompt_cache_miss_tokens(self) -> int | None:
            """DeepSeek: prompt tokens that were not in the cache."""

        @property
        def prompt_time(self) -> float | None:
            """Groq: how long the prompt took, in seconds."""

        @property
        def queue_time(self) -> float | None:
            """Groq: how long the request waited, in seconds."""

        @property
        def total_time(self) -> float | None:
            """Groq: how long the request took, in seconds."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.completion_tokens = get("completion_tokens")
        decoded.completion_tokens_details = value = get("completion_tokens_details")
        if value is not None:
            decoded.completion_tokens_details = (
                _CompletionTokensDetails.from_dict(value) if isinstance(value, dict) else value
            )
        decoded.prompt_tokens = get("prompt_tokens")
        decoded.prompt_tokens_details = value = get("prompt_tokens_details")
        if value is not None:
            decoded.prompt_tokens_details = _PromptTokensDetails.from_dict(value) if isinstance(value, dict) else value
        decoded.total_tokens = get("total_tokens")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
