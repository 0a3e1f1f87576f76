# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import Model, new

if TYPE_CHECKING:
    from .moderation_input_type import ModerationInputType


# Source: #/components/schemas/ModerationResultBody
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ModerationResultBody(Model):
    """Verdict of the moderation model on one piece of content."""

    categories: dict[str, bool]
    """For each category, whether the content falls into it."""

    category_applied_input_types: dict[str, list[ModerationInputType]]
    """For each category, the kinds of content that were checked for it."""

    category_scores: dict[str, float]
    """For each category, the model's confidence that the content falls into it, 0 to 1."""

    flagged: bool
    """Whether the content was found harmful in any category."""

    model: str
    """Moderation model that gave this verdict."""

    type: Literal["moderation_result"] = "moderation_result"
    """Always moderation_result; names the kind of object. The server's default is moderation_result."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "categories": "categories",
        "category_applied_input_types": "category_applied_input_types",
        "category_scores": "category_scores",
        "flagged": "flagged",
        "model": "model",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ModerationResultBody"
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "categories": dict,
        "category_applied_input_types": dict,
        "category_scores": dict,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("categories")
        if value is not None:
            decoded.categories = value
        value = get("category_applied_input_types")
        if value is not None:
            decoded.category_applied_input_types = value
        value = get("category_scores")
        if value is not None:
            decoded.category_scores = value
        decoded.flagged = get("flagged")
        decoded.model = get("model")
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
