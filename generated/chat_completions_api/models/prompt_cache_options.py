# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, Model, new

if TYPE_CHECKING:
    from .prompt_cache_mode import PromptCacheMode


# Source: #/components/schemas/PromptCacheOptionsParam
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class PromptCacheOptions(Model):
    """Settings of the prompt cache for one request."""

    mode: PromptCacheMode | None = UNSET
    """Whether the server picks the cache breakpoints or only the ones you mark count."""

    ttl: Literal["30m"] | None = UNSET
    """How long the cache entries written by this request should live."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "mode": "mode",
        "ttl": "ttl",
    }
    _source: ClassVar[str] = "#/components/schemas/PromptCacheOptionsParam"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.mode = get("mode")
        decoded.ttl = get("ttl")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
