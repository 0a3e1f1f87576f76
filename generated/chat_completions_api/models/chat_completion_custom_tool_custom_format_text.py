# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define

from ..types import Model, new


# Source: #/components/schemas/CustomToolChatCompletions/properties/custom/properties/format/oneOf/0
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionCustomToolCustomFormatText(Model):
    """Input of any form."""

    type: Literal["text"] = "text"
    """Always text; leaves the input free."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "type": "type",
    }
    _source: ClassVar[str] = (
        "#/components/schemas/CustomToolChatCompletions/properties/custom/properties/format/oneOf/0"
    )

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
