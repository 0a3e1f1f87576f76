# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .chat_completion import ChatCompletion

_ChatCompletion = LazyModel("chat_completion", "ChatCompletion")


# Source: #/components/schemas/ChatCompletionList
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionList(Model):
    """A page of stored completions."""

    data: list[ChatCompletion]
    """The completions on this page."""

    first_id: str | None = UNSET
    """Id of the first completion on this page."""

    has_more: bool
    """Whether more completions follow behind this page."""

    last_id: str | None = UNSET
    """Id of the last completion on this page; pass it as after to get the next page."""

    object: Literal["list"] = "list"
    """Always list; names the kind of object. The server's default is list."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "data": "data",
        "first_id": "first_id",
        "has_more": "has_more",
        "last_id": "last_id",
        "object": "object",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionList"
    _nested: ClassVar[tuple[str, ...]] = ("data",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "data": list,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("data")
        if value is not None:
            decoded.data = (
                [_ChatCompletion.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.first_id = get("first_id")
        decoded.has_more = get("has_more")
        decoded.last_id = get("last_id")
        decoded.object = get("object")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
