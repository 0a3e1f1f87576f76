"""Compare the operations of two slices: their servers, parameters, responses and security."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.document import pointer as pointers
from tools.drift.compare.access import compare_security, compare_servers
from tools.drift.compare.compare import Change, happened
from tools.drift.compare.documents import Compared, Part, Side
from tools.drift.compare.kinds import kind_of
from tools.drift.findings.findings import Direction
from tools.schema.schemas import same_json

# OpenAPI 3.1, "Style Values": how a parameter is written where it does not say so.
_STYLES = {"query": "form", "cookie": "form", "header": "simple", "path": "simple"}

_Place = tuple[str, str]
_Parameters = dict[tuple[str, str], Part]


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


def _operation(
    result: Compared, base: tuple[Side, _Place], upstream: tuple[Side, _Place], name: str, other: str
) -> None:
    places = (base[1], upstream[1])
    items = [
        side.part(side.document["paths"][path], pointers.join("#/paths", path)) for side, (path, _) in (base, upstream)
    ]
    before, after = (item.inside(method) for item, (_, method) in zip(items, places, strict=True))
    if places[0] != places[1]:
        result.change("request", "operation-moved", before.at, True, *map(_described, places))
    if name != other:
        result.change("request", "operation-renamed", before.at, True, name, other)
    tags = [(part.value.get("tags") or [None])[0] for part in (before, after)]
    if tags[0] != tags[1]:
        result.change("request", "operation-tag-changed", before.at, True, *tags)
    _deprecated(result, "request", before, after)
    compare_servers(result, (items[0], before), (items[1], after))
    compare_security(result, before, after)
    _parameters(result, _parameters_of(items[0], before), _parameters_of(items[1], after))
    _body(result, before, after)
    _responses(result, before, after)


def _described(place: _Place) -> str:
    return f"{place[1].upper()} {place[0]}"


def _deprecated(result: Compared, direction: Direction, old: Part, new: Part) -> None:
    was, now = old.says("deprecated"), new.says("deprecated")
    if was != now:
        result.change(direction, "deprecated" if now else "undeprecated", old.at, True, was or None, now or None)


def _required(result: Compared, direction: Direction, kind: str, old: Part, new: Part) -> None:
    if old.says("required") != new.says("required"):
        rule = f"{kind}-became-{'required' if new.says('required') else 'optional'}"
        result.change(direction, rule, old.at, True)


# What goes in


def _parameters_of(*holders: Part) -> _Parameters:
    """Return the parameters of a path and of its operation, which goes before it."""
    found = {}
    for holder in holders:
        for i, parameter in enumerate(holder.value.get("parameters", ())):
            part = holder.side.part(parameter, f"{holder.at}/parameters/{i}")
            name, where = str(part.value.get("name")), str(part.value.get("in"))
            found[name.lower() if where == "header" else name, where] = part
    return found


def _parameters(result: Compared, old: _Parameters, new: _Parameters) -> None:
    lost = {key: old[key] for key in old if key not in new}
    gained = {key: new[key] for key in new if key not in old}
    for key, part in list(lost.items()):
        moved = [other for other in gained if other[0] == key[0]]
        if len(moved) == 1:
            result.change("request", "parameter-location-changed", part.at, True, key[1], moved[0][1])
            _holder(result, "request", "parameter", lost.pop(key), gained.pop(moved[0]))
    for part in lost.values():
        _lone(result, "request", "parameter", part, gone=True)
    for part in gained.values():
        _lone(result, "request", "parameter", part, gone=False)
    for key in old.keys() & new.keys():
        several = _holds_several(old[key]) or _holds_several(new[key])
        styles = [_style(part.value, several) for part in (old[key], new[key])]
        if styles[0] != styles[1]:
            result.change("request", "parameter-style-changed", old[key].at, True, *styles)
        _holder(result, "request", "parameter", old[key], new[key])


def _holds_several(part: Part) -> bool:
    """Return whether a parameter's value may be a list or a mapping, which alone are exploded."""
    variants = part.side.schemas.view(part.schema()).variants
    return any(variant.type in ("any", "array", "object") for variant in variants)


def _style(parameter: dict[str, Any], several: bool) -> str:
    """Return how a parameter is written, in words."""
    style = str(parameter.get("style", _STYLES.get(str(parameter.get("in")), "form")))
    flags = {"explode": style == "form"} if several else {}
    flags |= {"allowReserved": False, "allowEmptyValue": False}
    return " ".join([style, *(key for key, default in flags.items() if parameter.get(key, default))])


def _holder(result: Compared, direction: Direction, kind: str, old: Part, new: Part) -> None:
    """Compare two parameters or headers: whether they must be there, and their schemas."""
    _required(result, direction, kind, old, new)
    _deprecated(result, direction, old, new)
    if "content" in old.value or "content" in new.value:
        _content(result, direction, old, new)
    else:
        _schema(result, direction, old, new)


def _lone(result: Compared, direction: Direction, kind: str, part: Part, *, gone: bool) -> None:
    """Report a parameter or a header that only one of the slices has."""
    holder = next(iter((part.value.get("content") or {}).values()), part.value)
    node = Part(part.side, holder, part.at).schema()
    words = kind_of(part.side.schemas, part.side.schemas.view(node))
    _report(result, direction, f"{_stem(part)}{kind}", part.at, words, gone=gone)


def _stem(part: Part) -> str:
    """Return how the rule about an added or removed part begins."""
    return "required-" if part.says("required") else ""


def _report(result: Compared, direction: Direction, stem: str, at: str, words: str, *, gone: bool) -> None:
    """Report that something was added or removed."""
    if gone:
        result.change(direction, f"{stem}-removed", at, True, old=words)
    else:
        result.change(direction, f"{stem}-added", at, False, new=words)


def _schema(result: Compared, direction: Direction, old: Part, new: Part) -> None:
    for key in ("schema", "itemSchema"):
        if key in old.value or key in new.value:
            result.schemas.append(((old.schema(key), new.schema(key)), direction))


def _content(result: Compared, direction: Direction, old: Part, new: Part) -> None:
    before, after = old.inside("content", {}), new.inside("content", {})
    left, right = ({"".join(key.lower().split()): key for key in part.value} for part in (before, after))
    for name in sorted(left.keys() | right.keys()):
        if name in left and name in right:
            pair = before.inside(left[name]), after.inside(right[name])
            _schema(result, direction, *pair)
            _encoding(result, direction, *pair)
        else:
            gone = name in left
            at = pointers.join(before.at, left[name]) if gone else pointers.join(after.at, right[name])
            _report(result, direction, "media-type", at, name, gone=gone)


def _encoding(result: Compared, direction: Direction, old: Part, new: Part) -> None:
    was, now = old.value.get("encoding"), new.value.get("encoding")
    if not same_json(was, now):
        at = (new if was is None else old).at
        change = Change(happened("keyword", was, now), f"{at}/encoding", was is not None, was, now, "encoding")
        result.changes.append((change, direction))


def _body(result: Compared, old: Part, new: Part) -> None:
    before, after = old.inside("requestBody"), new.inside("requestBody")
    was, now = before.value is not None, after.value is not None
    if was and now:
        _required(result, "request", "request-body", before, after)
        _content(result, "request", before, after)
    elif was or now:
        part = before if was else after
        types = ", ".join(sorted(part.value.get("content", {})))
        _report(result, "request", f"{_stem(part)}request-body", part.at, types, gone=was)


# What comes out


def _responses(result: Compared, old: Part, new: Part) -> None:
    before, after = old.inside("responses", {}), new.inside("responses", {})
    for status in sorted(before.value.keys() | after.value.keys()):
        if status in before.value and status in after.value:
            pair = before.inside(status), after.inside(status)
            _content(result, "response", *pair)
            _headers(result, *pair)
        else:
            gone = status in before.value
            stem = f"{'success' if status[:1] in '123' else 'error'}-status"
            at = pointers.join((before if gone else after).at, status)
            _report(result, "response", stem, at, status, gone=gone)


def _headers(result: Compared, old: Part, new: Part) -> None:
    holders = old.inside("headers", {}), new.inside("headers", {})
    before, after = ({name.lower(): part.inside(name) for name in part.value} for part in holders)
    for name in sorted(before.keys() | after.keys()):
        if name in before and name in after:
            _holder(result, "response", "header", before[name], after[name])
        else:
            gone = name in before
            _lone(result, "response", "header", (before if gone else after)[name], gone=gone)
