# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .top_logprob import TopLogprob

_TopLogprob = LazyModel("top_logprob", "TopLogprob")


# Source: #/components/schemas/ChatCompletionTokenLogprob
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionTokenLogprob(Model):
    """A generated token with its log probability."""

    bytes: list[int] | None = UNSET
    """UTF-8 bytes of the token, to rebuild characters split across tokens; null if it has none."""

    logprob: float
    """Natural logarithm of the token's probability; -9999 stands for very unlikely."""

    token: str
    """The generated token as text."""

    top_logprobs: list[TopLogprob]
    """The likeliest tokens at this position, as many as top_logprobs asked for or sometimes fewer."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "bytes": "bytes",
        "logprob": "logprob",
        "token": "token",
        "top_logprobs": "top_logprobs",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionTokenLogprob"
    _nested: ClassVar[tuple[str, ...]] = ("top_logprobs",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "top_logprobs": list,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.bytes = get("bytes")
        decoded.logprob = get("logprob")
        decoded.token = get("token")
        value = get("top_logprobs")
        if value is not None:
            decoded.top_logprobs = (
                [_TopLogprob.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
