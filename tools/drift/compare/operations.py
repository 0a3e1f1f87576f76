"""Compare the operations of two slices: where they are, what they take, what they answer, who may call them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.document import pointer as pointers
from tools.drift.compare.access import compare_security, compare_servers
from tools.drift.compare.compare import Change, happened
from tools.drift.compare.documents import Compared, Side
from tools.drift.compare.kinds import kind_of
from tools.drift.findings.findings import Direction
from tools.schema.schemas import same_json
from tools.schema.variants import Spot

# OpenAPI 3.1, "Style Values": how a parameter is written where it does not say so.
_STYLES = {"query": "form", "cookie": "form", "header": "simple", "path": "simple"}


def compare_operations(old: Side, new: Side) -> Iterator[Compared]:
    """Yield the comparison of each operation that one of the slices has."""
    left, right = old.operations(), new.operations()
    by_place = {place: name for name, place in right.items()}
    for name, place in left.items():
        other = name if name in right else by_place.get(place)
        result = Compared(name)
        if other is None or (other != name and other in left):
            at = pointers.join("#/paths", *place)
            result.change("both", "operation-removed", at, True, old=_described(place))
        else:
            _operation(result, (old, place), (new, right[other]), name, other)
        yield result
    by_place = {place: name for name, place in left.items()}
    for name, place in right.items():
        if name not in left and (place not in by_place or by_place[place] in right):
            result = Compared(name)
            result.change("both", "operation-added", pointers.join("#/paths", *place), False, new=_described(place))
            yield result


_Place = tuple[str, str]


def _operation(
    result: Compared, base: tuple[Side, _Place], upstream: tuple[Side, _Place], name: str, other: str
) -> None:
    (old, new), places = (base[0], upstream[0]), (base[1], upstream[1])
    at, there = (pointers.join("#/paths", *place) for place in places)
    items = [side.document["paths"][place[0]] for side, place in zip((old, new), places, strict=True)]
    before, after = Spot(items[0][places[0][1]], at), Spot(items[1][places[1][1]], there)
    if places[0] != places[1]:
        result.change("request", "operation-moved", at, True, *map(_described, places))
    if name != other:
        result.change("request", "operation-renamed", at, True, name, other)
    tags = [(spot.value.get("tags") or [None])[0] for spot in (before, after)]
    if tags[0] != tags[1]:
        result.change("request", "operation-tag-changed", at, True, *tags)
    _deprecated(result, "request", before, after)
    compare_servers(result, (old, items[0], before), (new, items[1], after))
    compare_security(result, (old, before), (new, after))
    _parameters(result, (old, _parameters_of(old, items[0], before)), (new, _parameters_of(new, items[1], after)))
    _body(result, (old, before), (new, after))
    _responses(result, (old, before), (new, after))


def _described(place: tuple[str, str]) -> str:
    return f"{place[1].upper()} {place[0]}"


def _deprecated(result: Compared, direction: Direction, before: Spot, after: Spot) -> None:
    was, now = (bool(spot.value.get("deprecated")) for spot in (before, after))
    if was != now:
        result.change(direction, "deprecated" if now else "undeprecated", before.at, True, was or None, now or None)


# What goes in


def _parameters_of(side: Side, item: dict[str, Any], operation: Spot) -> dict[tuple[str, str], Spot]:
    found = {}
    for holder, at in ((item, operation.at.rpartition("/")[0]), (operation.value, operation.at)):
        for i, parameter in enumerate(holder.get("parameters", ())):
            spot = side.followed(Spot(parameter, f"{at}/parameters/{i}"))
            name = str(spot.value.get("name"))
            where = str(spot.value.get("in"))
            found[name.lower() if where == "header" else name, where] = spot
    return found


_Parameters = Mapping[tuple[str, str], Spot]


def _parameters(result: Compared, old: tuple[Side, _Parameters], new: tuple[Side, _Parameters]) -> None:
    before, after = old[1], new[1]
    lost = {key: before[key] for key in before if key not in after}
    gained = {key: after[key] for key in after if key not in before}
    for key, spot in list(lost.items()):
        moved = [other for other in gained if other[0] == key[0]]
        if len(moved) == 1:
            result.change("request", "parameter-location-changed", spot.at, True, key[1], moved[0][1])
            _holder(result, "request", "parameter", (old[0], lost.pop(key)), (new[0], gained.pop(moved[0])))
    for spot in lost.values():
        _lone(result, "request", "parameter", old[0], spot, gone=True)
    for spot in gained.values():
        _lone(result, "request", "parameter", new[0], spot, gone=False)
    for key in before.keys() & after.keys():
        left, right = before[key], after[key]
        several = any(_holds_several(*side) for side in ((old[0], left), (new[0], right)))
        styles = [_style(spot.value, several) for spot in (left, right)]
        if styles[0] != styles[1]:
            result.change("request", "parameter-style-changed", left.at, True, *styles)
        _holder(result, "request", "parameter", (old[0], left), (new[0], right))


def _holds_several(side: Side, spot: Spot) -> bool:
    """Return whether a parameter's value may be a list or a mapping, which alone are exploded."""
    view = side.schemas.view((Spot(spot.value.get("schema", {}), f"{spot.at}/schema"),))
    return any(variant.type in ("any", "array", "object") for variant in view.variants)


def _style(parameter: dict[str, Any], several: bool) -> str:
    """Return how a parameter is written, in words."""
    style = str(parameter.get("style", _STYLES.get(str(parameter.get("in")), "form")))
    flags = {"explode": style == "form"} if several else {}
    flags |= {"allowReserved": False, "allowEmptyValue": False}
    return " ".join([style, *(key for key, default in flags.items() if parameter.get(key, default))])


def _holder(result: Compared, direction: Direction, kind: str, old: tuple[Side, Spot], new: tuple[Side, Spot]) -> None:
    """Compare two parameters or headers: whether they must be there, and their schemas."""
    was, now = (bool(spot.value.get("required")) for _, spot in (old, new))
    if was != now:
        result.change(direction, f"{kind}-became-{'required' if now else 'optional'}", old[1].at, True)
    _deprecated(result, direction, old[1], new[1])
    if "content" in old[1].value or "content" in new[1].value:
        _content(result, direction, old, new)
    else:
        _schema(result, direction, old, new)


def _lone(result: Compared, direction: Direction, kind: str, side: Side, spot: Spot, *, gone: bool) -> None:
    """Report a parameter or a header that only one of the slices has."""
    rule, words = f"{_required(spot)}{kind}-{'removed' if gone else 'added'}", _kind(side, spot)
    result.change(direction, rule, spot.at, gone, *((words, None) if gone else (None, words)))


def _required(spot: Spot) -> str:
    """Return how the rule about an added or removed part begins."""
    return "required-" if spot.value.get("required") else ""


def _kind(side: Side, spot: Spot) -> str:
    content = spot.value.get("content") or {}
    holder = next(iter(content.values()), {}) if content else spot.value
    node = (Spot(holder.get("schema", {}), f"{spot.at}/schema"),)
    return kind_of(side.schemas, side.schemas.view(node))


def _schema(result: Compared, direction: Direction, old: tuple[Side, Spot], new: tuple[Side, Spot]) -> None:
    for key in ("schema", "itemSchema"):
        if key in old[1].value or key in new[1].value:
            nodes = [(Spot(spot.value.get(key, {}), f"{spot.at}/{key}"),) for _, spot in (old, new)]
            result.schemas.append(((nodes[0], nodes[1]), direction))


def _content(result: Compared, direction: Direction, old: tuple[Side, Spot], new: tuple[Side, Spot]) -> None:
    left, right = ({"".join(k.lower().split()): k for k in spot.value.get("content", {})} for _, spot in (old, new))
    for name in sorted(left.keys() | right.keys()):
        at = pointers.join(old[1].at, "content", left.get(name, name))
        there = pointers.join(new[1].at, "content", right.get(name, name))
        if name not in right:
            result.change(direction, "media-type-removed", at, True, old=name)
        elif name not in left:
            result.change(direction, "media-type-added", there, False, new=name)
        else:
            before = old[0].followed(Spot(old[1].value["content"][left[name]], at))
            after = new[0].followed(Spot(new[1].value["content"][right[name]], there))
            _schema(result, direction, (old[0], before), (new[0], after))
            _encoding(result, direction, before, after)


def _encoding(result: Compared, direction: Direction, before: Spot, after: Spot) -> None:
    was, now = (spot.value.get("encoding") for spot in (before, after))
    if not same_json(was, now):
        spot = after if was is None else before
        rule = happened("keyword", was, now)
        change = Change(rule, f"{spot.at}/encoding", was is not None, was, now, "encoding")
        result.changes.append((change, direction))


def _body(result: Compared, old: tuple[Side, Spot], new: tuple[Side, Spot]) -> None:
    before, after = (side.inside(spot, "requestBody") for side, spot in (old, new))
    if before.value is None and after.value is None:
        return
    if before.value is None or after.value is None:
        spot = after if before.value is None else before
        rule = f"{_required(spot)}request-body"
        types = ", ".join(sorted(spot.value.get("content", {})))
        if before.value is None:
            result.change("request", f"{rule}-added", spot.at, False, new=types)
        else:
            result.change("request", f"{rule}-removed", spot.at, True, old=types)
        return
    was, now = (bool(spot.value.get("required")) for spot in (before, after))
    if was != now:
        result.change("request", f"request-body-became-{'required' if now else 'optional'}", before.at, True)
    _content(result, "request", (old[0], before), (new[0], after))


# What comes out


def _responses(result: Compared, old: tuple[Side, Spot], new: tuple[Side, Spot]) -> None:
    before, after = (Spot(s.value.get("responses") or {}, f"{s.at}/responses") for _, s in (old, new))
    for status in sorted(before.value.keys() | after.value.keys()):
        kind = "success" if status[:1] in "123" else "error"
        if status not in after.value:
            at = pointers.join(before.at, status)
            result.change("response", f"{kind}-status-removed", at, True, old=status)
        elif status not in before.value:
            at = pointers.join(after.at, status)
            result.change("response", f"{kind}-status-added", at, False, new=status)
        else:
            left, right = (old[0], old[0].inside(before, status)), (new[0], new[0].inside(after, status))
            _content(result, "response", left, right)
            _headers(result, left, right)


def _headers(result: Compared, old: tuple[Side, Spot], new: tuple[Side, Spot]) -> None:
    found = []
    for side, spot in (old, new):
        headers = spot.value.get("headers", {})
        at = f"{spot.at}/headers"
        found.append({n.lower(): side.followed(Spot(h, pointers.join(at, n))) for n, h in headers.items()})
    for name in sorted(found[0].keys() | found[1].keys()):
        before, after = found[0].get(name), found[1].get(name)
        if before and after:
            _holder(result, "response", "header", (old[0], before), (new[0], after))
        elif before:
            _lone(result, "response", "header", old[0], before, gone=True)
        elif after:
            _lone(result, "response", "header", new[0], after, gone=False)
