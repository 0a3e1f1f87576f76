"""What the endpoint template needs to know of each operation of a lowered document."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from openapi_python_client.strings import PythonIdentifier, in_f_string_literal

from tools.document.pointer import escape, follow, fragment
from tools.errors import ToolError
from tools.lowering.naming import PREFIX, identifier
from tools.rendering.decoding import Decoders
from tools.rendering.models import attribute_names
from tools.rendering.shapes import Shapes, describe, takes_none
from tools.schema.schemas import Schema, operations

STREAM = "text/event-stream"
_PLACES = ("path", "query", "header")

# Names that the generated functions use themselves.
_IN_USE = frozenset(("UNSET", "Unset", "_kwargs", "body", "client", "dict", "encode_json", "headers", "isinstance",
                     "kwargs", "parameter_text", "params", "quote", "to_json_value"))  # fmt: skip


@dataclass
class Parameter:
    """One parameter of an operation, and the statement that puts it into the request."""

    key: str
    name: str
    place: str
    annotation: str
    required: bool
    condition: str
    statement: str
    doc: str
    core: Schema


@dataclass
class ResponseCase:
    """What one status means: a test on `status`, and how the body is decoded or what is given instead."""

    test: str
    annotations: list[str]
    decode: str | None = None
    value: str = "None"
    kind: str = "object"

    @property
    def annotation(self) -> str:
        return " | ".join(self.annotations)


@dataclass
class OperationShape:
    """One operation, ready to be written."""

    operation_id: str
    at: str
    param_name: str | None
    decoders: Decoders
    url: str = ""
    body: str | None = None
    body_required: bool = True
    body_core: Schema | None = None
    parameters: list[Parameter] = field(default_factory=list)
    responses: list[ResponseCase] = field(default_factory=list)
    streams: bool = False
    cores: list[Schema] = field(default_factory=list)
    type_imports: list[tuple[str, str]] = field(default_factory=list)

    @property
    def source(self) -> str:
        """Its pointer, as generated code spells it."""
        return fragment(self.at)

    @property
    def module(self) -> str:
        return str(PythonIdentifier(self.operation_id, PREFIX))

    @property
    def query(self) -> list[Parameter]:
        return self.of("query")

    @property
    def returns(self) -> str:
        return " | ".join(dict.fromkeys(name for case in self.responses for name in case.annotations)) or "None"

    def of(self, place: str) -> list[Parameter]:
        return [parameter for parameter in self.parameters if parameter.place == place]


def operation_shapes(document: dict[str, Any], shapes: Shapes) -> dict[str, OperationShape]:
    """Return the shape of every operation by the module that it gets.

    Raises:
        ToolError: An operation has a body or a parameter that the templates would have to drop, or two operations
            would share a module.
    """
    found: dict[str, OperationShape] = {}
    for path, method, operation in operations(document):
        shape = _shape(document, path, method, operation, shapes)
        if shape.module in found:
            message = f"{found[shape.module].operation_id} and {shape.operation_id} would share a module; rename one"
            raise ToolError(message, where=shape.at)
        found[shape.module] = shape
    return found


def operation_faults(document: dict[str, Any]) -> dict[str, ToolError]:
    """Return why each operation that cannot be generated cannot, by its id."""
    shapes = Shapes(document)
    faults = {}
    for path, method, operation in operations(document):
        try:
            _shape(document, path, method, operation, shapes)
        except ToolError as error:
            faults[operation["operationId"]] = error
    return faults


def _shape(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any], shapes: Shapes
) -> OperationShape:
    at = f"#/paths/{escape(path)}/{method}"
    shape = OperationShape(operation["operationId"], at, operation.get("x-param-name"), Decoders(shapes))
    _add_parameters(shape, document, path, operation, shapes)
    _add_body(shape, follow(document, operation.get("requestBody", {}))[0], shapes)
    _add_responses(shape, document, operation.get("responses", {}), shapes)
    shape.type_imports = shapes.imports(shape.cores)
    return shape


def _add_parameters(
    shape: OperationShape, document: dict[str, Any], path: str, operation: dict[str, Any], shapes: Shapes
) -> None:
    own = [follow(document, parameter)[0] for parameter in operation.get("parameters", [])]
    shared = [follow(document, parameter)[0] for parameter in document["paths"][path].get("parameters", [])]
    # What an operation says of a parameter goes before what its path says (OpenAPI 3.1, "Path Item Object").
    found = {(parameter["in"], parameter["name"]): parameter for parameter in [*shared, *own]}
    keys = [key for _, key in found]
    unknown = [f"the {place} parameter {key}" for place, key in found if place not in _PLACES]
    unknown += [
        f"the {place} parameter {key}" for (place, key), parameter in found.items() if "schema" not in parameter
    ]
    if unknown:
        raise ToolError(f"{unknown[0]} cannot be sent; describe it in an overlay", where=shape.at)
    labels = {(place, key): key if keys.count(key) == 1 else f"{key}_{place}" for place, key in found}
    names = attribute_names(labels.values(), _IN_USE, lambda key: str(PythonIdentifier(identifier(key), PREFIX)))
    for (place, key), parameter in sorted(found.items(), key=lambda entry: _PLACES.index(entry[0][0])):
        if place == "header" and key.lower() in ("accept", "authorization", "content-type"):
            continue  # Not what a parameter may set (OpenAPI 3.1, "Parameter Object").
        core, name = parameter["schema"], names[labels[place, key]]
        required = parameter.get("required", False)
        conditions = [] if required else [f"not isinstance({name}, Unset)"]
        conditions += [f"{name} is not None"] if takes_none(core) or not required else []
        shape.parameters.append(
            Parameter(
                key=key,
                name=name,
                place=place,
                annotation=shapes.annotation(core),
                required=required,
                condition=" and ".join(conditions),
                statement=_statement(parameter, name, shapes),
                doc=describe({**core, **{k: parameter[k] for k in ("description", "deprecated") if k in parameter}}),
                core=core,
            )
        )
        shape.cores.append(core)
    shape.url = _url(path, shape)


def _url(path: str, shape: OperationShape) -> str:
    """Return the expression of an operation's path with its parameters filled in."""
    in_path = {parameter.key: parameter for parameter in shape.of("path")}
    parts = re.split(r"\{([^{}]*)\}", path)
    if differing := {*parts[1::2]} ^ in_path.keys():
        raise ToolError(f"the path and its parameters differ in {', '.join(sorted(differing))}", where=shape.at)
    if len(parts) == 1:
        return repr(path)
    parts[::2] = map(in_f_string_literal, parts[::2])
    parts[1::2] = [f"{{{in_path[key].statement}}}" for key in parts[1::2]]
    return f'f"{"".join(parts)}"'


def _statement(parameter: dict[str, Any], name: str, shapes: Shapes) -> str:
    """Return the statement that adds one parameter to the request (OpenAPI 3.1, "Style Values")."""
    key, place, core = parameter["name"], parameter["in"], parameter["schema"]
    style = parameter.get("style", "form" if place == "query" else "simple")
    explode = parameter.get("explode", style == "form")
    members = core.get("anyOf", [core])
    is_array = any(member.get("type") == "array" for member in members)
    is_object = any("x-map" in member or shapes.is_object(member) for member in members)
    if place == "path":
        # A delimiter between the parts of a value is not part of it, so it is not quoted.
        safe = ",=" if is_array or is_object else ""
        return f"quote(parameter_text({name}{', explode=True' if explode else ''}), safe={safe!r})"
    if place == "header":
        return f"headers[{key!r}] = parameter_text({name}{', explode=True' if explode else ''})"
    converted = any(map(shapes.is_object, members)) or re.search(r"\b(datetime|uuid)\.", shapes.annotation(core))
    value = f"to_json_value({name})" if converted else name
    if is_object and style == "deepObject":
        prefix = in_f_string_literal(key)
        return f'params.update({{f"{prefix}[{{key}}]": entry for key, entry in {value}.items()}})'
    if is_object and explode:
        return f"params.update({value})"
    if (is_array or is_object) and not explode:
        separator = {"pipeDelimited": ", '|'", "spaceDelimited": ", ' '"}.get(style, "")
        return f"params[{key!r}] = parameter_text({name}{separator})"
    return f"params[{key!r}] = {value}"


def _add_body(shape: OperationShape, body: dict[str, Any], shapes: Shapes) -> None:
    if not body:
        return
    content = body.get("content", {})
    others = [media for media in content if not _is_json(media)]
    if others or not content:
        message = f"the body is {', '.join(others) or 'empty'}; only JSON bodies can be sent"
        raise ToolError(message, where=f"{shape.at}/requestBody")
    core = next(iter(content.values())).get("schema", {})
    if any(entry.get("schema", {}) != core for entry in content.values()):
        raise ToolError("the body has several JSON types with different schemas", where=f"{shape.at}/requestBody")
    shape.body_required = body.get("required", False)
    shape.body_core = core
    shape.body = "Any"
    if all(map(shapes.is_object, core.get("anyOf", [core]))):
        shape.body = f"{shapes.annotation(core)} | Mapping[str, Any]"
        shape.cores.append(core)


def _add_responses(shape: OperationShape, document: dict[str, Any], responses: dict[str, Any], shapes: Shapes) -> None:
    def order(status: str) -> tuple[bool, bool, str]:
        return status == "default", status.endswith("XX"), status

    for status in sorted(responses, key=order):
        response = follow(document, responses[status])[0]
        content = response.get("content", {})
        shape.streams |= STREAM in content
        json_types = [media for media in content if _is_json(media)]
        at = f"{shape.at}/responses/{status}"
        test = _status_test(status, at)
        if not content:
            shape.responses.append(ResponseCase(test, ["None"]))
        elif json_types:
            core = content[json_types[0]].get("schema", {})
            decode = shape.decoders.expression(core, "value", f"response_{status.lower()}") or "value"
            # Where the body is an object or an array, anything else is not what the specification describes.
            kinds = sorted({_json_kind(member, shapes) for member in core.get("anyOf", [core])})
            kind = "object" if "object" in kinds else kinds[0] if len(kinds) == 1 else f"({', '.join(kinds)})"
            decode = decode.removesuffix(f" if isinstance(value, {kind}) else value")
            annotations = list(dict.fromkeys(map(shapes.annotation, core.get("anyOf", [core]))))
            shape.responses.append(ResponseCase(test, annotations, decode, kind=kind))
            shape.cores.append(core)
        elif any(media.startswith("text/") for media in content):
            shape.responses.append(ResponseCase(test, ["str"], value="response.text"))
        elif "application/octet-stream" in content:
            shape.responses.append(ResponseCase(test, ["bytes"], value="response.content"))
        else:
            message = f"the response is {', '.join(content)}; only JSON, text and application/octet-stream can be read"
            raise ToolError(message, where=at)


def _json_kind(core: Schema, shapes: Shapes) -> str:
    return "dict" if shapes.is_object(core) or "x-map" in core else "list" if "items" in core else "object"


def _status_test(status: str, at: str) -> str:
    if status == "default":
        return "True"
    if not re.fullmatch("[1-5](XX|[0-9][0-9])", status):
        raise ToolError("this is not a status; write a code, a range such as 4XX, or default", where=at)
    return f"{status[0]}00 <= status <= {status[0]}99" if status.endswith("X") else f"status == {status}"


def _is_json(media: str) -> bool:
    essence = media.split(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")
