"""Lower a slice to the few forms of schema that the generator reads without loss.

What comes out, for every schema: a scalar (with `const`), an enum component, an array, a map (`x-map`), an object
component, a `$ref` to a component, a union (`anyOf`) of these, or `{}` for anything. The contract stays the same;
only its spelling changes. Inline objects and enums get names; `default` becomes documentation (`x-default`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tools.errors import ToolError
from tools.merging import merge_all_of
from tools.naming import singular, variant_label
from tools.nulls import NULL
from tools.schemas import SCHEMA_REF, Schema, escape, map_document_schemas, ref_name
from openapi_python_client.strings import pascal_case

SCALARS = ("boolean", "integer", "null", "number", "string")
_ONE_TYPE_ONLY = {
    "array": ("items", "maxItems", "minItems", "prefixItems", "uniqueItems", "contains"),
    "object": ("additionalProperties", "maxProperties", "minProperties", "properties", "required", "patternProperties"),
    "string": ("format", "maxLength", "minLength", "pattern"),
}
_NOTES = ("deprecated", "description", "x-also-accepts", "x-param-name")


@dataclass(frozen=True)
class _Place:
    """Where a schema stands: its pointer, and the name that it gets if it needs one."""

    at: str
    name: str
    hint: str | None = None
    param: str | None = None

    def named(self, schema: Schema) -> _Place:
        return replace(
            self, hint=schema.get("x-class-name", self.hint), param=schema.get("x-param-name", self.param)
        )

    def child(self, keyword: str, name: str) -> _Place:
        return _Place(f"{self.at}/{keyword}", name)


def lower(document: dict[str, Any], class_names: Mapping[str, str]) -> dict[str, Any]:
    """Give a copy of a document (see `null_unions`) that holds only the forms named above.

    Args:
        document: The slice with the overlay applied.
        class_names: The class name of each component that the generator's configuration renames.

    Returns:
        The document; `x-aliases` has the components that are no class (unions, arrays, maps, scalars), and
        `x-clashes` a line for each `x-class-name` that a different schema had already.

    Raises:
        ToolError: A schema contradicts itself.
    """
    return _Lowering(document, class_names).document()


class _Lowering:
    def __init__(self, document: dict[str, Any], class_names: Mapping[str, str]) -> None:
        self._document = document
        self._source: dict[str, Any] = document.get("components", {}).get("schemas", {})
        self._classes = {name: class_names.get(name, str(pascal_case(name))) for name in self._source}
        self._taken = {class_name: name for name, class_name in self._classes.items()}
        self._lowered: dict[str, Schema] = {}
        self._open: list[str] = []
        self._hoisted: dict[str, Schema] = {}
        self._clashes: list[str] = []

    def document(self) -> dict[str, Any]:
        for name in self._source:
            self._component(name)
        outer = {**self._document, "components": {**self._document.get("components", {}), "schemas": {}}}
        lowered = map_document_schemas(outer, lambda schema, at: self._core(schema, _Place(at, self._outer_name(at))))
        aliases = {name: core for name, core in self._lowered.items() if not _is_class(core)}
        classes = {name: core for name, core in self._lowered.items() if name not in aliases} | self._hoisted
        lowered["components"]["schemas"] = dict(sorted(classes.items()))
        lowered["x-aliases"] = aliases
        lowered["x-clashes"] = self._clashes
        return lowered

    def _outer_name(self, at: str) -> str:
        """Give the stem of names for what stands inline in an operation: its id, then the parameter or status."""
        words = []
        node: Any = self._document
        for token in at.split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            inside_list = isinstance(node, list)
            node = node[int(key)] if inside_list else node[key]
            if isinstance(node, dict) and "operationId" in node:
                words = [node["operationId"]]
            elif inside_list and isinstance(node, dict) and "name" in node:
                words.append(node["name"])
            elif key not in ("components", "content", "parameters", "paths", "responses", "schema"):
                words.append("body" if key == "requestBody" else key)
        return str(pascal_case(" ".join(words)))

    def _component(self, name: str) -> Schema:
        if name not in self._lowered:
            self._open.append(name)
            place = _Place(SCHEMA_REF + escape(name), self._classes[name])
            self._lowered[name] = self._core(self._source[name], place, component=name)
            self._open.pop()
        return self._lowered[name]

    def _core(self, schema: Any, place: _Place, component: str | None = None) -> Schema:
        """Lower one schema; `component` names it when it is a component itself, so that it is not hoisted."""
        if not isinstance(schema, dict):
            return {}
        place = place.named(schema)
        notes = {key: schema[key] for key in _NOTES if key in schema}
        if "default" in schema and schema["default"] is not None:
            notes["x-default"] = schema["default"]
        core = self._structure(_without_notes(schema), place, component)
        inline = self._hoisted.get(ref_name(core["$ref"])) if "$ref" in core else None
        if inline is not None and "description" in notes:
            # The innermost prose came first and stays: it is about the object, what comes later about its use.
            inline.setdefault("description", notes["description"])
        return {**core, **notes}

    def _structure(self, schema: Schema, place: _Place, component: str | None) -> Schema:
        if "$ref" in schema and len(schema) == 1:
            return self._reference(ref_name(schema["$ref"]))
        parts = schema.get("allOf", [])
        if len(parts) == len(schema) == 1:
            return self._core(parts[0], place, component)
        if "$ref" in schema or "allOf" in schema:
            return self._core(merge_all_of(schema, self._source, place.at), place, component)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self._union(schema, keyword, place, component)
        if "enum" in schema or "const" in schema:
            return self._enum(schema, place, component)
        if isinstance(schema.get("type"), list):
            return self._types(schema, place, component)
        return self._plain(schema, place, component)

    def _reference(self, name: str) -> Schema:
        if name in self._open and name not in self._lowered:
            # Not known yet what it is: an object can be named before it is done; any other recursion has no class.
            return {"$ref": SCHEMA_REF + escape(name)} if self._is_object(name) else {}
        core = self._component(name)
        if _is_class(core):
            return {"$ref": SCHEMA_REF + escape(name)}
        inlined = {key: value for key, value in core.items() if not key.startswith("x-") or key in ("x-map", "x-default")}
        return {**inlined, "x-alias": name} if "anyOf" in core else inlined

    def _is_object(self, name: str) -> bool:
        schema = self._source[name]
        return bool(schema.get("properties")) or "allOf" in schema

    def _union(self, schema: Schema, keyword: str, place: _Place, component: str | None) -> Schema:
        base = {k: v for k, v in schema.items() if k not in (keyword, "discriminator") and not k.startswith("x-")}
        variants = [variant for variant in schema[keyword] if isinstance(variant, dict)]
        if base:
            if all(set(variant) <= {"required", "not", "minProperties"} for variant in variants):
                return self._core(base, place, component)
            variants = [merge_all_of({"allOf": [base, variant]}, self._source, place.at) for variant in variants]
        many = sum(_needs_name(variant) for variant in variants) > 1
        members: list[Schema] = []
        for position, variant in enumerate(variants):
            below = place if len(variants) <= 2 and place.hint else replace(place, param=None)
            if many and _needs_name(variant):
                label = variant_label(variant, position)
                below = replace(place, hint=None, name=(place.hint or place.name) + label)
            elif _has_plain_twin(variant, variants):
                below = replace(place, name=place.name + "Known")
            below = replace(below, at=f"{place.at}/{keyword}/{position}")
            core = self._core(variant, below)
            if "discriminator" in core:
                schema = {"discriminator": core["discriminator"], **schema}
            for member in core.get("anyOf", [core]):
                if member not in members:
                    members.append(member)
        if {} in members:
            return {}
        if len(members) == 1:
            return members[0]
        union: Schema = {"anyOf": sorted(members, key=lambda member: member.get("type") == "null")}
        if "discriminator" in schema:
            union["discriminator"] = schema["discriminator"]
        return union

    def _enum(self, schema: Schema, place: _Place, component: str | None) -> Schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        members: list[Schema] = [dict(NULL)] if None in values else []
        if None in values:
            component = None
        for kind, name in ((str, "string"), (int, "integer"), (float, "number"), (bool, "boolean")):
            same = [value for value in values if type(value) is kind]
            if len(same) == 1:
                members.append({"const": same[0]})
            elif same and kind in (str, int):
                members.append(self._hoist({"type": name, "enum": same}, place, component))
            elif same:
                members.append({"type": name})
        if any(isinstance(value, (list, dict)) for value in values):
            return {}
        return members[0] if len(members) == 1 else {"anyOf": sorted(members, key=lambda m: m.get("type") == "null")}

    def _types(self, schema: Schema, place: _Place, component: str | None) -> Schema:
        variants = []
        for name in schema["type"]:
            foreign = {keyword for kind, keywords in _ONE_TYPE_ONLY.items() if kind != name for keyword in keywords}
            variants.append({**{k: v for k, v in schema.items() if k not in foreign}, "type": name})
        return self._union({"anyOf": variants}, "anyOf", place, component)

    def _plain(self, schema: Schema, place: _Place, component: str | None) -> Schema:
        kind = schema.get("type")
        if kind == "array" or (kind is None and "items" in schema):
            items = schema.get("items", {})
            if "prefixItems" in schema:
                items = {"anyOf": [*schema["prefixItems"], *([items] if items else [])]}
            below = _Place(f"{place.at}/items", singular(place.name), place.hint, place.param)
            return {"type": "array", "items": self._core(items, below)}
        if kind == "object" or (kind is None and "properties" in schema):
            if schema.get("properties"):
                return self._object(schema, place, component)
            values = schema.get("additionalProperties", {})
            return {"x-map": self._core(values, place.child("additionalProperties", singular(place.name)))}
        if kind in SCALARS:
            return {"type": kind, **({"format": schema["format"]} if "format" in schema else {})}
        if kind is not None:
            raise ToolError(f"type {kind!r} is none of JSON Schema's; correct it in overlay.yaml", where=place.at)
        return {}

    def _object(self, schema: Schema, place: _Place, component: str | None) -> Schema:
        owner = place.name if component is not None else (place.hint or place.name)
        properties = {
            name: self._core(value, place.child(f"properties/{escape(name)}", owner + str(pascal_case(name))))
            for name, value in schema["properties"].items()
        }
        core: Schema = {"type": "object", "properties": properties}
        if place.param and component is None:
            core["x-param-name"] = place.param
        required = sorted(name for name in schema.get("required", ()) if name in properties)
        if required:
            core["required"] = required
        return self._hoist(core, place, component)

    def _hoist(self, core: Schema, place: _Place, component: str | None) -> Schema:
        """Give an inline object or enum a component of its own, and a `$ref` to it."""
        if component is not None:
            return core
        name = place.hint or place.name
        taken_by = self._taken.get(name)
        if name in self._hoisted:
            free = _same_meaning(self._hoisted[name], core)
        else:
            # A component that is "X or null" has no class of its own: X takes its name, null goes to who refers to it.
            free = taken_by is None or taken_by in self._open[-1:]
        if free:
            self._hoisted.setdefault(name, core)
        elif place.hint is not None:
            self._clashes.append(f"{place.at}: the class name {name} is taken by a different schema")
            return self._hoist(core, replace(place, hint=None), component)
        else:
            return self._hoist(core, replace(place, name=name + "Value"), component)
        return {"$ref": SCHEMA_REF + name}


def _without_notes(schema: Schema) -> Schema:
    dropped = (*_NOTES, "default", "readOnly", "title", "writeOnly", "x-class-name", "summary", "example", "examples")
    return {key: value for key, value in schema.items() if key not in dropped}


def _is_class(core: Schema) -> bool:
    return "properties" in core or "enum" in core


def _needs_name(variant: Schema) -> bool:
    values = [value for value in variant.get("enum", ()) if value is not None]
    return bool(variant.get("properties")) or len(values) > 1 or "allOf" in variant


def _has_plain_twin(variant: Schema, variants: list[Schema]) -> bool:
    return "enum" in variant and any(v.get("type") == variant.get("type") and "enum" not in v for v in variants)


def _same_meaning(left: Schema, right: Schema) -> bool:
    return _spelled(left) == _spelled(right)


def _spelled(schema: Any) -> str:
    def bare(node: Any) -> Any:
        if isinstance(node, dict):
            return {k: bare(v) for k, v in node.items() if k not in ("deprecated", "description", "x-default", "x-param-name")}
        return [bare(entry) for entry in node] if isinstance(node, list) else node

    return json.dumps(bare(schema), sort_keys=True)
