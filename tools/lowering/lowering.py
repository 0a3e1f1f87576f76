"""Lower a slice to the few forms of schema that the generator reads without loss.

The result for every schema: a scalar (with `const`), an array, a map (`x-map`), a `$ref` to a class, a union (`anyOf`)
of these, or `{}` for anything. A class is an object with properties or an enum, in the components under its class name.
The contract stays the same; only its spelling changes. Inline objects and enums get names;
`default` becomes documentation (`x-default`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openapi_python_client.strings import pascal_case

from tools.document.pointer import escape
from tools.errors import ToolError
from tools.lowering.hoisting import Hoisting, Place, outer_name
from tools.lowering.naming import ClassNames, variant_label
from tools.lowering.recursion import ReferenceResolver
from tools.lowering.unions import has_plain_twin, known_discriminator, needs_name, union_of
from tools.schema.limits import too_deep
from tools.schema.merging import fits_type, merge_all_of
from tools.schema.nulls import NULL
from tools.schema.schemas import (
    SCHEMA_REF,
    Schema,
    canonical_json,
    is_annotation,
    map_document_schemas,
    map_subschemas,
    ref_name,
)

SCALARS = ("boolean", "integer", "null", "number", "string")
_ONE_TYPE_ONLY = {
    "array": ("items", "prefixItems"),
    "object": ("additionalProperties", "patternProperties", "properties", "required"),
    "string": ("format",),
}
# What decides the Python type of a value; the other keywords only limit it.
_SHAPING = {"$ref", "allOf", "anyOf", "const", "discriminator", "enum", "oneOf", "type"}.union(*_ONE_TYPE_ONLY.values())
_NOTES = ("deprecated", "description", "readOnly", "x-also-accepts", "x-extensions", "x-param-name")
_KINDS = ((str, "string"), (int, "integer"), (float, "number"), (bool, "boolean"))


def lower(document: dict[str, Any], class_names: Mapping[str, str]) -> dict[str, Any]:
    """Return a copy of a document (see `null_unions`) that holds only the forms named above.

    Args:
        document: The slice with the overlay applied.
        class_names: The class name of each component that the generator's configuration renames.

    Returns:
        The document. Its `x-aliases` has the components that are not classes (unions, arrays, maps, scalars), and
        `x-sources` the pointers of the schemas behind each class. `x-param-sources` has those with an `x-param-name`.
        `x-clashes` has a line for each name that a different schema already had.

    Raises:
        ToolError: A schema contradicts itself.
    """
    lowering = _Lowering(document, class_names)
    try:
        return lowering.document()
    except RecursionError:
        raise too_deep(lowering.outermost) from None


class _Lowering:
    def __init__(self, document: dict[str, Any], class_names: Mapping[str, str]) -> None:
        self._document = map_document_schemas(document, shaping)
        self._source: dict[str, Any] = self._document["components"].get("schemas", {})
        self._names = ClassNames(self._source, class_names)
        self._cores: dict[str, Schema] = {}
        self._open: list[str] = []
        self._merged: dict[str, Schema] = {}
        self._merging: set[str] = set()
        self._hoisting = Hoisting(self._names)
        self._param_sources: dict[str, set[str]] = {}

    @property
    def outermost(self) -> str:
        """The pointer of the component that is being lowered."""
        return SCHEMA_REF + escape(self._open[0]) if self._open else "#"

    def document(self) -> dict[str, Any]:
        for name in self._source:
            self._component(name)
        outer = {**self._document, "components": {**self._document["components"], "schemas": {}}}
        lowered = map_document_schemas(
            outer, lambda schema, at: self._core(schema, Place(at, outer_name(self._document, at)))
        )
        named = {name: self._names.of[name] for name, core in self._cores.items() if _is_class(core)}
        resolver = ReferenceResolver(self._cores, self._merged, named)
        lowered = map_document_schemas(lowered, lambda core, at: resolver.resolve(core))
        classes = {named[name]: self._cores[name] for name in named} | self._hoisting.classes
        lowered["components"]["schemas"] = {name: resolver.resolve(classes[name]) for name in sorted(classes)}
        lowered["x-aliases"] = {
            name: resolver.resolve(self._cores[name], (name,), (name,)) for name in self._source if name not in named
        }
        sources = {named[name]: [SCHEMA_REF + escape(name)] for name in named} | self._hoisting.sources
        lowered["x-sources"] = {name: sorted(places) for name, places in sources.items()}
        lowered["x-param-sources"] = {name: sorted(places) for name, places in self._param_sources.items()}
        lowered["x-clashes"] = self._hoisting.clashes
        return lowered

    def _component(self, name: str) -> Schema:
        if name not in self._source:
            raise ToolError("this schema does not exist", where=SCHEMA_REF + escape(name))
        if name not in self._cores:
            self._open.append(name)
            place = Place(SCHEMA_REF + escape(name), self._names.of[name])
            self._cores[name] = self._core(self._source[name], place, component=name)
            self._open.pop()
        return self._cores[name]

    def _core(self, schema: Any, place: Place, component: str | None = None) -> Schema:
        """Lower one schema; `component` names it when it is a component itself, so that it is not hoisted."""
        if not isinstance(schema, dict):
            return {}
        place = place.hinted(schema)
        notes = {key: schema[key] for key in _NOTES if key in schema}
        if "x-param-name" in notes:
            self._param_sources.setdefault(notes["x-param-name"], set()).add(place.source)
        if "x-also-accepts" in notes:
            notes["x-also-accepts"] = [
                self._names.of[name] for name in notes["x-also-accepts"] if name in self._names.of
            ]
        if schema.get("default") is not None:
            notes["x-default"] = schema["default"]
        core = self._structure({k: v for k, v in schema.items() if not is_annotation(k)}, place, component)
        inline = self._hoisting.of(core)
        if inline is not None and "description" in notes:
            # The innermost prose is the first and stays: it describes the object, the rest describes its uses.
            inline.setdefault("description", notes["description"])
        if "x-extensions" in notes:
            notes["x-extensions"] = self._extensions(notes["x-extensions"], inline or core, place)
            if inline is not None:
                inline["x-extensions"] = notes.pop("x-extensions")
        return {**core, **notes}

    def _extensions(self, extensions: Schema, core: Schema, place: Place) -> Schema:
        """Return the declared extensions of an object that its schema does not define itself."""
        known = extensions.keys() & core.get("properties", {})
        self._hoisting.clashes += [
            f"{place.source}/x-extensions/{escape(name)} is a property now" for name in sorted(known)
        ]
        return {name: schema for name, schema in extensions.items() if name not in known}

    def _structure(self, schema: Schema, place: Place, component: str | None) -> Schema:
        if "$ref" in schema and len(schema) == 1:
            return self._reference(ref_name(schema["$ref"]))
        parts = schema.get("allOf", [])
        if len(parts) == len(schema) == 1:
            return self._core(parts[0], place, component)
        if "$ref" in schema or "allOf" in schema:
            return self._combined(schema, schema, place, component)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                base = {key: value for key, value in schema.items() if key not in (keyword, "discriminator")}
                if not base:
                    return self._union(schema, keyword, place)
                if all(isinstance(variant, dict) and set(variant) <= {"required"} for variant in schema[keyword]):
                    return self._core(base, place, component)
                union = {key: value for key, value in schema.items() if key not in base}
                return self._combined(schema, {"allOf": [base, union]}, place, component)
        if "enum" in schema or "const" in schema:
            return self._enum(schema, place, component)
        if isinstance(schema.get("type"), list):
            return self._types(schema, place, component)
        return self._plain(schema, place, component)

    def _reference(self, name: str) -> Schema:
        if name in self._open and name not in self._cores:
            return {"x-later": name}  # What it is will be known when all is lowered.
        core = self._component(name)
        if _is_class(core):
            return {"$ref": SCHEMA_REF + self._names.of[name]}
        inlined = {
            key: value
            for key, value in core.items()
            if not key.startswith("x-") or key in ("x-map", "x-default", "x-later")
        }
        return {**inlined, "x-alias": name} if "anyOf" in core else inlined

    def _combined(self, schema: Schema, parts: Schema, place: Place, component: str | None) -> Schema:
        # Parts that refer back to where they are merged would be merged again for ever.
        key = canonical_json(schema)
        if key in self._merging:
            return {"x-later": key}
        self._merging.add(key)
        core = self._core(merge_all_of(parts, self._source, place.at), place, component)
        self._merging.remove(key)
        # A class comes out without a name only where the component is its name.
        self._merged[key] = {"$ref": SCHEMA_REF + self._names.of[str(component)]} if _is_class(core) else core
        return core

    def _union(self, schema: Schema, keyword: str, place: Place) -> Schema:
        variants = [variant if isinstance(variant, dict) else {} for variant in schema[keyword] if variant is not False]
        many = sum(map(needs_name, variants)) > 1
        members: list[Schema] = []
        for position, variant in enumerate(variants):
            below = place if len(variants) <= 2 and place.hint else replace(place, param=None)
            if many and needs_name(variant):
                label = variant_label(variant, position)
                below = replace(place, hint=None, param=None, name=(place.hint or place.name) + label)
            elif has_plain_twin(variant, variants):
                below = replace(place, name=place.name + "Known")
            members.append(self._core(variant, replace(below, at=f"{place.at}/{keyword}/{position}")))
        union = union_of(members, known_discriminator(schema, variants, members))
        rest = [core for core in members if core.get("type") != "null"]
        # "A named union, or null" is still called by that name where it is sent.
        return {**union, "x-alias": rest[0]["x-alias"]} if len(rest) == 1 and "x-alias" in rest[0] else union

    def _enum(self, schema: Schema, place: Place, component: str | None) -> Schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        # Who lists null means it, even beside a type that forgets it.
        values = [value for value in values if value is None or fits_type(value, schema)]
        if not values:
            raise ToolError("no value of this enum is of its type; correct it in an overlay", where=place.at)
        if any(isinstance(value, (list, dict)) for value in values):
            return {}
        kinds = {kind for kind, _ in _KINDS if any(type(value) is kind for value in values)}
        if None in values or len(kinds) > 1:
            component = None
        members: list[Schema] = [dict(NULL)] if None in values else []
        for kind, name in _KINDS:
            same = list(dict.fromkeys(value for value in values if type(value) is kind))
            if len(same) == 1 and kind is not float:
                members.append({"const": same[0]})
            elif same and kind in (str, int):
                members.append(self._hoist({"type": name, "enum": same}, place, component))
            elif same:
                members.append({"type": name})
        return union_of(members)

    def _types(self, schema: Schema, place: Place, component: str | None) -> Schema:
        variants = []
        for name in schema["type"]:
            foreign = {keyword for kind, keywords in _ONE_TYPE_ONLY.items() if kind != name for keyword in keywords}
            variants.append({**{k: v for k, v in schema.items() if k not in foreign}, "type": name})
        if len(variants) == 1:
            return self._core(variants[0], place, component)
        return self._union({"type": variants}, "type", place)

    def _plain(self, schema: Schema, place: Place, component: str | None) -> Schema:
        kind = schema.get("type")
        if kind == "array" or (kind is None and "items" in schema):
            items = schema.get("items", {})
            if schema.get("prefixItems"):
                items = {"anyOf": [*schema["prefixItems"], *([items] if items else [])]}
            return {"type": "array", "items": self._core(items, place.inside("items"))}
        if kind == "object" or (kind is None and schema.keys() & _ONE_TYPE_ONLY["object"]):
            if schema.get("properties"):
                return self._object(schema, place, component)
            if schema.get("patternProperties"):
                rest = schema.get("additionalProperties", True)
                values = {"anyOf": [*schema["patternProperties"].values(), rest]}
                return {"x-map": self._core(values, place.inside("patternProperties"))}
            return {"x-map": self._core(schema.get("additionalProperties", {}), place.inside("additionalProperties"))}
        if kind in SCALARS:
            return {"type": kind, **({"format": schema["format"]} if "format" in schema else {})}
        if kind is not None:
            raise ToolError(f"type {kind!r} is not a JSON Schema type; correct it in an overlay", where=place.at)
        return {}

    def _object(self, schema: Schema, place: Place, component: str | None) -> Schema:
        owner = place.name if component is not None else (place.hint or place.name)
        required = schema.get("required", ())
        # What is required is a property, described or not.
        described = {**schema["properties"], **{name: {} for name in required if name not in schema["properties"]}}
        properties = {
            name: self._core(value, Place(f"{place.at}/properties/{escape(name)}", owner + str(pascal_case(name))))
            for name, value in described.items()
        }
        core: Schema = {"type": "object", "properties": properties}
        if place.param and component is None:
            core["x-param-name"] = place.param
        if required:
            core["required"] = sorted(set(required))
        return self._hoist(core, place, component)

    def _hoist(self, core: Schema, place: Place, component: str | None) -> Schema:
        if component is not None:
            return core
        inside_property = "/properties/" in place.at
        return self._hoisting.reference(core, place, None if inside_property or not self._open else self._open[-1])


def shaping(schema: Any, at: str) -> Any:
    """Leave of a schema what decides types and what documents it."""
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key in _SHAPING or is_annotation(key)}
    return map_subschemas(kept, shaping, at)


def _is_class(core: Schema) -> bool:
    return "properties" in core or "enum" in core
