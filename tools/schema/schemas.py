"""Where the schemas of an OpenAPI document stand, and where the schemas inside a schema stand.

One literal table each: a property that happens to be named `items` or `default` is data of its parent, not a keyword.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from urllib.parse import unquote

Schema: TypeAlias = dict[str, Any]

SCHEMA_KEYWORDS = (
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
SCHEMA_LIST_KEYWORDS = ("allOf", "anyOf", "oneOf", "prefixItems")
SCHEMA_MAP_KEYWORDS = ("$defs", "dependentSchemas", "patternProperties", "properties")

ANNOTATIONS = (
    "$comment",
    "default",
    "deprecated",
    "description",
    "example",
    "examples",
    "externalDocs",
    "readOnly",
    "title",
    "writeOnly",
    "xml",
)

# The formats that decide what a text is decoded to.
TEXT_TYPES = {"date": "datetime.date", "date-time": "datetime.datetime", "uuid": "uuid.UUID"}

# The keys of a path item that hold operations.
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# Properties by which objects tell what they are, where no discriminator says which one does.
TAG_PROPERTIES = ("type", "role", "object", "kind")

# What holds objects by names of the document's own choice.
NAMED = ("callbacks", "content", "encoding", "examples", "headers", "links", "responses")

SCHEMA_REF = "#/components/schemas/"


def map_subschemas(schema: Schema, change: Callable[[Any, str], Any], at: str = "") -> Schema:
    """Return a copy of a schema with `change(subschema, pointer)` in the place of each direct subschema."""
    changed = dict(schema)
    for keyword in SCHEMA_KEYWORDS:
        if keyword in changed:
            changed[keyword] = change(changed[keyword], f"{at}/{keyword}")
    for keyword in SCHEMA_LIST_KEYWORDS:
        if keyword in changed:
            changed[keyword] = [change(part, f"{at}/{keyword}/{i}") for i, part in enumerate(changed[keyword])]
    for keyword in SCHEMA_MAP_KEYWORDS:
        if keyword in changed:
            changed[keyword] = {
                name: change(part, f"{at}/{keyword}/{escape(name)}") for name, part in changed[keyword].items()
            }
    return changed


def map_document_schemas(document: dict[str, Any], change: Callable[[Any, str], Any]) -> dict[str, Any]:
    """Return a copy of an OpenAPI document with `change(schema, pointer)` in the place of each outermost schema."""

    def visit(node: Any, at: str, named: bool = False) -> Any:
        if isinstance(node, list):
            return [visit(entry, f"{at}/{i}") for i, entry in enumerate(node)]
        if not isinstance(node, dict):
            return node
        changed = {}
        for key, value in node.items():
            below = f"{at}/{escape(key)}"
            is_schema = key == "schema" and not named
            changed[key] = change(value, below) if is_schema else visit(value, below, not named and key in NAMED)
        return changed

    changed = dict(document)
    components = document.get("components", {})
    changed["paths"] = visit(document.get("paths", {}), "#/paths", named=True)
    changed["components"] = {
        section: {name: change(schema, SCHEMA_REF + escape(name)) for name, schema in entries.items()}
        if section == "schemas"
        else visit(entries, f"#/components/{section}", named=True)
        for section, entries in components.items()
    }
    return changed


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (path, method, operation) for each operation of a document."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if isinstance(item, dict) and isinstance(item.get(method), dict):
                yield path, method, item[method]


def is_annotation(keyword: str) -> bool:
    """Return whether a keyword of a schema says nothing about which instances are valid."""
    return keyword in ANNOTATIONS or keyword.startswith("x-")


def canonical_json(value: Any) -> str:
    """Return the one text of a JSON value."""
    return json.dumps(value, sort_keys=True, default=str)


def same_json(left: Any, right: Any) -> bool:
    """Return whether two values are the same in JSON, where, unlike in Python, true is not 1."""
    return left == right and canonical_json(left) == canonical_json(right)


def escape(token: str) -> str:
    """Return the JSON pointer spelling of a key (RFC 6901, section 3)."""
    return token.replace("~", "~0").replace("/", "~1")


def ref_name(ref: str) -> str:
    """Return the component name that a `$ref` points at."""
    return unquote(ref.rsplit("/", 1)[-1]).replace("~1", "/").replace("~0", "~")
