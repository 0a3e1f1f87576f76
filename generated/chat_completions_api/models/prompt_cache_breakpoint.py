# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define

from ..types import Model, new


# Source: #/components/schemas/PromptCacheBreakpointParam
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class PromptCacheBreakpoint(Model):
    """Marks a content part as the end of a prompt prefix worth caching."""

    mode: Literal["explicit"] = "explicit"
    """Always explicit; the breakpoint is one you placed yourself. The server's default is explicit."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "mode": "mode",
    }
    _source: ClassVar[str] = "#/components/schemas/PromptCacheBreakpointParam"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.mode = get("mode")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
