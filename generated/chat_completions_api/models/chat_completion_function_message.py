# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, Model, new


# Source: #/components/schemas/ChatCompletionRequestFunctionMessage
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionFunctionMessage(Model):
    """Deprecated, use a tool message; the result of a function call."""

    content: str | None = UNSET
    """What the function returned, as text."""

    name: str
    """Name of the function that was run."""

    role: Literal["function"] = "function"
    """Always function; tells this message from the others."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "content": "content",
        "name": "name",
        "role": "role",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionRequestFunctionMessage"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.content = get("content")
        decoded.name = get("name")
        decoded.role = get("role")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
