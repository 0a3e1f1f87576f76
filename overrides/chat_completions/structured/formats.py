"""From a type to the `response_format` of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from chat_completions.structured.adapter import Adapter
from chat_completions.structured.adapter_choice import adapter_for
from chat_completions.structured.strict import strict_schema, target_of

if TYPE_CHECKING:
    from chat_completions.models import ResponseFormatJSONSchemaParam


def response_format_for(kind: Any) -> ResponseFormatJSONSchemaParam:
    """Return the `response_format` that asks for a type, strictly.

    A type that is not an object (a list, a union, a number) is wrapped in an object with one field, `value`.

    Args:
        kind: The type, as for `adapter_for`.

    Raises:
        ImportError: The type needs a library that is not installed.
        TypeError: It is not a type, or no library can create a JSON Schema for it.
        SchemaError: The API's strict mode has no schema for the type.
    """
    return format_of(response_adapter(kind))


def response_adapter(kind: Any) -> Adapter:
    """Return the adapter of a reply's type; its schema is an object."""
    adapter = adapter_for(kind)
    return adapter if _is_object(adapter.schema()) else adapter.wrapped()


def format_of(adapter: Adapter) -> ResponseFormatJSONSchemaParam:
    """Return the `response_format` that asks for an adapter's type."""
    schema = strict_schema(adapter.schema())
    response_format = {"type": "json_schema", "json_schema": {"name": adapter.name, "schema": schema, "strict": True}}
    return cast("ResponseFormatJSONSchemaParam", response_format)


def _is_object(schema: Mapping[str, Any]) -> bool:
    seen = set()
    root, node = schema, schema
    while isinstance(reference := node.get("$ref"), str) and reference not in seen:
        seen.add(reference)
        node = target_of(root, reference) or {}
    return node.get("type") == "object"
