"""What a schema means, whatever its spelling: its alternatives, each with its keywords and their places.

`$ref`s are followed and `allOf` is merged. `nullable`, a type "null" and a null variant are one flag. A union inside a
union is one union. `const` is an enum of one value, and enums side by side are one enum. A list of types is a union.
Keywords without effect (`minLength: 0`, `deprecated: false`) are left out. Order never counts.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tools.document import pointer as pointers
from tools.errors import ToolError
from tools.schema.schemas import is_annotation, is_null, ref_name
from tools.schema.variants import INFERRED, Node, Spot, Variant, is_nothing, joined, variants_of

# A few unions side by side in an `allOf` can stand for millions.
MAX_ALTERNATIVES = 500

# How many variants a union may have, with those of the unions in it. Upstream's largest has 60.
MAX_VARIANTS = 2_000

# How many steps it may take to expand the unions of one document. Upstream's whole document takes 22,000.
MAX_STEPS = 100_000

# How many `$ref`s to nothing but a `$ref` may follow each other.
MAX_REFERENCES = 50

NOTES = ("default", "deprecated", "readOnly", "writeOnly")
_IGNORED = {"$anchor", "$defs", "$id", "$schema", "$vocabulary", "definitions", "nullable"}
_COMBINED = {"$ref", "allOf", "anyOf", "discriminator", "oneOf"}


@dataclass
class View:
    """A schema as one union.

    Attributes:
        at: Its pointer.
        nullable: Whether null is valid.
        notes: `default`, `deprecated`, `readOnly` and `writeOnly`, where they say something.
        variants: The alternatives other than null.
        exclusive: Whether a value must fit exactly one of several; None where there is one.
        discriminator: The name of the property that tells the variants apart.
    """

    at: str
    nullable: bool
    notes: dict[str, Spot]
    variants: list[Variant]
    exclusive: bool | None = None
    discriminator: Spot | None = None


@dataclass
class _Union:
    exclusive: bool
    variants: list[Spot]
    discriminator: Any
    at: str


@dataclass
class _Flat:
    """A schema without `$ref` and `allOf`: plain parts and unions that all hold."""

    nullable: bool = True
    possible: bool = True
    plain: list[Spot] = field(default_factory=list)
    unions: list[_Union] = field(default_factory=list)
    notes: dict[str, Spot] = field(default_factory=dict)


class _Alternative(NamedTuple):
    parts: list[Spot]
    name: str
    slot: str


class Schemas:
    """The schemas of one slice.

    Args:
        document: The slice.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._components: dict[str, Any] = document.get("components", {}).get("schemas", {})
        self._targets: dict[str, Spot] = {}
        self._views: dict[tuple[str, ...], View] = {}
        self._flats: dict[str, _Flat] = {}
        self._variants: dict[tuple[str, ...], Variant] = {}
        self._cut = 0
        self._steps = 0

    def node(self, spot: Spot) -> Spot:
        """Return a schema or, if it is nothing but a reference, the component that it leads to.

        Raises:
            ToolError: More than MAX_REFERENCES follow each other.
        """
        seen: set[str] = set()
        while _reference(spot.value) and spot.at not in seen:
            if len(seen) == MAX_REFERENCES:
                message = f"more than {MAX_REFERENCES} references form a chain; refer to its end directly"
                raise ToolError(message, where=spot.at)
            seen.add(spot.at)
            spot = self._target(spot.value["$ref"])
        return spot

    def has(self, at: str) -> bool:
        """Return whether a pointer is one of a component."""
        return ref_name(at) in self._components and at == pointers.join("#/components/schemas", ref_name(at))

    def view(self, node: Node) -> View:
        """Return the meaning of a schema.

        Raises:
            ToolError: It has more variants than the limits allow.
        """
        key = self.key(node)
        if key not in self._views:
            self._views[key] = self._view(tuple({spot.at: spot for spot in map(self.node, node)}.values()))
        return self._views[key]

    def key(self, node: Node) -> tuple[str, ...]:
        """Return what identifies a node: where its parts are, each once, the one that it is known by first."""
        first, *rest = [self.node(spot).at for spot in node] or [""]
        return first, *sorted({*rest} - {first})

    def only_value(self, node: Node) -> str | None:
        """Return the text of the one value that a schema allows; None if it allows more."""
        variants = self.view(node).variants
        values = variants[0].values if len(variants) == 1 and not variants[0].open else None
        return next(iter(values)) if values and len(values) == 1 else None

    def _target(self, reference: str) -> Spot:
        if reference not in self._targets:
            name = ref_name(reference)
            self._targets[reference] = Spot(self._components.get(name, {}), pointers.join("#/components/schemas", name))
        return self._targets[reference]

    def _view(self, node: Node) -> View:
        flat = _all_of([self._flat(spot, (spot.at,)) for spot in node])
        variants = joined(
            variant
            for parts, name, slot in self._alternatives(flat, "", node[0].at, ())
            for variant in variants_of(parts, name, slot, self._variants)
        )
        notes = {key: spot for key, spot in flat.notes.items() if spot.value not in (None, False) or _is_default(spot)}
        view = View(node[0].at, flat.nullable, notes, variants)
        if len(variants) > 1 and len(flat.unions) == 1:
            _discriminate(view, flat.unions[0])
        return view

    def _step(self, at: str) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            message = f"expanding these unions takes more than {MAX_STEPS} steps; list only the variants that are meant"
            raise ToolError(message, where=at)

    def _flat(self, spot: Spot, seen: tuple[str, ...]) -> _Flat:
        """Return a schema without its references; what leads back to a schema in `seen` is left out."""
        if spot.at not in self._flats:
            cut = self._cut
            flat = self._flattened(spot, seen)
            if self._cut != cut:
                return flat
            self._flats[spot.at] = flat
        return self._flats[spot.at]

    def _flattened(self, spot: Spot, seen: tuple[str, ...]) -> _Flat:
        self._step(spot.at)
        schema, at = spot
        if not isinstance(schema, dict) or is_nothing(schema):
            return _Flat(possible=not is_nothing(schema), nullable=not is_nothing(schema))
        parts = []
        if "$ref" in schema:
            target = self._target(schema["$ref"])
            if target.at in seen:
                self._cut += 1
            else:
                parts.append(self._flat(target, (*seen, target.at)))
        parts += [self._flat(Spot(part, f"{at}/allOf/{i}"), seen) for i, part in enumerate(schema.get("allOf", ()))]
        parts += [self._union(schema, keyword, at, seen) for keyword in ("anyOf", "oneOf") if keyword in schema]
        ignored = _COMBINED | _IGNORED
        own = {key: value for key, value in schema.items() if key not in ignored and not is_annotation(key)}
        if own:
            parts.append(_Flat(_takes_null(own), plain=[Spot(own, at)]))
        notes = {key: Spot(schema[key], f"{at}/{key}") for key in NOTES if key in schema}
        flat = _all_of([_Flat(notes=notes), *parts])
        flat.nullable = flat.nullable or schema.get("nullable") is True
        return flat

    def _union(self, schema: dict[str, Any], keyword: str, at: str, seen: tuple[str, ...]) -> _Flat:
        """Flatten a union; the only variant besides null is the schema itself."""
        flats = []
        for i, variant in enumerate(schema[keyword]):
            spot = Spot(variant, f"{at}/{keyword}/{i}")
            if _reference(variant) and self._target(variant["$ref"]).at in seen:
                self._cut += 1
            else:
                flats.append((spot, self._flat(spot, seen)))
        nullable = any(flat.nullable for _, flat in flats)
        rest = [(spot, flat) for spot, flat in flats if flat.possible and not _says_null(flat)]
        if not rest:
            return _Flat(nullable, nullable, [Spot({"type": "null"}, f"{at}/{keyword}")])
        if len(rest) == 1:
            flat = rest[0][1]
            return _Flat(nullable, True, flat.plain, flat.unions, flat.notes)
        union = _Union(keyword == "oneOf", [spot for spot, _ in rest], schema.get("discriminator"), at)
        return _Flat(nullable, unions=[union])

    def _alternatives(self, flat: _Flat, name: str, slot: str, seen: tuple[str, ...]) -> Iterator[_Alternative]:
        # A variant that has the whole union as a part of itself adds nothing to it.
        self._step(slot)
        unions = [union for union in flat.unions if union.at not in seen]
        if flat.unions and not unions and not flat.plain:
            return
        choices = []
        for union in unions:
            options: list[_Alternative] = []
            for spot in union.variants:
                inner = self._flat(spot, ())
                named = ref_name(spot.value["$ref"]) if _reference(spot.value) else ""
                options += self._alternatives(inner, named, spot.at, (*seen, union.at))
            choices.append(options)
        limit = MAX_ALTERNATIVES if len(choices) > 1 else MAX_VARIANTS
        if math.prod(map(len, choices)) > limit:
            message = f"these unions have more than {limit} alternatives together; list the intended ones"
            raise ToolError(message, where=unions[0].at)
        for chosen in itertools.product(*choices) if flat.possible else ():
            parts = [*flat.plain, *(spot for option in chosen for spot in option.parts)]
            inner_name = chosen[0].name if len(chosen) == 1 else ""
            yield _Alternative(parts, inner_name if chosen else name, chosen[0].slot if chosen else slot)


def _reference(schema: Any) -> bool:
    """Return whether a schema is nothing but a reference."""
    if not isinstance(schema, dict) or "$ref" not in schema:
        return False
    return all(key == "$ref" or (is_annotation(key) and key not in NOTES) for key in schema)


def _is_default(spot: Spot) -> bool:
    return spot.at.endswith("/default") and spot.value is not None


def _all_of(parts: Iterable[_Flat]) -> _Flat:
    merged = _Flat()
    plain: dict[str, Spot] = {}
    unions: dict[tuple[str, bool], _Union] = {}
    for part in parts:
        merged.nullable = merged.nullable and part.nullable
        merged.possible = merged.possible and part.possible
        plain.update((spot.at, spot) for spot in part.plain)
        unions.update(((union.at, union.exclusive), union) for union in part.unions)
        merged.notes = {**part.notes, **merged.notes}
    merged.plain, merged.unions = [*plain.values()], [*unions.values()]
    return merged


def _takes_null(own: dict[str, Any]) -> bool:
    listed = None in own.get("enum", [own.get("const")]) if "enum" in own or "const" in own else None
    if "type" in own:
        typed = "null" in own["type"] if isinstance(own["type"], list) else own["type"] == "null"
        return bool(typed and listed is not False)
    if listed is not None:
        return listed
    # Without a type, what lies inside says which type is meant.
    return not any(keyword in own for keywords in INFERRED.values() for keyword in keywords)


def _says_null(flat: _Flat) -> bool:
    return not flat.unions and len(flat.plain) == 1 and is_null(flat.plain[0].value)


def _discriminate(view: View, union: _Union) -> None:
    """Note what tells the variants of a union apart."""
    view.exclusive = union.exclusive
    declared = union.discriminator if isinstance(union.discriminator, dict) else {}
    if isinstance(declared.get("propertyName"), str):
        view.discriminator = Spot(declared["propertyName"], f"{union.at}/discriminator/propertyName")
    named: dict[str, list[Variant]] = {}
    for variant in view.variants:
        if variant.name:
            named.setdefault(variant.name, []).append(variant)
    for tag, reference in (declared.get("mapping") or {}).items():
        for variant in named.get(ref_name(reference), ()):
            variant.tags.add(tag)
