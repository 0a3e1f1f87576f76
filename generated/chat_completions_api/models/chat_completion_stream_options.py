# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model, new


# Source: #/components/schemas/ChatCompletionStreamOptions/anyOf/0
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionStreamOptions(Model):
    """The streaming settings to use, instead of none."""

    include_obfuscation: bool | None = UNSET
    """Whether to pad chunks to even sizes against traffic analysis; false saves bandwidth on links you trust."""

    include_usage: bool | None = UNSET
    """Whether to send token counts in one extra last chunk, which has no choices; an aborted stream may never get
    there."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "include_obfuscation": "include_obfuscation",
        "include_usage": "include_usage",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionStreamOptions/anyOf/0"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.include_obfuscation = get("include_obfuscation")
        decoded.include_usage = get("include_usage")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
