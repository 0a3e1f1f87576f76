# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .file_file import FileFile
    from .prompt_cache_breakpoint import PromptCacheBreakpoint

_FileFile = LazyModel("file_file", "FileFile")
_PromptCacheBreakpoint = LazyModel("prompt_cache_breakpoint", "PromptCacheBreakpoint")


# Source: #/components/schemas/ChatCompletionRequestMessageContentPartFile
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionContentPartFile(Model):
    """A file inside a user message, such as a PDF for the model to read."""

    file: FileFile
    """The file, either uploaded before (file_id) or sent inline (file_data with filename)."""

    prompt_cache_breakpoint: PromptCacheBreakpoint | None = UNSET
    """Makes this file the end of a prompt prefix to cache."""

    type: Literal["file"] = "file"
    """Always file; tells this part from the others."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "file": "file",
        "prompt_cache_breakpoint": "prompt_cache_breakpoint",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionRequestMessageContentPartFile"
    _nested: ClassVar[tuple[str, ...]] = (
        "file",
        "prompt_cache_breakpoint",
    )
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "file": _FileFile.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("file")
        if value is not None:
            decoded.file = _FileFile.from_dict(value) if isinstance(value, dict) else value
        decoded.prompt_cache_breakpoint = value = get("prompt_cache_breakpoint")
        if value is not None:
            decoded.prompt_cache_breakpoint = (
                _PromptCacheBreakpoint.from_dict(value) if isinstance(value, dict) else value
            )
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
