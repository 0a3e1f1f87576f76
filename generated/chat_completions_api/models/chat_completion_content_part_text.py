# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .prompt_cache_breakpoint import PromptCacheBreakpoint

_PromptCacheBreakpoint = LazyModel("prompt_cache_breakpoint", "PromptCacheBreakpoint")


# Source: #/components/schemas/ChatCompletionRequestMessageContentPartText
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionContentPartText(Model):
    """A piece of text inside a message."""

    prompt_cache_breakpoint: PromptCacheBreakpoint | None = UNSET
    """Makes this text the end of a prompt prefix to cache."""

    text: str
    """The text of this part."""

    type: Literal["text"] = "text"
    """Always text; tells this part from the others."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "prompt_cache_breakpoint": "prompt_cache_breakpoint",
        "text": "text",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionRequestMessageContentPartText"
    _nested: ClassVar[tuple[str, ...]] = ("prompt_cache_breakpoint",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.prompt_cache_breakpoint = value = get("prompt_cache_breakpoint")
        if value is not None:
            decoded.prompt_cache_breakpoint = (
                _PromptCacheBreakpoint.from_dict(value) if isinstance(value, dict) else value
            )
        decoded.text = get("text")
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
