# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .image_url import ImageURL
    from .prompt_cache_breakpoint import PromptCacheBreakpoint

_ImageURL = LazyModel("image_url", "ImageURL")
_PromptCacheBreakpoint = LazyModel("prompt_cache_breakpoint", "PromptCacheBreakpoint")


# Source: #/components/schemas/ChatCompletionRequestMessageContentPartImage
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionContentPartImage(Model):
    """An image inside a user message; the model must accept images."""

    image_url: ImageURL
    """Where the image is and how closely to look at it."""

    prompt_cache_breakpoint: PromptCacheBreakpoint | None = UNSET
    """Makes this image the end of a prompt prefix to cache."""

    type: Literal["image_url"] = "image_url"
    """Always image_url; tells this part from the others."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "image_url": "image_url",
        "prompt_cache_breakpoint": "prompt_cache_breakpoint",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionRequestMessageContentPartImage"
    _nested: ClassVar[tuple[str, ...]] = (
        "image_url",
        "prompt_cache_breakpoint",
    )
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "image_url": _ImageURL.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("image_url")
        if value is not None:
            decoded.image_url = _ImageURL.from_dict(value) if isinstance(value, dict) else value
        decoded.prompt_cache_breakpoint = value = get("prompt_cache_breakpoint")
        if value is not None:
            decoded.prompt_cache_breakpoint = (
                _PromptCacheBreakpoint.from_dict(value) if isinstance(value, dict) else value
            )
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
