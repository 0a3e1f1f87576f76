# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model, new

if TYPE_CHECKING:
    from .web_search_location import WebSearchLocation

_WebSearchLocation = LazyModel("web_search_location", "WebSearchLocation")


# Source: #/components/schemas/CreateChatCompletionRequest/properties/web_search_options/properties/user_location
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class WebSearchOptionsUserLocation(Model):
    """Where the user roughly is, so that search results fit the place."""

    approximate: WebSearchLocation
    """The location itself, as coarse or fine as you like."""

    type: Literal["approximate"] = "approximate"
    """Always approximate; the only kind of location there is."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "approximate": "approximate",
        "type": "type",
    }
    _source: ClassVar[str] = (
        "#/components/schemas/CreateChatCompletionRequest/properties/web_search_options/properties/user_location"
    )
    _nested: ClassVar[tuple[str, ...]] = ("approximate",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "approximate": _WebSearchLocation.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("approximate")
        if value is not None:
            decoded.approximate = _WebSearchLocation.from_dict(value) if isinstance(value, dict) else value
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
