# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .web_search_context_size import WebSearchContextSize
    from .web_search_options_user_location import WebSearchOptionsUserLocation

_WebSearchOptionsUserLocation = LazyModel("web_search_options_user_location", "WebSearchOptionsUserLocation")


# Source: #/components/schemas/CreateChatCompletionRequest/properties/web_search_options
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class WebSearchOptions(Model):
    """Settings for searching the web before answering; needs a search-capable model."""

    search_context_size: WebSearchContextSize | None = UNSET
    """How much search material the model gets to read, which affects quality, cost and speed."""

    user_location: WebSearchOptionsUserLocation | None = UNSET
    """Where the user roughly is, so that search results fit the place."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "search_context_size": "search_context_size",
        "user_location": "user_location",
    }
    _source: ClassVar[str] = "#/components/schemas/CreateChatCompletionRequest/properties/web_search_options"
    _nested: ClassVar[tuple[str, ...]] = ("user_location",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.search_context_size = get("search_context_size")
        decoded.user_location = value = get("user_location")
        if value is not None:
            decoded.user_location = _WebSearchOptionsUserLocation.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
