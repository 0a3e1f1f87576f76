"""What the model template needs to know of each class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tools.errors import ToolError
from tools.lowering.naming import free_name, identifier
from tools.rendering.decoding import Decoders
from tools.rendering.shapes import Shapes, describe, references, takes_none
from tools.schema.schemas import Schema

# Names that generated class bodies use themselves: a field called so would hide them, or what a model can do.
_IN_USE = frozenset(("Any", "ClassVar", "Literal", "Mapping", "Self", "UNSET", "bool", "classmethod", "datetime",
                     "dict", "float", "int", "list", "str", "tuple", "uuid",
                     "additional_keys", "additional_properties", "construct", "from_dict", "get", "model_construct",
                     "model_copy", "model_dump", "model_dump_json", "model_extra", "model_fields", "model_fields_set",
                     "model_validate", "model_validate_json", "self", "to_dict", "to_json"))  # fmt: skip


@dataclass
class Field:
    """One property of a model, ready to be written."""

    key: str
    name: str
    annotation: str
    default: str | None
    decode: str | None
    doc: str
    empty: str | None = None


@dataclass
class ModelShape:
    """One model, ready to be written."""

    name: str
    doc: str
    decoders: Decoders
    sources: list[str]
    fields: list[Field] = field(default_factory=list)
    extensions: list[Field] = field(default_factory=list)
    type_imports: list[tuple[str, str]] = field(default_factory=list)

    @property
    def nested(self) -> list[str]:
        return [f.key for f in self.fields if f.decode]

    @property
    def empties(self) -> list[Field]:
        return [f for f in self.fields if f.empty]


def model_shape(shapes: Shapes, class_name: str) -> ModelShape:
    """Return the shape of a model by its class name."""
    schema = shapes.schemas[class_name]
    shape = ModelShape(class_name, schema.get("description", ""), Decoders(shapes), shapes.sources(class_name))
    required = schema.get("required", [])
    annotations = {key: shapes.annotation(core) for key, core in schema["properties"].items()}
    names = attribute_names(annotations, _IN_USE.union(references(schema)))
    for key, core in schema["properties"].items():
        decode = shape.decoders.expression(core, "value", names[key])
        may_be_none = key in required or takes_none(core)
        annotation = annotations[key] if may_be_none else f"{annotations[key]} | None"
        # What may be null may be left out, as in the models of the official SDK.
        demanded = key in required and not takes_none(core) and not shapes.is_read_only(core)
        default = None if demanded else "UNSET"
        if key in required and "const" in core:
            default = repr(core["const"])
        empty = shape.decoders.empty(core, names[key]) if key in required else None
        shape.fields.append(Field(key, names[key], annotation, default, decode, describe(core), empty))
    shape.extensions = _extensions(shapes, schema, names)
    shape.type_imports = [entry for entry in shapes.imports([schema]) if entry[1] != class_name]
    return shape


def _extensions(shapes: Shapes, schema: Schema, names: Mapping[str, str]) -> list[Field]:
    """Return the fields that the overlay declares though the specification does not know them (`x-extensions`).

    Raises:
        ToolError: One cannot be the name of an attribute.
    """
    fields = []
    for key, extension in schema.get("x-extensions", {}).items():
        if attribute_names([key], {*_IN_USE, *names.values()}) != {key: key}:
            raise ToolError(f"{key} in x-extensions cannot be the name of an attribute", where="the overlay")
        annotation = shapes.annotation(extension)
        annotation = annotation if annotation == "Any" else f"{annotation} | None"
        fields.append(Field(key, key, annotation, None, None, describe(extension)))
    return fields


def attribute_names(
    keys: Iterable[str], taken: Iterable[str], name_of: Callable[[str], str] = identifier
) -> dict[str, str]:
    """Return each wire name a name in Python: the same word wherever Python and `taken` allow it, never one for two.

    Args:
        keys: The wire names.
        taken: The names that mean something else where these are used.
        name_of: Returns the name for a wire name if it is free.
    """
    names: dict[str, str] = {}
    used = set(taken)
    for key in sorted(keys, key=lambda key: name_of(key) != key or key in used):
        names[key] = free_name(name_of(key), used)
        used.add(names[key])
    return names
