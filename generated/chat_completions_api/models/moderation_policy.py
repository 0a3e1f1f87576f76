# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .moderation_config import ModerationConfig

_ModerationConfig = LazyModel("moderation_config", "ModerationConfig")


# Source: #/components/schemas/ModerationPolicyParam
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ModerationPolicy(Model):
    """Moderation settings for either side of the exchange."""

    input: ModerationConfig | None = UNSET
    """How to treat the messages sent to the model."""

    output: ModerationConfig | None = UNSET
    """How to treat the text that the model generates."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "input": "input",
        "output": "output",
    }
    _source: ClassVar[str] = "#/components/schemas/ModerationPolicyParam"
    _nested: ClassVar[tuple[str, ...]] = (
        "input",
        "output",
    )

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.input = value = get("input")
        if value is not None:
            decoded.input = _ModerationConfig.from_dict(value) if isinstance(value, dict) else value
        decoded.output = value = get("output")
        if value is not None:
            decoded.output = _ModerationConfig.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
