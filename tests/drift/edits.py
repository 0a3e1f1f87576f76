"""Edits of a document, as upstream makes them: drawn by Hypothesis, made on a copy."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from tools.schema.schemas import SCHEMA_REF, ref_name

Json = dict[str, Any]
Edit = Callable[[Json, random.Random], None]


def schemas_of(document: Json) -> list[Json]:
    """Return every schema of a document that is an object, those of the components first."""
    found: list[Json] = []

    def visit(schema: Any) -> None:
        if isinstance(schema, dict):
            found.append(schema)
            for inner in inside(schema):
                visit(inner)

    for component in document["components"]["schemas"].values():
        visit(component)
    return found


def inside(schema: Json) -> Iterator[Any]:
    """Yield the schemas directly inside of a schema."""
    yield from schema.get("properties", {}).values()
    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from schema.get(keyword, ())
    for keyword in ("items", "additionalProperties"):
        if keyword in schema:
            yield schema[keyword]


def _pick(document: Json, chance: random.Random, *keywords: str) -> Json:
    """Return some schema that has one of the keywords."""
    fitting = [schema for schema in schemas_of(document) if any(keyword in schema for keyword in keywords)]
    return chance.choice(fitting) if fitting else {}


def add_property(document: Json, chance: random.Random) -> None:
    """Add a property, sometimes a required one."""
    schema = _pick(document, chance, "properties")
    name = f"new_{chance.randrange(100)}"
    kinds: list[Json] = [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}, {"enum": ["x", "y"]}]
    schema["properties"][name] = chance.choice(kinds)
    if chance.random() < 0.3:
        schema["required"] = [*schema.get("required", ()), name]


def remove_property(document: Json, chance: random.Random) -> None:
    """Remove a property, though not a tag."""
    schema = _pick(document, chance, "properties")
    names = [name for name in schema["properties"] if name not in ("type", "role", "object", "kind")]
    if names:
        name = chance.choice(names)
        del schema["properties"][name]
        schema["required"] = [other for other in schema.get("required", ()) if other != name]


def toggle_required(document: Json, chance: random.Random) -> None:
    """Let a property be required, or no longer."""
    schema = _pick(document, chance, "properties")
    if schema["properties"]:
        name = chance.choice(sorted(schema["properties"]))
        required = schema.get("required", [])
        schema["required"] = [n for n in required if n != name] if name in required else [*required, name]


def change_values(document: Json, chance: random.Random) -> None:
    """Add a value to an enum, or take one away."""
    schema = _pick(document, chance, "enum")
    if len(schema["enum"]) > 2 and chance.random() < 0.5:
        schema["enum"].remove(chance.choice(schema["enum"]))
    elif not any(value == "brand-new" for value in schema["enum"]):
        schema["enum"].append("brand-new")


def toggle_null(document: Json, chance: random.Random) -> None:
    """Let a schema be null, or no longer."""
    schema = _pick(document, chance, "type", "$ref", "oneOf", "anyOf")
    if schema.pop("nullable", None) is None:
        schema["nullable"] = True


def change_limit(document: Json, chance: random.Random) -> None:
    """Set or move a limit."""
    schema = _pick(document, chance, "type")
    keyword = {"string": "maxLength", "array": "maxItems", "integer": "minimum", "number": "maximum"}.get(
        str(schema.get("type"))
    )
    if keyword:
        schema[keyword] = chance.randrange(1, 90)


def change_note(document: Json, chance: random.Random) -> None:
    """Change a default, a format or a deprecation."""
    schema = _pick(document, chance, "type")
    keyword, value = chance.choice([("default", 7), ("deprecated", True), ("format", "uri"), ("format", "date-time")])
    if schema.get(keyword) == value:
        del schema[keyword]
    else:
        schema[keyword] = value


def change_type(document: Json, chance: random.Random) -> None:
    """Make a scalar another one."""
    schema = _pick(document, chance, "type")
    if schema.get("type") in ("string", "integer", "number", "boolean") and "enum" not in schema:
        schema["type"] = chance.choice(["string", "integer", "number", "boolean"])


def change_variants(document: Json, chance: random.Random) -> None:
    """Add a variant to a union, or take one away."""
    schema = _pick(document, chance, "oneOf", "anyOf")
    variants = schema["oneOf" if "oneOf" in schema else "anyOf"]
    if len(variants) > 2 and chance.random() < 0.5:
        variants.pop(chance.randrange(len(variants)))
    else:
        tag = {"type": "string", "enum": [f"tag{chance.randrange(1000)}"]}
        variants.append({"type": "object", "properties": {"type": tag}, "required": ["type"]})


def change_operation(document: Json, chance: random.Random) -> None:
    """Add a parameter, a status or a media type."""
    operation = chance.choice(list(document["paths"]["/chat/completions"].values()))
    kind = chance.randrange(3)
    if kind == 0:
        name = f"new_{chance.randrange(100)}"
        operation["parameters"] = [*operation.get("parameters", ()), {"name": name, "in": "query", "schema": {}}]
    elif kind == 1:
        operation["responses"][str(chance.choice([202, 404, 429, 503]))] = {"description": ""}
    else:
        operation["responses"]["200"]["content"][f"text/x{chance.randrange(9)}"] = {"schema": {"type": "string"}}


def rename_component(document: Json, chance: random.Random) -> None:
    """Give a component another name, everywhere.

    One without a property left keeps its name: nothing else says which one it is.
    """
    schemas = document["components"]["schemas"]
    name = chance.choice([name for name in sorted(schemas) if not _is_bare(schemas[name])])
    other = f"{name}Renamed"
    while other in schemas:
        other += "Again"
    _rename(document, name, other)


def _is_bare(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return True
    parts = schema.get("allOf")
    return all(map(_is_bare, parts)) if parts else schema.get("type") == "object" and not schema.get("properties")


def inline_component(document: Json, chance: random.Random) -> None:
    """Write a component out where it is referred to from one place only; no slice has it without a reference.

    Beside null it stays: once it is written out, nothing says whether the place or the component has become nullable.
    """
    schemas = document["components"]["schemas"]
    holders = schemas_of(document)
    beside_null = [
        part for holder in holders for part in holder.get("anyOf", ()) if {"type": "null"} in holder["anyOf"]
    ]
    text = json.dumps(document)
    once = [
        name for name in sorted(schemas) if text.count(f'"{SCHEMA_REF}{name}"') == 1 and "discriminator" not in text
    ]
    if once:
        name = chance.choice(once)
        for schema in holders:
            if schema == {"$ref": SCHEMA_REF + name} and not any(schema is part for part in beside_null):
                schema.clear()
                schema.update(schemas.pop(name))
                return


def extract_component(document: Json, chance: random.Random) -> None:
    """Make a component of what stands inline."""
    schema = _pick(document, chance, "properties", "enum")
    schemas = document["components"]["schemas"]
    name = next(name for i in range(len(schemas), 999) if (name := f"Extracted{i}") not in schemas)
    if not any(schema is component for component in schemas.values()):
        schemas[name] = dict(schema)
        schema.clear()
        schema["$ref"] = SCHEMA_REF + name


def respell(document: Json, chance: random.Random) -> None:
    """Write null in another way."""
    schema = _pick(document, chance, "nullable")
    if schema:
        del schema["nullable"]
        inner = dict(schema)
        schema.clear()
        schema["anyOf"] = [inner, {"type": "null"}]


CHANGES: list[Edit] = [
    add_property,
    remove_property,
    toggle_required,
    change_values,
    toggle_null,
    change_limit,
    change_note,
    change_type,
    change_variants,
    change_operation,
]
SPELLINGS: list[Edit] = [rename_component, extract_component, inline_component, respell]


def edited(document: Json, edits: list[tuple[int, int]], available: list[Edit]) -> Json:
    """Return a copy of a document with edits: the position of each, and its seed."""
    result: Json = copy.deepcopy(document)
    for position, seed in edits:
        available[position % len(available)](result, random.Random(seed))
    return result


def shuffled(value: Any, chance: random.Random, keyword: str = "") -> Any:
    """Return a document whose mappings, and lists that stand for sets, are in another order."""
    if isinstance(value, dict):
        items = list(value.items())
        chance.shuffle(items)
        return {key: shuffled(inner, chance, key) for key, inner in items}
    if isinstance(value, list):
        result = [shuffled(inner, chance) for inner in value]
        if keyword in ("anyOf", "oneOf", "enum", "required", "parameters", "type", "tags"):
            chance.shuffle(result)
        return result
    return value


def _rename(document: Json, name: str, other: str) -> None:
    schemas = document["components"]["schemas"]
    schemas[other] = schemas.pop(name)

    def visit(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str) and ref_name(node["$ref"]) == name:
                node["$ref"] = SCHEMA_REF + other
            mapping = node.get("mapping")
            for tag, reference in mapping.items() if isinstance(mapping, dict) else ():
                if isinstance(reference, str) and ref_name(reference) == name:
                    mapping[tag] = SCHEMA_REF + other
        for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            visit(inner)

    visit(document)


SOME_EDITS = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 10**6)), min_size=1, max_size=6)
