# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import Model, new

if TYPE_CHECKING:
    from .moderation_mode import ModerationMode


# Source: #/components/schemas/ModerationConfigParam
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ModerationConfig(Model):
    """Moderation settings for one side of the exchange."""

    mode: ModerationMode
    """Whether flagged content is only reported or also held back."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "mode": "mode",
    }
    _source: ClassVar[str] = "#/components/schemas/ModerationConfigParam"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.mode = get("mode")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
