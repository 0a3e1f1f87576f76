# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import Model, new


# Source: #/components/schemas/ChatCompletionResponseMessage/properties/annotations/items/properties/url_citation
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class AnnotationURLCitation(Model):
    """The cited page, and the stretch of text that cites it."""

    end_index: int
    """Index in the content of the last character of the citation."""

    start_index: int
    """Index in the content of the first character of the citation."""

    title: str
    """Title of the cited page."""

    url: str
    """Address of the cited page."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "end_index": "end_index",
        "start_index": "start_index",
        "title": "title",
        "url": "url",
    }
    _source: ClassVar[str] = (
        "#/components/schemas/ChatCompletionResponseMessage/properties/annotations/items/properties/url_citation"
    )

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.end_index = get("end_index")
        decoded.start_index = get("start_index")
        decoded.title = get("title")
        decoded.url = get("url")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
