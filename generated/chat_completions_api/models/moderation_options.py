# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .moderation_policy import ModerationPolicy

_ModerationPolicy = LazyModel("moderation_policy", "ModerationPolicy")


# Source: #/components/schemas/ModerationParam
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ModerationOptions(Model):
    """How to moderate a request and the reply to it."""

    model: str
    """Moderation model to run, such as omni-moderation-latest."""

    policy: ModerationPolicy | None = UNSET
    """What is to happen with the moderation results, for input and reply separately."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "model": "model",
        "policy": "policy",
    }
    _source: ClassVar[str] = "#/components/schemas/ModerationParam"
    _nested: ClassVar[tuple[str, ...]] = ("policy",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.model = get("model")
        decoded.policy = value = get("policy")
        if value is not None:
            decoded.policy = _ModerationPolicy.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
