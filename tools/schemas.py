"""Where the schemas of an OpenAPI document stand, and where the schemas inside a schema stand.

One literal table each: a property that happens to be named `items` or `default` is data of its parent, not a keyword.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

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

SCHEMA_REF = "#/components/schemas/"


def map_subschemas(schema: Schema, change: Callable[[Any, str], Any], at: str = "") -> Schema:
    """Give a copy of a schema with `change(subschema, pointer)` in the place of each direct subschema."""
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
    """Give a copy of an OpenAPI document with `change(schema, pointer)` in the place of each outermost schema."""

    def visit(node: Any, at: str) -> Any:
        if isinstance(node, list):
            return [visit(entry, f"{at}/{i}") for i, entry in enumerate(node)]
        if not isinstance(node, dict):
            return node
        return {
            key: change(value, f"{at}/{escape(key)}") if key == "schema" else visit(value, f"{at}/{escape(key)}")
            for key, value in node.items()
        }

    changed = dict(document)
    components = document.get("components", {})
    changed["paths"] = visit(document.get("paths", {}), "#/paths")
    changed["components"] = {
        section: {name: change(schema, SCHEMA_REF + escape(name)) for name, schema in entries.items()}
        if section == "schemas"
        else visit(entries, f"#/components/{section}")
        for section, entries in components.items()
    }
    return changed


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (path, method, operation) for each operation of a document."""
    for path, item in document.get("paths", {}).items():
        for method in ("get", "put", "post", "delete", "options", "head", "patch", "trace"):
            if method in item:
                yield path, method, item[method]


def escape(token: str) -> str:
    """Give the JSON pointer spelling of a key (RFC 6901, section 3)."""
    return token.replace("~", "~0").replace("/", "~1")


def ref_name(ref: str) -> str:
    """Give the component name that a `$ref` points at."""
    return ref.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")
