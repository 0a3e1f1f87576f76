# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model

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
    _nested: ClassVar[tuple[str, ...]] = (
        "input",
        "output",
    )

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = cls.__new__(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("input")
        decoded.input = _ModerationConfig.from_dict(value) if isinstance(value, dict) else value
        value = get("output")
        decoded.output = _ModerationConfig.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        known = cls._attributes
        decoded._extra = None
        for key in keys:
            if key not in known:
                decoded._extra = {key: src_dict[key] for key in keys if key not in known}
                break
        return self
