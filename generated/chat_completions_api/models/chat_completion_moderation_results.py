# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model

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
    _nested: ClassVar[tuple[str, ...]] = ("results",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = cls.__new__(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.model = get("model")
        decoded.results = value = get("results")
        if value is not None:
            decoded.results = (
                [_ModerationResultBody.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.type = get("type")
        decoded._keys = tuple(src_dict)
        known = cls._known
        decoded._extra = None if known.issuperset(src_dict) else {k: src_dict[k] for k in src_dict if k not in known}
        return self
