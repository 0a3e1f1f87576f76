# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model, new

if TYPE_CHECKING:
    from .image_url_detail import ImageURLDetail


# Source: #/components/schemas/ChatCompletionRequestMessageContentPartImage/properties/image_url
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ImageURL(Model):
    """Where the image is and how closely to look at it."""

    detail: ImageURLDetail | None = UNSET
    """Resolution at which the model sees the image; low uses fewer tokens, high catches fine print. The server's
    default is auto."""

    url: str
    """Web address of the image, or the image itself as a base64 data URL."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "detail": "detail",
        "url": "url",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionRequestMessageContentPartImage/properties/image_url"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.detail = get("detail")
        decoded.url = get("url")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
