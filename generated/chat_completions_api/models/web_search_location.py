# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define

from ..types import UNSET, Model, new


# Source: #/components/schemas/WebSearchLocation
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class WebSearchLocation(Model):
    """An approximate place; every part of it is optional."""

    city: str | None = UNSET
    """City as free text, such as San Francisco."""

    country: str | None = UNSET
    """Two-letter ISO 3166-1 country code, such as US."""

    region: str | None = UNSET
    """Region or state as free text, such as California."""

    timezone: str | None = UNSET
    """IANA time zone name, such as America/Los_Angeles."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "city": "city",
        "country": "country",
        "region": "region",
        "timezone": "timezone",
    }
    _source: ClassVar[str] = "#/components/schemas/WebSearchLocation"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.city = get("city")
        decoded.country = get("country")
        decoded.region = get("region")
        decoded.timezone = get("timezone")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
