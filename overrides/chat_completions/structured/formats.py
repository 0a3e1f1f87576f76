"""From a type to the `response_format` of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from chat_completions.structured.adapter import Adapter
from chat_completions.structured.adapters import adapter_for
from chat_completions.structured.strict import strict_schema, target_of

if TYPE_CHECKING:
    from chat_completions.models import ResponseFormatJSONSchemaParam


def response_format_for(kind: Any) -> ResponseFormatJSONSchemaParam:
    """Return the `response_format` that asks for a type, strictly.

    What is no object (a list, a union, a number) is asked for as the field `value` of one.

    Args:
        kind: The type, as `adapter_for` takes it.

    Raises:
        ImportError: The type needs a library that is not installed.
        TypeError: It is no type, or one of which no library knows the JSON Schema.
        SchemaError: The API's strict mode has no schema for the type.
    """
    return format_of(response_adapter(kind))


def response_adapter(kind: Any) -> Adapter:
    """Return the adapter of a type that a reply shall be; its schema is an object."""
    adapter = adapter_for(kind)
    return adapter if _is_object(adapter.schema()) else adapter.wrapped()


def format_of(adapter: Adapter) -> ResponseFormatJSONSchemaParam:
    """Return the `response_format` that asks for an adapter's type."""
    schema = strict_schema(adapter.schema())
    told = {"type": "json_schema", "json_schema": {"name": adapter.name, "schema": schema, "strict": True}}
    return cast("ResponseFormatJSONSchemaParam", told)


def _is_object(schema: Mapping[str, Any]) -> bool:
    seen = set()
    root, node = schema, schema
    while isinstance(reference := node.get("$ref"), str) and reference not in seen:
        seen.add(reference)
        node = target_of(root, reference) or {}
    return node.get("type") == "object"
