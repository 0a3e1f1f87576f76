# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model, new


# Source: #/components/schemas/ChatCompletionRequestMessageContentPartFile/properties/file
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class FileFile(Model):
    """The file, either uploaded before (file_id) or sent inline (file_data with filename)."""

    file_data: str | None = UNSET
    """The file as base64 text, usually a data URL, to send it inline."""

    file_id: str | None = UNSET
    """Id of a file that has been uploaded before."""

    filename: str | None = UNSET
    """Name of the file, needed when it is sent inline."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "file_data": "file_data",
        "file_id": "file_id",
        "filename": "filename",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionRequestMessageContentPartFile/properties/file"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.file_data = get("file_data")
        decoded.file_id = get("file_id")
        decoded.filename = get("filename")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
