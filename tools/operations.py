"""What the endpoint template needs to know of each operation of a lowered document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openapi_python_client.strings import PythonIdentifier

from tools.errors import ToolError
from tools.schemas import Schema, operations, ref_name
from tools.shapes import ModelShape, Shapes, Decoding, describe

STREAM = "text/event-stream"


@dataclass
class QueryParameter:
    key: str
    name: str
    annotation: str
    required: bool
    statement: str
    doc: str
    core: Schema


@dataclass
class ResponseCase:
    """What one status means: a test on `status`, and how the body is decoded or what is given instead."""

    test: str
    annotation: str
    decode: str | None
    value: str = "None"
    kind: str = "(dict, list)"


@dataclass
class OperationShape:
    """One operation, ready to be written."""

    operation_id: str
    body: str | None = None
    body_required: bool = True
    body_component: str | None = None
    query: list[QueryParameter] = field(default_factory=list)
    responses: list[ResponseCase] = field(default_factory=list)
    decoders: ModelShape = field(default_factory=lambda: ModelShape("", "", [], [], [], []))
    streams: bool = False
    param_name: str = ""
    references: list[str] = field(default_factory=list)
    type_imports: list[tuple[str, str]] = field(default_factory=list)

    @property
    def lazy(self) -> list[tuple[str, str]]:
        return self.decoders.lazy

    @property
    def variants(self) -> list[tuple[str, str]]:
        return self.decoders.variants

    @property
    def returns(self) -> str:
        return " | ".join(dict.fromkeys(case.annotation for case in self.responses)) or "None"


def operation_shapes(document: dict[str, Any], shapes: Shapes) -> dict[tuple[str, str], OperationShape]:
    """Give the shape of every operation by (path, method).

    Raises:
        ToolError: An operation has a body or a response that the templates would have to drop.
    """
    found = {}
    for path, method, operation in operations(document):
        at = f"#/paths/{path.replace('/', '~1')}/{method}"
        if "operationId" not in operation:
            raise ToolError("this operation has no operationId to be named by; give it one in overlay.yaml", where=at)
        shape = OperationShape(operation["operationId"])
        shape.param_name = operation.get("x-param-name", f"{operation['operationId'][:1].upper()}{operation['operationId'][1:]}Params")
        own = [_resolved(document, parameter) for parameter in operation.get("parameters", [])]
        named = {(parameter["in"], parameter["name"]) for parameter in own}
        shared = [_resolved(document, parameter) for parameter in document["paths"][path].get("parameters", [])]
        own += [parameter for parameter in shared if (parameter["in"], parameter["name"]) not in named]
        for parameter in own:
            if parameter["in"] == "query":
                shape.query.append(_query_parameter(parameter, shapes, at))
                shape.references += shapes.references(parameter["schema"])
        _add_body(shape, _resolved(document, operation.get("requestBody", {})), shapes, at)
        _add_responses(shape, document, operation.get("responses", {}), shapes, at)
        names = dict.fromkeys(shape.references)
        shape.type_imports = sorted((shapes.module_name(name), shapes.class_name(name)) for name in names)
        found[(path, method)] = shape
    return found


def _query_parameter(parameter: dict[str, Any], shapes: Shapes, at: str) -> QueryParameter:
    key = parameter["name"]
    if "schema" not in parameter:
        raise ToolError(f"the query parameter {key} has no schema; describe it in overlay.yaml", where=at)
    core = parameter["schema"]
    name = str(PythonIdentifier(key, "field_"))
    style = parameter.get("style", "form")
    explode = parameter.get("explode", style == "form")
    return QueryParameter(
        key=key,
        name=name,
        annotation=shapes.annotation(core),
        required=parameter.get("required", False),
        statement=_query_statement(core, key, name, style, explode, shapes),
        doc=describe({**core, **{k: parameter[k] for k in ("description", "deprecated") if k in parameter}}),
        core=core,
    )


def _query_statement(core: Schema, key: str, name: str, style: str, explode: bool, shapes: Shapes) -> str:
    """Give the statement that adds one parameter to `params` (OpenAPI 3.1, "Style Values")."""
    members = core.get("anyOf", [core])
    value = name
    if any("$ref" in m and shapes.is_object(ref_name(m["$ref"])) for m in members):
        value = f"{name}.to_dict()"
    elif not any("x-map" in member for member in members):
        if any(member.get("type") == "array" for member in members) and not explode:
            separator = {"pipeDelimited": "|", "spaceDelimited": " "}.get(style, ",")
            return f"params[{key!r}] = {separator!r}.join(map(str, {name}))"
        return f"params[{key!r}] = {name}"
    if style == "deepObject":
        prefix = key.replace("{", "{{").replace("}", "}}")
        return f'params.update({{f"{prefix}[{{key}}]": entry for key, entry in {value}.items()}})'
    if explode:
        return f"params.update({value})"
    return f'params[{key!r}] = ",".join(f"{{key}},{{entry}}" for key, entry in {value}.items())'


def _add_body(shape: OperationShape, body: dict[str, Any], shapes: Shapes, at: str) -> None:
    if not body:
        return
    content = body.get("content", {})
    json_types = [media for media in content if _is_json(media)]
    if not json_types:
        raise ToolError(f"the body is {', '.join(content) or 'empty'}; only JSON bodies can be sent", where=f"{at}/requestBody")
    core = content[json_types[0]].get("schema", {})
    shape.body_required = body.get("required", False)
    if "$ref" in core:
        shape.body_component = ref_name(core["$ref"])
        shape.body = f"{shapes.annotation(core)} | Mapping[str, Any]"
        shape.references += shapes.references(core)
    else:
        shape.body = "Any"


def _add_responses(
    shape: OperationShape, document: dict[str, Any], responses: dict[str, Any], shapes: Shapes, at: str
) -> None:
    decoding = Decoding(shapes, shape.decoders)

    def order(status: str) -> tuple[bool, bool, str]:
        return status == "default", status.upper().endswith("XX"), status

    for status in sorted(responses, key=order):
        response = _resolved(document, responses[status])
        content = response.get("content", {})
        shape.streams |= STREAM in content
        json_types = [media for media in content if _is_json(media)]
        test = _status_test(status)
        if not content:
            shape.responses.append(ResponseCase(test, "None", None))
        elif json_types:
            core = content[json_types[0]].get("schema", {})
            decode = decoding.expression(core, "value", f"response_{status.lower()}") or "value"
            # Where the body is an object, anything else is no content that the specification describes.
            kind = "dict" if "$ref" in core else "(dict, list)"
            if kind == "dict":
                decode = decode.removesuffix(" if isinstance(value, dict) else value")
            shape.responses.append(ResponseCase(test, shapes.annotation(core), decode, kind=kind))
            shape.references += shapes.references(core)
        elif any(media.startswith("text/") for media in content):
            shape.responses.append(ResponseCase(test, "str", None, "response.text"))
        else:
            shape.responses.append(ResponseCase(test, "bytes", None, "response.content"))


def _status_test(status: str) -> str:
    if status == "default":
        return "True"
    if status.upper().endswith("XX"):
        return f"{status[0]}00 <= status <= {status[0]}99"
    return f"status == {int(status)}"


def _is_json(media: str) -> bool:
    essence = media.split(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document
        for token in node["$ref"].removeprefix("#/").split("/"):
            target = target[token.replace("~1", "/").replace("~0", "~")]
        node = target
    return node
