"""Mini specifications of two operations, to compare."""

from __future__ import annotations

from typing import Any

from tools.drift.compare.collect import findings_of
from tools.drift.compare.select_operations import operations_to_compare, slice_of
from tools.drift.findings.findings import Finding

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "integer"}


def document(
    *, request: Json | None = None, response: Json | None = None, schemas: Json | None = None, **operation: Any
) -> Json:
    """Return a document in which createChatCompletion takes and gives these schemas; `operation` adds to it."""
    create: Json = {"operationId": "createChatCompletion", "responses": {}}
    if request is not None:
        create["requestBody"] = {"required": True, "content": {"application/json": {"schema": request}}}
    if response is not None:
        create["responses"]["200"] = {"description": "", "content": {"application/json": {"schema": response}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/chat/completions": {
                "get": {"operationId": "listChatCompletions", "responses": {}},
                "post": {**create, **operation},
            }
        },
        "components": {"schemas": schemas or {}},
    }


def compare(old: Json, new: Json) -> list[Finding]:
    """Return the findings between two documents, which are sliced first, as the command does it."""
    ours, theirs = operations_to_compare(old, new)
    return findings_of(slice_of(old, ours), slice_of(new, theirs))


def in_request(schema: Any, schemas: Json | None = None) -> Json:
    """Return a document whose request has the property `it`."""
    return document(request={"type": "object", "properties": {"it": schema}}, schemas=schemas)


def in_response(schema: Any, schemas: Json | None = None) -> Json:
    """Return a document whose response has the property `it`."""
    return document(response={"type": "object", "properties": {"it": schema}}, schemas=schemas)


def in_both(schema: Any, schemas: Json | None = None) -> Json:
    """Return a document whose request and response share a component with the property `it`."""
    shared = {"type": "object", "properties": {"it": schema}}
    reference = {"$ref": "#/components/schemas/Shared"}
    return document(request=reference, response=reference, schemas={"Shared": shared, **(schemas or {})})
