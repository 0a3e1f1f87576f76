# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model, new


# Source: #/components/schemas/CompletionUsage/properties/prompt_tokens_details
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class PromptTokensDetails(Model):
    """What the prompt tokens were made up of."""

    audio_tokens: int | None = UNSET
    """Audio in the prompt, in tokens. The server's default is 0."""

    cache_write_tokens: int | None = UNSET
    """Prompt tokens that this request wrote to the prompt cache. The server's default is 0."""

    cached_tokens: int | None = UNSET
    """Prompt tokens read from the prompt cache, billed at a lower price. The server's default is 0."""

    image_tokens: int | None = UNSET
    """Images in the prompt, in tokens."""

    text_tokens: int | None = UNSET
    """Text in the prompt, in tokens."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "audio_tokens": "audio_tokens",
        "cache_write_tokens": "cache_write_tokens",
        "cached_tokens": "cached_tokens",
        "image_tokens": "image_tokens",
        "text_tokens": "text_tokens",
    }
    _source: ClassVar[str] = "#/components/schemas/CompletionUsage/properties/prompt_tokens_details"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.audio_tokens = get("audio_tokens")
        decoded.cache_write_tokens = get("cache_write_tokens")
        decoded.cached_tokens = get("cached_tokens")
        decoded.image_tokens = get("image_tokens")
        decoded.text_tokens = get("text_tokens")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
