# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import Model


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

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = cls.__new__(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.end_index = get("end_index")
        decoded.start_index = get("start_index")
        decoded.title = get("title")
        decoded.url = get("url")
        decoded._keys = tuple(src_dict)
        known = cls._known
        decoded._extra = None if known.issuperset(src_dict) else {k: src_dict[k] for k in src_dict if k not in known}
        return self
