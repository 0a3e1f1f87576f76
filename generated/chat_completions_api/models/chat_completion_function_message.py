# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define

from ..types import Model


# Source: #/components/schemas/ChatCompletionRequestFunctionMessage
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionFunctionMessage(Model):
    """Deprecated, use a tool message; the result of a function call."""

    content: str | None
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

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = cls.__new__(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.content = get("content")
        decoded.name = get("name")
        decoded.role = get("role")
        decoded._keys = tuple(src_dict)
        known = cls._known
        decoded._extra = None if known.issuperset(src_dict) else {k: src_dict[k] for k in src_dict if k not in known}
        return self
