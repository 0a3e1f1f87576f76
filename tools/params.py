"""The TypedDicts of what requests take: the schemas as dicts, for type checkers and editors.

Each object that can be sent gets one, and each union of such objects an alias. Where a dict goes, the model of the
same schema goes too, so both are in the annotation; at run time the aliases hold the TypedDicts alone.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from dataclasses import dataclass, field

from openapi_python_client.strings import pascal_case

from tools.errors import ToolError
from tools.operations import OperationShape
from tools.schemas import Schema, ref_name
from tools.shapes import Shapes, describe

_TEXTS = {"date": "str | datetime.date", "date-time": "str | datetime.datetime", "uuid": "str | uuid.UUID"}
_SCALARS = {"boolean": "bool", "integer": "int", "null": "None", "number": "float", "string": "str"}


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
    keys: list[Key] = field(default_factory=list)
    inherits: str = "TypedDict"

    @property
    def functional(self) -> bool:
        """Whether a key is no identifier, so that the class syntax cannot write it."""
        return any(not key.key.isidentifier() or keyword.iskeyword(key.key) for key in self.keys)


@dataclass
class Alias:
    """A name for a union: of TypedDicts at run time, and of TypedDicts and models for type checkers."""

    name: str
    dicts: list[str]
    models: list[str]
    others: list[str] = field(default_factory=list)


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
        self._done: set[str] = set()
        for operation in operations:
            if operation.query:
                self._add(self._query_dict(operation))
            if operation.body_component is not None and shapes.is_object(operation.body_component):
                self._body(operation, operation.body_component)
        clashes = {shapes.class_name(name) for name in shapes.schemas} & {*self.dicts, *self.unions}
        if clashes:
            raise ToolError(
                f"{', '.join(sorted(clashes))} names a model and a TypedDict; give one another x-param-name",
                where="overlay.yaml",
            )

    @property
    def names(self) -> list[str]:
        return sorted({*self.dicts, *self.unions})

    def _add(self, shape: TypedDictShape) -> None:
        if shape.name in self.dicts:
            raise ToolError(f"two schemas want the TypedDict {shape.name}; give one an x-param-name", where="overlay.yaml")
        self.dicts[shape.name] = shape

    def _query_dict(self, operation: OperationShape) -> TypedDictShape:
        shape = TypedDictShape(operation.param_name, f"What `{operation.operation_id}` takes in the query.")
        for parameter in operation.query:
            annotation = self._annotation(parameter.core)
            shape.keys.append(Key(parameter.name, _required(annotation, parameter.required), parameter.doc))
        return shape

    def _body(self, operation: OperationShape, component: str) -> None:
        schema = self._shapes.schemas[component]
        if not (operation.streams and schema["properties"].get("stream")):
            self._object(component)
            return
        # One request, two results: `stream` decides which, so type checkers need it apart from the rest.
        name = schema.get("x-param-name", f"{self._shapes.class_name(component)}Param")
        self._done.add(component)
        rest = {key: core for key, core in schema["properties"].items() if key != "stream"}
        base = self._typed_dict(f"{name}Base", {**schema, "properties": rest})
        doc = describe(schema["properties"]["stream"])
        for suffix, annotation, says in (
            ("NonStreaming", "Literal[False] | None", "that is answered in one piece"),
            ("Streaming", "Required[Literal[True]]", "that is answered with a stream of chunks"),
        ):
            keys = [Key("stream", annotation, doc)]
            self._add(TypedDictShape(f"{name}{suffix}", f"A request {says}.", keys, inherits=base.name))
        self.unions[name] = Alias(name, [f"{name}NonStreaming", f"{name}Streaming"], [])

    def _object(self, component: str) -> str:
        """Give the alias under which annotations name an object, and see that its TypedDict is there."""
        alias = f"_{self._shapes.class_name(component)}"
        if component not in self._done:
            self._done.add(component)
            schema = self._shapes.schemas[component]
            class_name = self._shapes.class_name(component)
            shape = self._typed_dict(schema.get("x-param-name", f"{class_name}Param"), schema)
            also = [self._shapes.class_name(other) for other in schema.get("x-also-accepts", ())]
            self.inputs[alias] = Alias(alias, [shape.name], [class_name, *also])
        return alias

    def _typed_dict(self, name: str, schema: Schema) -> TypedDictShape:
        shape = TypedDictShape(name, schema.get("description", ""))
        self._add(shape)
        required = schema.get("required", [])
        for key, core in schema["properties"].items():
            shape.keys.append(Key(key, _required(self._annotation(core), key in required), describe(core)))
        return shape

    def _annotation(self, core: Schema) -> str:
        """Give the type of a value to be sent."""
        if "$ref" in core:
            component = ref_name(core["$ref"])
            if self._shapes.is_object(component):
                return self._object(component)
            self.enums.add((self._shapes.module_name(component), self._shapes.class_name(component)))
            return self._shapes.class_name(component)
        if "anyOf" in core:
            return self._union(core)
        if "const" in core:
            return f"Literal[{core['const']!r}]"
        if "x-map" in core:
            return f"Mapping[str, {self._annotation(core['x-map'])}]"
        if core.get("type") == "array":
            return f"Sequence[{self._annotation(core['items'])}]"
        if core.get("type") == "string" and core.get("format") in _TEXTS:
            return _TEXTS[core["format"]]
        return _SCALARS.get(core.get("type", ""), "Any")

    def _union(self, core: Schema) -> str:
        members = [member for member in core["anyOf"] if member.get("type") != "null"]
        null = [] if len(members) == len(core["anyOf"]) else ["None"]
        annotations = list(dict.fromkeys(self._annotation(member) for member in members))
        inputs = [annotation for annotation in annotations if annotation in self.inputs]
        alias = self._shapes.aliases.get(core.get("x-alias", ""), {})
        name = core.get("x-param-name") or alias.get("x-param-name")
        if name is None and "x-alias" in core:
            name = f"{pascal_case(core['x-alias'])}Param"
        if name is None or not inputs or len(members) < 2:
            return " | ".join([*annotations, *null])
        dicts = [d for annotation in inputs for d in self.inputs[annotation].dicts]
        models = [m for annotation in inputs for m in self.inputs[annotation].models]
        others = [annotation for annotation in annotations if annotation not in inputs]
        self.unions[name] = Alias(name, dicts, models, others)
        return " | ".join([name, *null])


def _required(annotation: str, required: bool) -> str:
    return f"Required[{annotation}]" if required else annotation
