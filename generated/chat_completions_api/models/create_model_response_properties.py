# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .prompt_cache_options import PromptCacheOptions
    from .prompt_cache_retention import PromptCacheRetention

_PromptCacheOptions = LazyModel("prompt_cache_options", "PromptCacheOptions")


# Source: #/components/schemas/CreateModelResponseProperties
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class CreateModelResponseProperties(Model):
    """Generation options shared by all requests that create a model response, with the caching settings."""

    metadata: dict[str, str] | None = UNSET
    """Your own labels to attach to the completion, up to 16 string pairs."""

    prompt_cache_key: str | None = UNSET
    """Key that routes similar requests to the same cache, for a better hit rate on shared prefixes."""

    prompt_cache_retention: PromptCacheRetention | None = UNSET
    """Deprecated, use prompt_cache_options; how long cached prompt prefixes are kept."""

    safety_identifier: str | None = UNSET
    """Stable id for your end user, used to detect abuse; send a hash, not a name or email address, up to 64
    characters."""

    temperature: float | None = UNSET
    """Sampling temperature, 0 to 2; higher is more random, and it is best to change only this or top_p."""

    top_logprobs: int | None = UNSET
    """Number of likeliest tokens to report at each output position, 0 to 20."""

    top_p: float | None = UNSET
    """Nucleus sampling, 0 to 1; 0.1 means only the tokens that make up the top 10 percent of probability are
    considered."""

    user: str | None = UNSET
    """Deprecated, use safety_identifier and prompt_cache_key; an id for your end user."""

    prompt_cache_options: PromptCacheOptions | None = UNSET
    """How the prompt cache treats this request, such as mode and lifetime."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "metadata": "metadata",
        "prompt_cache_key": "prompt_cache_key",
        "prompt_cache_retention": "prompt_cache_retention",
        "safety_identifier": "safety_identifier",
        "temperature": "temperature",
        "top_logprobs": "top_logprobs",
        "top_p": "top_p",
        "user": "user",
        "prompt_cache_options": "prompt_cache_options",
    }
    _source: ClassVar[str] = "#/components/schemas/CreateModelResponseProperties"
    _nested: ClassVar[tuple[str, ...]] = ("prompt_cache_options",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.metadata = get("metadata")
        decoded.prompt_cache_key = get("prompt_cache_key")
        decoded.prompt_cache_retention = get("prompt_cache_retention")
        decoded.safety_identifier = get("safety_identifier")
        decoded.temperature = get("temperature")
        decoded.top_logprobs = get("top_logprobs")
        decoded.top_p = get("top_p")
        decoded.user = get("user")
        decoded.prompt_cache_options = value = get("prompt_cache_options")
        if value is not None:
            decoded.prompt_cache_options = _PromptCacheOptions.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
