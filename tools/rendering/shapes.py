"""What Python makes of a lowered schema: its annotation, the classes that it names, its prose."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tools.document.pointer import escape, fragment
from tools.lowering.naming import module_name
from tools.schema.schemas import SCHEMA_REF, TEXT_TYPES, Schema, ref_name

SCALAR_TYPES = {"boolean": "bool", "integer": "int", "null": "None", "number": "float", "string": "str"}


class Shapes:
    """The classes of a lowered document.

    Args:
        document: The result of `tools.lowering.lowering.lower`.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.schemas: dict[str, Schema] = document["components"]["schemas"]
        self.aliases: dict[str, Schema] = document["x-aliases"]
        self._sources: dict[str, list[str]] = document["x-sources"]
        self._param_sources: dict[str, list[str]] = document["x-param-sources"]
        below = {name: references(schema) for name, schema in self.schemas.items()}
        self.recursive = {name for name in self.schemas if name in _reached(name, below)}

    def sources(self, class_name: str) -> list[str]:
        """Return the pointers of the schemas that a class stands for, as generated code spells them."""
        return [fragment(place) for place in self._sources[class_name]]

    def union_sources(self, name: str, core: Schema) -> list[str]:
        """Return the pointers of a union that is called `name` where it is sent."""
        component = [SCHEMA_REF + escape(core["x-alias"])] if "x-alias" in core else []
        return [fragment(place) for place in self._param_sources.get(name, component)]

    def is_object(self, core: Schema) -> bool:
        """Return whether a schema refers to a model."""
        return "$ref" in core and "properties" in self.schemas[ref_name(core["$ref"])]

    def is_read_only(self, core: Schema) -> bool:
        """Return whether requests do not have a property, whatever `required` says (OpenAPI 3.1, "Schema Object")."""
        return core.get("readOnly") is True or (
            "$ref" in core and self.schemas[ref_name(core["$ref"])].get("readOnly") is True
        )

    def annotation(self, core: Schema) -> str:
        """Return the type of a decoded value."""
        if "$ref" in core:
            return ref_name(core["$ref"])
        if "anyOf" in core:
            return " | ".join(dict.fromkeys(map(self.annotation, core["anyOf"])))
        if "const" in core:
            return f"Literal[{core['const']!r}]"
        if "x-map" in core:
            return f"dict[str, {self.annotation(core['x-map'])}]"
        if core.get("type") == "array":
            return f"list[{self.annotation(core.get('items', {}))}]"
        if core.get("type") == "object":
            return "dict[str, Any]"
        return text_type(core) or SCALAR_TYPES.get(core.get("type", ""), "Any")

    def imports(self, cores: Iterable[Schema]) -> list[tuple[str, str]]:
        """Return module and class of everything that the annotations of these schemas name."""
        names = dict.fromkeys(name for core in cores for name in references(core))
        return sorted((module_name(name), name) for name in names)

    def fixed_values(self, class_name: str, key: str) -> list[str | int]:
        """Return the values that a property of an object may have, if they are listed."""
        core = self.schemas[class_name]["properties"].get(key, {})
        if "$ref" in core:
            return list(self.schemas[ref_name(core["$ref"])].get("enum", ()))
        return [core["const"]] if "const" in core else []


def text_type(core: Schema) -> str | None:
    """Return the class that a text of a known format is decoded to; None for other schemas."""
    return TEXT_TYPES.get(core.get("format", "")) if core.get("type") == "string" else None


def takes_none(core: Schema) -> bool:
    """Return whether the annotation of a schema includes None."""
    return any(member.get("type") == "null" or _is_anything(member) for member in core.get("anyOf", [core]))


def references(core: Schema) -> list[str]:
    """Return the classes that a schema's annotation names."""
    if "$ref" in core:
        return [ref_name(core["$ref"])]
    below = [*core.get("anyOf", ()), *core.get("properties", {}).values()]
    below += [core[keyword] for keyword in ("items", "x-map") if keyword in core]
    return list(dict.fromkeys(name for part in below for name in references(part)))


def describe(core: Schema) -> str:
    """Return the sentences of a hover: the overlay's prose, then the default, then whether it is deprecated."""
    sentences = [core.get("description", "")]
    if "x-default" in core:
        default = core["x-default"]
        text = default if isinstance(default, str) and default.strip() else json.dumps(default)
        sentences.append(f"The server's default is {text}.")
    if core.get("deprecated") and "eprecated" not in sentences[0]:
        sentences.append("Deprecated.")
    return " ".join(sentence for sentence in sentences if sentence)


def _is_anything(core: Schema) -> bool:
    return not any(keyword in core for keyword in ("$ref", "anyOf", "const", "type", "x-map"))


def _reached(start: str, below: dict[str, list[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(below[start])
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += below[name]
    return reached
