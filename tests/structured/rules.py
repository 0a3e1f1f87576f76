"""The rules of strict mode as the API's guide states them, to check schemas by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

KEYWORDS = frozenset(
    {"type", "enum", "const", "anyOf", "$ref", "$defs", "title", "description", "properties", "required", "items"}
    | {"additionalProperties", "pattern", "format", "multipleOf", "minimum", "maximum", "exclusiveMinimum"}
    | {"exclusiveMaximum", "minItems", "maxItems"}
)
FORMATS = frozenset({"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid"})


def broken_rules(schema: dict[str, Any]) -> list[str]:
    """Return what the API would refuse in a schema."""
    broken = [] if schema.get("type") == "object" else ["the root is no object"]
    return [*broken, *_broken(schema, "", schema)]


def _broken(schema: Any, at: str, root: Any) -> Iterator[str]:
    if not isinstance(schema, dict):
        yield f"{at} is no object"
        return
    yield from (f"{at} has {key}" for key in schema if key not in KEYWORDS)
    reference = schema.get("$ref")
    if reference is not None:
        if len(schema) > 1:
            yield f"{at} has keywords beside $ref"
        name = reference.removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
        if reference != "#" and name not in root.get("$defs", {}):
            yield f"{at} refers to nothing"
        return
    if not {"type", "anyOf"} & schema.keys():
        yield f"{at} has no type"
    kinds = schema.get("type", [])
    if "object" in ([kinds] if isinstance(kinds, str) else kinds):
        if schema.get("additionalProperties") is not False:
            yield f"{at} is open"
        if schema.get("required") != list(schema.get("properties", {})) or "properties" not in schema:
            yield f"{at} does not require all"
    if kinds == "array" and "items" not in schema:
        yield f"{at} has no items"
    if schema.get("format", "uuid") not in FORMATS or re.search(r"\(\?[<=!]", schema.get("pattern", "")):
        yield f"{at} has an unknown format or a pattern that looks around"
    for group in ("properties", "$defs"):
        for name, part in schema.get(group, {}).items():
            yield from _broken(part, f"{at}/{group}/{name}", root)
    if "$defs" in schema and at:
        yield f"{at} has definitions"
    if "items" in schema:
        yield from _broken(schema["items"], f"{at}/items", root)
    for place, part in enumerate(schema.get("anyOf", [])):
        yield from _broken(part, f"{at}/anyOf/{place}", root)
