"""What the packaged document knows of replies, as a table of nodes that `on_unknown` reads at run time.

A node says what may stand at one place of a body. Several schemas can describe one place (a union, the parts of an
`allOf`): what one of them knows is known. Keys that would be empty are left out.

    bodies    operation -> media type -> the number of the node of the whole body
    nodes     a list of nodes:
        pointer     the schema, as a JSON pointer into `openapi.json`
        types       the JSON types of which any value is known
        texts       the known texts, where not every text is
        items       the node of a list's items, where not every list is known
        fields      name -> node, for an object whose fields are described
        rest        the node of an object's other fields, where it may have others
        tag         the field that tells the objects of a union apart
        variants    the value of that field -> node
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, NamedTuple

from tools.document import pointer as pointers
from tools.schema.schemas import escape, operations

JSON_TYPES = {list: "array", bool: "boolean", int: "number", float: "number", dict: "object", str: "string"}
ANY = frozenset(JSON_TYPES.values())
_OBJECT = {"additionalProperties", "patternProperties", "properties"}
_ASSERTIONS = {"const", "enum", "items", "type", *_OBJECT}
_KEYWORDS = {"$ref", "allOf", "anyOf", "oneOf", *_ASSERTIONS}


def known_fields(document: dict[str, Any]) -> dict[str, Any]:
    """Return the table of a document in which null is a type (JSON Schema 2020-12)."""
    builder = _Builder(document)
    bodies: dict[str, dict[str, int]] = {}
    for path, method, operation in operations(document):
        try:
            reply = builder.resolve(_SchemaAt(document, "#").at("paths", path, method, "responses", "200"))
            found = {kind: builder.node((reply.at("content", kind, "schema"),)) for kind in reply.schema["content"]}
        except LookupError:
            continue  # It succeeds with no body, or with one that is not described.
        bodies.setdefault(operation["operationId"], found)
    return {"bodies": bodies, "nodes": builder.nodes}


class _SchemaAt(NamedTuple):
    schema: Any
    pointer: str  # not percent-encoded

    def at(self, *segments: str) -> _SchemaAt:
        pointer = "/".join((self.pointer, *map(escape, segments)))
        return _SchemaAt(pointers.find(self.schema, segments), pointer)

    def parts(self, keyword: str) -> list[_SchemaAt]:
        return [self.at(keyword, str(i)) for i in range(len(self.schema.get(keyword, ())))]


@dataclass
class _Shape:
    """One alternative of a schema, its references followed and its parts put together; None stands for anything."""

    pointer: str
    types: frozenset[str]
    texts: frozenset[str] | None = None
    items: tuple[_SchemaAt, ...] | None = None
    fields: dict[str, tuple[_SchemaAt, ...]] | None = None
    rest: tuple[_SchemaAt, ...] = ()


class _Builder:
    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._numbers: dict[tuple[str, ...], int] = {}
        self.nodes: list[dict[str, Any]] = []

    def node(self, places: Iterable[_SchemaAt]) -> int:
        """Return the number of the node of what several schemas describe together."""
        places = tuple({place.pointer: place for place in map(self.resolve, places)}.values())
        key = tuple(place.pointer for place in places)
        if key not in self._numbers:
            self._numbers[key] = len(self.nodes)
            self._fill(self._new_node(key[0]), [shape for place in places for shape in self._shapes(place, ())])
        return self._numbers[key]

    def _new_node(self, pointer: str) -> dict[str, Any]:
        self.nodes.append({"pointer": pointers.fragment(pointer)})
        return self.nodes[-1]

    def _fill(self, node: dict[str, Any], shapes: list[_Shape]) -> None:
        if len(shapes) == 1:
            node["pointer"] = pointers.fragment(shapes[0].pointer)
        types = {name for shape in shapes for name in shape.types} - {"array", "object", "string"}
        texts = [shape.texts for shape in shapes if "string" in shape.types]
        items = [shape.items for shape in shapes if "array" in shape.types]
        objects = [shape for shape in shapes if "object" in shape.types]
        types |= {"string"} if None in texts else set()
        types |= {"array"} if None in items else set()
        types |= {"object"} if any(shape.fields is None for shape in objects) else set()
        if types:
            node["types"] = sorted(types)
        if known := {text for listed in texts for text in listed or ()}:
            node["texts"] = sorted(known)
        if items and "array" not in types:
            node["items"] = self.node(place for places in items for place in places or ())
        if objects and "object" not in types:
            self._fill_fields(node, objects)

    def _fill_fields(self, node: dict[str, Any], objects: list[_Shape]) -> None:
        fields = _union_fields(shape.fields or {} for shape in objects)
        node["fields"] = {name: self.node(places) for name, places in fields.items()}
        if rest := [place for shape in objects for place in shape.rest]:
            node["rest"] = self.node(rest)
        if len(objects) > 1 and (tagged := self._tagged(objects)) is not None:
            node["tag"], variants = tagged
            node["variants"] = {}
            for value, shape in variants.items():
                node["variants"][value] = len(self.nodes)
                self._fill_fields(self._new_node(shape.pointer), [shape])

    def _tagged(self, objects: list[_Shape]) -> tuple[str, dict[str, _Shape]] | None:
        """Return the field whose texts differ between all objects, and the objects by these texts; None without one."""
        for name in objects[0].fields or ():
            known: list[list[str]] = []
            for shape in objects:
                places = (shape.fields or {}).get(name)
                tag = self.nodes[self.node(places)] if places else {}
                known.append([] if "string" in tag.get("types", ()) else tag.get("texts", []))
            if all(known) and not any({*one} & {*other} for one, other in combinations(known, 2)):
                return name, {text: shape for texts, shape in zip(known, objects, strict=True) for text in texts}
        return None

    def resolve(self, place: _SchemaAt) -> _SchemaAt:
        """Return what a reference leads to, also where it stands in a union with null."""
        seen = set()
        while place.pointer not in seen and isinstance(place.schema, dict):
            seen.add(place.pointer)
            keywords = _KEYWORDS & place.schema.keys()
            if keywords == {"$ref"}:
                place = self._target(place)
            elif keywords in ({"anyOf"}, {"oneOf"}):
                others = [part for part in place.parts(*keywords) if part.schema != {"type": "null"}]
                place = others[0] if len(others) == 1 else place
        return place

    def _target(self, place: _SchemaAt) -> _SchemaAt:
        return _SchemaAt(self._document, "#").at(*pointers.split(place.schema["$ref"]))

    def _shapes(self, place: _SchemaAt, seen: tuple[str, ...]) -> list[_Shape]:
        """Return the alternatives of a schema other than null."""
        schema = place.schema
        if schema is False or place.pointer in seen:
            return []
        if not isinstance(schema, dict):
            return [_Shape(place.pointer, ANY)]
        seen = (*seen, place.pointer)
        parts = [self._shapes(self._target(place), seen)] if "$ref" in schema else []
        parts += [self._shapes(part, seen) for part in place.parts("allOf")]
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                parts.append([shape for branch in place.parts(keyword) for shape in self._shapes(branch, seen)])
        own = _own_shape(place)
        if own is not None or not parts:
            parts.append([own or _Shape(place.pointer, ANY)])
        if len(parts) == 1:
            return [shape for shape in parts[0] if shape.types]
        return [shape for chosen in product(*parts) if (shape := _intersect(place.pointer, chosen)).types]


def _own_shape(place: _SchemaAt) -> _Shape | None:
    """Return what the keywords of a schema say by themselves; None if they say nothing."""
    schema = place.schema
    if not _ASSERTIONS & schema.keys():
        return None
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    types = schema.get("type") or [JSON_TYPES.get(type(value), "null") for value in values or ()] or ANY
    types = {"number" if name == "integer" else name for name in ([types] if isinstance(types, str) else types)}
    shape = _Shape(place.pointer, frozenset(types & ANY))
    if values is not None:
        shape.texts = frozenset(value for value in values if isinstance(value, str))
    if "items" in schema and "prefixItems" not in schema:
        shape.items = (place.at("items"),)
    if _OBJECT & schema.keys():
        shape.fields = {name: (place.at("properties", name),) for name in schema.get("properties", ())}
        rest = [place.at("patternProperties", pattern) for pattern in schema.get("patternProperties", ())]
        if schema.get("additionalProperties", False) is not False:
            rest.append(place.at("additionalProperties"))
        shape.rest = tuple(rest)
    return shape


def _intersect(pointer: str, shapes: Iterable[_Shape]) -> _Shape:
    """Return the shape of a value that has all of some shapes."""
    both = _Shape(pointer, ANY)
    for shape in shapes:
        both.types &= shape.types
        if shape.texts is not None:
            both.texts = shape.texts if both.texts is None else both.texts & shape.texts
        if shape.items is not None:
            both.items = (*(both.items or ()), *shape.items)
        if shape.fields is not None:
            both.fields = _union_fields([both.fields or {}, shape.fields])
        both.rest = (*both.rest, *shape.rest)
    return both


def _union_fields(tables: Iterable[Mapping[str, tuple[_SchemaAt, ...]]]) -> dict[str, tuple[_SchemaAt, ...]]:
    union: dict[str, tuple[_SchemaAt, ...]] = {}
    for table in tables:
        for name, places in table.items():
            union[name] = (*union.get(name, ()), *places)
    return union
