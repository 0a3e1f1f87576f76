"""Merge the parts of an `allOf` into one schema that says the same (JSON Schema 2020-12 core, section 10.2.1.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tools.errors import ToolError
from tools.schema.schemas import JSON_TYPES, Schema, canonical_json, is_annotation, ref_name, same_json

_OF_SCHEMAS = (
    "additionalProperties",
    "contains",
    "items",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_LARGER_WINS = ("exclusiveMinimum", "minItems", "minLength", "minProperties", "minimum")
_SMALLER_WINS = ("exclusiveMaximum", "maxItems", "maxLength", "maxProperties", "maximum")


class _Impossible(Exception):
    """No instance can satisfy both schemas."""


def merge_all_of(schema: Schema, components: Mapping[str, Any], at: str) -> Schema:
    """Return one schema without a top-level `allOf` that accepts what `schema` accepts; an exclusive union opens up.

    Args:
        schema: A schema with an `allOf`, or a `$ref`; keywords next to them count as one more part.
        components: The schemas that a `$ref` may name.
        at: The JSON pointer of the schema, for messages.

    Returns:
        The merged schema; a `$ref`, with nothing but annotations, if the other parts add nothing to it.

    Raises:
        ToolError: The parts contradict each other, or a part contains itself.
    """
    merging = _Merging(components)
    try:
        merged = merging.flat(schema, ())
        return merging.as_reference(merged, schema) or merged
    except _Impossible as conflict:
        message = f"the parts of this allOf contradict each other ({conflict}); correct it in an overlay"
        raise ToolError(message, where=at) from None


def fits_type(value: Any, schema: Schema) -> bool:
    """Return whether a value is of the type that a schema requires."""
    types = schema.get("type", [])
    kinds = {JSON_TYPES[type(value)]}
    if type(value) is int or (type(value) is float and value.is_integer()):
        kinds |= {"integer", "number"}
    return not types or not kinds.isdisjoint([types] if isinstance(types, str) else types)


class _Merging:
    def __init__(self, components: Mapping[str, Any]) -> None:
        self._components = components

    def flat(self, schema: Schema, seen: tuple[str, ...]) -> Schema:
        """Resolve the top-level `$ref` and `allOf` of a schema; deeper ones stay as they are."""
        parts = []
        rest = {key: value for key, value in schema.items() if key not in ("allOf", "$ref")}
        if "$ref" in schema:
            name = ref_name(schema["$ref"])
            if name in seen:
                raise _Impossible(f"{name} contains itself")
            target = self._components[name]
            parts.append(self.flat(target, (*seen, name)) if isinstance(target, dict) else {})
        for part in schema.get("allOf", ()):
            if part is False:
                raise _Impossible("one of them is false")
            parts += [self.flat(part, seen)] if isinstance(part, dict) else []
        merged: Schema = {}
        for part in [*parts, rest] if rest else parts:
            merged = self.both(merged, part, seen)
        return merged

    def as_reference(self, merged: Schema, schema: Schema) -> Schema | None:
        """Return the `$ref` in a schema that alone says what all of it says; None without one."""
        for reference in self.references(schema):
            try:
                alone = self.flat({"$ref": reference}, ())
            except _Impossible:
                continue
            if _canonical(alone) == _canonical(merged):
                parts = [schema, *(part for part in schema.get("allOf", ()) if isinstance(part, dict))]
                beside = [part for part in parts if "$ref" not in part or part is schema]
                return {"$ref": reference} | {k: v for part in beside for k, v in part.items() if is_annotation(k)}
        return None

    def references(self, schema: Any, seen: tuple[str, ...] = ()) -> Iterator[str]:
        """Yield the `$ref`s that a schema consists of: its parts' and their variants', the outermost first."""
        if not isinstance(schema, dict):
            return
        reference = schema.get("$ref")
        if reference is not None and reference not in seen:
            yield reference
        for keyword in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(keyword, ()):
                yield from self.references(part, seen)
        if reference is not None and reference not in seen:
            yield from self.references(self._components[ref_name(reference)], (*seen, reference))

    def both(self, left: Schema, right: Schema, seen: tuple[str, ...]) -> Schema:
        if not left or not right:
            return {**left, **right}
        for one, other in ((left, right), (right, left)):
            for keyword in ("anyOf", "oneOf"):
                if keyword in one and any(not is_annotation(key) for key in other):
                    return self.each_variant(one, keyword, other, seen)
        merged = dict(left)
        for key, value in right.items():
            merged[key] = value if key not in left or same_json(left[key], value) else _keyword(key, left[key], value)
        return _values(merged)

    def each_variant(self, union: Schema, keyword: str, other: Schema, seen: tuple[str, ...]) -> Schema:
        """Intersect a union with a plain schema: variant by variant, leaving out those that cannot hold."""
        bare = {key: value for key, value in other.items() if not is_annotation(key)}
        variants = []
        for variant in union[keyword]:
            if variant is False:
                continue
            variant = variant if isinstance(variant, dict) else {}
            try:
                merged = self.both(self.flat(variant, seen), bare, seen)
            except _Impossible:
                continue
            variants.append(self.as_reference(merged, variant) or merged)
        if not variants:
            raise _Impossible("no variant is left")
        outer = {key: value for key, value in union.items() if key != keyword}
        notes = {key: value for key, value in other.items() if is_annotation(key)}
        if len(variants) == 1:
            return self.both({**outer, **notes}, self.flat(variants[0], seen), seen)
        return {**outer, "anyOf": variants, **notes}


def _values(schema: Schema) -> Schema:
    """Let `const`, `enum` and `type` of one schema say the same values."""
    if "const" in schema and "enum" in schema:
        if not _holds(schema["enum"], schema["const"]):
            raise _Impossible(f"const {schema['const']!r} against enum {schema['enum']!r}")
        del schema["enum"]
    if "const" in schema and not fits_type(schema["const"], schema):
        raise _Impossible(f"const {schema['const']!r} against type {schema['type']!r}")
    if "enum" in schema and not any(fits_type(value, schema) for value in schema["enum"]):
        raise _Impossible(f"enum {schema['enum']!r} against type {schema['type']!r}")
    return schema


def _keyword(key: str, left: Any, right: Any) -> Any:
    """Return the value of a keyword that both schemas have, with different values."""
    if key == "type":
        common = common_types(*([types] if isinstance(types, str) else types for types in (left, right)))
        if not common:
            raise _Impossible(f"type {left!r} against {right!r}")
        return common[0] if len(common) == 1 else common
    if key in ("properties", "patternProperties"):
        # The same property in two parts is another allOf, merged when its turn comes.
        return {**left, **right, **{name: _all_of(left[name], right[name]) for name in left if name in right}}
    if key == "required":
        return sorted({*left, *right})
    if key == "enum":
        values = [value for value in left if _holds(right, value)]
        if not values:
            raise _Impossible(f"enum {left!r} against {right!r}")
        return values
    if key in _LARGER_WINS:
        return max(left, right)
    if key in _SMALLER_WINS:
        return min(left, right)
    if key in _OF_SCHEMAS:
        return _all_of(left, right)
    if key == "prefixItems":
        longer, shorter = sorted((left, right), key=len, reverse=True)
        return [_all_of(*pair) for pair in zip(longer, shorter, strict=False)] + longer[len(shorter) :]
    if key in ("deprecated", "readOnly", "uniqueItems", "writeOnly"):
        return bool(left or right)
    if key == "const" and not _holds([left], right):
        raise _Impossible(f"const {left!r} against {right!r}")
    return right


def _all_of(left: Any, right: Any) -> Any:
    """Return the schema of what two subschemas both accept; each part comes once, so that recursion ends."""
    if left is False or right is False:
        return False
    parts: list[Any] = []
    for part in (left, right):
        for inner in part["allOf"] if isinstance(part, dict) and part.keys() == {"allOf"} else [part]:
            if isinstance(inner, dict) and inner and inner not in parts:
                parts.append(inner)
    return parts[0] if len(parts) == 1 else {"allOf": parts} if parts else {}


def _holds(values: Iterable[Any], wanted: Any) -> bool:
    return any(same_json(value, wanted) for value in values)


def common_types(left: list[str], right: list[str]) -> list[str]:
    """Return the types that two lists of types both allow; an integer is a number."""
    common = [kind for kind in left if kind in right or (kind == "integer" and "number" in right)]
    return common + [kind for kind in right if kind == "integer" and "number" in left and kind not in common]


def _canonical(schema: Schema) -> str:
    """Return one text for all schemas that say the same, whatever their annotations."""
    bare = {key: value for key, value in schema.items() if not is_annotation(key)}
    if "required" in bare:
        bare["required"] = sorted(bare["required"])
    return canonical_json(bare)
