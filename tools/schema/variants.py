"""The alternatives of a schema: plain parts that hold together come to one variant for each type that they allow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tools.document import pointer as pointers
from tools.schema.merging import common_types, fits_type
from tools.schema.schemas import JSON_TYPES, canonical_json, same_json


class Spot(NamedTuple):
    """A JSON value and its pointer: a schema, or what a keyword holds."""

    value: Any
    at: str


# A schema that several parts of an `allOf` describe is all of them.
Node = tuple[Spot, ...]


@dataclass(eq=False)
class Variant:
    """One alternative of a schema, of one type.

    Attributes:
        type: One of JSON Schema's types, or "any".
        at: Its pointer.
        slot: The pointer of its place in the union that lists it.
        name: The component that it is, or "".
        parts: The plain schemas that it is made of.
        values: The values that it may have, by their text; None where any will do.
        open: Whether other values than the listed ones will do too.
        properties: The schema of each property.
        required: The names of those that must be there.
        closed: Whether unlisted properties are forbidden.
        inside: The schemas inside that are not properties: `items`, `additionalProperties`, `patternProperties/^x`.
        keywords: What else it says: limits (a number's with whether it is excluded), `format` and the rest. Parts of an
            `allOf` can say several things of a kind, such as two patterns.
        tags: The values of the union's discriminator that stand for it.
    """

    type: str
    at: str
    slot: str
    name: str
    parts: list[Spot]
    values: dict[str, Spot] | None = None
    open: bool = False
    properties: dict[str, Node] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    closed: bool = False
    inside: dict[str, Node] = field(default_factory=dict)
    keywords: dict[str, list[Spot]] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)

    @property
    def bare(self) -> bool:
        """Whether it says nothing but its type and, maybe, its values."""
        return not (self.properties or self.closed or self.inside or self.keywords)


def is_nothing(schema: Any) -> bool:
    """Return whether no value fits a schema: false, or how older documents wrote it."""
    return schema is False or schema in ({"not": {}}, {"not": True})


SHAPES = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "propertyNames",
               "minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties"),
    "array": ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "minContains", "maxContains",
              "additionalItems", "unevaluatedItems"),
    "string": ("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType", "contentSchema"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}  # fmt: skip
# What says which type is meant where no `type` does.
INFERRED = {"object": ("properties", "additionalProperties", "patternProperties"), "array": ("items", "prefixItems")}

_ONE_INSIDE = ("items", "additionalProperties", "propertyNames", "contains", "contentSchema")
_MANY_INSIDE = ("patternProperties", "dependentSchemas")
_LIMITS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
_SAYS_NOTHING = {
    "minLength": 0, "minItems": 0, "minProperties": 0, "minContains": 1, "uniqueItems": False,
    "propertyNames": {"type": "string"}, "not": False,
}  # fmt: skip
_ANYTHING_SAYS_NOTHING = ("additionalItems", "else", "then", "unevaluatedItems", "unevaluatedProperties")
_GOES_WITH = {
    "if": ("then", "else"), "then": ("if",), "else": ("if",),
    "minContains": ("contains",), "maxContains": ("contains",),
}  # fmt: skip


def variants_of(parts: list[Spot], name: str, slot: str, known: dict[tuple[str, ...], Variant]) -> Iterator[Variant]:
    """Yield a variant for each type other than null that plain schemas allow together.

    Args:
        parts: The schemas.
        name: The component that they are, or "".
        slot: The pointer of the place that they have in a union, or of the schema that is not a union.
        known: A variant of each type and parts that were met before, to share its content: a schema may be in many
            unions. This adds the new ones.
    """
    types: list[str] | None = None
    values: dict[str, Spot] | None = None
    for schema, place in parts:
        if "type" in schema:
            own = [schema["type"]] if isinstance(schema["type"], str) else list(schema["type"])
            types = own if types is None else common_types(types, own)
        if "enum" in schema or "const" in schema:
            listed = _listed(schema, place)
            values = listed if values is None else {text: spot for text, spot in values.items() if text in listed}
    types = [kind for kind in (_inferred(parts, values) if types is None else types) if kind != "null"]
    types = [kind for kind in types if kind != "integer" or "number" not in types]
    for kind in dict.fromkeys(types):
        variant = Variant(kind, parts[0].at if parts else slot, slot, name if len(types) == 1 else "", parts)
        if values is not None:
            fitting = {} if kind == "any" else {"type": kind}
            variant.values = {
                text: spot for text, spot in values.items() if spot.value is not None and fits_type(spot.value, fitting)
            }
            if kind == "number" and all(isinstance(spot.value, int) for spot in variant.values.values()):
                variant.type = "integer"
        if variant.values != {}:
            same = known.setdefault((variant.type, *(spot.at for spot in parts)), variant)
            if same is variant:
                _fill(variant)
            else:
                variant.properties, variant.required, variant.closed = same.properties, same.required, same.closed
                variant.inside, variant.keywords = same.inside, same.keywords
            yield variant


def joined(variants: Iterable[Variant]) -> list[Variant]:
    """Make one of the scalar variants of a type that say nothing but their values; drop duplicates."""
    result: list[Variant] = []
    seen = set()
    for variant in sorted(variants, key=lambda v: v.type != "number" or v.values is not None or not v.bare):
        key = (variant.type, *(canonical_json(spot.value) for spot in variant.parts))
        if key in seen:
            continue
        seen.add(key)
        scalar = variant.bare and variant.type not in ("any", "object", "array")
        same = [other for other in result if other.bare and _joinable(other, variant)] if scalar else []
        if not same:
            result.append(variant)
            continue
        whole = same[0]
        whole.type = "number" if "number" in (whole.type, variant.type) else whole.type
        whole.name, whole.parts = "", [*whole.parts, *variant.parts]
        if whole.values is None or variant.values is None:
            listed = variant.values if whole.values is None else whole.values
            if whole.values is None and listed is not None:
                whole.at = variant.at  # what is listed stands there
            whole.values, whole.open = listed, listed is not None
        else:
            whole.values = {**variant.values, **whole.values}
            whole.open = whole.open or variant.open
    for variant in result:
        if variant.type == "boolean" and variant.values is not None and len(variant.values) > 1:
            variant.values, variant.open = None, False
    return result


def _joinable(left: Variant, right: Variant) -> bool:
    """Return whether two variants are of one type: all numbers, and integers among them, are numbers."""
    wide = any(variant.type == "number" and (variant.values is None or variant.open) for variant in (left, right))
    return left.type == right.type or (wide and "integer" in (left.type, right.type))


def _listed(schema: dict[str, Any], at: str) -> dict[str, Spot]:
    if "const" in schema:
        return {canonical_json(schema["const"]): Spot(schema["const"], f"{at}/const")}
    return {canonical_json(value): Spot(value, f"{at}/enum/{i}") for i, value in enumerate(schema["enum"])}


def _inferred(parts: list[Spot], values: dict[str, Spot] | None) -> list[str]:
    if values is not None:
        return sorted({JSON_TYPES[type(spot.value)] for spot in values.values() if spot.value is not None})
    for kind, keywords in INFERRED.items():
        if any(keyword in schema for schema, _ in parts for keyword in keywords):
            return [kind]
    return ["any"]


def _fill(variant: Variant) -> None:
    """Gather what the parts say that concerns the variant's type."""
    number = "number" if variant.type == "integer" else variant.type
    foreign = {keyword for kind, keywords in SHAPES.items() if number not in ("any", kind) for keyword in keywords} | (
        {"format"} if number in ("array", "boolean", "object") else set()
    )
    for schema, at in variant.parts:
        for keyword, value in schema.items():
            if (
                keyword not in foreign
                and keyword not in ("type", "enum", "const")
                and not _idle(keyword, value, schema)
            ):
                _take(variant, keyword, value, pointers.join(at, keyword), schema)
    for schema, at in variant.parts:
        for position, name in enumerate(schema.get("required", ()) if "required" not in foreign else ()):
            variant.properties.setdefault(name, (Spot({}, pointers.join(at, "required", position)),))


def _idle(keyword: str, value: Any, schema: dict[str, Any]) -> bool:
    """Return whether a keyword says nothing: by its value, or for want of the keyword that it goes with."""
    if _says_nothing(keyword, value):
        return True
    if keyword in ("contains", "minContains") and schema.get("minContains") == 0 and "maxContains" not in schema:
        return True
    return keyword in _GOES_WITH and all(
        other not in schema or _says_nothing(other, schema[other]) for other in _GOES_WITH[keyword]
    )


def _says_nothing(keyword: str, value: Any) -> bool:
    if keyword == "dependentRequired":
        return isinstance(value, dict) and not any(value.values())
    if keyword in _ANYTHING_SAYS_NOTHING:
        return value in (True, {})
    return keyword in _SAYS_NOTHING and bool(value == _SAYS_NOTHING[keyword])


def _take(variant: Variant, keyword: str, value: Any, at: str, schema: dict[str, Any]) -> None:
    if keyword == "required":
        variant.required.update(value)
    elif keyword in ("additionalProperties", "unevaluatedProperties") and is_nothing(value):
        variant.closed = True
    elif keyword in _ONE_INSIDE:
        if value not in ({}, True):
            _and(variant.inside, keyword, Spot(value, at))
    elif keyword == "properties":
        for name, inner in value.items():
            _and(variant.properties, name, Spot(inner, pointers.join(at, name)))
    elif keyword in _MANY_INSIDE or keyword == "prefixItems":
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            _and(variant.inside, f"{keyword}/{name}", Spot(inner, pointers.join(at, name)))
    elif keyword in _LIMITS:
        _limit(variant, keyword, value, at, schema)
    elif keyword[:3] in ("max", "min"):
        known = variant.keywords.get(keyword, [])
        if not known or (value < known[0].value if keyword[:3] == "max" else value > known[0].value):
            variant.keywords[keyword] = [Spot(value, at)]
    elif not any(same_json(value, spot.value) for spot in variant.keywords.get(keyword, ())):
        variant.keywords.setdefault(keyword, []).append(Spot(value, at))


def _and(nodes: dict[str, Node], name: str, spot: Spot) -> None:
    nodes[name] = (*nodes.get(name, ()), spot)


def _limit(variant: Variant, keyword: str, value: Any, at: str, schema: dict[str, Any]) -> None:
    """Keep the tightest limit of a number: `[value, whether it is excluded]`."""
    exclusive = keyword.startswith("exclusive")
    name = keyword.removeprefix("exclusive").lower()
    if isinstance(value, bool):
        return  # OpenAPI 3.0: it belongs to the limit beside it, which reads it.
    exclusive = exclusive or schema.get(f"exclusive{name.capitalize()}") is True
    if variant.type == "integer":
        inside = (math.floor(value) + 1, math.ceil(value) - 1) if exclusive else (math.ceil(value), math.floor(value))
        value, exclusive = inside[name == "maximum"], False
    known = variant.keywords.get(name)
    sign = 1 if name == "minimum" else -1
    if known is None or (sign * value, exclusive) > (sign * known[0].value[0], known[0].value[1]):
        variant.keywords[name] = [Spot([value, exclusive], at)]
