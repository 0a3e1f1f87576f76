# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model, new


# Source: #/components/schemas/ChatCompletionTokenLogprob/properties/top_logprobs/items
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class TopLogprob(Model):
    """One of the likeliest tokens at this position."""

    bytes: list[int] | None = UNSET
    """UTF-8 bytes of the candidate, or null if it has none."""

    logprob: float
    """Natural logarithm of the candidate's probability; -9999 stands for very unlikely."""

    token: str
    """The candidate token as text."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "bytes": "bytes",
        "logprob": "logprob",
        "token": "token",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionTokenLogprob/properties/top_logprobs/items"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.bytes = get("bytes")
        decoded.logprob = get("logprob")
        decoded.token = get("token")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
