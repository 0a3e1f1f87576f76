"""Resolve the references whose targets were still being lowered."""

from __future__ import annotations

from collections.abc import Mapping

from tools.lowering.unions import is_note, union_of
from tools.schema.schemas import SCHEMA_REF, Schema, ref_name


class ReferenceResolver:
    """Replaces each `x-later` with the schema that its target was lowered to.

    A class can refer to itself. A union, an array or a map has no name at run time to do that with: where it would
    contain itself without end, it contains anything.

    Args:
        cores: What each component was lowered to.
        merged: What each `allOf` was lowered to.
        classes: The class name of each component that is a class.
    """

    def __init__(self, cores: Mapping[str, Schema], merged: Mapping[str, Schema], classes: Mapping[str, str]) -> None:
        self._classes = classes
        self._cores = cores
        self._merged = merged

    def resolve(self, core: Schema, inside: tuple[str, ...] = (), variants_of: tuple[str, ...] = ()) -> Schema:
        """Return a lowered schema without `x-later`.

        Args:
            core: The lowered schema.
            inside: The components that contain it, without a class between.
            variants_of: Those of which it is a variant.
        """
        if "x-later" in core:
            return self._found(core, inside, variants_of)
        if "x-alias" in core:
            inside, variants_of = (*inside, core["x-alias"]), (*variants_of, core["x-alias"])
        resolved = dict(core)
        for keyword in ("items", "x-map"):
            if keyword in core:
                resolved[keyword] = self.resolve(core[keyword], inside)
        if "properties" in core:
            resolved["properties"] = {name: self.resolve(value) for name, value in core["properties"].items()}
        if "anyOf" in core:
            variants = [v for v in core["anyOf"] if v.get("x-later") not in variants_of]
            union = union_of((self.resolve(variant, inside, variants_of) for variant in variants), self._known(core))
            resolved = {key: value for key, value in core.items() if key not in ("anyOf", "discriminator")} | union
        return resolved

    def _found(self, core: Schema, inside: tuple[str, ...], variants_of: tuple[str, ...]) -> Schema:
        name = core["x-later"]
        notes = {key: value for key, value in core.items() if key != "x-later"}
        if name in self._classes:
            return {"$ref": SCHEMA_REF + self._classes[name], **notes}
        if name in inside:
            return notes
        core = self._cores[name] if name in self._cores else self._merged[name]
        shape = {key: value for key, value in core.items() if not is_note(key)}
        resolved = self.resolve(shape, (*inside, name), (*variants_of, name))
        alias = {"x-alias": name} if "anyOf" in resolved and name in self._cores else {}
        return {**resolved, **alias, **notes}

    def _known(self, union: Schema) -> Schema | None:
        """Return a union's discriminator with classes in the place of components."""
        if "discriminator" not in union:
            return None
        known: Schema = {"propertyName": union["discriminator"]["propertyName"]}
        for part in ("mapping", "implicit"):
            found = {value: self._class_of(name) for value, name in union["discriminator"][part].items()}
            known[part] = {value: name for value, name in found.items() if name is not None}
        return known

    def _class_of(self, component: str) -> str | None:
        core = self._cores.get(component, {})
        if component in self._classes:
            return self._classes[component]
        return ref_name(core["$ref"]) if "$ref" in core else None
