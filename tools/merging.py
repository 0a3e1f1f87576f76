"""Merge the parts of an `allOf` into one schema that says the same (JSON Schema 2020-12 core, section 10.2.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.errors import ToolError
from tools.nulls import ANNOTATIONS
from tools.schemas import Schema, ref_name

_LARGER_WINS = ("exclusiveMinimum", "minItems", "minLength", "minProperties", "minimum")
_SMALLER_WINS = ("exclusiveMaximum", "maxItems", "maxLength", "maxProperties", "maximum")


class _Impossible(Exception):
    """No instance can satisfy both schemas."""


def merge_all_of(schema: Schema, components: Mapping[str, Any], at: str) -> Schema:
    """Give one schema without a top-level `allOf` that accepts what `schema` accepts.

    Args:
        schema: A schema with an `allOf`; keywords beside it count as one more part.
        components: The schemas that a `$ref` may name.
        at: The JSON pointer of the schema, for messages.

    Raises:
        ToolError: The parts contradict each other, or a part contains itself.
    """
    try:
        return _flatten(schema, components, ())
    except _Impossible as conflict:
        raise ToolError(f"the parts of this allOf cannot hold together ({conflict}); correct it in overlay.yaml", where=at) from None


def _flatten(schema: Schema, components: Mapping[str, Any], seen: tuple[str, ...]) -> Schema:
    """Resolve the top-level `$ref` and `allOf` of a schema; what stands deeper stays as it is."""
    parts = []
    rest = {key: value for key, value in schema.items() if key not in ("allOf", "$ref")}
    if "$ref" in schema:
        name = ref_name(schema["$ref"])
        if name in seen:
            raise _Impossible(f"{name} contains itself")
        parts.append(_flatten(components[name], components, (*seen, name)))
    parts += [_flatten(part, components, seen) for part in schema.get("allOf", ()) if isinstance(part, dict)]
    if rest:
        parts.append(rest)
    merged: Schema = {}
    for part in parts:
        merged = _both(merged, part, components, seen)
    return merged


def _both(left: Schema, right: Schema, components: Mapping[str, Any], seen: tuple[str, ...]) -> Schema:
    if not left or not right:
        return {**left, **right}
    for one, other in ((left, right), (right, left)):
        for keyword in ("anyOf", "oneOf"):
            if keyword in one and _constrains(other):
                return _each_variant(one, keyword, other, components, seen)
    merged = dict(left)
    for key, value in right.items():
        merged[key] = _keyword(key, left[key], value) if key in left and left[key] != value else value
    return merged


def _each_variant(
    union: Schema, keyword: str, other: Schema, components: Mapping[str, Any], seen: tuple[str, ...]
) -> Schema:
    """Intersect a union with a plain schema: variant by variant, leaving out those that cannot hold."""
    variants = []
    for variant in union[keyword]:
        try:
            flat = _flatten(variant, components, seen)
            variants.append(_both(flat, {k: v for k, v in other.items() if k not in ANNOTATIONS}, components, seen))
        except _Impossible:
            continue
    if not variants:
        raise _Impossible("no variant is left")
    outer = {key: value for key, value in union.items() if key != keyword}
    notes = {key: value for key, value in other.items() if key in ANNOTATIONS or key.startswith("x-")}
    if len(variants) == 1:
        return {**outer, **variants[0], **notes}
    return {**outer, "anyOf": variants, **notes}


def _constrains(schema: Schema) -> bool:
    return any(key not in ANNOTATIONS and not key.startswith("x-") for key in schema)


def _keyword(key: str, left: Any, right: Any) -> Any:
    """Give the value of a keyword that both schemas have, with different values."""
    if key == "type":
        return _types(left, right)
    if key == "properties":
        # The same property in two parts is an allOf of its own, merged when its turn comes.
        shared = {name: {"allOf": [left[name], right[name]]} for name in left if name in right}
        return {**left, **right, **{k: v if left[k] != right[k] else left[k] for k, v in shared.items()}}
    if key == "required":
        return sorted({*left, *right})
    if key == "enum":
        values = [value for value in left if value in right]
        if not values:
            raise _Impossible("no enum value is left")
        return values
    if key in _LARGER_WINS:
        return max(left, right)
    if key in _SMALLER_WINS:
        return min(left, right)
    if key in ("additionalProperties", "items", "unevaluatedProperties") and left is not right:
        if False in (left, right):
            return False
        return {"allOf": [part for part in (left, right) if isinstance(part, dict)]}
    if key in ("deprecated", "uniqueItems"):
        return bool(left or right)
    if key == "const":
        raise _Impossible(f"const {left!r} against {right!r}")
    return right


def _types(left: Any, right: Any) -> Any:
    lefts, rights = ([t] if isinstance(t, str) else list(t) for t in (left, right))
    common = [t for t in lefts if t in rights or (t == "integer" and "number" in rights)]
    common += [t for t in rights if t == "integer" and "number" in lefts and t not in common]
    if not common:
        raise _Impossible(f"type {left!r} against {right!r}")
    return common[0] if len(common) == 1 else common
