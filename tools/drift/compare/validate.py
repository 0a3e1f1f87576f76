"""Check that the schemas of a slice can be read: that each keyword has a value of its kind."""

from __future__ import annotations

from typing import Any

from tools.document import pointer as pointers
from tools.errors import ToolError
from tools.schema.schemas import map_document_schemas, map_subschemas

_COUNTS = ("Contains", "Items", "Length", "Properties")
_NUMBERS = ("maximum", "minimum", "multipleOf", *(f"{limit}{what}" for limit in ("max", "min") for what in _COUNTS))
_KINDS: dict[str, tuple[str, tuple[type, ...]]] = {
    "type": ("a type, or a list of types", (str, list)),
    "enum": ("a list", (list,)),
    "required": ("a list of names", (list,)),
    "dependentRequired": ("a mapping of names to lists of names", (dict,)),
    "format": ("a string", (str,)),
    "pattern": ("a string", (str,)),
    **dict.fromkeys(_NUMBERS, ("a number", (int, float))),
    # OpenAPI 3.0 has a flag here.
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), ("a number", (int, float, bool))),
}


def check_schemas(document: dict[str, Any]) -> None:
    """Check every schema of a slice.

    Raises:
        ToolError: A keyword has a value of another kind than it needs.
    """

    def visit(schema: Any, at: str) -> Any:
        if not isinstance(schema, dict):
            return schema
        for keyword, (kind, types) in _KINDS.items():
            if keyword in schema and not _fits(keyword, schema[keyword], types):
                where = pointers.fragment(f"{at}/{keyword}")
                raise ToolError(f"expected {kind}, found {schema[keyword]!r:.40}", where=where)
        return map_subschemas(schema, visit, at)

    map_document_schemas(document, visit)


def _fits(keyword: str, value: Any, types: tuple[type, ...]) -> bool:
    if type(value) not in types:
        return False
    if keyword == "dependentRequired":
        return all(isinstance(names, list) and _are_names(names) for names in value.values())
    return keyword not in ("required", "type") or not isinstance(value, list) or _are_names(value)


def _are_names(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
