"""Cut an OpenAPI document down to some operations: all that they reach, the contract only, in canonical order.

Pure functions on plain dicts. What is kept, and in which order, is the table in `tools.schema.contract_keys`; this
module walks by it and follows every `$ref`. The result depends on no order in which the input's keys stand, and slicing
a slice changes nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

from tools.document import pointer as pointers
from tools.errors import ToolError
from tools.schema.contract_keys import KINDS, SECTIONS, contract_keys, data_in_order, set_in_order
from tools.schema.schemas import operation_name, place_name
from tools.schema.words import check_words, items, mapping, string, strings

OPERATIONS = ("listChatCompletions", "createChatCompletion")

_METHODS = tuple(key for key, shape in KINDS["pathItem"].items() if shape == "operation")
_KIND_OF_SECTION = {section: kind for kind, section in SECTIONS.items()}
_NO_COMPONENT_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def slice_document(document: dict[str, Any], operations: Sequence[str] = OPERATIONS) -> dict[str, Any]:
    """Return a new document with only these operations and what they reach; the input is not changed.

    Args:
        document: An OpenAPI 3.0 or 3.1 document.
        operations: Operations by their operationId, or as `METHOD /path`; their order means nothing.

    Raises:
        ToolError: An operation is missing, a `$ref` leads nowhere or out of the document, or an object is not what
            its place needs. The error's `where` is the JSON pointer of the place.
    """
    try:
        return _Slice(document).of(operations)
    except RecursionError:
        raise ToolError("objects are nested too deeply to follow; flatten them", where="#") from None


def operation_names(sliced: dict[str, Any]) -> list[str]:
    """Return the names of a slice's operations, in order."""
    items_by_path = mapping(sliced.get("paths"), "#/paths")
    found = [
        operation_name(path, method, mapping(item[method], pointers.join("#/paths", path, method)))
        for path, item in items_by_path.items()
        for method in _METHODS
        if method in mapping(item, pointers.join("#/paths", path))
    ]
    return sorted(found)


class _Slice:
    """The state of one slicing: what was found, and what of it is still to be walked."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.declared = mapping(document.get("components", {}), "#/components")
        self.components: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS.values()}
        self.waiting: list[tuple[str, str, Any, str]] = []  # kind, name, object, its pointer
        self.ending: set[str] = set()  # the pointers of what leads to an object, however many `$ref`s later
        self.hoisted: dict[tuple[str, str], str] = {}  # kind and pointer to the component's name

    def of(self, operations: Sequence[str]) -> dict[str, Any]:
        document = self.document
        result: dict[str, Any] = {"openapi": document["openapi"]}
        result["info"] = self.keep(document.get("info"), "info", "#/info")
        if "jsonSchemaDialect" in document:
            result["jsonSchemaDialect"] = string(document["jsonSchemaDialect"], "#/jsonSchemaDialect")
        if "servers" in document:
            result["servers"] = self.keep(document["servers"], "[server]", "#/servers")
        paths = self.paths(operations)
        found = [item[method] for item in paths.values() for method in _METHODS if method in item]
        if "security" in document and any("security" not in operation for operation in found):
            result["security"] = self.keep(document["security"], "security", "#/security")
        used = [name for operation in found for name in operation.get("tags", ())]
        declared = [mapping(tag, "#/tags").get("name") for tag in items(document.get("tags", []), "#/tags")]
        if tags := sorted({name for name in declared if isinstance(name, str) and name in used}):
            result["tags"] = [{"name": name} for name in tags]
        result["paths"] = paths
        while self.waiting:
            kind, name, value, at = self.waiting.pop()
            self.components[SECTIONS[kind]][name] = self.keep(value, kind, at)
        components = {section: dict(sorted(found.items())) for section, found in self.components.items() if found}
        if components:
            result["components"] = components
        return result

    # Finding the operations

    def paths(self, operations: Sequence[str]) -> dict[str, Any]:
        """Return the wanted operations under their paths, with what their paths say for all of their operations."""
        wanted = set(operations)
        found: set[str] = set()
        places: dict[str, str] = {}
        unreadable: ToolError | None = None
        result = {}
        for path, item in sorted(mapping(self.document.get("paths"), "#/paths").items()):
            if path.startswith("x-"):
                continue
            try:
                chain = list(self.chain(item, pointers.join("#/paths", path)))
            except ToolError as error:
                unreadable = unreadable or error
                continue
            at = chain[-1][1]
            item = {key: value for link, _ in reversed(chain) for key, value in mapping(link, at).items()}
            methods = []
            for method in _METHODS:
                if method not in item:
                    continue
                operation = mapping(item[method], pointers.join(at, method))
                name = operation_name(path, method, operation)
                if name in wanted and name in places:
                    message = f"the operation {name} is also at {places[name]}; an operationId names one operation"
                    raise ToolError(message, where=pointers.join(at, method))
                places[name] = pointers.join(at, method)
                if named := wanted & {name, place_name(path, method)}:
                    methods.append(method)
                    found |= named
            if methods:
                result[path] = {
                    key: self.keep(item[key], shape, pointers.join(at, key))
                    for key, shape in contract_keys(item, "pathItem")
                    if key not in _METHODS or key in methods
                }
        missing = sorted(wanted - found)
        if missing and unreadable:
            message = f"no operation {missing[0]}; it may be behind this $ref, which cannot be read: "
            raise ToolError(message + unreadable.message, where=unreadable.where)
        if missing:
            raise ToolError(self.why_missing(missing, places), where="#/paths")
        return result

    def why_missing(self, missing: list[str], places: dict[str, str]) -> str:
        message = f"no operation {' and no operation '.join(missing)}"
        webhooks = self.document.get("webhooks")
        for hook, item in webhooks.items() if isinstance(webhooks, dict) else ():
            for operation in item.values() if isinstance(item, dict) else ():
                if isinstance(operation, dict) and operation.get("operationId") in missing:
                    return f"{message}; the webhook {hook!r} has that name, which no client calls"
        near = difflib.get_close_matches(missing[0], sorted(places), n=1)
        hint = f"the nearest is {near[0]}" if near else f"the document has {len(places)} others"
        return f"{message}; {hint}; choose some with --operations"

    # Walking by the table

    def keep(self, value: Any, shape: str, at: str) -> Any:
        """Return a copy of the value at a place of that shape (`tools.schema.contract_keys`), in canonical order."""
        if shape in KINDS:
            return self.object(value, shape, at)
        if shape == "data":
            return data_in_order(value)
        if shape == "set":
            return set_in_order(value)
        if shape == "blank":
            return ""
        if shape[0] == "[":
            kept = [self.keep(item, shape[1:-1], f"{at}/{i}") for i, item in enumerate(items(value, at))]
            if shape == "[parameter]":
                order = [self.parameter_order(item, f"{at}/{i}") for i, item in enumerate(value)]
                kept = [kept[i] for i in sorted(range(len(kept)), key=order.__getitem__)]
            return kept
        if shape[0] in "{(":
            return {
                key: self.keep(item, shape[1:-1], pointers.join(at, key))
                for key, item in sorted(mapping(value, at).items())
                if shape[0] == "{" or not key.startswith("x-")
            }
        if shape == "mapped":
            return self.mapped(value, at)
        if shape == "security":
            return [self.requirement(item, f"{at}/{i}") for i, item in enumerate(items(value, at))]
        assert shape == "unknown", shape
        return self.unknown(value, at)

    def object(self, value: Any, kind: str, at: str) -> Any:
        if kind == "schema" and isinstance(value, bool):
            return value
        value = mapping(value, at)
        if "$ref" not in value or kind == "schema":
            check_words(value, kind, at)
        result = {}
        for key, shape in contract_keys(value, kind):
            if shape == "reference":
                result[key] = self.reference(value[key], kind, pointers.join(at, key))
                if kind != "schema":
                    break  # A schema's `$ref` stands beside other keywords, any other hides what is beside it.
            else:
                result[key] = self.keep(value[key], shape, pointers.join(at, key))
        if kind == "response" and "$ref" not in result:
            result = {"description": "", **result}  # Required by the specification, even when empty.
        return result

    def parameter_order(self, value: Any, at: str) -> tuple[str, str]:
        for link, place in self.chain(value, at):
            value = mapping(link, place)
        return str(value.get("in")), str(value.get("name"))

    def mapped(self, value: Any, at: str) -> str:
        """Return the `$ref` to a schema that a discriminator names, by a `$ref` or by the component's bare name."""
        if isinstance(value, str) and not value.startswith("#"):
            if value not in self.section("schema"):
                raise ToolError(f"{value!r} does not name a schema; give a name or a JSON pointer", where=at)
            value = pointers.join("#/components/schemas", value)
        return self.reference(value, "schema", at)

    def requirement(self, value: Any, at: str) -> dict[str, Any]:
        result = {}
        for name, scopes in sorted(mapping(value, at).items()):
            scheme = pointers.join("#/components/securitySchemes", name)
            self.reference(scheme, "securityScheme", pointers.join(at, name))
            result[name] = set_in_order(strings(scopes, pointers.join(at, name)))
        return result

    def unknown(self, value: Any, at: str) -> Any:
        """Return a value that the table does not know: kept whole, and what it refers to is followed."""
        if isinstance(value, list):
            return [self.unknown(item, f"{at}/{i}") for i, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        result = {key: self.unknown(value[key], pointers.join(at, key)) for key in sorted(value)}
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/components/"):
            kind = _KIND_OF_SECTION.get(pointers.split(reference)[1])
            if kind:
                result["$ref"] = self.reference(reference, kind, pointers.join(at, "$ref"))
        return result

    # Following references

    def reference(self, reference: Any, kind: str, at: str) -> str:
        """Return the `$ref` to the component that `reference` names; any other object becomes one."""
        segments, value = self.target(reference, at)
        pointer = pointers.join("#", *segments)
        section = SECTIONS[kind]
        if segments[:-1] == ["components", section]:
            name = segments[2]
        elif segments[0] == "components" and len(segments) <= 3:
            raise ToolError(f"{pointer} is not a {kind}, which this place needs; name one", where=at)
        else:
            name = self.hoisted_name(kind, pointer, segments)
        if name not in self.components[section]:
            followed = []
            for _, place in self.chain(value, pointer):  # One that does not end raises.
                if place in self.ending:
                    break
                followed.append(place)
            self.ending.update(followed)
            self.components[section][name] = None
            self.waiting.append((kind, name, value, pointer))
        return pointers.join("#/components", section, name)

    def hoisted_name(self, kind: str, pointer: str, segments: list[str]) -> str:
        """Return a new component's name for the object at a pointer, always the same for the same document."""
        if (kind, pointer) not in self.hoisted:
            taken = {*self.section(kind), *self.hoisted.values()}
            parts = segments[2:] if segments[0] == "components" else segments
            name = "_".join(_NO_COMPONENT_NAME.sub("_", part).strip("_") for part in parts)
            if name in taken:
                name += "_" + sha256(pointer.encode()).hexdigest()[:8]
            self.hoisted[kind, pointer] = name
        return self.hoisted[kind, pointer]

    def section(self, kind: str) -> dict[str, Any]:
        """Return the components of a kind."""
        section = SECTIONS[kind]
        return mapping(self.declared.get(section, {}), pointers.join("#/components", section))

    def chain(self, value: Any, at: str) -> Iterator[tuple[Any, str]]:
        """Yield an object and its pointer, then the one that its `$ref` names, and so on to the last."""
        seen = set()
        while True:
            yield value, at
            if not isinstance(value, dict) or "$ref" not in value:
                return
            segments, value = self.target(value["$ref"], pointers.join(at, "$ref"))
            if at in seen:
                raise ToolError("a $ref that leads back to itself; refer to an object", where=at)
            seen.add(at)
            at = pointers.join("#", *segments)

    def target(self, reference: Any, at: str) -> tuple[list[str], Any]:
        """Return the segments of a reference and what it names in this document."""
        if not string(reference, at).startswith("#"):
            raise ToolError(f"$ref {reference!r} leaves the file; bundle the document into one file", where=at)
        if not unquote(reference[1:]).startswith("/"):
            raise ToolError(f"$ref {reference!r} is not a JSON pointer; write it as '#/components/...'", where=at)
        segments = pointers.split(reference)
        try:
            return segments, pointers.find(self.document, segments)
        except LookupError:
            raise ToolError(f"$ref {reference!r} names nothing in this document; correct it", where=at) from None
