"""What the specification knows of replies, and the walk that finds what a body has beyond it. No I/O.

    field     a name of an object that is described, which neither its properties nor additionalProperties know
    value     a text where every schema of texts has an enum or a const, and none of them has this text
    variant   a tag (the text by which the objects of a union differ) that no object of the union has, or a value of a
              JSON type that no schema takes there

A known field that is missing or null is not reported. Where several schemas describe a field (objects of a union that
have no tag, parts of an `allOf`), what one of them knows is known. A number is a number, whole or not.
The generator works the tables out and writes them as `known_fields.json`; `read_nodes` only loads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

MAX_NAME = 256  # characters; a server may send a name of any length

Kind: TypeAlias = Literal["field", "value", "variant"]
# Where a value is: the steps down to it, the last one first; "[]" steps into a list, "*" to a key of a map.
Path: TypeAlias = "tuple[Path, str] | None"

JSON_TYPES = {list: "array", bool: "boolean", int: "number", float: "number", dict: "object", str: "string"}


class Found(NamedTuple):
    """Something that the specification does not know."""

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
        texts: The known texts, where not every text is.
        items: What a list may hold, where not everything.
        fields: What the fields of an object may hold, where it is described.
        rest: What its other fields may hold; None where there are no others.
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


def find_unknown(node: Node, value: Any, path: Path, found: list[Found]) -> None:
    """Add to `found` what a JSON value has that the specification does not know.

    Raises:
        RecursionError: The value is nested too deeply; `found` has what was found before.
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
                    find_unknown(known, item, (path, name), found)
            elif node.rest is None:
                found.append(Found("field", node.pointer, name, (path, name), item))
            else:
                find_unknown(node.rest, item, (path, "*"), found)
    elif kind is list and node.items is not None:
        items, inside = node.items, (path, "[]")
        for item in value:
            if type(item) not in items.fine:
                find_unknown(items, item, inside, found)
    elif kind is str and node.texts:
        if value not in node.texts:
            found.append(Found("value", node.pointer, value, path, value))
    elif kind not in node.fine:
        found.append(Found("variant", node.pointer, JSON_TYPES.get(kind, kind.__name__), path, value))


def format_path(path: Path) -> str:
    """Return a path as people read it: `choices[].delta.content`."""
    steps: list[str] = []
    while path is not None:
        path, step = path
        steps.append(step if step == "[]" else f".{step[:MAX_NAME]}")
    return "".join(reversed(steps)).removeprefix(".")


def read_nodes(table: Mapping[str, Any]) -> dict[str, dict[str, Node]]:
    """Return the nodes of the bodies in a table that the generator wrote: by operation, then by media type."""
    rows = table["nodes"]
    nodes = [Node(row["pointer"]) for row in rows]
    for node, row in zip(nodes, rows, strict=True):
        known = row.get("types", ())
        node.fine |= {python for python, name in JSON_TYPES.items() if name in known}
        node.texts = frozenset(row.get("texts", ()))
        if "items" in row:
            node.items = nodes[row["items"]]
        if "fields" in row:
            node.fields = {name: nodes[number] for name, number in row["fields"].items()}
        if "rest" in row:
            node.rest = nodes[row["rest"]]
        node.tag = row.get("tag")
        node.variants = {value: nodes[number] for value, number in row.get("variants", {}).items()}
    return {
        operation: {media_type: nodes[number] for media_type, number in bodies.items()}
        for operation, bodies in table["bodies"].items()
    }
