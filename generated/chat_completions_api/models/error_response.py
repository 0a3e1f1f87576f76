# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import LazyModel, Model, new

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
    _source: ClassVar[str] = "#/components/schemas/ErrorResponse"
    _nested: ClassVar[tuple[str, ...]] = ("error",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "error": _Error.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("error")
        if value is not None:
            decoded.error = _Error.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
