"""What the packaged slice knows of the answers, as tables, and the walk that finds what a body has beyond it. No I/O.

    field     a name of an object that is described, which neither its properties nor additionalProperties know
    value     a text where every schema of texts has an enum or a const, and none of them has this text
    variant   a tag (the text by which the objects of a union differ) that no object of the union has, or a value of a
              JSON type that no schema takes there

That a known field is missing or null is never told. Where several schemas describe a field (objects of a union that
have no tag, parts of an `allOf`), what one of them knows is known. A number is a number, whole or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any, Literal, NamedTuple, TypeAlias
from urllib.parse import quote, unquote

MAX_NAME = 256  # characters; a name is as long as a server likes

Kind: TypeAlias = Literal["field", "value", "variant"]
# Where a value is: the steps down to it, the last one first; "[]" steps into a list, "*" to a key of a map.
Path: TypeAlias = "tuple[Path, str] | None"

JSON_TYPES = {list: "array", bool: "boolean", int: "number", float: "number", dict: "object", str: "string"}
ANY = frozenset(JSON_TYPES.values())
_OBJECT = {"additionalProperties", "patternProperties", "properties"}
_OWN = {"const", "enum", "items", "type", *_OBJECT}
_SAYING = {"$ref", "allOf", "anyOf", "oneOf", *_OWN}
# What may stand unescaped in the fragment of a URI (RFC 3986, section 3.5), apart from letters and digits.
_FRAGMENT = "!$&'()*+,-./:;=?@_~"


class Found(NamedTuple):
    """Something that the slice does not know."""

    kind: Kind
    pointer: str
    name: str
    path: Path
    value: Any


class Node:
    """What may stand at one place of a body.

    Attributes:
        pointer: The schema, as a JSON pointer into the packaged document.
        fine: The Python types of which any value is known.
        texts: The known texts, where not any is.
        items: What a list holds, where not anything.
        fields: What the fields of an object hold, where it is described.
        rest: What its other fields hold; None where there are no others.
        tag: The field by which the objects of a union differ.
        variants: Those objects, by their tag.
    """

    __slots__ = ("fields", "fine", "items", "pointer", "rest", "tag", "texts", "variants")

    def __init__(self, pointer: str) -> None:
        self.pointer = pointer
        self.fine: frozenset[type] = frozenset({type(None)})
        self.texts: frozenset[str] = frozenset()
        self.items: Node | None = None
        self.fields: dict[str, Node] | None = None
        self.rest: Node | None = None
        self.tag: str | None = None
        self.variants: dict[str, Node] = {}


def look(node: Node, value: Any, path: Path, found: list[Found]) -> None:
    """Add to `found` what a JSON value has that the slice does not know.

    Raises:
        RecursionError: It is nested too deeply; what was found before is there.
    """
    kind = type(value)
    if kind is dict and node.fields is not None:
        if node.tag is not None and type(tag := value.get(node.tag)) is str:
            if tag not in node.variants:
                found.append(Found("variant", node.pointer, tag, path, value))
                return
            node = node.variants[tag]
        fields: Any = node.fields
        for name, item in value.items():
            if name in fields:
                known = fields[name]
                if (kind := type(item)) not in known.fine and (kind is not str or item not in known.texts):
                    look(known, item, (path, name), found)
            elif node.rest is None:
                found.append(Found("field", node.pointer, name, (path, name), item))
            else:
                look(node.rest, item, (path, "*"), found)
    elif kind is list and node.items is not None:
        items, inside = node.items, (path, "[]")
        for item in value:
            if type(item) not in items.fine:
                look(items, item, inside, found)
    elif kind is str and node.texts:
        if value not in node.texts:
            found.append(Found("value", node.pointer, value, path, value))
    elif kind not in node.fine:
        found.append(Found("variant", node.pointer, JSON_TYPES.get(kind, kind.__name__), path, value))


def shown(path: Path) -> str:
    """Write a path as people read it: `choices[].delta.content`."""
    steps: list[str] = []
    while path is not None:
        path, step = path
        steps.append(step if step == "[]" else f".{step[:MAX_NAME]}")
    return "".join(reversed(steps)).removeprefix(".")


class _Spot(NamedTuple):
    """A schema, and the pointer to it."""

    schema: Any
    pointer: str

    def at(self, *segments: str | int) -> _Spot:
        schema, pointer = self
        for segment in segments:
            schema = schema[segment]
            pointer += "/" + quote(str(segment).replace("~", "~0").replace("/", "~1"), safe=_FRAGMENT)
        return _Spot(schema, pointer)


@dataclass
class _Shape:
    """One alternative of a schema, its references followed and its parts put together; None stands for anything."""

    pointer: str
    types: frozenset[str]
    texts: frozenset[str] | None = None
    items: tuple[_Spot, ...] | None = None
    fields: dict[str, tuple[_Spot, ...]] | None = None
    rest: tuple[_Spot, ...] = field(default=())


class Tables:
    """The nodes of a document.

    Args:
        document: The packaged document: nulls are spelled as JSON Schema 2020-12 spells them.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._nodes: dict[tuple[str, ...], Node] = {}

    def body(self, operation: str, media_type: str) -> Node | None:
        """Return what an operation answers with when it succeeds; None if the document does not say."""
        for path, methods in self._document.get("paths", {}).items():
            for method, described in methods.items():
                if isinstance(described, dict) and described.get("operationId") == operation:
                    try:
                        spot = _Spot(self._document, "#").at("paths", path, method, "responses", "200")
                        return self._node((self._settled(spot).at("content", media_type, "schema"),))
                    except KeyError:
                        return None
        return None

    def _node(self, spots: tuple[_Spot, ...]) -> Node:
        spots = tuple({spot.pointer: spot for spot in map(self._settled, spots)}.values())
        key = tuple(spot.pointer for spot in spots)
        if (node := self._nodes.get(key)) is None:
            node = self._nodes[key] = Node(key[0])
            self._fill(node, [shape for spot in spots for shape in self._shapes(spot, ())])
        return node

    def _fill(self, node: Node, shapes: list[_Shape]) -> None:
        if len(shapes) == 1:
            node.pointer = shapes[0].pointer
        types = {name for shape in shapes for name in shape.types} - {"array", "object", "string"}
        node.fine |= {python for python, name in JSON_TYPES.items() if name in types}
        texts = [shape.texts for shape in shapes if "string" in shape.types]
        node.texts = frozenset().union(*(known for known in texts if known is not None))
        items = [shape.items for shape in shapes if "array" in shape.types]
        objects = [shape for shape in shapes if "object" in shape.types]
        if None in texts:
            node.fine |= {str}
        if None in items:
            node.fine |= {list}
        elif items:
            node.items = self._node(tuple(spot for spots in items for spot in spots or ()))
        if any(shape.fields is None for shape in objects):
            node.fine |= {dict}
        elif objects:
            self._fill_fields(node, objects)

    def _fill_fields(self, node: Node, objects: list[_Shape]) -> None:
        fields = _together(shape.fields or {} for shape in objects)
        node.fields = {name: self._node(spots) for name, spots in fields.items()}
        rest = tuple(spot for shape in objects for spot in shape.rest)
        node.rest = self._node(rest) if rest else None
        if len(objects) > 1 and (tagged := self._tagged(objects)) is not None:
            node.tag, variants = tagged
            for value, shape in variants.items():
                node.variants[value] = Node(shape.pointer)
                self._fill_fields(node.variants[value], [shape])

    def _tagged(self, objects: list[_Shape]) -> tuple[str, dict[str, _Shape]] | None:
        """Return the field whose texts tell objects apart, and the objects by these texts; None if none does."""
        for name in objects[0].fields or ():
            known = []
            for shape in objects:
                spots = (shape.fields or {}).get(name)
                tag = self._node(spots) if spots else None
                known.append(frozenset() if tag is None or str in tag.fine else tag.texts)
            if all(known) and not any(one & other for one, other in combinations(known, 2)):
                return name, {text: shape for texts, shape in zip(known, objects, strict=True) for text in texts}
        return None

    def _settled(self, spot: _Spot) -> _Spot:
        """Return the schema that a reference means, or a union of it and null."""
        seen = set()
        while spot.pointer not in seen and isinstance(spot.schema, dict):
            seen.add(spot.pointer)
            said = _SAYING & spot.schema.keys()
            if said == {"$ref"}:
                spot = self._resolved(spot.schema["$ref"])
            elif said in ({"anyOf"}, {"oneOf"}):
                (keyword,) = said
                others = [spot.at(keyword, i) for i, one in enumerate(spot.schema[keyword]) if one != {"type": "null"}]
                spot = others[0] if len(others) == 1 else spot
        return spot

    def _resolved(self, ref: str) -> _Spot:
        segments = [segment.replace("~1", "/").replace("~0", "~") for segment in unquote(ref[1:]).split("/")[1:]]
        return _Spot(self._document, "#").at(*segments)

    def _shapes(self, spot: _Spot, seen: tuple[str, ...]) -> list[_Shape]:
        """Return the alternatives of a schema other than null."""
        schema = spot.schema
        if schema is False or spot.pointer in seen:
            return []
        if not isinstance(schema, dict):
            return [_Shape(spot.pointer, ANY)]
        seen = (*seen, spot.pointer)
        parts = [self._shapes(self._resolved(schema["$ref"]), seen)] if "$ref" in schema else []
        parts += [self._shapes(spot.at("allOf", i), seen) for i in range(len(schema.get("allOf", ())))]
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                branches = [self._shapes(spot.at(keyword, i), seen) for i in range(len(schema[keyword]))]
                parts.append([shape for shapes in branches for shape in shapes])
        own = _own_shape(spot)
        if own is not None or not parts:
            parts.append([own or _Shape(spot.pointer, ANY)])
        if len(parts) == 1:
            return [shape for shape in parts[0] if shape.types]
        return [shape for chosen in product(*parts) if (shape := _both(spot.pointer, chosen)).types]


def _own_shape(spot: _Spot) -> _Shape | None:
    """Return what the keywords of a schema say of its values by themselves; None if they say nothing."""
    schema = spot.schema
    if not _OWN & schema.keys():
        return None
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    types = schema.get("type") or [JSON_TYPES.get(type(value), "null") for value in values or ()] or ANY
    types = {"number" if name == "integer" else name for name in ([types] if isinstance(types, str) else types)}
    shape = _Shape(spot.pointer, frozenset(types & ANY))
    if values is not None:
        shape.texts = frozenset(value for value in values if isinstance(value, str))
    if "items" in schema and "prefixItems" not in schema:
        shape.items = (spot.at("items"),)
    if _OBJECT & schema.keys():
        shape.fields = {name: (spot.at("properties", name),) for name in schema.get("properties", ())}
        rest = [spot.at("patternProperties", pattern) for pattern in schema.get("patternProperties", ())]
        if schema.get("additionalProperties", False) is not False:
            rest.append(spot.at("additionalProperties"))
        shape.rest = tuple(rest)
    return shape


def _both(pointer: str, shapes: Iterable[_Shape]) -> _Shape:
    """Return the shape of what has all of some shapes."""
    both = _Shape(pointer, ANY)
    for shape in shapes:
        both.types &= shape.types
        if shape.texts is not None:
            both.texts = shape.texts if both.texts is None else both.texts & shape.texts
        if shape.items is not None:
            both.items = (*(both.items or ()), *shape.items)
        if shape.fields is not None:
            both.fields = _together([both.fields or {}, shape.fields])
        both.rest = (*both.rest, *shape.rest)
    return both


def _together(tables: Iterable[Mapping[str, tuple[_Spot, ...]]]) -> dict[str, tuple[_Spot, ...]]:
    together: dict[str, tuple[_Spot, ...]] = {}
    for table in tables:
        for name, spots in table.items():
            together[name] = (*together.get(name, ()), *spots)
    return together
