"""The TypedDicts of what requests take: the schemas as dicts, for type checkers and editors.

Each object that can be sent gets one, and each union of such objects an alias. Where a dict goes, the model of the
same schema goes too, so both are in the annotation; at run time the aliases hold the TypedDicts alone.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tools.errors import ToolError
from tools.lowering.naming import class_name, module_name, numbered
from tools.rendering.operations import OperationShape
from tools.rendering.shapes import SCALAR_TYPES, Shapes, describe, text_type
from tools.schema.schemas import Schema, ref_name

# Names that the annotations use: a key called so would hide them from type checkers in a class body.
_IN_USE = frozenset(("Any", "Iterable", "Literal", "Mapping", "Required", "Sequence", "bool", "datetime", "float",
                     "int", "models", "str", "uuid"))  # fmt: skip


@dataclass
class Key:
    """One key of a TypedDict."""

    key: str
    annotation: str
    doc: str


@dataclass
class TypedDictShape:
    """One TypedDict; `inherits` names the TypedDict that has the rest of its keys."""

    name: str
    doc: str
    sources: list[str]
    keys: list[Key] = field(default_factory=list)
    inherits: str = "TypedDict"

    @property
    def functional(self) -> bool:
        """Whether the class syntax cannot write a key: no identifier, or one that Python reads otherwise."""
        return not all(
            key.key.isidentifier()
            and not keyword.iskeyword(key.key)
            and not key.key.startswith("__")
            and unicodedata.normalize("NFKC", key.key) == key.key
            and key.key not in _IN_USE
            for key in self.keys
        )


@dataclass
class Alias:
    """A name for a union: of TypedDicts at run time, and of TypedDicts and models for type checkers."""

    name: str
    dicts: list[str]
    models: list[str]
    others: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


class Params:
    """What `params.py` holds.

    Args:
        shapes: The classes of the lowered document.
        operations: Its operations.

    Raises:
        ToolError: Two schemas want the same name.
    """

    def __init__(self, shapes: Shapes, operations: Iterable[OperationShape]) -> None:
        self._shapes = shapes
        self.dicts: dict[str, TypedDictShape] = {}
        self.inputs: dict[str, Alias] = {}
        self.unions: dict[str, Alias] = {}
        self.enums: set[tuple[str, str]] = set()
        self._fields: dict[str, list[Key]] = defaultdict(list)
        for operation in operations:
            if operation.query:
                self._query_dict(operation)
            if operation.body_core is not None:
                self._body(operation, operation.body_core)

    @property
    def names(self) -> list[str]:
        return sorted({*self.dicts, *self.unions})

    def fields(self, operation: OperationShape) -> list[str]:
        """Return a line for each key of what an operation takes, as docstrings list arguments; the required first."""
        keys = self._fields[operation.operation_id]
        lines = []
        for key in sorted(keys, key=lambda key: not key.annotation.startswith("Required[")):
            written = re.sub(r"^Required\[(.*)\]$", r"\1, required", key.annotation)
            names = re.sub(r"\b_\w+", lambda alias: self.inputs[alias[0]].dicts[0], written)
            lines.append(f"{key.key} ({names}): {key.doc}")
        return lines

    def _add(
        self, wanted: str, doc: str, sources: list[str], *, chosen: bool = True, inherits: str = "TypedDict"
    ) -> TypedDictShape:
        """Add an empty TypedDict, under another name if the one wanted was not chosen by a person."""
        taken = {*self.dicts, *self.unions, *self._shapes.schemas}
        if chosen and wanted in taken:
            raise ToolError(f"{wanted} names two things; give one of them another x-param-name", where="the overlay")
        shape = TypedDictShape(numbered(wanted, taken), doc, sources, inherits=inherits)
        self.dicts[shape.name] = shape
        return shape

    def _query_dict(self, operation: OperationShape) -> None:
        wanted = operation.param_name or f"{class_name(operation.operation_id)}Params"
        doc = f"What `{operation.operation_id}` takes in the query."
        shape = self._add(wanted, doc, [operation.source], chosen=operation.param_name is not None)
        for parameter in operation.query:
            annotation = self._annotation(parameter.core)
            shape.keys.append(Key(parameter.name, _required(annotation, parameter.required), parameter.doc))
        self._fields[operation.operation_id] += shape.keys

    def _body(self, operation: OperationShape, core: Schema) -> None:
        name = ref_name(core["$ref"]) if self._shapes.is_object(core) else ""
        schema = self._shapes.schemas.get(name, {"properties": {}})
        if not operation.streams or "stream" not in schema["properties"] or f"_{name}" in self.inputs:
            if (alias := self.inputs.get(self._annotation(core))) is not None:
                self._fields[operation.operation_id] += self.dicts[alias.dicts[0]].keys
            return
        # One request, two results: `stream` decides which, so type checkers need it apart from the rest.
        sources = self._shapes.sources(name)
        name = schema.get("x-param-name", f"{name}Param")
        base = self._add(f"{name}Base", schema.get("description", ""), sources)
        self._fill(base, {**schema, "properties": {k: v for k, v in schema["properties"].items() if k != "stream"}})
        self._fields[operation.operation_id] += base.keys
        doc = describe(schema["properties"]["stream"])
        for suffix, annotation, says in (
            ("NonStreaming", "Literal[False] | None", "that is answered in one piece"),
            ("Streaming", "Required[Literal[True]]", "that is answered with a stream of chunks"),
        ):
            shape = self._add(f"{name}{suffix}", f"A request {says}.", sources, inherits=base.name)
            shape.keys.append(Key("stream", annotation, doc))
        self.unions[name] = Alias(name, [f"{name}NonStreaming", f"{name}Streaming"], [], sources=sources)

    def _object(self, name: str) -> str:
        """Return the alias under which annotations name an object, and ensure that its TypedDict exists."""
        alias = f"_{name}"
        if alias not in self.inputs:
            schema = self._shapes.schemas[name]
            wanted = schema.get("x-param-name")
            doc, sources = schema.get("description", ""), self._shapes.sources(name)
            shape = self._add(wanted or f"{name}Param", doc, sources, chosen=wanted is not None)
            also = [other for other in schema.get("x-also-accepts", ()) if other in self._shapes.schemas]
            self.inputs[alias] = Alias(alias, [shape.name], [name, *also])
            self._fill(shape, schema)
        return alias

    def _fill(self, shape: TypedDictShape, schema: Schema) -> None:
        required = schema.get("required", [])
        for key, core in schema["properties"].items():
            demanded = key in required and not self._shapes.is_read_only(core)
            shape.keys.append(Key(key, _required(self._annotation(core), demanded), describe(core)))

    def _annotation(self, core: Schema) -> str:
        """Return the type of a value to be sent."""
        if "$ref" in core:
            name = ref_name(core["$ref"])
            if self._shapes.is_object(core):
                return self._object(name)
            self.enums.add((module_name(name), name))
            return name
        if "anyOf" in core:
            return self._union(core)
        if "const" in core:
            return f"Literal[{core['const']!r}]"
        if "x-map" in core:
            return f"Mapping[str, {self._annotation(core['x-map'])}]"
        if core.get("type") == "array":
            # A generator of objects is sent as a list. Of texts it would be, too, but so would the letters of one text.
            kind = "Iterable" if self._may_be_object(core["items"]) else "Sequence"
            return f"{kind}[{self._annotation(core['items'])}]"
        text = text_type(core)
        return f"str | {text}" if text else SCALAR_TYPES.get(core.get("type", ""), "Any")

    def _may_be_object(self, core: Schema) -> bool:
        return self._shapes.is_object(core) or "x-map" in core or any(map(self._may_be_object, core.get("anyOf", ())))

    def _union(self, core: Schema) -> str:
        members = [member for member in core["anyOf"] if member.get("type") != "null"]
        null = [] if len(members) == len(core["anyOf"]) else ["None"]
        annotations = list(dict.fromkeys(self._annotation(member) for member in members))
        inputs = [annotation for annotation in annotations if annotation in self.inputs]
        known = self._shapes.aliases.get(core.get("x-alias", ""), {})
        name = core.get("x-param-name") or known.get("x-param-name")
        if name is None and "x-alias" in core:
            name = f"{class_name(core['x-alias'])}Param"
        if name is None or not inputs or len(members) < 2:
            return " | ".join([*annotations, *null])
        dicts = [d for annotation in inputs for d in self.inputs[annotation].dicts]
        models = [m for annotation in inputs for m in self.inputs[annotation].models]
        others = [annotation for annotation in annotations if annotation not in inputs]
        sources = self._shapes.union_sources(name, core)
        # The same union may be met again; a different one, or an object, may have taken its name.
        taken = {*self.dicts, *self._shapes.schemas}
        taken |= {n for n, union in self.unions.items() if (union.dicts, union.others) != (dicts, others)}
        name = numbered(name, taken)
        self.unions[name] = Alias(name, dicts, models, others, sources)
        return " | ".join([name, *null])


def _required(annotation: str, required: bool) -> str:
    return f"Required[{annotation}]" if required else annotation
