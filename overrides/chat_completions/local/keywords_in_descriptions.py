"""Keywords that a schema states only in its descriptions.

Strict mode does not support every keyword; the client moves those that it leaves out into the description, such as
`minLength: 3; format: "uri"`, for the model to follow. The local server follows them as well.
"""

from __future__ import annotations

import json
import re
from typing import Any

_KEYWORDS = {"in this order": "prefixItems"}
_PATTERN = re.compile(r"(?:^|[(;] ?)(minLength|maxLength|pattern|format|uniqueItems|contentEncoding|in this order): ")


def with_keywords(schema: Any) -> Any:
    """Return the schema with the keywords in its descriptions added; keywords that it already has win.

    Args:
        schema: A JSON schema; it is not changed.
    """
    if isinstance(schema, list):
        return [with_keywords(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    stated = {key: with_keywords(rule) for key, rule in schema.items()}
    description = stated.get("description")
    described = _described_keywords(description) if isinstance(description, str) else {}
    if "prefixItems" in described:
        stated.pop("items", None)
    return {**described, **stated}


def _described_keywords(description: str) -> dict[str, Any]:
    keywords = {}
    for found in _PATTERN.finditer(description):
        try:
            rule, _ = json.JSONDecoder().raw_decode(description, found.end())
        except ValueError:
            continue
        keywords[_KEYWORDS.get(found.group(1), found.group(1))] = rule
    return keywords
