"""From any JSON Schema to one that the API's strict mode accepts (its guide "Structured Outputs", "Supported schemas").

    kept                type, enum, const, anyOf, $ref, title, description, pattern, nine formats, bounds of numbers,
                        minItems, maxItems
    objects             closed, every property required; the order of properties stays, as replies keep to it
    rewritten           oneOf to anyOf, definitions to $defs, allOf merged, a $ref with other keywords replaced by
                        its target, the places of a tuple to one anyOf, a type named where only values are
    described in words  in the description: what the mode does not support, such as minLength, uniqueItems, other
                        formats, a pattern with lookaround, a default
    refused             all else: free-form objects, patternProperties, any JSON, a root that is not an object

A reply that fits the strict schema fits the original one, except for what is only described in words: the type's
library checks that.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from chat_completions.errors import SchemaError

_FORMATS = frozenset({"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid"})
_KEPT = frozenset(
    {"type", "enum", "const", "title", "description", "multipleOf", "minimum", "maximum", "exclusiveMinimum"}
    | {"exclusiveMaximum", "minItems", "maxItems"}
)
_DESCRIBED = frozenset(
    {"minLength", "maxLength", "uniqueItems", "minProperties", "maxProperties", "propertyNames", "contains"}
    | {"minContains", "maxContains", "contentEncoding", "contentMediaType", "contentSchema", "not", "if", "then"}
    | {"else", "dependentRequired", "dependentSchemas", "dependencies", "examples", "default", "format", "pattern"}
)
_ANNOTATIONS = frozenset({"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"})
_DEFS = ("$defs", "definitions")
_LOOKAROUND = re.compile(r"\(\?<?[=!]")
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null", dict: "object"}


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the strict-mode form of a JSON Schema.

    Args:
        schema: The JSON Schema, not changed; references may point into it, and it may be recursive.

    Raises:
        SchemaError: It has no such form; `.problems` has the JSON pointer and the reason of each obstacle.
    """
    builder = _StrictSchemaBuilder(schema)
    strict = builder.root()
    if builder.problems:
        described = "; ".join(f"{pointer or '/'}: {what}" for pointer, what in builder.problems)
        raise SchemaError(f"strict mode does not accept this schema: {described}", problems=tuple(builder.problems))
    return strict


def target_of(root: Any, reference: str) -> Any:
    """Return the target of a reference inside a schema; None if it has none, or points outside."""
    if not reference.startswith("#"):
        return None
    node = root
    for step in reference[1:].split("/")[1:]:
        key = unquote(step).replace("~1", "/").replace("~0", "~")
        try:
            node = node[int(key)] if isinstance(node, list) else node[key]
        except (IndexError, KeyError, TypeError, ValueError):
            return None
    return node if reference[1:2] in ("", "/") else None


class _StrictSchemaBuilder:
    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.problems: list[tuple[str, str]] = []
        self._source = schema
        self._defs: dict[str, Any] = {}

    def root(self) -> dict[str, Any]:
        source = {key: rule for key, rule in self._source.items() if key not in _DEFS}
        at, refs = "", frozenset[str]()
        while isinstance(reference := source.get("$ref"), str) and reference not in refs:
            refs |= {reference}
            at, source = reference[1:], self._with_target(source, reference, at)
        strict = self._node(source, at, refs)
        if strict.get("type") != "object" and not self.problems:
            found = "a union" if "anyOf" in strict else json.dumps(strict.get("type"))
            self._refuse("", f"is {found}; it must be one object: make it a field of a class")
        names = [name for group in _DEFS for name in self._source.get(group, ()) if name in self._defs]
        return {**strict, "$defs": {name: self._defs[name] for name in names}} if names else strict

    def _refuse(self, at: str, what: str) -> None:
        if (at, what) not in self.problems:
            self.problems.append((at, what))

    def _node(self, schema: Any, at: str, refs: frozenset[str]) -> dict[str, Any]:
        """Return the strict form of a schema inside the source; `refs` are the references that it was inlined for."""
        if not isinstance(schema, Mapping):
            self._refuse(at, "allows no value at all" if schema is False else _ANY)
            return {}
        while isinstance(parts := schema.get("allOf"), list):
            schema, refs = self._merge_all_of(schema, parts, at, refs)
        if isinstance(reference := schema.get("$ref"), str):
            return self._reference(schema, reference, at, refs)
        out: dict[str, Any] = {}
        described: dict[str, Any] = {}
        for key, rule in schema.items():
            if key in _KEPT or (key == "format" and _is_known(rule)) or (key == "pattern" and _is_plain(rule)):
                out.setdefault(key, copy.deepcopy(rule))
            elif key in _DESCRIBED and rule is not None and (rule is not False or key == "default"):
                described[key] = rule
            elif key in ("anyOf", "oneOf") and isinstance(rule, list):
                if "anyOf" in out:
                    self._refuse(at, "both anyOf and oneOf apply: use one")
                out["anyOf"] = [self._node(branch, f"{at}/{key}/{i}", refs) for i, branch in enumerate(rule)]
            elif key == "properties" and isinstance(rule, Mapping):
                out[key] = {name: self._node(part, f"{at}/{key}/{_escaped(name)}", refs) for name, part in rule.items()}
            elif key in ("items", "prefixItems") and "items" not in out:
                self._items(schema, out, described, at, refs)
        self._close(schema, out, at)
        if described:
            words = "; ".join(f"{key}: {_json(rule)}" for key, rule in described.items())
            out["description"] = f"{out['description']} ({words})" if out.get("description") else words
        return out

    def _close(self, schema: Mapping[str, Any], out: dict[str, Any], at: str) -> None:
        """Name the type, close the object, and refuse anything open."""
        if "type" not in out and "anyOf" not in out:
            values = [schema["const"]] if "const" in schema else schema.get("enum", ())
            if kinds := list(dict.fromkeys(_TYPES.get(type(value), "array") for value in values)):
                out["type"] = kinds[0] if len(kinds) == 1 else kinds
            elif "properties" in out:
                out["type"] = "object"
            else:
                self._refuse(at, _ANY)
        kinds = out.get("type", ())
        if "patternProperties" in schema:
            self._refuse(f"{at}/patternProperties", _FREE)
        elif kinds == "object" or "object" in kinds:
            if "properties" not in out:
                self._refuse(at, _FREE)
            out["required"] = list(out.get("properties", ()))
            out["additionalProperties"] = False
        if (kinds == "array" or "array" in kinds) and "items" not in out and not {"enum", "const"} & schema.keys():
            self._refuse(f"{at}/items", _ANY)

    def _items(
        self, schema: Mapping[str, Any], out: dict[str, Any], described: dict[str, Any], at: str, refs: frozenset[str]
    ) -> None:
        """Add the items of an array; the places of a tuple become one union."""
        rest, first = schema.get("items"), schema.get("prefixItems")
        if isinstance(rest, list):  # as older drafts have it
            rest, first = schema.get("additionalItems"), rest
        if not isinstance(first, list):
            out["items"] = self._node(rest, f"{at}/items", refs)
            return
        places = [self._node(part, f"{at}/prefixItems/{i}", refs) for i, part in enumerate(first)]
        out["minItems"] = max(len(first), schema.get("minItems", 0))
        if isinstance(rest, Mapping):
            places.append(self._node(rest, f"{at}/items", refs))
        else:
            out["maxItems"] = len(first)
        if not places:
            self._refuse(at, "is a list that is always empty: remove it")
        kinds = [place for i, place in enumerate(places) if place not in places[:i]]
        out["items"] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        if len(kinds) > 1:
            described["in this order"] = first

    def _reference(self, schema: Mapping[str, Any], reference: str, at: str, refs: frozenset[str]) -> dict[str, Any]:
        beside = {key: rule for key, rule in schema.items() if key != "$ref" and rule is not None}
        name = self._definition(reference)
        if name is None and reference != "#":
            if reference in refs:
                self._refuse(at, f"{reference} contains itself: move it to $defs")
                return {}
            return self._node(self._with_target(schema, reference, at), reference[1:], refs | {reference})
        bare = {"$ref": "#" if name is None else f"#/$defs/{_escaped(name)}"}
        if not beside:
            if name is not None and name not in self._defs:
                self._defs[name] = {}  # for references back to it
                self._defs[name] = self._node(target_of(self._source, reference), reference[1:], frozenset())
            return bare
        if reference in refs or name is None:
            if beside.keys() - _ANNOTATIONS:
                self._refuse(at, f"{reference} contains itself")
                return {}
            # Inside its own expansion: a union of one, which may have words beside it.
            return self._node({**beside, "anyOf": [{"$ref": reference}]}, at, refs)
        return self._node(self._with_target(schema, reference, at), reference[1:], refs | {reference})

    def _definition(self, reference: str) -> str | None:
        """Return the name of the definition that a reference names; None if it names none."""
        group, _, name = reference.removeprefix("#/").partition("/")
        if reference.startswith("#/") and group in _DEFS and "/" not in name and target_of(self._source, reference):
            return unquote(name).replace("~1", "/").replace("~0", "~")
        return None

    def _with_target(self, schema: Mapping[str, Any], reference: str, at: str) -> dict[str, Any]:
        """Return a schema with its reference replaced by the target."""
        beside = {key: rule for key, rule in schema.items() if key != "$ref" and rule is not None}
        target = target_of(self._source, reference)
        if not isinstance(target, Mapping):
            self._refuse(at, f"{reference!r} points to nothing in the schema")
            return beside
        return self._merged({key: rule for key, rule in target.items() if key not in _DEFS}, beside, at)

    def _merge_all_of(
        self, schema: Mapping[str, Any], parts: list[Any], at: str, refs: frozenset[str]
    ) -> tuple[dict[str, Any], frozenset[str]]:
        """Return one schema for the parts of an `allOf` and the keywords next to it."""
        united: dict[str, Any] = {}
        for number, part in enumerate(parts):
            place = f"{at}/allOf/{number}"
            if not isinstance(part, Mapping):
                if part is not True:
                    self._refuse(place, "allows no value at all")
                continue
            if isinstance(reference := part.get("$ref"), str) and united.keys() - _ANNOTATIONS:
                if reference in refs:
                    self._refuse(place, f"{reference} contains itself")
                    continue
                part, refs = self._with_target(part, reference, place), refs | {reference}
            united = self._merged(united, part, place)
        beside = {key: rule for key, rule in schema.items() if key != "allOf"}
        return self._merged(united, beside, at), refs

    def _merged(self, one: Mapping[str, Any], other: Mapping[str, Any], at: str) -> dict[str, Any]:
        """Return one schema for two that both apply; annotations come from the second."""
        merged = dict(one)
        for key, rule in other.items():
            if key == "properties" and isinstance(held := merged.get(key), Mapping):
                twice = [name for name in rule if name in held and held[name] != rule[name]]
                for name in twice:
                    self._refuse(f"{at}/properties/{_escaped(name)}", "two schemas apply to it: use one")
                merged[key] = {**held, **rule}
            elif key == "allOf" and isinstance(held := merged.get(key), list):
                merged[key] = [*held, *rule]
            elif key not in ("required", "additionalProperties", *_ANNOTATIONS) and merged.get(key, rule) != rule:
                self._refuse(f"{at}/{key}", f"two values apply, {_json(merged[key])} and {_json(rule)}: use one")
            else:
                merged[key] = rule
        return merged


_ANY = "allows any JSON, but strict mode needs a type: name the allowed types"
_FREE = "is an object with arbitrary keys: use a list of objects with a key field and a value field"


def _is_known(format_: Any) -> bool:
    return isinstance(format_, str) and format_ in _FORMATS


def _is_plain(pattern: Any) -> bool:
    """Return whether a regular expression has no lookaround, which the API refuses."""
    return isinstance(pattern, str) and not _LOOKAROUND.search(pattern)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
