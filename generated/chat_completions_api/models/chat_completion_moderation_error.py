# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define

from ..types import Model, new


# Source: #/components/schemas/ChatCompletionModerationError
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionModerationError(Model):
    """Moderation that could not be carried out."""

    code: str
    """Short code for what went wrong in moderation."""

    message: str
    """What went wrong in moderation, in words."""

    type: Literal["error"] = "error"
    """Always error; tells an error from results."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "code": "code",
        "message": "message",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionModerationError"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.code = get("code")
        decoded.message = get("message")
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
