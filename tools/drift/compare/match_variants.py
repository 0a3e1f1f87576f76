"""Match the variants of two unions, whatever their positions, names or other content."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from tools.document import pointer as pointers
from tools.schema.normalized import Schemas, View
from tools.schema.schemas import TAG_PROPERTIES, canonical_json
from tools.schema.variants import Node, Spot, Variant

_Key = TypeVar("_Key", bound=Hashable)
Pairs = list[tuple[Variant, Variant]]


class _Sign(NamedTuple):
    """What is the same for schemas that mean the same, and how many schemas in each other it took."""

    value: int
    depth: int


# What narrows a schema wherever it stands (JSON Schema 2020-12 core, sections 10 and 11; validation, section 6.5.4).
NARROWED_TO = ("additionalItems", "else", "then", "unevaluatedItems", "unevaluatedProperties")
WITH_SCHEMAS = frozenset(("if", "not", *NARROWED_TO))

_OTHERS = {"array": "items", "object": "additionalProperties"}
_DEEPEST = 20  # schemas in each other that are looked at before variants are compared


def match(
    old: tuple[Schemas, View],
    new: tuple[Schemas, View],
    signs: tuple[Signs, Signs],
    same: Callable[[Variant, Variant], bool],
) -> tuple[Pairs, list[Variant], list[Variant]]:
    """Pair the variants of two unions.

    The surest sign comes first: the tag, then the component's name, then the same meaning, then a tag among several,
    then being the only one left of a type. Swapping the unions swaps the pairs.

    Args:
        old: The base's schemas, and the union's view.
        new: Upstream's.
        signs: The signs of the base's variants, and of upstream's.
        same: Tells whether two variants mean the same.

    Returns:
        The pairs, the variants that only the base has, and those that only upstream has.
    """
    left, right = list(old[1].variants), list(new[1].variants)
    pairs: Pairs = []

    def pair(
        key_of_left: Callable[[Variant], str], key_of_right: Callable[[Variant], str], *, lone: bool = False
    ) -> None:
        here, there = _by_key(left, key_of_left), _by_key(right, key_of_right)
        for key, variants in here.items():
            others = there.get(key, [])
            if key and len(variants) == len(others) == 1 and (not lone or _alike(variants[0], others[0])):
                pairs.append((variants[0], others[0]))
                left.remove(variants[0])
                right.remove(others[0])

    if len(left) == len(right) == 1 and left[0].type == right[0].type:
        return [(left[0], right[0])], [], []
    pair(lambda v: tag_of(*old, v), lambda v: tag_of(*new, v))
    pair(_name_and_type, _name_and_type)
    alike = _by_key(right, signs[1].of)
    for variant in list(left):
        others = alike.get(signs[0].of(variant), [])
        found = next((other for other in others if same(variant, other)), None)
        if found is not None:
            pairs.append((variant, found))
            left.remove(variant)
            right.remove(found)
            others.remove(found)
    # A tag that was one of one value and now is one of two, or the other way round, is still a sign.
    tags = {id(v): _possible_tags(*side, v) for side, rest in ((old, left), (new, right)) for v in rest}
    for one, other in [*_sharing(left, right, tags)]:
        pairs.append((one, other))
        left.remove(one)
        right.remove(other)
    # Objects with tags are told apart by these; what is left of another type is the same thing, changed.
    pair(lambda v: _lone_names(*old, v), lambda v: _lone_names(*new, v))
    pair(lambda v: _lone_type(*old, v), lambda v: _lone_type(*new, v), lone=True)
    # What is left and says what a paired one says stands twice.
    if left:
        twice = _by_key([other for _, other in pairs], signs[1].of)
        left = [one for one in left if not any(same(one, other) for other in twice.get(signs[0].of(one), ()))]
    if right:
        twice = _by_key([one for one, _ in pairs], signs[0].of)
        right = [one for one in right if not any(same(other, one) for other in twice.get(signs[1].of(one), ()))]
    return pairs, left, right


def _name_and_type(variant: Variant) -> str:
    return f"{variant.name} {variant.type}" if variant.name else ""


def _by_key(variants: list[Variant], key_of: Callable[[Variant], _Key]) -> dict[_Key, list[Variant]]:
    found: dict[_Key, list[Variant]] = {}
    for variant in variants:
        found.setdefault(key_of(variant), []).append(variant)
    return found


def _sharing(
    left: list[Variant], right: list[Variant], tags: Mapping[int, set[str]]
) -> Iterator[tuple[Variant, Variant]]:
    """Yield the pairs of variants that share a tag with each other and with no third."""

    def partners(variants: list[Variant], others: list[Variant]) -> dict[Variant, Variant]:
        holders: dict[str, list[Variant]] = {}
        for other in others:
            for tag in tags[id(other)]:
                holders.setdefault(tag, []).append(other)
        found = {}
        for variant in variants:
            # Two of each tag are enough to know that there are several.
            known = dict.fromkeys(other for tag in tags[id(variant)] for other in holders.get(tag, ())[:2])
            if len(known) == 1:
                found[variant] = next(iter(known))
        return found

    there, back = partners(left, right), partners(right, left)
    yield from ((one, other) for one, other in there.items() if back.get(other) is one)


def tag_of(schemas: Schemas, view: View, variant: Variant) -> str:
    """Return the property and the one value of it by which a variant is known, or ""."""
    names = [view.discriminator.value] if view.discriminator is not None else []
    for name in [*names, *TAG_PROPERTIES]:
        if name in variant.properties and (text := schemas.only_value(variant.properties[name])) is not None:
            return f"{name}={text}"
    return ""


def _possible_tags(schemas: Schemas, view: View, variant: Variant) -> set[str]:
    """Return what `tag_of` may return once the properties in question allow one value."""
    names = {view.discriminator.value} if view.discriminator is not None else set()
    found = set()
    for name in sorted(names.union(TAG_PROPERTIES) & variant.properties.keys()):
        inner = schemas.view(variant.properties[name]).variants
        if len(inner) == 1 and inner[0].values is not None and not inner[0].open:
            found |= {f"{name}={text}" for text in inner[0].values}
    return found


def tags_of(schemas: Schemas, view: View, variant: Variant) -> set[str]:
    """Return the tags that stand for a variant: those of the mapping, or else what its property allows, or its name."""
    if variant.tags or view.discriminator is None:
        return variant.tags
    inner = schemas.view(variant.properties.get(view.discriminator.value, ())).variants
    if len(inner) == 1 and inner[0].values is not None and not inner[0].open:
        return {str(spot.value) for spot in inner[0].values.values()}
    return {variant.name} - {""}


def disjoint(schemas: Schemas, view: View) -> bool:
    """Return whether no value fits two variants of a union, so that `oneOf` and `anyOf` mean the same."""
    signs = []
    for variant in view.variants:
        tag = tag_of(schemas, view, variant)
        signs.append(tag or {"integer": "number"}.get(variant.type, variant.type))
    return (
        "any" not in signs
        and len(set(signs)) == len(signs)
        and ("object" not in signs or not any("=" in s for s in signs))
    )


def _lone_type(schemas: Schemas, view: View, variant: Variant) -> str:
    return "" if tag_of(schemas, view, variant) else variant.type


def _lone_names(schemas: Schemas, view: View, variant: Variant) -> str:
    return " ".join(sorted(variant.properties)) if _lone_type(schemas, view, variant) == "object" else ""


class Signs:
    """What variants that mean the same share: found once each, so that few have to be compared.

    Args:
        schemas: The schemas of the variants.
    """

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._known: dict[tuple[str, ...], _Sign] = {}
        self._tried: dict[tuple[str, ...], int] = {}

    def of(self, variant: Variant) -> Hashable:
        """Return the sign of a variant of a union."""
        signs = [(name, self._inside(node, _DEEPEST)) for name, node in self._content(variant)]
        inside = [(name, None if sign is None else sign.value) for name, sign in signs]
        return variant.closed, _plain_sign(variant), tuple(inside)

    def _inside(self, node: Node, depth: int) -> _Sign | None:
        """Return the sign of a schema; None if it has itself inside, or is more than `depth` schemas deep.

        What has itself inside may have the union inside that is being matched, and is taken for the same until then.
        """
        key = self._schemas.key(node)
        if key not in self._known and self._tried.get(key, 0) < depth:
            self._tried[key] = depth
            view = self._schemas.view(node)
            variants = [self._variant(variant, depth - 1) for variant in view.variants]
            known = [sign for sign in variants if sign is not None]
            if len(known) == len(variants):
                notes = tuple(sorted((name, canonical_json(spot.value)) for name, spot in view.notes.items()))
                nullable = view.nullable or any(variant.type == "any" for variant in view.variants)
                sign = hash((nullable, notes, frozenset(sign.value for sign in known)))
                self._known[key] = _Sign(sign, 1 + max((sign.depth for sign in known), default=0))
        found = self._known.get(key)
        return found if found is not None and found.depth <= depth else None

    def _variant(self, variant: Variant, depth: int) -> _Sign | None:
        inside = []
        deepest = 0
        for name, node in self._content(variant):
            sign = self._inside(node, depth)
            if sign is None:
                return None
            inside.append((name, sign.value))
            deepest = max(deepest, sign.depth)
        return _Sign(hash((variant.closed, _plain_sign(variant), tuple(inside))), deepest)

    def _content(self, variant: Variant) -> Iterator[tuple[str, Node]]:
        """Yield the schemas of a variant's properties, then that of all other properties, or of the items.

        Other places inside may be spelled out or not. What goes in no direction is not compared.
        """
        for name, node in sorted(variant.properties.items()):
            if not self._schemas.view(node).notes.keys() >= {"readOnly", "writeOnly"}:
                yield name, node
        other = _OTHERS.get(variant.type)
        if other and not variant.closed:
            yield other, variant.inside.get(other) or (Spot(True, pointers.join(variant.at, other)),)


def _plain_sign(variant: Variant) -> Hashable:
    values = None if variant.values is None else (variant.open, frozenset(variant.values))
    keywords = {
        keyword: None if keyword in WITH_SCHEMAS else frozenset(canonical_json(spot.value) for spot in spots)
        for keyword, spots in variant.keywords.items()
    }
    return variant.type, values, frozenset(keywords.items())


def _alike(left: Variant, right: Variant) -> bool:
    """Return whether two untagged objects may be the same one, changed."""
    if left.type != "object":
        return True
    return bool(left.properties.keys() & right.properties.keys()) or not (left.properties or right.properties)
