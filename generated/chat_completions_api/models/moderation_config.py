# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import Model

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

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = cls.__new__(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.mode = get("mode")
        decoded._keys = tuple(src_dict)
        known = cls._known
        decoded._extra = None if known.issuperset(src_dict) else {k: src_dict[k] for k in src_dict if k not in known}
        return self
