"""Turn every spelling of "may be null" into the one of JSON Schema 2020-12.

OpenAPI 3.0 wrote `nullable: true` (OpenAPI 3.0.3, "Schema Object"); documents that say 3.1 still do, also next to
`$ref`, `enum` and `oneOf`, where a plain 2020-12 reader ignores it.
"""

from __future__ import annotations

from typing import Any

from tools.schema.schemas import Schema, is_annotation, map_document_schemas, map_subschemas, ref_name

NULL: Schema = {"type": "null"}
_COMBINED = {"$ref", "allOf", "anyOf", "not", "oneOf"}
_INSIDE = {"additionalProperties", "items", "patternProperties", "prefixItems", "properties"}


def null_unions(document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of an OpenAPI document whose schemas are JSON Schema 2020-12 where null is concerned.

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
    # Without a type, null is valid already, but the other keywords say which type is meant.
    if accepts_null(schema, components) and not ("type" not in schema and _INSIDE & schema.keys()):
        return schema
    if "type" in schema and not _COMBINED & schema.keys():
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        widened = {**schema, "type": types if "null" in types else [*types, "null"]}
        if "enum" in schema:
            # OpenAPI 3.0.3 wants null in the enum too, where most documents leave it out.
            widened["enum"] = [*(value for value in schema["enum"] if value is not None), None]
        if "const" in schema:
            widened["enum"] = [widened.pop("const"), None]
        return widened
    for keyword in ("anyOf", "oneOf"):
        alone = keyword in schema and not ({"const", "enum", "type", *_COMBINED} - {keyword}) & schema.keys()
        # Where no variant takes null, one that takes only null leaves an exclusive union exclusive.
        if alone and not any(accepts_null(variant, components) for variant in schema[keyword]):
            return {**schema, keyword: [*schema[keyword], dict(NULL)]}
    kept = {key: value for key, value in schema.items() if is_annotation(key)}
    inner = {key: value for key, value in schema.items() if key not in kept}
    return {**kept, "anyOf": [inner, dict(NULL)]}


def accepts_null(schema: Any, components: dict[str, Any], seen: tuple[str, ...] = ()) -> bool:
    """Return whether null is a valid instance of a schema whose own nulls are already 2020-12."""
    if not isinstance(schema, dict):
        return bool(schema)
    if schema.get("nullable") is True:
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
    if "anyOf" in schema:
        checks.append(any(accepts_null(part, components, seen) for part in schema["anyOf"]))
    if "oneOf" in schema:
        checks.append(sum(accepts_null(part, components, seen) for part in schema["oneOf"]) == 1)
    if "not" in schema:
        checks.append(not accepts_null(schema["not"], components, seen))
    return all(checks)


def _numeric_exclusive_limits(schema: Schema) -> Schema:
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        flag = schema.get(exclusive)
        if isinstance(flag, bool):
            del schema[exclusive]
            if flag and limit in schema:
                schema[exclusive] = schema.pop(limit)
    return schema
