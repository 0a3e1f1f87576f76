"""Match the variants of two unions, whatever their positions, names or other content."""

from __future__ import annotations

from collections.abc import Callable

from tools.schema.normalized import Schemas, View
from tools.schema.schemas import TAG_PROPERTIES
from tools.schema.variants import Variant

Pairs = list[tuple[Variant, Variant]]


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
    for variant in list(left):
        found = next((other for other in right if similar(variant, other) and same(variant, other)), None)
        if found is not None:
            pairs.append((variant, found))
            left.remove(variant)
            right.remove(found)
    # A tag that was one of one value and now is one of two, or the other way round, is still a sign.
    tags = {id(v): _possible_tags(*side, v) for side, rest in ((old, left), (new, right)) for v in rest}
    known = [(one, other) for one in left for other in right if tags[id(one)] & tags[id(other)]]
    for one, other in known:
        if sum(one is left_one or other is right_one for left_one, right_one in known) == 1:
            pairs.append((one, other))
            left.remove(one)
            right.remove(other)
    # Objects with tags are told apart by these; what is left of another type is the same thing, changed.
    pair(lambda v: _lone_names(*old, v), lambda v: _lone_names(*new, v))
    pair(lambda v: _lone_type(*old, v), lambda v: _lone_type(*new, v), lone=True)
    # What is left and says what a paired one says stands twice.
    left = [one for one in left if not any(similar(one, other) and same(one, other) for _, other in pairs)]
    right = [one for one in right if not any(similar(other, one) and same(other, one) for other, _ in pairs)]
    return pairs, left, right


def _by_key(variants: list[Variant], key_of: Callable[[Variant], str]) -> dict[str, list[Variant]]:
    found: dict[str, list[Variant]] = {}
    for variant in variants:
        found.setdefault(key_of(variant), []).append(variant)
    return found


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


def similar(left: Variant, right: Variant) -> bool:
    """Return whether two variants may mean the same, at a glance."""
    return left.type == right.type and left.properties.keys() == right.properties.keys()


def _alike(left: Variant, right: Variant) -> bool:
    """Return whether two untagged objects may be the same one, changed."""
    if left.type != "object":
        return True
    return bool(left.properties.keys() & right.properties.keys()) or not (left.properties or right.properties)
