"""What a schema's descriptions ask beyond its keywords, as a model heeds it.

The client tells in words what strict mode does not know, as `minLength: 3; format: "uri"`.
"""

from __future__ import annotations

import json
import re
from typing import Any

_KEYWORDS = {"in this order": "prefixItems"}
_TOLD = re.compile(r"(?:^|[(;] ?)(minLength|maxLength|pattern|format|uniqueItems|contentEncoding|in this order): ")


def heeded(schema: Any) -> Any:
    """Return the schema with what its descriptions tell as keywords; those that it has stay.

    Args:
        schema: A JSON schema; it is not changed.
    """
    if isinstance(schema, list):
        return [heeded(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    own = {key: heeded(rule) for key, rule in schema.items()}
    description = own.get("description")
    told = _told(description) if isinstance(description, str) else {}
    if "prefixItems" in told:
        own.pop("items", None)
    return {**told, **own}


def _told(description: str) -> dict[str, Any]:
    told = {}
    for found in _TOLD.finditer(description):
        try:
            rule, _ = json.JSONDecoder().raw_decode(description, found.end())
        except ValueError:
            continue
        told[_KEYWORDS.get(found.group(1), found.group(1))] = rule
    return told
