"""Where the schemas of an OpenAPI document are, and where the schemas inside a schema are.

A property that happens to be named `items` or `default` is data of its parent, not a keyword.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, TypeAlias
from urllib.parse import unquote

from tools.document.pointer import escape, unescape
from tools.schema.contract_keys import KINDS, PROSE

Schema: TypeAlias = dict[str, Any]

# The keywords that hold schemas: one, a list of them, or a mapping of names to them.
SUBSCHEMAS = {key: shape for key, shape in KINDS["schema"].items() if shape in ("schema", "[schema]", "{schema}")}

ANNOTATIONS = PROSE | {"default", "deprecated", "readOnly", "title", "writeOnly", "xml"}

# The types of JSON Schema by those of Python.
JSON_TYPES = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}

# The formats that decide what a text is decoded to.
TEXT_TYPES = {"date": "datetime.date", "date-time": "datetime.datetime", "uuid": "uuid.UUID"}

# The keys of a path item that hold operations.
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# Properties by which objects tell what they are, where no discriminator says which one does.
TAG_PROPERTIES = ("type", "role", "object", "kind")

# What holds objects by names of the document's own choice.
NAMED = ("callbacks", "content", "encoding", "examples", "headers", "links", "responses")

SCHEMA_REF = "#/components/schemas/"

_ENCODER = json.JSONEncoder(sort_keys=True, default=str)


def subschemas(schema: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield each direct subschema with the segments that lead to it, in their order."""
    for keyword, value in schema.items() if isinstance(schema, dict) else ():
        shape = SUBSCHEMAS.get(keyword)
        if shape == "schema":
            yield (keyword,), value
        elif shape is not None:
            for key, inner in value.items() if shape == "{schema}" else enumerate(value):
                yield (keyword, key), inner


def map_subschemas(schema: Schema, change: Callable[[Any, str], Any], at: str = "") -> Schema:
    """Return a copy of a schema with `change(subschema, pointer)` in the place of each direct subschema."""
    changed: dict[Any, Any] = {
        keyword: copy(value) if keyword in SUBSCHEMAS else value for keyword, value in schema.items()
    }
    for segments, inner in subschemas(schema):
        holder = changed if len(segments) == 1 else changed[segments[0]]
        holder[segments[-1]] = change(inner, "/".join([at, *(escape(str(segment)) for segment in segments)]))
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


def operation_name(path: str, method: str, operation: dict[str, Any]) -> str:
    """Return what names an operation: its operationId, or `METHOD /path` where it has none."""
    name = operation.get("operationId")
    return name if isinstance(name, str) and name else place_name(path, method)


def place_name(path: str, method: str) -> str:
    """Return the name of an operation by its place: `POST /chat/completions`."""
    return f"{method.upper()} {path}"


def is_annotation(keyword: str) -> bool:
    """Return whether a keyword of a schema says nothing about which instances are valid."""
    return keyword in ANNOTATIONS or keyword.startswith("x-")


def is_null(schema: Any) -> bool:
    """Return whether a schema says by itself that only null is valid."""
    return isinstance(schema, dict) and (
        schema.get("type") in ("null", ["null"]) or schema.get("enum") == [None] or schema.get("const", 0) is None
    )


def canonical_json(value: Any) -> str:
    """Return the one text of a JSON value."""
    return _ENCODER.encode(value)


def same_json(left: Any, right: Any) -> bool:
    """Return whether two values are the same in JSON, where, unlike in Python, true is not 1."""
    return left == right and canonical_json(left) == canonical_json(right)


def ref_name(ref: str) -> str:
    """Return the component name that a `$ref` points at."""
    return unescape(unquote(ref.rsplit("/", 1)[-1]))
