"""Compare the meaning of two schemas, and of everything that they reach, each pair once.

A change is recorded where it is made, not where it is used: the walker yields each change again for every use, and
`tools.drift.compare.collect` keeps one.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from tools.document import pointer as pointers
from tools.drift.compare.kinds import kind_of, kind_of_variant
from tools.drift.compare.match_variants import NARROWED_TO, WITH_SCHEMAS, Signs, disjoint, match, tags_of
from tools.drift.findings.findings import Direction
from tools.drift.findings.rules import LOWER, UPPER, kebab
from tools.errors import ToolError
from tools.schema.normalized import Schemas, View
from tools.schema.schemas import TEXT_TYPES, canonical_json, is_null, same_json
from tools.schema.variants import Node, Spot, Variant, variants_of

# How many pairs of variants are compared before a document is refused. Upstream's whole document takes 6,500.
MAX_STEPS = 50_000


@dataclass(frozen=True)
class Change:
    """One change, before it is known which operations it concerns.

    Attributes:
        rule: The rule's id.
        at: The pointer of what changed: in the base if it has it, else in upstream's slice.
        in_base: Which of the two.
        old: What there was.
        new: What there is.
        keyword: The keyword that changed, for rules that are about several.
        holder: The pointer of what would hold in the base what only upstream has.
        only: The direction that it concerns, where it does not concern the other.
    """

    rule: str
    at: str
    in_base: bool
    old: Any = None
    new: Any = None
    keyword: str = ""
    holder: str = ""
    only: Direction | None = None


Pair = tuple[Node, Node]
_Key = tuple[tuple[str, ...], tuple[str, ...]]
# A pair inside of another one, and the one direction that it concerns, if it is only one.
_Inside = tuple[Pair, Direction | None]
_Result = tuple[list[Change], list[_Inside]]
# What a variant says depends on nothing else: its type, its pointer and its parts'.
_Identity = tuple[str, str, tuple[str, ...]]

# Rules about the notes of a schema, by keyword: said now, no longer said.
_NOTE_RULES = {
    "deprecated": ("deprecated", "undeprecated"),
    "readOnly": ("became-read-only", "became-not-read-only"),
    "writeOnly": ("became-write-only", "became-not-write-only"),
}
_OWN_RULES = ("default", "format", "multipleOf", "pattern", "uniqueItems")
_NUMBERS = ("integer", "number")
_RESTRICTIONS = ("dependentRequired", *WITH_SCHEMAS)
# OpenAPI 3.1, "Schema Object": a property is not part of what goes in the one direction, whatever `required` says.
_HIDDEN_BY: dict[Direction, str] = {"request": "readOnly", "response": "writeOnly"}


class Comparison:
    """The schemas of two slices, and what is known of their differences.

    Args:
        old: The base's schemas.
        new: Upstream's.
    """

    def __init__(self, old: Schemas, new: Schemas) -> None:
        self.old = old
        self.new = new
        self._known: dict[_Key, _Result] = {}
        self._open: set[_Key] = set()
        self._same: dict[_Key, bool] = {}
        self._same_while_open: dict[_Key, set[_Key]] = {}
        self._compared: dict[tuple[_Identity, _Identity], _Result] = {}
        self._implied: dict[Schemas, dict[tuple[str, ...], tuple[str, ...]]] = {old: {}, new: {}}
        self._alone: dict[Schemas, Comparison] = {}
        self._signs = {old: Signs(old), new: Signs(new)}
        self._steps = 0

    def walk(self, old: Node, new: Node, direction: Direction | None = None) -> Iterator[Change]:
        """Yield the changes of this pair of schemas and of all that it reaches, in one direction or in both."""
        return self._walk((old, new), direction, set())

    def _walk(self, pair: Pair, direction: Direction | None, seen: set[_Key]) -> Iterator[Change]:
        waiting = [pair]
        while waiting:
            pair = waiting.pop()
            key = self._key(*pair)
            if key in seen:
                continue
            seen.add(key)
            changes, inside = self._pair(*pair)
            yield from (change for change in changes if _concerns(direction, change.only))
            waiting += [inner for inner, only in reversed(inside) if _concerns(direction, only)]

    def same(self, old: Node, new: Node) -> bool:
        """Return whether two schemas mean the same; two that are being compared do until a difference is found."""
        key = self._key(old, new)
        if key in self._open:
            return True
        if key not in self._same:
            seen: set[_Key] = set()
            self._same[key] = not any(True for _ in self._walk((old, new), None, seen))
            if self._same[key]:
                # All that was reached is the same, too: for as long as what is being compared still is.
                self._same.update(dict.fromkeys(seen - self._open, True))
                for opened in seen & self._open:
                    self._same_while_open.setdefault(opened, set()).update(seen)
        return self._same[key]

    def _key(self, old: Node, new: Node) -> _Key:
        keys = self.old.key(old), self.new.key(new)
        return self._implied[self.old].get(keys[0], keys[0]), self._implied[self.new].get(keys[1], keys[1])

    def _pair(self, old: Node, new: Node) -> tuple[list[Change], list[_Inside]]:
        key = self._key(old, new)
        if key in self._open:
            return [], []
        if key not in self._known:
            changes: list[Change] = []
            inside: list[_Inside] = []
            self._open.add(key)
            before, after = self.old.view(old), self.new.view(new)
            elsewhere = before.at != after.at and self._still_there(old, new)
            self._views(before, after, old[0].at if elsewhere else before.at, changes, inside)
            self._open.remove(key)
            for other in self._same_while_open.pop(key, ()):
                self._same.pop(other, None)
            self._known[key] = changes, inside
        return self._known[key]

    def _still_there(self, old: Node, new: Node) -> bool:
        """Return whether a place that was nothing but a reference has itself changed, and not the component.

        That is so where the component still exists, or, if it has another name now, where the place refers to it still.
        """
        if len(old) > 1:
            return False
        component, place = self.old.node(old[0]), new[0]
        if self.new.has(component.at):
            return True
        # A place that still is nothing but a reference leads to what the component has become.
        alone = self.new.node(place).at != place.at
        return not alone and _refers(place.value) and not _refers(component.value)

    def _views(self, old: View, new: View, at: str, changes: list[Change], inside: list[_Inside]) -> None:
        changes += _notes(old, new, *(old.notes.keys() | new.notes.keys()))
        kinds = kind_of(self.old, old), kind_of(self.new, new)
        untyped = any(variant.type == "any" for variant in (*old.variants, *new.variants))
        if old.nullable != new.nullable and not untyped:
            rule = "became-nullable" if new.nullable else "became-not-nullable"
            changes.append(Change(rule, at, True, *kinds))
        signs = self._signs[self.old], self._signs[self.new]
        pairs, lost, gained = match((self.old, old), (self.new, new), signs, self._same_variant)
        lost, gained = self._once(self.old, lost), self._once(self.new, gained)
        sizes = len(pairs) + len(lost), len(pairs) + len(gained)
        numbers = [[variant for variant in side if variant.type in _NUMBERS] for side in (lost, gained)]
        if [len(side) for side in numbers] == [1, 1] and (min(sizes) > 1 or max(sizes) == 1):
            before, after = numbers[0][0], numbers[1][0]
            words = kinds if max(sizes) == 1 else (kind_of_variant(self.old, before), kind_of_variant(self.new, after))
            rule = "type-widened" if after.type == "number" else "type-narrowed"
            changes.append(Change(rule, at if max(sizes) == 1 else before.slot, True, *words))
            lost.remove(before)
            gained.remove(after)
            pairs.append((before, after))
        if (lost or gained) and min(sizes) > 1:
            changes += [
                Change("variant-removed", variant.slot, True, old=kind_of_variant(self.old, variant))
                for variant in lost
            ]
            changes += [
                Change("variant-added", variant.slot, False, None, kind_of_variant(self.new, variant), holder=at)
                for variant in gained
            ]
        elif lost or gained:
            wider = all(any(_covers(other, variant) for other in new.variants) for variant in lost)
            narrower = all(any(_covers(other, variant) for other in old.variants) for variant in gained)
            # What says no type takes all types: as far as each other side's goes, they are compared.
            if [variant.type for variant in lost] == ["any"] and not narrower:
                narrower, pairs = True, [*pairs, *((_of_type(variant.type, lost[0]), variant) for variant in gained)]
            elif [variant.type for variant in gained] == ["any"] and not wider:
                wider, pairs = True, [*pairs, *((variant, _of_type(variant.type, gained[0])) for variant in lost)]
            rule = "type-changed" if wider == narrower else "type-widened" if wider else "type-narrowed"
            changes.append(Change(rule, at, True, *kinds))
        _unions((self.old, old), (self.new, new), pairs, changes)
        for before, after in pairs:
            result = self._variants(before, after)
            changes += result[0]
            inside += result[1]

    def _once(self, schemas: Schemas, variants: list[Variant]) -> list[Variant]:
        """Return variants of one side without those that say in other words what one before them says."""
        kept: list[Variant] = []
        alike: dict[Hashable, list[Variant]] = {}
        for variant in variants:
            others = alike.setdefault(self._signs[schemas].of(variant), [])
            if not any(self._within(schemas)._same_variant(other, variant) for other in others):
                kept.append(variant)
                others.append(variant)
        return kept

    def _within(self, schemas: Schemas) -> Comparison:
        """Return the comparison of one side with itself."""
        if self.old is self.new:
            return self
        if schemas not in self._alone:
            self._alone[schemas] = Comparison(schemas, schemas)
        return self._alone[schemas]

    def _same_variant(self, old: Variant, new: Variant) -> bool:
        changes, inside = self._variants(old, new)
        return not changes and all(self.same(*pair) for pair, _ in inside)

    def _variants(self, old: Variant, new: Variant) -> _Result:
        key = _identity(old), _identity(new)
        if key not in self._compared:
            result = self._content(old, new)
            if WITH_SCHEMAS & (old.keywords.keys() | new.keywords.keys()):
                return result  # Whether these schemas are the same may depend on what is being compared.
            self._compared[key] = result
        return self._compared[key]

    def _content(self, old: Variant, new: Variant) -> _Result:
        self._steps += 1
        if self._steps > MAX_STEPS:
            what = f"telling variants apart takes more than {MAX_STEPS:,} comparisons"
            raise ToolError(f"{what}; name those that are alike, or give them a tag", where=new.slot)
        changes: list[Change] = []
        inside: list[_Inside] = []
        _values(old, new, changes)
        self._keywords(old, new, changes, inside)
        if old.closed != new.closed:
            rule = "additional-properties-forbidden" if new.closed else "additional-properties-allowed"
            changes.append(Change(rule, old.at, True))
        for name in sorted(old.properties.keys() | new.properties.keys()):
            before, after = old.properties.get(name, ()), new.properties.get(name, ())
            if before and after:
                self._property((before, name in old.required), (after, name in new.required), changes, inside)
            elif after:
                rule = "required-property-added" if name in new.required else "property-added"
                view = self.new.view(after)
                holder = pointers.join(min((spot.at for spot in old.parts), default=old.at), "properties", name)
                change = Change(rule, after[0].at, False, None, kind_of(self.new, view), holder=holder)
                changes += _where_visible(change, view)
            else:
                rule = "required-property-removed" if name in old.required else "property-removed"
                view = self.old.view(before)
                changes += _where_visible(Change(rule, before[0].at, True, old=kind_of(self.old, view)), view)
        for name in sorted(old.inside.keys() | new.inside.keys()):
            if name != "additionalProperties" or old.closed == new.closed:
                self._where_visible(
                    (self._inside(self.old, old, name), self._inside(self.new, new, name)), changes, inside
                )
        return changes, inside

    def _inside(self, schemas: Schemas, variant: Variant, name: str) -> Node:
        """Return what a variant says about a place inside it; if nothing, what it says about all such places."""
        if name in variant.inside:
            return variant.inside[name]
        keyword = name.partition("/")[0]
        others = {"patternProperties": "additionalProperties", "prefixItems": "items"}.get(keyword, "")
        if others in variant.inside:
            return variant.inside[others]
        node = (
            Spot(keyword != "patternProperties" or not variant.closed, pointers.join(variant.at, *name.split("/", 1))),
        )
        if node[0].value:
            # However deep the other side goes on, all that nobody describes in one place is one thing.
            implied = self._implied[schemas]
            implied[schemas.key(node)] = implied.get((variant.at,), (variant.at, "inside"))
        return node

    def _property(
        self, old: tuple[Node, bool], new: tuple[Node, bool], changes: list[Change], inside: list[_Inside]
    ) -> None:
        """Compare a property that both have: each its schema, and whether it is required."""
        views = self.old.view(old[0]), self.new.view(new[0])
        required: dict[Direction, tuple[bool, bool]] = {}
        for direction, keyword in _HIDDEN_BY.items():
            hidden = [keyword in view.notes for view in views]
            required[direction] = old[1] and not hidden[0], new[1] and not hidden[1]
        self._where_visible((old[0], new[0]), changes, inside)
        alike = required["request"] == required["response"]
        for direction, (was, now) in [*required.items()][: 1 if alike else 2]:
            if was != now:
                rule = "property-became-required" if now else "property-became-optional"
                changes.append(Change(rule, old[0][0].at, True, only=None if alike else direction))

    def _where_visible(self, pair: Pair, changes: list[Change], inside: list[_Inside]) -> None:
        """Compare the content of an object or a list in the directions in which it may occur."""
        views = self.old.view(pair[0]), self.new.view(pair[1])
        visible: list[Direction] = []
        for direction, keyword in _HIDDEN_BY.items():
            hidden = [keyword in view.notes for view in views]
            if not any(hidden):
                visible.append(direction)
            elif not all(hidden):
                changes += [dataclasses.replace(note, only=direction) for note in _notes(*views, keyword)]
        if visible:
            inside.append((pair, None if len(visible) == len(_HIDDEN_BY) else visible[0]))

    def _keywords(self, old: Variant, new: Variant, changes: list[Change], inside: list[_Inside]) -> None:
        for keyword in sorted(old.keywords.keys() | new.keywords.keys()):
            if keyword == "unevaluatedProperties" and old.closed != new.closed:
                continue
            spots = [
                sorted(side.keywords.get(keyword, ()), key=lambda spot: canonical_json(spot.value))
                for side in (old, new)
            ]
            if keyword in NARROWED_TO and [len(said) for said in spots] == [1, 1]:
                inside.append((((spots[0][0],), (spots[1][0],)), None))
                continue
            lost = [spot for spot in spots[0] if not any(self._says(keyword, spot, other) for other in spots[1])]
            gained = [spot for spot in spots[1] if not any(self._says(keyword, other, spot) for other in spots[0])]
            for before, after in itertools.zip_longest(lost, gained):
                rule = _keyword_rule(keyword, before, after)
                was, now = (_shown(keyword, side.value) if side else None for side in (before, after))
                holder = pointers.join(min((part.at for part in old.parts), default=old.at), keyword)
                changes.append(Change(rule, (before or after).at, before is not None, was, now, keyword, holder))

    def _says(self, keyword: str, old: Spot, new: Spot) -> bool:
        same = same_json(old.value, new.value)
        return same or (keyword in WITH_SCHEMAS and self.same((old,), (new,)))


def _concerns(direction: Direction | None, only: Direction | None) -> bool:
    return direction is None or only is None or direction == only


def _where_visible(change: Change, view: View) -> list[Change]:
    """Return the change of a property, in the directions in which it may occur."""
    visible = [direction for direction, keyword in _HIDDEN_BY.items() if keyword not in view.notes]
    if len(visible) == len(_HIDDEN_BY):
        return [change]
    return [dataclasses.replace(change, only=direction) for direction in visible]


def _refers(schema: Any) -> bool:
    """Return whether a schema is a reference but for what it adds to it: null, a note, another part of an `allOf`."""
    if not isinstance(schema, dict):
        return False
    variants = [part for keyword in ("anyOf", "oneOf") for part in schema.get(keyword, ()) if not is_null(part)]
    parts = [*schema.get("allOf", ()), *(variants if len(variants) == 1 else ())]
    return "$ref" in schema or any(map(_refers, parts))


def _identity(variant: Variant) -> _Identity:
    return variant.type, variant.at, tuple(spot.at for spot in variant.parts)


def _notes(old: View, new: View, *keywords: str) -> Iterator[Change]:
    for keyword in sorted(keywords):
        before, after = old.notes.get(keyword), new.notes.get(keyword)
        if before and after and same_json(before.value, after.value):
            continue
        spot = before or after
        assert spot is not None
        if keyword in _NOTE_RULES:
            rule = _NOTE_RULES[keyword][0 if after else 1]
        else:
            rule = happened(keyword, before, after)
        values = before and before.value, after and after.value
        yield Change(rule, spot.at, before is not None, *values, holder=f"{old.at}/{keyword}")


def _unions(
    base: tuple[Schemas, View],
    upstream: tuple[Schemas, View],
    pairs: list[tuple[Variant, Variant]],
    changes: list[Change],
) -> None:
    """Compare what holds the variants of two unions together."""
    old, new = base[1], upstream[1]
    if old.exclusive is None or new.exclusive is None:
        return
    if old.exclusive != new.exclusive and not (disjoint(*base) and disjoint(*upstream)):
        rule = "union-became-exclusive" if new.exclusive else "union-became-inclusive"
        changes.append(Change(rule, old.at, True))
    before, after = old.discriminator, new.discriminator
    spot = before or after
    if spot is not None and (before and before.value) != (after and after.value):
        rule = happened("discriminator", before, after)
        values = before and before.value, after and after.value
        place = f"{old.at}/discriminator/propertyName"
        changes.append(Change(rule, spot.at, before is not None, *values, holder=place))
    elif before and after:
        for left, right in pairs:
            if not (left.tags or right.tags):
                continue
            tags = tags_of(*base, left), tags_of(*upstream, right)
            for was, now in itertools.zip_longest(sorted(tags[0] - tags[1]), sorted(tags[1] - tags[0])):
                holder, listed = (after, right.tags) if was is None else (before, left.tags)
                at = holder.at.removesuffix("/propertyName")
                at = pointers.join(at, "mapping", was or now or "") if listed else holder.at
                rule = happened("discriminator-mapping", was, now)
                changes.append(Change(rule, at, was is not None, was, now, holder=before.at))


def _values(old: Variant, new: Variant, changes: list[Change]) -> None:
    before, after = old.values, new.values
    if before is None and after is None:
        return
    if before is None or after is None:
        listed = new if before is None else old
        rule = happened("known-values" if listed.open else "enum", before, after)
        values = [spot.value for spot in (after or before or {}).values()]
        was, now = (old.type, values) if before is None else (values, new.type)
        changes.append(Change(rule, listed.at, listed is old, was, now, holder=old.at))
        return
    if old.open != new.open:
        changes.append(Change("enum-opened" if new.open else "enum-closed", old.at, True))
    lost = [before[text] for text in sorted(before.keys() - after.keys())]
    gained = [after[text] for text in sorted(after.keys() - before.keys())]
    if len(before) == len(after) == len(lost) == 1 and not old.open and not new.open:
        changes.append(Change("const-changed", lost[0].at, True, lost[0].value, gained[0].value))
        return
    stem = "known-value" if old.open or new.open else "enum-value"
    changes += [Change(f"{stem}-removed", spot.at, True, old=spot.value) for spot in lost]
    changes += [Change(f"{stem}-added", spot.at, False, None, spot.value, holder=f"{old.at}/enum") for spot in gained]


def _covers(wide: Variant, narrow: Variant) -> bool:
    """Return whether one variant accepts everything that another's type accepts."""
    free = wide.bare and wide.values is None
    return free and (wide.type == "any" or (wide.type == "number" and narrow.type == "integer"))


def _of_type(name: str, variant: Variant) -> Variant:
    """Return what an alternative without a type means for one type."""
    return next(variants_of([*variant.parts, Spot({"type": name}, variant.at)], "", variant.slot, {}))


def _keyword_rule(keyword: str, before: Spot | None, after: Spot | None) -> str:
    if keyword in UPPER or keyword in LOWER:
        if before is None or after is None:
            return happened(kebab(keyword), before, after)
        # A limit that excludes its value is tighter than one that does not.
        sign = 1 if keyword in LOWER else -1
        rank = [(v[0], sign * v[1]) if isinstance(v, list) else (v, 0) for v in (before.value, after.value)]
        return f"{kebab(keyword)}-{'increased' if rank[1] > rank[0] else 'decreased'}"
    if keyword == "format":
        types = [TEXT_TYPES.get(spot.value) if spot else None for spot in (before, after)]
        return "text-type-changed" if types[0] != types[1] else happened(keyword, before, after)
    if keyword == "dependentRequired" and before and after:
        was, now = ({(key, name) for key, names in spot.value.items() for name in names} for spot in (before, after))
        if was < now or now < was:
            return f"restriction-{'added' if was < now else 'removed'}"
    stem = kebab(keyword) if keyword in _OWN_RULES else "restriction" if keyword in _RESTRICTIONS else "keyword"
    return happened(stem, before, after)


def happened(stem: str, before: object, after: object) -> str:
    """Return the rule for something that was added, removed or changed; None stands for nothing."""
    return f"{stem}-{'added' if before is None else 'removed' if after is None else 'changed'}"


def _shown(keyword: str, value: Any) -> Any:
    """Return a limit as people write it."""
    if keyword in ("maximum", "minimum"):
        number, exclusive = value
        return f"{'more' if keyword == 'minimum' else 'less'} than {canonical_json(number)}" if exclusive else number
    return value
