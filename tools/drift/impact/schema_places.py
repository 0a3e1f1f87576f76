"""Where in a document a pointer points, and what refers to what: places of schemas, and the `$ref`s between them.

A place is named by the outermost schema and the properties that lead from there. Steps into an `allOf` do not count, as
its parts are one object; steps into items, maps and variants lead to what the same property holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from tools.document.pointer import split, unescape
from tools.schema.schemas import NAMED, SUBSCHEMAS, is_annotation, map_document_schemas, subschemas

Root: TypeAlias = tuple[str, ...]
Key: TypeAlias = tuple[Root, tuple[str, ...]]

# What can stand beside a `$ref` or a union and makes no new object of it.
_BESIDE = ("discriminator", "nullable")


class Place(NamedTuple):
    """The place of a schema.

    Attributes:
        root: The segments of the outermost schema's pointer.
        path: The properties that lead from there.
        levels: The steps before each property, and those behind the last.
    """

    root: Root
    path: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]

    @property
    def key(self) -> Key:
        """What tells objects apart: all but the steps."""
        return self.root, self.path

    @property
    def holder(self) -> Place:
        """The place of the object that has the last property."""
        return Place(self.root, self.path[:-1], self.levels[:-1])

    def below(self, outer: Place) -> Place:
        """Return the place in `outer` that this one has in its root."""
        joined = (*outer.levels[:-1], outer.levels[-1] + self.levels[0], *self.levels[1:])
        return Place(outer.root, outer.path + self.path, joined)

    def contains(self, other: Place) -> bool:
        """Return whether another place of the same path is this one, or in one of its variants or items."""
        steps = other.levels[-1][: len(self.levels[-1])]
        return self.levels[:-1] == other.levels[:-1] and self.levels[-1] == steps


class Use(NamedTuple):
    """A `$ref` to a schema: its place, and whether the object there is the same one (`allOf`)."""

    place: Place
    merged: bool


def place_of(segments: Sequence[str]) -> Place | None:
    """Return the place of the schema that a pointer points at, or into; None if it is outside of schemas."""
    length = _root_length(segments)
    if not length:
        return None
    path: list[str] = []
    levels: list[tuple[str, ...]] = [()]
    waiting = list(segments[length:])
    while waiting:
        keyword, *waiting = waiting
        shape = SUBSCHEMAS.get(keyword)
        if shape == "{schema}" and not waiting:
            break
        if keyword == "properties":
            path.append(waiting.pop(0))
            levels.append(())
        elif shape == "[schema]" and waiting and waiting[0].isdecimal():
            levels[-1] += _variant(keyword, waiting.pop(0))
        elif shape in ("schema", "{schema}"):
            levels[-1] += (keyword,)
            # Generated code has the schemas of a map of schemas as a union.
            is_union = waiting[:1] == ["anyOf"] and "".join(waiting[1:2]).isdecimal()
            waiting = waiting[1:] if shape == "{schema}" and not is_union else waiting
        else:
            break  # A keyword that says something about the schema itself.
    return Place(tuple(segments[:length]), tuple(path), tuple(levels))


def _variant(keyword: str, position: str) -> tuple[str, ...]:
    if keyword == "allOf":
        return ()
    return ("items", "anyOf", position) if keyword == "prefixItems" else ("anyOf", position)


def _root_length(segments: Sequence[str]) -> int:
    """Return how many segments lead to the outermost schema; 0 if the pointer is outside of schemas."""
    if list(segments[:2]) == ["components", "schemas"]:
        return 3 if len(segments) > 2 else 0
    start = 2 if segments[:1] == ["components"] else 1
    named = True
    for index, segment in enumerate(segments[start:], start):
        if segment == "schema" and not named:
            return index + 1
        named = not named and segment in NAMED
    return 0


class Uses:
    """The references in a document.

    Attributes:
        of_schemas: The `$ref`s to each component schema, by the segments of its pointer.
        of_parts: The segments at which each other component is referred to.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.of_schemas: dict[Root, list[Use]] = defaultdict(list)
        self.of_parts: dict[Root, list[Root]] = defaultdict(list)

        def visit(schema: Any, at: str) -> Any:
            self._schema(schema, [unescape(segment) for segment in at.split("/")[1:]], False)
            return schema

        map_document_schemas(document, visit)
        for section in ("paths", "components"):
            self._parts(document.get(section, {}), (section,))

    def words(self, key: Key, seen: frozenset[Root] = frozenset()) -> set[str]:
        """Return the words of the properties that contain a place."""
        root, path = key
        if path or root in seen:
            return {*path[-1:]}
        uses = self.of_schemas.get(root, ())
        return {word for use in uses for word in self.words(use.place.key, seen | {root})}

    def is_inside(self, key: Key, word: str, seen: frozenset[Root] = frozenset()) -> bool:
        """Return whether a place is in what some property of this word holds."""
        root, path = key
        if word in path:
            return True
        uses = () if root in seen else self.of_schemas.get(root, ())
        return any(self.is_inside(use.place.key, word, seen | {root}) for use in uses)

    def _schema(self, schema: Any, segments: list[str], merged: bool) -> None:
        if not isinstance(schema, dict):
            return
        if isinstance(schema.get("$ref"), str):
            place = place_of(segments)
            assert place is not None, "each schema has a place"
            self.of_schemas[tuple(split(schema["$ref"]))].append(Use(place, merged or _has_more_than("$ref", schema)))
        for (keyword, *keys), inner in subschemas(schema):
            same = merged or _has_more_than(str(keyword), schema)
            same = keyword == "allOf" or (keyword in ("anyOf", "oneOf") and same)
            self._schema(inner, [*segments, str(keyword), *map(str, keys)], same)

    def _parts(self, node: Any, segments: Root) -> None:
        if segments[:2] == ("components", "schemas") or (segments[-1] == "schema" and _root_length(segments)):
            return
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            self.of_parts[tuple(split(node["$ref"]))].append(segments)
        children = enumerate(node) if isinstance(node, list) else node.items() if isinstance(node, dict) else ()
        for key, value in children:
            self._parts(value, (*segments, str(key)))


def _has_more_than(keyword: str, schema: dict[str, Any]) -> bool:
    return any(key != keyword and key not in _BESIDE and not is_annotation(key) for key in schema)
