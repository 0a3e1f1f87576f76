"""Turn every spelling of "may be null" into the one of JSON Schema 2020-12.

OpenAPI 3.0 wrote `nullable: true` (OpenAPI 3.0.3, "Schema Object"); documents that say 3.1 still do, also beside
`$ref`, `enum` and `oneOf`, where a plain 2020-12 reader ignores it.
"""

from __future__ import annotations

from typing import Any

from tools.schemas import Schema, map_document_schemas, map_subschemas, ref_name

NULL: Schema = {"type": "null"}
ANNOTATIONS = ("default", "deprecated", "description", "readOnly", "writeOnly")


def null_unions(document: dict[str, Any]) -> dict[str, Any]:
    """Give a copy of an OpenAPI document whose schemas are JSON Schema 2020-12 where null is concerned.

    Args:
        document: An OpenAPI 3.0 or 3.1 document as plain dicts and lists.

    Returns:
        The document without `nullable`, and without the boolean `exclusiveMinimum` and `exclusiveMaximum` of 3.0.
    """
    components = document.get("components", {}).get("schemas", {})

    def visit(schema: Any, at: str) -> Any:
        if not isinstance(schema, dict):
            return schema
        changed = _numeric_exclusive_limits(map_subschemas(schema, visit, at))
        nullable = changed.pop("nullable", False)
        return _or_null(changed, components) if nullable is True else changed

    changed = map_document_schemas(document, visit)
    if str(document.get("openapi", "")).startswith("3.0"):
        changed["openapi"] = "3.1.0"
    return changed


def _or_null(schema: Schema, components: dict[str, Any]) -> Schema:
    if accepts_null(schema, components):
        return schema
    if "type" in schema and "$ref" not in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        widened = {**schema, "type": [*types, "null"]}
        if "enum" in schema:
            widened["enum"] = [*schema["enum"], None]
        if "const" in schema:
            widened["enum"] = [widened.pop("const"), None]
        if not any(keyword in schema for keyword in ("allOf", "anyOf", "oneOf", "not")):
            return widened
    for keyword in ("anyOf", "oneOf"):
        # An exclusive union stays exclusive: no variant took null before, so one that takes only null is the one.
        if keyword in schema and not {"$ref", "allOf", "type", "enum"} & schema.keys():
            return {**schema, keyword: [*schema[keyword], dict(NULL)]}
    if not {"$ref", "allOf", "anyOf", "oneOf", "enum", "const", "not", "type"} & schema.keys():
        return schema
    kept = {key: value for key, value in schema.items() if key in ANNOTATIONS or key.startswith("x-")}
    inner = {key: value for key, value in schema.items() if key not in kept}
    return {**kept, "anyOf": [inner, dict(NULL)]}


def accepts_null(schema: Any, components: dict[str, Any], seen: tuple[str, ...] = ()) -> bool:
    """Tell whether null is a valid instance of a schema whose own nulls are already 2020-12."""
    if not isinstance(schema, dict):
        return bool(schema)
    if schema.get("nullable") is True and "$ref" not in schema:
        return True
    name = ref_name(schema["$ref"]) if "$ref" in schema else None
    checks: list[bool] = []
    if name is not None:
        checks.append(name not in seen and accepts_null(components.get(name, {}), components, (*seen, name)))
    if "type" in schema:
        types = schema["type"]
        checks.append("null" in types if isinstance(types, list) else types == "null")
    if "enum" in schema:
        checks.append(None in schema["enum"])
    if "const" in schema:
        checks.append(schema["const"] is None)
    if "allOf" in schema:
        checks.append(all(accepts_null(part, components, seen) for part in schema["allOf"]))
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            checks.append(any(accepts_null(part, components, seen) for part in schema[keyword]))
    return all(checks)


def _numeric_exclusive_limits(schema: Schema) -> Schema:
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        flag = schema.get(exclusive)
        if isinstance(flag, bool):
            del schema[exclusive]
            if flag and limit in schema:
                schema[exclusive] = schema.pop(limit)
    return schema
