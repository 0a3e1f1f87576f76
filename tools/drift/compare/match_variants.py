"""Match the variants of two unions, whatever their positions, names or other content."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TypeVar

from tools.schema.normalized import Schemas, View
from tools.schema.schemas import TAG_PROPERTIES, canonical_json
from tools.schema.variants import Node, Variant

_Key = TypeVar("_Key", bound=Hashable)
Pairs = list[tuple[Variant, Variant]]

# What narrows a schema wherever it stands (JSON Schema 2020-12 core, sections 10 and 11; validation, section 6.5.4).
NARROWED_TO = ("additionalItems", "else", "then", "unevaluatedItems", "unevaluatedProperties")
WITH_SCHEMAS = frozenset(("if", "not", *NARROWED_TO))


def match(
    old: tuple[Schemas, View], new: tuple[Schemas, View], same: Callable[[Variant, Variant], bool]
) -> tuple[Pairs, list[Variant], list[Variant]]:
    """Pair the variants of two unions.

    The surest sign comes first: the tag, then the component's name, then the same meaning, then a tag among several,
    then being the only one left of a type. Swapping the unions swaps the pairs.

    Args:
        old: The base's schemas, and the union's view.
        new: Upstream's.
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
    pair(lambda v: v.name, lambda v: v.name)
    alike = _by_key(right, lambda v: sign_of(new[0], v))
    for variant in list(left):
        others = alike.get(sign_of(old[0], variant), [])
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
        twice = _by_key([other for _, other in pairs], lambda v: sign_of(new[0], v))
        left = [one for one in left if not any(same(one, other) for other in twice.get(sign_of(old[0], one), ()))]
    if right:
        twice = _by_key([one for one, _ in pairs], lambda v: sign_of(old[0], v))
        right = [one for one in right if not any(same(other, one) for other in twice.get(sign_of(new[0], one), ()))]
    return pairs, left, right


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


def sign_of(schemas: Schemas, variant: Variant) -> Hashable:
    """Return what variants that mean the same share: found once each, so that few have to be compared."""
    properties = {name: _sign_inside(schemas, node) for name, node in variant.properties.items()}
    return variant.closed, _plain_sign(variant), tuple(sorted(properties.items(), key=lambda entry: entry[0]))


def _sign_inside(schemas: Schemas, node: Node) -> Hashable:
    """Return the sign of a property; None where its content depends on further schemas, maybe on the union itself."""
    view = schemas.view(node)
    if {"readOnly", "writeOnly"} <= view.notes.keys() or not all(map(_is_plain, view.variants)):
        return None
    notes = tuple(sorted((keyword, canonical_json(spot.value)) for keyword, spot in view.notes.items()))
    return view.nullable, notes, frozenset(map(_plain_sign, view.variants))


def _is_plain(variant: Variant) -> bool:
    return variant.type not in ("any", "array", "object") and not variant.keywords.keys() & WITH_SCHEMAS


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
