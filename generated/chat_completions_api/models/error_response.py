# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import LazyModel, Model

if TYPE_CHECKING:
    from .error import Error

_Error = LazyModel("error", "Error")


# Source: #/components/schemas/ErrorResponse
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ErrorResponse(Model):
    """Body of an unsuccessful response."""

    error: Error
    """What went wrong."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "error": "error",
    }
    _nested: ClassVar[tuple[str, ...]] = ("error",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = cls.__new__(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("error")
        decoded.error = _Error.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        known = cls._attributes
        decoded._extra = None
        for key in keys:
            if key not in known:
                decoded._extra = {key: src_dict[key] for key in keys if key not in known}
                break
        return self
