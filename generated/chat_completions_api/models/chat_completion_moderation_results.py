# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model, new

if TYPE_CHECKING:
    from .moderation_result_body import ModerationResultBody

_ModerationResultBody = LazyModel("moderation_result_body", "ModerationResultBody")


# Source: #/components/schemas/ChatCompletionModerationResults
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionModerationResults(Model):
    """Moderation that ran and produced results."""

    model: str
    """Moderation model that produced the results."""

    results: list[ModerationResultBody]
    """The results, one for each piece of content checked."""

    type: Literal["moderation_results"] = "moderation_results"
    """Always moderation_results; tells results from an error."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "model": "model",
        "results": "results",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionModerationResults"
    _nested: ClassVar[tuple[str, ...]] = ("results",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "results": list,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.model = get("model")
        value = get("results")
        if value is not None:
            decoded.results = (
                [_ModerationResultBody.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
