# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model, new


# Source: #/components/schemas/CompletionUsage/properties/completion_tokens_details
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class CompletionTokensDetails(Model):
    """What the completion tokens were spent on."""

    accepted_prediction_tokens: int | None = UNSET
    """Tokens of the prediction that did appear in the reply. The server's default is 0."""

    audio_tokens: int | None = UNSET
    """Generated audio, in tokens. The server's default is 0."""

    reasoning_tokens: int | None = UNSET
    """Tokens spent on hidden reasoning. The server's default is 0."""

    rejected_prediction_tokens: int | None = UNSET
    """Tokens of the prediction that did not appear in the reply; they are billed and limited all the same. The
    server's default is 0."""

    text_tokens: int | None = UNSET
    """Generated text, in tokens."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "accepted_prediction_tokens": "accepted_prediction_tokens",
        "audio_tokens": "audio_tokens",
        "reasoning_tokens": "reasoning_tokens",
        "rejected_prediction_tokens": "rejected_prediction_tokens",
        "text_tokens": "text_tokens",
    }
    _source: ClassVar[str] = "#/components/schemas/CompletionUsage/properties/completion_tokens_details"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.accepted_prediction_tokens = get("accepted_prediction_tokens")
        decoded.audio_tokens = get("audio_tokens")
        decoded.reasoning_tokens = get("reasoning_tokens")
        decoded.rejected_prediction_tokens = get("rejected_prediction_tokens")
        decoded.text_tokens = get("text_tokens")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
