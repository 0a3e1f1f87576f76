"""Which parts of an OpenAPI document are contract, where each part is, and in which order it is written.

One table: object kind -> key -> entry. Keys are written in the table's order, keys that it does not know
after them in alphabetical order. Since a place decides, and not a name, a schema's property called `description`,
`example` or `x-foo` is contract, and the keyword of the same name is not.

The entry for a key:

    data       a value that belongs to the API: kept whole, its own keys in alphabetical order
    set        a list whose order means nothing: sorted, without repetition, null last
    blank      prose that the specification requires: emptied
    drop       no contract, or already worked in by the code that walks
    reference  a `$ref`
    mapped     a schema as a discriminator names it, by reference or by its bare name
    security   a list of security requirements
    kind       an object of that kind
    [shape]    a list of such
    {shape}    a mapping of names to such
    (shape)    a mapping of names to such, where a key that begins with `x-` is an extension and no name
"""

from __future__ import annotations

import json
from typing import Any

# What parameters and headers share, and what media types and encodings share.
_SENT = {
    "required": "data",
    "deprecated": "data",
    "allowEmptyValue": "data",
    "style": "data",
    "explode": "data",
    "allowReserved": "data",
    "schema": "schema",
    "content": "{mediaType}",
}
_ENCODINGS = {"encoding": "{encoding}", "prefixEncoding": "[encoding]", "itemEncoding": "encoding"}

KINDS: dict[str, dict[str, str]] = {
    "info": {"title": "data", "version": "data", **dict.fromkeys(("termsOfService", "contact", "license"), "drop")},
    "server": {"name": "data", "url": "data", "variables": "{variable}"},
    "variable": {"enum": "set", "default": "data"},
    "pathItem": {
        "servers": "[server]",
        "parameters": "[parameter]",
        **dict.fromkeys(
            ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query"),
            "operation",
        ),
        "$ref": "drop",
        "additionalOperations": "drop",
    },
    "operation": {
        "operationId": "data",
        "deprecated": "data",
        "tags": "[data]",
        "security": "security",
        "servers": "[server]",
        "parameters": "[parameter]",
        "requestBody": "requestBody",
        "responses": "(response)",
        "callbacks": "drop",
    },
    "parameter": {"$ref": "reference", "name": "data", "in": "data", **_SENT},
    "header": {"$ref": "reference", **_SENT},
    "requestBody": {"$ref": "reference", "required": "data", "content": "{mediaType}"},
    "response": {
        "$ref": "reference",
        "description": "blank",
        "headers": "{header}",
        "content": "{mediaType}",
        "links": "drop",
    },
    "mediaType": {"$ref": "reference", "schema": "schema", "itemSchema": "schema", **_ENCODINGS},
    "encoding": {
        "contentType": "data",
        "style": "data",
        "explode": "data",
        "allowReserved": "data",
        "headers": "{header}",
        **_ENCODINGS,
    },
    "schema": {
        "title": "drop",
        "xml": "drop",
        "$schema": "data",
        "$vocabulary": "data",
        "$id": "data",
        "$anchor": "data",
        "$dynamicAnchor": "data",
        "$recursiveAnchor": "data",
        "$ref": "reference",
        "$dynamicRef": "data",
        "$recursiveRef": "data",
        "type": "set",
        "nullable": "data",
        "format": "data",
        "enum": "set",
        "const": "data",
        "default": "data",
        "deprecated": "data",
        "readOnly": "data",
        "writeOnly": "data",
        "pattern": "data",
        "minLength": "data",
        "maxLength": "data",
        "contentEncoding": "data",
        "contentMediaType": "data",
        "contentSchema": "schema",
        "multipleOf": "data",
        "minimum": "data",
        "exclusiveMinimum": "data",
        "maximum": "data",
        "exclusiveMaximum": "data",
        "minItems": "data",
        "maxItems": "data",
        "uniqueItems": "data",
        "prefixItems": "[schema]",
        "items": "schema",
        "additionalItems": "schema",
        "unevaluatedItems": "schema",
        "contains": "schema",
        "minContains": "data",
        "maxContains": "data",
        "minProperties": "data",
        "maxProperties": "data",
        "required": "set",
        "properties": "{schema}",
        "patternProperties": "{schema}",
        "additionalProperties": "schema",
        "unevaluatedProperties": "schema",
        "propertyNames": "schema",
        "dependentRequired": "{set}",
        "dependentSchemas": "{schema}",
        "allOf": "[schema]",
        "anyOf": "[schema]",
        "oneOf": "[schema]",
        "discriminator": "discriminator",
        "not": "schema",
        "if": "schema",
        "then": "schema",
        "else": "schema",
        "$defs": "{schema}",
        "definitions": "{schema}",
    },
    "discriminator": {"propertyName": "data", "mapping": "{mapped}", "defaultMapping": "mapped"},
    "securityScheme": {
        "$ref": "reference",
        "type": "data",
        "name": "data",
        "in": "data",
        "scheme": "data",
        "bearerFormat": "data",
        "openIdConnectUrl": "data",
        "flows": "flows",
    },
    "flows": dict.fromkeys(
        ("implicit", "password", "clientCredentials", "authorizationCode", "deviceAuthorization"), "flow"
    ),
    "flow": {
        "authorizationUrl": "data",
        "deviceAuthorizationUrl": "data",
        "tokenUrl": "data",
        "refreshUrl": "data",
        "scopes": "{blank}",
    },
}

# Notes to people, in an object of any kind; `x-` keys are the tools' own. A kind's table can say otherwise.
PROSE = frozenset(("description", "summary", "externalDocs", "example", "examples", "$comment", "comments"))

# Where each kind of object that a `$ref` can name lives under `components`, in the order of the written document.
SECTIONS = {
    "schema": "schemas",
    "response": "responses",
    "parameter": "parameters",
    "requestBody": "requestBodies",
    "header": "headers",
    "mediaType": "mediaTypes",
    "securityScheme": "securitySchemes",
}


def contract_keys(value: dict[str, Any], kind: str) -> list[tuple[str, str]]:
    """Return the keys of an object of that kind that are contract, in canonical order, each with its entry."""
    table = KINDS[kind]
    unknown = (key for key in value if key not in table and key not in PROSE and not key.startswith("x-"))
    known = [(key, shape) for key, shape in table.items() if key in value and shape != "drop"]
    return known + [(key, "unknown") for key in sorted(unknown)]


def data_in_order(value: Any) -> Any:
    """Return a plain value with the keys of every mapping in alphabetical order."""
    if isinstance(value, dict):
        return {key: data_in_order(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [data_in_order(item) for item in value]
    return value


def set_in_order(value: Any) -> Any:
    """Return a list that stands for a set in canonical order; other values are returned unchanged."""
    if not isinstance(value, list):
        return data_in_order(value)
    by_text = {json.dumps(item, sort_keys=True): data_in_order(item) for item in value}
    return [by_text[text] for text in sorted(by_text, key=lambda text: _set_rank(by_text[text], text))]


def _set_rank(item: Any, text: str) -> tuple[bool, int, float, str]:
    if isinstance(item, int | float) and not isinstance(item, bool):
        return False, 0, item, text
    # "null" is how a list of types says null.
    return item is None or item == "null", 1, 0, text
