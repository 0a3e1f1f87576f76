"""Make one union of lowered variants, and find out what tells them apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tools.schema.schemas import Schema, canonical_json, ref_name


def union_of(variants: Iterable[Schema], discriminator: Schema | None = None) -> Schema:
    """Return the schema of "one of these": flat, each variant once, null last, `{}` if anything goes.

    Args:
        variants: Lowered schemas, unions among them.
        discriminator: The result of `known_discriminator`.
    """
    found: dict[str, Schema] = {}
    for variant in variants:
        for member in variant.get("anyOf", [variant]):
            shape = {key: value for key, value in member.items() if not is_note(key)}
            found.setdefault(canonical_json(shape), shape)
    members = [*found.values()]
    if {} in members or not members:
        return {}
    if len(members) == 1:
        return members[0]
    union: Schema = {"anyOf": sorted(members, key=lambda member: member.get("type") == "null")}
    return {**union, "discriminator": discriminator} if discriminator else union


def known_discriminator(union: Schema, variants: Iterable[Any], nested: Iterable[Schema] = ()) -> Schema | None:
    """Return what a union and the unions in it say of their discriminator (OpenAPI 3.1, "Discriminator Object").

    Args:
        union: A schema with `anyOf` or `oneOf`.
        variants: Its variants, as the document has them.
        nested: Those that are unions themselves, lowered.

    Returns:
        The `propertyName`, and the components by the values that `mapping` gives them and that their names are
        (`implicit`).
    """
    declared = union.get("discriminator", {})
    if "propertyName" not in declared:
        found: Schema = {}
    else:
        mapping = {value: ref_name(ref) for value, ref in declared.get("mapping", {}).items()}
        names = [ref_name(variant["$ref"]) for variant in variants if isinstance(variant, dict) and "$ref" in variant]
        implicit = {name: name for name in names if name not in mapping.values()}
        found = {"propertyName": declared["propertyName"], "mapping": mapping, "implicit": implicit}
    for inner in (core["discriminator"] for core in nested if "discriminator" in core):
        if found.get("propertyName", inner["propertyName"]) == inner["propertyName"]:
            parts = {part: {**inner[part], **found.get(part, {})} for part in ("mapping", "implicit")}
            found = {"propertyName": inner["propertyName"], **parts}
    return found or None


def needs_name(variant: Schema) -> bool:
    """Return whether a variant of the document becomes a class itself."""
    values = [value for value in variant.get("enum", ()) if value is not None]
    return bool(variant.get("properties")) or len(values) > 1 or "allOf" in variant


def has_plain_twin(variant: Schema, variants: Iterable[Schema]) -> bool:
    """Return whether a variant lists the known values of a type that another variant leaves open."""
    return "enum" in variant and any(v.get("type") == variant.get("type") and "enum" not in v for v in variants)


def is_note(key: str) -> bool:
    """Return whether a key of a lowered schema is about its use, not its type."""
    return key in ("deprecated", "description", "readOnly") or (
        key.startswith("x-") and key not in ("x-later", "x-map")
    )
