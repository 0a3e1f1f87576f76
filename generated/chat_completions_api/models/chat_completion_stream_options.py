# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model


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

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = cls.__new__(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.include_obfuscation = get("include_obfuscation")
        decoded.include_usage = get("include_usage")
        decoded._keys = tuple(src_dict)
        known = cls._known
        decoded._extra = None if known.issuperset(src_dict) else {k: src_dict[k] for k in src_dict if k not in known}
        return self
