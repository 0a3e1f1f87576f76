"""Create a value for a JSON schema in one walk: the first enum value, else a plain value of the type."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from typing import Any

from .patterns import NoMatchError, finds, matching_text
from .work_limit import spend

_MAX_NODES = 20_000
_MAX_LENGTH = 100_000

_FORMATS = {
    "date": "2024-01-31",
    "date-time": "2024-01-31T12:00:00Z",
    "decimal": "1.5",
    "duration": "P1D",
    "email": "user@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "time": "12:00:00Z",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_KEYWORDS_OF_TYPE = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties"),
    "array": ("items", "prefixItems", "minItems", "uniqueItems", "contains"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


class NoSampleError(ValueError):
    """No valid value was found for a schema."""


class Sampler:
    """Walk a schema once.

    Each turn chooses other branches of the unions. A reference inside its own expansion has no sample, so recursion
    ends where a property is optional, a list may be empty or a union has another branch.

    Args:
        root: The schema that references point into.
        turn: Which branches to choose, from 0.
        optional: Whether properties that are not required are filled in.
    """

    def __init__(self, root: Any, turn: int, optional: bool) -> None:
        self._root = root
        self._turn = turn
        self._optional = optional
        self._left = _MAX_NODES

    def value(self, schema: Any, name: str = "text", index: int = 0, refs: frozenset[str] = frozenset({"#"})) -> Any:
        """Return a value for a schema.

        Args:
            schema: The root, or a schema inside it.
            name: The text for strings: the name of the property.
            index: Position in a list, so that the items differ.
            refs: The references being expanded.

        Returns:
            A JSON value, valid as far as one walk can tell.

        Raises:
            NoSampleError: If the walk finds no value.
        """
        self._left -= 1
        spend(2)
        if self._left < 0:
            raise NoSampleError(
                f"a sample would have more than {_MAX_NODES:,} parts, which is more work than the server allows"
            )
        if schema is False:
            raise NoSampleError("nothing is allowed here")
        if schema is True:
            return name
        schema, refs = self._flat(schema, refs)
        if "const" in schema:
            return _spend_on(schema["const"])
        if "enum" in schema:
            return _spend_on(schema["enum"][index % len(schema["enum"])])
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self._union(schema, keyword, name, index, refs)
        kind = self._kind(schema)
        if kind == "object":
            return self._object(schema, refs)
        if kind == "array":
            return self._array(schema, name, refs)
        if kind == "string":
            return self._string(schema, name, index)
        if kind in ("integer", "number"):
            return self._number(schema, kind, index)
        return True if kind == "boolean" else None

    def _flat(self, schema: Mapping[str, Any], refs: frozenset[str]) -> tuple[dict[str, Any], frozenset[str]]:
        """Return the schema with its reference and its `allOf` merged in."""
        spend(1 + len(schema))
        merged = {key: rule for key, rule in schema.items() if key not in ("$ref", "allOf", "if", "then", "else")}
        parts = list(schema.get("allOf", ()))
        if "if" in schema:
            met = self._turn % 2 == 0
            parts += [schema["if"], schema.get("then", True)] if met else [schema.get("else", True)]
        if "$ref" in schema:
            if schema["$ref"] in refs:
                raise NoSampleError("the schema refers to itself")
            refs |= {schema["$ref"]}
            parts.append(self._target(schema["$ref"]))
        for part in parts:
            if part is False:
                raise NoSampleError("nothing is allowed here")
            if part is not True:
                flat, refs = self._flat(part, refs)
                merged = _merged(merged, flat)
        return merged, refs

    def _target(self, reference: str) -> Any:
        node = self._root
        spend(1 + len(reference) // 64)
        if not reference.startswith("#"):
            raise NoSampleError(f"the reference {reference!r} leaves the schema")
        for step in filter(None, reference[1:].split("/")):
            key = step.replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(key)] if isinstance(node, list) else node[key]
            except (KeyError, IndexError) as error:
                raise NoSampleError(f"the reference {reference!r} leads nowhere") from error
        return node

    def _union(self, schema: dict[str, Any], keyword: str, name: str, index: int, refs: frozenset[str]) -> Any:
        rest = {key: rule for key, rule in schema.items() if key != keyword}
        branches = schema[keyword]
        first = self._turn % len(branches)
        spend(len(branches))
        for branch in branches[first:] + branches[:first]:
            try:
                return self.value({"allOf": [rest, branch]}, name, index, refs)
            except NoSampleError:
                continue
        raise NoSampleError("no branch of the union has a sample")

    def _kind(self, schema: Mapping[str, Any]) -> str:
        named = schema.get("type")
        if isinstance(named, list):
            return str(named[self._turn % len(named)]) if named else "null"
        if named:
            return str(named)
        return next(
            (kind for kind, signs in _KEYWORDS_OF_TYPE.items() if any(sign in schema for sign in signs)), "string"
        )

    def _object(self, schema: Mapping[str, Any], refs: frozenset[str]) -> dict[str, Any]:
        known, required = schema.get("properties", {}), schema.get("required", [])
        others = schema.get("additionalProperties", True)
        made: dict[str, Any] = {}
        needed = set(required)
        spend(len(known) + len(needed))
        for key, rule in known.items():
            if key in needed:
                made[key] = self.value(rule, key, 0, refs)
            elif self._optional:
                try:
                    made[key] = self.value(rule, key, 0, refs)
                except NoSampleError:
                    continue
        for key in required:
            if key not in made:
                patterns = schema.get("patternProperties", {})
                rules = [rule for pattern, rule in patterns.items() if finds(pattern, key)]
                made[key] = self.value({"allOf": rules} if rules else others, key, 0, refs)
        while len(made) < schema.get("minProperties", 0):
            made[f"key{len(made) + 1}"] = self.value(others, "text", len(made), refs)
        return made

    def _array(self, schema: Mapping[str, Any], name: str, refs: frozenset[str]) -> list[Any]:
        first, rule = schema.get("prefixItems", []), schema.get("items", True)
        if isinstance(rule, list):
            first, rule = rule, schema.get("additionalItems", True)
        made = [self.value(part, name, 0, refs) for part in first]
        if "contains" in schema:
            wanted = max(1, schema.get("minContains", 1))
            made += [self.value({"allOf": [schema["contains"], rule]}, name, number, refs) for number in range(wanted)]
        least = schema.get("minItems", 0)
        while len(made) < least:
            made.append(self.value(rule, name, len(made), refs))
        if not made and "items" in schema and self._optional and schema.get("maxItems", 1):
            try:
                made.append(self.value(rule, name, 0, refs))
            except NoSampleError:
                return []
        return made

    def _string(self, schema: Mapping[str, Any], name: str, index: int) -> str:
        least, most = schema.get("minLength", 0), schema.get("maxLength", _MAX_LENGTH)
        if least > _MAX_LENGTH:
            raise NoSampleError("the text would be too long")
        if "pattern" in schema:
            try:
                text = matching_text(schema["pattern"], max(self._turn, index))
                short = int(least) - len(text)
                text = text if short <= 0 else matching_text(schema["pattern"], max(self._turn, index) + short)
            except NoMatchError as error:
                raise NoSampleError(str(error)) from error
            spend(len(text) // 64)
            return text
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        if schema.get("contentEncoding") == "base64":
            return base64.b64encode(name.encode()).decode()
        text = f"{name}{index + 1}" if index else name
        spend(int(max(len(text), least)) // 64)
        if len(text) < least:
            text = (text + " ") * math.ceil(least / (len(text) + 1))
            text = text[: int(least)].rstrip().ljust(int(least), "x")
        return text[: int(most)]

    def _number(self, schema: Mapping[str, Any], kind: str, index: int) -> int | float:
        low, above = schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf)
        high, below = schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf)
        step = schema.get("multipleOf", 1 if kind == "integer" else 0)
        if kind == "integer" and isinstance(step, float) and not step.is_integer():
            step = 1
        # The smallest and the largest integer (or multiple) within the four limits.
        unit = step or 1
        least = -math.inf if max(low, above) == -math.inf else math.ceil(max(low, above) / unit)
        most = math.inf if min(high, below) == math.inf else math.floor(min(high, below) / unit)
        least += least * unit <= above
        most -= most * unit >= below
        count = min(max(1 + index, least), most)
        if count >= least:
            value: int | float = count * unit
            if kind == "integer":
                return int(value)
            # Odd turns add a fraction, for a union that needs one.
            return value + 0.5 if self._turn % 2 and not step and value + 0.5 < min(high, below) else value
        if step:
            raise NoSampleError("no number is allowed here")
        return float((max(low, above) + min(high, below)) / 2)


def _spend_on(value: Any) -> Any:
    """Return a value from a schema, and count its size, because it may be repeated often."""
    spend(len(json.dumps(value)) // 64)
    return value


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return one schema with the rules of two, as far as one schema can express them."""
    merged = dict(one)
    spend(len(one))
    for key, rule in other.items():
        held = merged.get(key)
        spend(sum(len(value) for value in (held, rule) if isinstance(value, (dict, list))))
        if held is None or key not in merged:
            merged[key] = rule
        elif key == "properties":
            both = {name: {"allOf": [held[name], part]} if name in held else part for name, part in rule.items()}
            merged[key] = {**held, **both}
        elif key == "required":
            merged[key] = list(dict.fromkeys([*held, *rule]))
        elif key == "enum":
            spend(len(held) * len(rule) // 8)
            merged[key] = [item for item in held if item in rule] or rule
        elif key in ("anyOf", "oneOf"):
            merged["allOf"] = [*merged.get("allOf", ()), {key: rule}]
        elif key == "allOf":
            merged[key] = [*held, *rule]
        elif key == "type":
            mine, theirs = ([kinds] if isinstance(kinds, str) else kinds for kinds in (held, rule))
            if common := [kind for kind in mine if kind in theirs]:
                merged[key] = common
            elif "integer" in (*mine, *theirs):
                merged[key] = "integer"
        elif key in ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"):
            merged[key] = max(held, rule)
        elif key in ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"):
            merged[key] = min(held, rule)
    return merged
