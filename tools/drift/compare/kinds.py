"""Describe a schema in a few words without names, so that a renamed component reads the same."""

from __future__ import annotations

from tools.schema.normalized import Schemas, View
from tools.schema.schemas import TAG_PROPERTIES, canonical_json
from tools.schema.variants import Node, Spot, Variant

MAX_VALUES = 6
MAX_DEPTH = 3


def kind_of(schemas: Schemas, view: View, depth: int = 0) -> str:
    """Return what a value may be: `string or null`, `array of object`, `"low" or "high"`."""
    kinds = sorted({kind_of_variant(schemas, variant, depth) for variant in view.variants})
    kinds += ["null"] if view.nullable and "anything" not in kinds else []
    return " or ".join(kinds) or "nothing"


def kind_of_variant(schemas: Schemas, variant: Variant, depth: int = 0) -> str:
    """Return what an alternative is; an object that has a tag is known by it."""
    if variant.values is not None and not variant.open:
        values = sorted(variant.values)
        more = [f"{len(values) - MAX_VALUES} more"] if len(values) > MAX_VALUES else []
        return " or ".join([*values[:MAX_VALUES], *more])
    if variant.type == "array" and depth < MAX_DEPTH:
        items: Node = variant.inside.get("items", (Spot({}, f"{variant.at}/items"),))
        return f"array of {kind_of(schemas, schemas.view(items), depth + 1)}"
    if variant.type == "object":
        for name in TAG_PROPERTIES:
            if name in variant.properties and (value := schemas.only_value(variant.properties[name])) is not None:
                return f"object with {name} {value}"
        if not variant.properties and "additionalProperties" in variant.inside and depth < MAX_DEPTH:
            inner = kind_of(schemas, schemas.view(variant.inside["additionalProperties"]), depth + 1)
            return f"map to {inner}"
        if variant.required and depth == 0:
            return f"object with {', '.join(sorted(variant.required))}"
        return "object"
    if variant.type == "any":
        return "anything"
    formats = ", ".join(sorted(canonical_json(spot.value).strip('"') for spot in variant.keywords.get("format", ())))
    return f"{variant.type} ({formats})" if formats else variant.type
