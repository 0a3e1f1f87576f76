"""What the packaged document defines of replies, as a table of nodes that `on_unknown` reads at run time.

A node describes what one place of a body may hold. Several schemas can describe one place (a union, the parts of an
`allOf`): what one of them knows is known. Keys that would be empty are left out.

    bodies    operation -> media type -> the number of the node of the whole body
    nodes     a list of nodes:
        pointer     the schema, as a JSON pointer into `openapi.json`
        types       the JSON types whose every value is known
        texts       the known texts, unless every text is known
        items       the node of a list's items, where not every list is known
        fields      name -> node, for an object whose fields are described
        rest        the node of an object's other fields, where it may have others
        tag         the field that tells the objects of a union apart
        variants    the value of that field -> node
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import Any

from tools.document import pointer as pointers
from tools.lowering.lowering import shaping
from tools.schema.normalized import Schemas, View
from tools.schema.schemas import map_document_schemas, operations
from tools.schema.variants import Spot, Variant

_TYPES = {"any": ("array", "boolean", "number", "object", "string"), "integer": ("number",)}
_DESCRIBING = {"additionalProperties", "patternProperties", "properties"}


def known_fields(document: dict[str, Any]) -> dict[str, Any]:
    """Return the table of a document in which null is a type (JSON Schema 2020-12)."""
    builder = _Builder(document)
    bodies: dict[str, dict[str, int]] = {}
    for path, method, operation in operations(document):
        try:
            at = pointers.join("#/paths", path, method, "responses", "200")
            reply, at = pointers.follow(document, operation["responses"]["200"], at)
            places = {kind: pointers.join(at, "content", kind, "schema") for kind in reply["content"]}
            found = {kind: builder.node([Spot(reply["content"][kind]["schema"], at)]) for kind, at in places.items()}
        except LookupError:
            continue  # It succeeds with no body, or with one that is not described.
        bodies.setdefault(operation["operationId"], found)
    return {"bodies": bodies, "nodes": builder.nodes}


class _Builder:
    def __init__(self, document: dict[str, Any]) -> None:
        # What only limits values must not decide what is known of them.
        self._schemas = Schemas(map_document_schemas(document, shaping))
        self._numbers: dict[tuple[str, ...], int] = {}
        self.nodes: list[dict[str, Any]] = []

    def node(self, places: Iterable[Spot]) -> int:
        """Return the number of the node of what several schemas describe together."""
        views = {_pointer(view): view for view in (self._schemas.view((place,)) for place in places)}
        key = tuple(views)
        if key not in self._numbers:
            self._numbers[key] = len(self.nodes)
            self._fill(self._new_node(key[0]), [variant for view in views.values() for variant in view.variants])
        return self._numbers[key]

    def _new_node(self, pointer: str) -> dict[str, Any]:
        self.nodes.append({"pointer": pointer})
        return self.nodes[-1]

    def _fill(self, node: dict[str, Any], variants: list[Variant]) -> None:
        by_type: dict[str, list[Variant]] = defaultdict(list)
        for variant in variants:
            for name in _TYPES.get(variant.type, (variant.type,)):
                by_type[name].append(variant)
        types = {name for name, found in by_type.items() if any(map(_takes_any, found))}
        if types:
            node["types"] = sorted(types)
        if by_type["string"] and "string" not in types:
            node["texts"] = sorted({spot.value for v in by_type["string"] for spot in (v.values or {}).values()})
        if by_type["array"] and "array" not in types:
            node["items"] = self.node(spot for variant in by_type["array"] for spot in variant.inside["items"])
        if by_type["object"] and "object" not in types:
            self._fill_fields(node, by_type["object"])

    def _fill_fields(self, node: dict[str, Any], objects: list[Variant]) -> None:
        fields: dict[str, list[Spot]] = defaultdict(list)
        for variant in objects:
            for name, places in variant.properties.items():
                fields[name] += places
        node["fields"] = {name: self.node(places) for name, places in fields.items()}
        if rest := [place for variant in objects for place in _rest(variant)]:
            node["rest"] = self.node(rest)
        if len(objects) > 1 and (tagged := self._tagged(objects)) is not None:
            node["tag"], variants = tagged
            node["variants"] = {}
            for value, variant in variants.items():
                node["variants"][value] = len(self.nodes)
                pointer = variant.at if len(variant.parts) == 1 else variant.slot
                self._fill_fields(self._new_node(pointer), [variant])

    def _tagged(self, objects: list[Variant]) -> tuple[str, dict[str, Variant]] | None:
        """Return the field whose texts differ between all objects, and the objects by these texts; None without one."""
        for name in objects[0].properties:
            known: list[list[str]] = []
            for variant in objects:
                places = variant.properties.get(name)
                known.append(self.nodes[self.node(places)].get("texts", []) if places else [])
            if all(known) and not any({*one} & {*other} for one, other in combinations(known, 2)):
                return name, {text: variant for texts, variant in zip(known, objects, strict=True) for text in texts}
        return None


def _pointer(view: View) -> str:
    """Return the pointer of the one schema that a view consists of, also where null may stand instead."""
    one = len(view.variants) == 1 and len(view.variants[0].parts) == 1
    return view.variants[0].at if one else view.at


def _takes_any(variant: Variant) -> bool:
    """Return whether a variant knows all values of its type."""
    if variant.type == "object":
        return not any(_DESCRIBING & part.value.keys() for part in variant.parts)
    if variant.type == "array":
        return "items" not in variant.inside or any(name.startswith("prefixItems/") for name in variant.inside)
    return variant.type != "string" or variant.values is None or variant.open


def _rest(variant: Variant) -> list[Spot]:
    """Return what the fields of an object may hold that its properties do not name."""
    places = []
    for schema, at in variant.parts:
        for pattern, inner in schema.get("patternProperties", {}).items():
            places.append(Spot(inner, pointers.join(at, "patternProperties", pattern)))
        if schema.get("additionalProperties", False) is not False:
            places.append(Spot(schema["additionalProperties"], pointers.join(at, "additionalProperties")))
    return places
