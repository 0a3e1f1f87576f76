# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define

from ..types import Model


# Source: #/components/schemas/PromptCacheBreakpointParam
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class PromptCacheBreakpoint(Model):
    """Marks a content part as the end of a prompt prefix worth caching."""

    mode: Literal["explicit"] = "explicit"
    """Always explicit; the breakpoint is one you placed yourself. The server's default is explicit."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "mode": "mode",
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = cls.__new__(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.mode = get("mode")
        decoded._keys = tuple(src_dict)
        known = cls._known
        decoded._extra = None if known.issuperset(src_dict) else {k: src_dict[k] for k in src_dict if k not in known}
        return self
