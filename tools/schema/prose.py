"""What of a document wants a sentence: operations, parameters, responses, component schemas, properties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.document import pointer as pointers
from tools.schema.schemas import operations, subschemas


def described_parts(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the pointer and the prose of every part of a slice that wants prose; None where it has none."""
    for path, method, operation in operations(document):
        at = pointers.join("#/paths", path, method)
        yield at, operation.get("description")
        yield f"{at}/summary", operation.get("summary")
        for position, parameter in enumerate(operation.get("parameters", [])):
            yield pointers.join(at, "parameters", position), parameter.get("description")
        for status, response in operation["responses"].items():
            if "$ref" not in response:
                yield pointers.join(at, "responses", status), response.get("description")
    components = document.get("components", {})
    for kind in ("responses", "schemas"):
        for name, part in components.get(kind, {}).items():
            at = pointers.join("#/components", kind, name)
            yield at, part.get("description")
            if kind == "schemas":
                yield from _properties(part, at)


def without_prose(document: dict[str, Any]) -> list[str]:
    """Return the pointer of every part that has no prose yet."""
    return [pointer for pointer, prose in described_parts(document) if not prose]


def _properties(schema: Any, at: str) -> Iterator[tuple[str, Any]]:
    for segments, inner in subschemas(schema):
        below = pointers.join(at, *segments)
        if segments[0] == "properties":
            yield below, inner.get("description") if isinstance(inner, dict) else None
        yield from _properties(inner, below)
