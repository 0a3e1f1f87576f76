# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model, new

if TYPE_CHECKING:
    from .annotation_url_citation import AnnotationURLCitation

_AnnotationURLCitation = LazyModel("annotation_url_citation", "AnnotationURLCitation")


# Source: #/components/schemas/ChatCompletionResponseMessage/properties/annotations/items
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class Annotation(Model):
    """A citation of a web page."""

    type: Literal["url_citation"] = "url_citation"
    """Always url_citation; the only kind of annotation so far."""

    url_citation: AnnotationURLCitation
    """The cited page, and the stretch of text that cites it."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "type": "type",
        "url_citation": "url_citation",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionResponseMessage/properties/annotations/items"
    _nested: ClassVar[tuple[str, ...]] = ("url_citation",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "url_citation": _AnnotationURLCitation.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.type = get("type")
        value = get("url_citation")
        if value is not None:
            decoded.url_citation = _AnnotationURLCitation.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
