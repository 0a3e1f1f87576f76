"""Check that the schemas of a slice can be read: that each keyword has a value of its kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tools.document import pointer as pointers
from tools.errors import ToolError
from tools.schema.schemas import map_document_schemas, map_subschemas


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_limit(value: Any) -> bool:
    return isinstance(value, int | float)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_types(value: Any) -> bool:
    return isinstance(value, str) or _is_names(value)


_COUNTS = ("Contains", "Items", "Length", "Properties")
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "type": ("a type, or a list of types", _is_types),
    "enum": ("a list", _is_list),
    "required": ("a list of names", _is_names),
    "format": ("a string", _is_text),
    "pattern": ("a string", _is_text),
    **dict.fromkeys(("maximum", "minimum", "multipleOf"), ("a number", _is_number)),
    # OpenAPI 3.0 has a flag here.
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), ("a number", _is_limit)),
    **dict.fromkeys((f"{limit}{what}" for limit in ("max", "min") for what in _COUNTS), ("a number", _is_number)),
}


def check_schemas(document: dict[str, Any]) -> None:
    """Check every schema of a slice.

    Raises:
        ToolError: A keyword has a value of another kind than it needs.
    """

    def visit(schema: Any, at: str) -> Any:
        if not isinstance(schema, dict):
            return schema
        for keyword, (kind, fits) in _KINDS.items():
            if keyword in schema and not fits(schema[keyword]):
                where = pointers.fragment(f"{at}/{keyword}")
                raise ToolError(f"expected {kind}, found {schema[keyword]!r:.40}", where=where)
        return map_subschemas(schema, visit, at)

    map_document_schemas(document, visit)
