# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .input_audio import InputAudio
    from .prompt_cache_breakpoint import PromptCacheBreakpoint

_InputAudio = LazyModel("input_audio", "InputAudio")
_PromptCacheBreakpoint = LazyModel("prompt_cache_breakpoint", "PromptCacheBreakpoint")


# Source: #/components/schemas/ChatCompletionRequestMessageContentPartAudio
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionContentPartInputAudio(Model):
    """Recorded sound inside a user message; the model must accept audio."""

    input_audio: InputAudio
    """The recording and its encoding."""

    prompt_cache_breakpoint: PromptCacheBreakpoint | None = UNSET
    """Makes this audio the end of a prompt prefix to cache."""

    type: Literal["input_audio"] = "input_audio"
    """Always input_audio; tells this part from the others."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "input_audio": "input_audio",
        "prompt_cache_breakpoint": "prompt_cache_breakpoint",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionRequestMessageContentPartAudio"
    _nested: ClassVar[tuple[str, ...]] = (
        "input_audio",
        "prompt_cache_breakpoint",
    )
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "input_audio": _InputAudio.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("input_audio")
        if value is not None:
            decoded.input_audio = _InputAudio.from_dict(value) if isinstance(value, dict) else value
        decoded.prompt_cache_breakpoint = value = get("prompt_cache_breakpoint")
        if value is not None:
            decoded.prompt_cache_breakpoint = (
                _PromptCacheBreakpoint.from_dict(value) if isinstance(value, dict) else value
            )
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
