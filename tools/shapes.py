"""What the templates need to know of each lowered schema: its annotation, how it is decoded, what it imports."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openapi_python_client.strings import PythonIdentifier, pascal_case, snake_case

from tools.schemas import SCHEMA_REF, Schema, escape, ref_name

_SCALARS = {"boolean": "bool", "integer": "int", "null": "None", "number": "float", "string": "str"}
_FORMATS = {"date": "datetime.date", "date-time": "datetime.datetime", "uuid": "uuid.UUID"}
_PARSERS = {"date": "datetime.date.fromisoformat", "uuid": "uuid.UUID"}

# Names that our generated class bodies use themselves: a field called so would hide them from the annotations.
_IN_USE = frozenset({"ClassVar", "Literal", "None", "additional_keys", "additional_properties", "bool", "datetime", "dict",
                     "float", "from_dict", "get", "int", "list", "self", "str", "to_dict", "uuid"})  # fmt: skip


def attribute_name(wire_name: str) -> str:
    """Give the attribute of a wire name: the same word wherever Python allows it."""
    if not wire_name.isidentifier():
        wire_name = PythonIdentifier(wire_name, prefix="field_")
    taken = keyword.iskeyword(wire_name) or wire_name in _IN_USE
    return wire_name + "_" if taken else f"field{wire_name}" if wire_name.startswith("_") else wire_name


@dataclass
class Field:
    """One property of a model, ready to be written."""

    key: str
    name: str
    annotation: str
    default: str | None
    decode: str | None
    doc: str


@dataclass
class ModelShape:
    """One model, ready to be written."""

    name: str
    doc: str
    fields: list[Field]
    type_imports: list[tuple[str, str]]
    lazy: list[tuple[str, str]]
    variants: list[tuple[str, str]]
    stdlib: list[str] = field(default_factory=list)

    @property
    def nested(self) -> list[str]:
        return [f.key for f in self.fields if f.decode]


class Shapes:
    """The classes of a lowered document.

    Args:
        document: What `tools.lowering.lower` gave.
        class_names: The class name of each component that the generator's configuration renames.
    """

    def __init__(self, document: dict[str, Any], class_names: Mapping[str, str]) -> None:
        self.schemas: dict[str, Schema] = document["components"]["schemas"]
        self.aliases: dict[str, Schema] = document["x-aliases"]
        self._class_names = class_names
        self._by_class = {self.class_name(component): component for component in self.schemas}

    def class_name(self, component: str) -> str:
        return self._class_names.get(component) or str(pascal_case(component))

    def module_name(self, component: str) -> str:
        return str(PythonIdentifier(self.class_name(component), "field_"))

    def component(self, class_name: str) -> str:
        return self._by_class[class_name]

    def is_object(self, component: str) -> bool:
        return "properties" in self.schemas[component]

    def annotation(self, core: Schema) -> str:
        """Give the type of a decoded value."""
        if "$ref" in core:
            return self.class_name(ref_name(core["$ref"]))
        if "anyOf" in core:
            return " | ".join(_unique(self.annotation(member) for member in core["anyOf"]))
        if "const" in core:
            return f"Literal[{core['const']!r}]"
        if "x-map" in core:
            return f"dict[str, {self.annotation(core['x-map'])}]"
        if core.get("type") == "array":
            return f"list[{self.annotation(core['items'])}]"
        if core.get("type") == "string" and core.get("format") in _FORMATS:
            return _FORMATS[core["format"]]
        return _SCALARS.get(core.get("type", ""), "Any")

    def references(self, core: Schema) -> list[str]:
        """Give the components that a schema's annotation names."""
        if "$ref" in core:
            return [ref_name(core["$ref"])]
        below = [*core.get("anyOf", ()), *([core["items"]] if "items" in core else ())]
        below += [core["x-map"]] if "x-map" in core else []
        return _unique(name for part in below for name in self.references(part))

    def model(self, class_name: str) -> ModelShape:
        """Give the shape of an object component by its class name."""
        component = self._by_class[class_name]
        schema = self.schemas[component]
        shape = ModelShape(class_name, schema.get("description", ""), [], [], [], [])
        decoding = Decoding(self, shape)
        required = schema.get("required", [])
        for key, core in schema["properties"].items():
            name = attribute_name(key)
            decode = decoding.expression(core, "value", name)
            annotation = self.annotation(core)
            if key not in required and annotation != "Any" and "None" not in annotation.split(" | "):
                annotation += " | None"
            default = None if key in required else "UNSET"
            if key in required and "const" in core:
                default = repr(core["const"])
            shape.fields.append(Field(key, name, annotation, default, decode, describe(core)))
        names = _unique(name for core in schema["properties"].values() for name in self.references(core))
        shape.type_imports = sorted((self.module_name(n), self.class_name(n)) for n in names if n != component)
        annotations = " ".join(f.annotation + (f.decode or "") for f in shape.fields)
        shape.stdlib = [module for module in ("datetime", "uuid") if f"{module}." in annotations]
        return shape

    def tag(self, union: Schema) -> tuple[str | None, dict[str | int, str]]:
        """Give the discriminator of a union of objects, and the component of each of its values.

        The declared discriminator counts (OpenAPI 3.1, "Discriminator Object"); where there is none, a property that
        has one fixed value in every variant, all different, is one all the same.
        """
        objects = [ref_name(m["$ref"]) for m in union["anyOf"] if "$ref" in m and self.is_object(ref_name(m["$ref"]))]
        declared = union.get("discriminator", {})
        candidates = [declared["propertyName"]] if "propertyName" in declared else self._fixed_properties(objects)
        for candidate in candidates:
            values: dict[str | int, str] = {}
            for component in objects:
                for value in self._values(component, candidate) or [component]:
                    values.setdefault(value, component)
            for value, ref in declared.get("mapping", {}).items():
                values[value] = ref_name(ref)
            if set(values.values()) == set(objects):
                return candidate, values
        return None, {}

    def _fixed_properties(self, objects: list[str]) -> list[str]:
        shared = [name for name in self.schemas[objects[0]]["properties"]] if objects else []
        return [
            name
            for name in shared
            if all(len(self._values(component, name)) == 1 for component in objects)
            and len({self._values(component, name)[0] for component in objects}) == len(objects)
        ]

    def _values(self, component: str, name: str) -> list[str | int]:
        core = self.schemas[component]["properties"].get(name, {})
        if "const" in core:
            return [core["const"]]
        if "$ref" in core and "enum" in self.schemas[ref_name(core["$ref"])]:
            return list(self.schemas[ref_name(core["$ref"])]["enum"])
        return []


class Decoding:
    """Writes the expressions that decode a model's fields, and collects the decoders that they need."""

    def __init__(self, shapes: Shapes, shape: ModelShape) -> None:
        self._shapes = shapes
        self._shape = shape

    def expression(self, core: Schema, value: str, name: str) -> str | None:
        """Give the expression that decodes `value`; None where the JSON value is used as it is."""
        if core.get("format") in _FORMATS and core.get("type") == "string":
            parser = _PARSERS.get(core["format"])
            return f"decode_text({parser}, {value})" if parser else f"decode_datetime({value})"
        members = core.get("anyOf", [core])
        texts = [member for member in members if member.get("format") in _FORMATS and member.get("type") == "string"]
        objects = [m for m in members if "$ref" in m and self._shapes.is_object(ref_name(m["$ref"]))]
        arrays = [member["items"] for member in members if member.get("type") == "array"]
        maps = [member["x-map"] for member in members if "x-map" in member]
        cases = []
        if objects and not maps:
            decoder = self._decoder(core, objects, name)
            cases.append(("dict", f"{decoder}.from_dict({value})"))
        elif len(maps) == 1 and not objects:
            entry = self.expression(maps[0], "entry", name)
            if entry:
                cases.append(("dict", f"{{key: {entry} for key, entry in {value}.items()}}"))
        if arrays:
            items = arrays[0] if len(arrays) == 1 else {"anyOf": [m for a in arrays for m in a.get("anyOf", [a])]}
            inner = "item" if value != "item" else "inner"
            entry = self.expression(items, inner, name)
            if entry:
                cases.append(("list", f"[{entry} for {inner} in {value}]"))
        expression = self.expression(texts[0], value, name) if texts else value
        for kind, decoded in reversed(cases):
            expression = f"{decoded} if isinstance({value}, {kind}) else {expression}"
            expression = f"({expression})" if len(cases) > 1 else expression
        return None if expression == value else expression

    def _decoder(self, core: Schema, objects: list[Schema], name: str) -> str:
        components = [ref_name(member["$ref"]) for member in objects]
        lazies = []
        for component in components:
            class_name = self._shapes.class_name(component)
            entry = (self._shapes.module_name(component), class_name)
            if entry not in self._shape.lazy:
                self._shape.lazy.append(entry)
            lazies.append(f"_{class_name}")
        if len(components) == 1:
            return lazies[0]
        tag, values = self._shapes.tag({**core, "anyOf": objects})
        by_value = {value: lazies[components.index(component)] for value, component in values.items()}
        required = [set(self._shapes.schemas[c].get("required", [])) - {tag} for c in components]
        by_keys = sorted(zip(required, lazies, strict=True), key=lambda pair: -len(pair[0]))
        decoder = f"_{name}_variants"
        written = "Variants({!r}, {{{}}}, ({},))".format(
            tag,
            ", ".join(f"{value!r}: {lazy}" for value, lazy in by_value.items()),
            ", ".join(f"(frozenset({sorted(keys)!r}), {lazy})" for keys, lazy in by_keys),
        )
        if (decoder, written) not in self._shape.variants:
            if any(known == decoder for known, _ in self._shape.variants):
                decoder = f"{decoder}_{len(self._shape.variants)}"
            self._shape.variants.append((decoder, written))
        return decoder


def describe(core: Schema) -> str:
    """Give the sentences of a hover: the overlay's prose, then the default, then whether it is deprecated."""
    sentences = [core.get("description", "")]
    if "x-default" in core:
        default = core["x-default"]
        spelled = {True: "true", False: "false"}.get(default, default) if isinstance(default, bool) else default
        sentences.append(f"The server's default is {spelled}.")
    if core.get("deprecated") and "eprecated" not in sentences[0]:
        sentences.append("Deprecated.")
    return " ".join(sentence for sentence in sentences if sentence)


def ref_to(component: str) -> Schema:
    """Give the schema that points at a component."""
    return {"$ref": SCHEMA_REF + escape(component)}


def operation_module(operation_id: str) -> str:
    """Give the module in which the generator puts an operation."""
    return str(snake_case(operation_id))


def _unique(names: Any) -> list[str]:
    return list(dict.fromkeys(names))
