# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model, new


# Source: #/components/schemas/Error
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class Error(Model):
    """An error reported by the API."""

    code: str | None = UNSET
    """Machine-readable code of the error, such as rate_limit_exceeded, or null."""

    message: str
    """Explanation of the error for people to read."""

    param: str | None = UNSET
    """Request parameter that caused the error, or null if none in particular did."""

    type: str
    """Broad class of the error, such as invalid_request_error."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "code": "code",
        "message": "message",
        "param": "param",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/Error"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.code = get("code")
        decoded.message = get("message")
        decoded.param = get("param")
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
