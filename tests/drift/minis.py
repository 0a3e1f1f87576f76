"""Mini specifications of two operations, to compare."""

from __future__ import annotations

import json
from typing import Any

from tests.specs import obj, ref
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


def small_document() -> Json:
    """Return a document with a bit of everything that the vendored slice has, which is compared in no time."""

    def tagged(tag: str, **properties: Any) -> Json:
        return obj({"type": {"type": "string", "enum": [tag]}, **properties}, required=["type"])

    schemas: Json = {
        "Ask": obj(
            {
                "messages": {"type": "array", "items": ref("Message"), "minItems": 1},
                "format": {"oneOf": [ref("Plain"), ref("Formed")], "discriminator": {"propertyName": "type"}},
                "choice": {"anyOf": [{"type": "string", "enum": ["none", "auto", "all"]}, ref("Named")]},
                "model": {"anyOf": [TEXT, {"type": "string", "enum": ["m1", "m2", "m3"]}]},
                "heat": {"type": "number", "nullable": True, "minimum": 0},
            },
            required=["messages"],
        ),
        "Message": {"oneOf": [ref("Asking"), ref("Telling")], "discriminator": {"propertyName": "role"}},
        "Asking": obj(
            {
                "role": {"type": "string", "enum": ["user"]},
                "content": {"oneOf": [TEXT, {"type": "array", "items": ref("Part")}]},
            },
            required=["role"],
        ),
        "Telling": obj(
            {
                "role": {"type": "string", "enum": ["assistant"]},
                "content": {"type": "string", "nullable": True},
                "calls": {"type": "array", "items": {"oneOf": [ref("Call"), tagged("custom", input=TEXT)]}},
                "part": ref("Part"),
            },
            required=["role"],
        ),
        "Part": {"anyOf": [tagged("text", text=TEXT), tagged("image", image=obj({"url": TEXT})), ref("Sound")]},
        "Sound": tagged("sound", length={"type": "integer"}),
        "Call": tagged("function", function=obj({"name": TEXT, "arguments": TEXT}, required=["name"])),
        "Plain": tagged("plain"),
        "Formed": tagged("formed", schema={"type": "object", "additionalProperties": TEXT}),
        "Named": {"allOf": [obj({"name": TEXT}), obj({"at": {"type": "integer"}})]},
        "Reply": obj(
            {"message": ref("Telling"), "reason": {"type": "string", "enum": ["stop", "length", "other"]}},
            required=["message"],
        ),
    }

    def content(name: str) -> Json:
        return {"content": {"application/json": {"schema": ref(name)}}}

    post = {
        "operationId": "createChatCompletion",
        "requestBody": {"required": True, **content("Ask")},
        "responses": {"200": {"description": "", **content("Reply")}},
    }
    get = {"operationId": "listChatCompletions", "responses": {"200": {"description": "", **content("Reply")}}}
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "Small", "version": "1"},
        "paths": {"/chat/completions": {"get": get, "post": post}},
        "components": {"schemas": schemas},
    }
    return dict(json.loads(json.dumps(whole)))  # Nothing in it is shared, so that each part can be edited alone.


def tiny_document() -> Json:
    """Return a document of few schemas, of which chance edits one over and over: what a long search runs on."""
    tag: Json = {"type": "string", "enum": ["call"]}
    choice: Json = {"anyOf": [TEXT, {"type": "string", "enum": ["m1", "m2", "m3"]}]}
    schemas: Json = {
        "Ask": obj({"item": ref("Item"), "choice": choice}, required=["item"]),
        "Item": {"oneOf": [ref("Call"), obj({"type": {"type": "string", "enum": ["note"]}, "size": NUMBER})]},
        "Call": obj({"type": tag, "name": {"type": "string", "nullable": True}}, required=["type"]),
    }
    whole = document(request=ref("Ask"), response=ref("Call"), schemas=schemas)
    operations = whole["paths"]["/chat/completions"]
    operations["get"]["responses"] = operations["post"]["responses"]
    return dict(json.loads(json.dumps(whole)))
