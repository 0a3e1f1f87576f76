"""Turn a validator's errors into the one fault that the API would report.

A union fails with the errors of all its branches. The intended branch is the one whose tag (a property with a single
allowed value, such as `role` or `type`) matches, or else the one that accepts the value's JSON type; its errors are
then treated in the same way. Of several faults the first in the document wins, and a missing field comes before the
faults inside its object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import ValidationError

Path = tuple[str | int, ...]

# Of a body with thousands of faults, only the first ones are considered.
_MAX_ERRORS = 64

_TYPE_WORDS = {
    "array": "an array",
    "boolean": "a boolean",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}

# keyword: (what is wrong, the sign in the message, the end of the error code)
_LIMITS = {
    "minimum": ("below minimum value", ">=", "below_min_value"),
    "exclusiveMinimum": ("below minimum value", ">", "below_min_value"),
    "maximum": ("above maximum value", "<=", "above_max_value"),
    "exclusiveMaximum": ("above maximum value", "<", "above_max_value"),
}
_SIZES = {
    "minItems": ("array", "array too short", "minimum", "below_min_length"),
    "maxItems": ("array", "array too long", "maximum", "above_max_length"),
    "minLength": ("string", "string too short", "minimum", "below_min_length"),
    "maxLength": ("string", "string too long", "maximum", "above_max_length"),
    "minProperties": ("object", "too few properties", "minimum", "below_min_properties"),
    "maxProperties": ("object", "too many properties", "maximum", "above_max_properties"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One violation of the contract.

    Attributes:
        path: Keys and indexes from the root of the value to the fault.
        message: What is wrong, without its place.
        code: The API's machine-readable reason.
    """

    path: Path
    message: str
    code: str

    @property
    def param(self) -> str | None:
        """The path as the API writes it, or None at the root."""
        return dotted(self.path) or None

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer (RFC 6901)."""
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.path)


def dotted(path: Path) -> str:
    """Return a path as the API writes it, such as `messages[0].content`; empty for the root.

    Args:
        path: Keys and indexes.
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def all_faults(errors: Iterable[ValidationError], instance: Any) -> list[Fault]:
    """Return one fault for each invalid value, in document order."""
    faults = {fault.path: fault for fault in map(_fault, islice(errors, _MAX_ERRORS))}
    return [faults[path] for path in sorted(faults, key=lambda path: _position(path, instance))]


def first_fault(errors: Iterable[ValidationError], instance: Any) -> Fault | None:
    """Return the fault to report, or None if there are no errors.

    Args:
        errors: The validator's errors for the root of the instance.
        instance: The value that was validated.
    """
    faults = [_fault(error) for error in islice(errors, _MAX_ERRORS)]
    return min(faults, key=lambda fault: _position(fault.path, instance), default=None)


def _position(path: Path, instance: Any) -> tuple[int, ...]:
    steps: list[int] = []
    for step in path:
        if isinstance(instance, dict) and step in instance:
            steps.append(list(instance).index(step))
            instance = instance[step]
        elif isinstance(instance, list) and isinstance(step, int):
            steps.append(step)
            instance = instance[step]
        else:
            steps.append(-1)
    return tuple(steps)


def _fault(error: ValidationError) -> Fault:
    path: Path = tuple(error.absolute_path)
    if error.validator in ("anyOf", "oneOf") and error.context:
        return _union_fault(error, path)
    value: Any = error.instance
    rule, keyword = _rule(error), str(error.validator)
    param = dotted(path) or "body"
    if keyword == "type":
        return _type_fault(path, _names(rule), value)
    if keyword in ("enum", "const"):
        return _value_fault(path, rule if keyword == "enum" else [rule], value)
    if keyword == "required":
        return _missing_fault((*path, _missing(error)[0]))
    if keyword == "additionalProperties" and isinstance(value, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        extra = next((name for name in value if name not in known), "")
        return Fault((*path, extra), f"Unknown parameter: '{dotted((*path, extra))}'.", "unknown_parameter")
    if keyword in _LIMITS:
        wrong, sign, tail = _LIMITS[keyword]
        kind = (
            "integer"
            if isinstance(error.schema, dict) and "integer" in _names(error.schema.get("type", []))
            else "decimal"
        )
        got = _format_value(value)
        message = f"Invalid '{param}': {kind} {wrong}. Expected a value {sign} {rule}, but got {got} instead."
        return Fault(path, message, f"{kind}_{tail}")
    if keyword in _SIZES:
        kind, wrong, bound, tail = _SIZES[keyword]
        if not len(value) and kind != "object":
            wrong, tail = f"empty {kind}", ""
        message = f"Invalid '{param}': {wrong}. Expected a {bound} length of {rule}, but got {len(value)}."
        return Fault(path, message, f"{kind}_{tail}" if tail else f"empty_{kind}")
    return Fault(
        path, f"Invalid value for '{param}': {_format_value(value)} violates the rule {keyword!r}.", "invalid_value"
    )


def _union_fault(error: ValidationError, path: Path) -> Fault:
    branches = _branches(error)
    typed = [branch for branch in branches if not any(_is_root_type(found) for found in branch)]
    if not typed:
        roots = [found for branch in branches for found in branch if _is_root_type(found)]
        names = [name for found in roots for name in _names(_rule(found))]
        return _type_fault(path, list(dict.fromkeys(names)), error.instance)
    tagged = [branch for branch in typed if not any(_tag(found) for found in branch)]
    if not tagged:
        tags = [found for branch in typed for found in branch if _tag(found)]
        name = _tag(tags[0])
        values = [_only_value(found) for found in tags if _tag(found) == name]
        return _value_fault((*path, name), values, tags[0].instance)
    if common := set.intersection(*(set(_missing_tags(branch)) for branch in tagged)):
        return _missing_fault((*path, min(common)))
    faults = [_fault(found) for found in min(tagged, key=len)]
    return min(faults, key=lambda fault: _position(fault.path[len(path) :], error.instance))


def _branches(error: ValidationError) -> list[list[ValidationError]]:
    """Return a union's errors by branch; a branch that is itself only a union is flattened."""
    grouped: dict[Any, list[ValidationError]] = {}
    for found in error.context or ():
        grouped.setdefault(found.relative_schema_path[0], []).append(found)
    branches: list[list[ValidationError]] = []
    for group in grouped.values():
        only = group[0]
        is_union = len(group) == 1 and only.validator in ("anyOf", "oneOf") and only.context
        if is_union and not only.relative_path:
            branches.extend(_branches(only))
        else:
            branches.append(group)
    return branches


def _is_root_type(error: ValidationError) -> bool:
    return error.validator == "type" and not error.relative_path


def _only_value(error: ValidationError) -> Any:
    return _rule(error)[0] if error.validator == "enum" else _rule(error)


def _tag(error: ValidationError) -> str:
    """Return the property that does not have its single allowed value, or an empty string."""
    is_single = error.validator == "const" or (error.validator == "enum" and len(_rule(error)) == 1)
    path = error.relative_path
    return str(path[0]) if is_single and len(path) == 1 and isinstance(path[0], str) else ""


def _missing(error: ValidationError) -> list[str]:
    held: Any = error.instance
    return [name for name in _rule(error) if name not in held]


def _missing_tags(branch: Sequence[ValidationError]) -> Iterable[str]:
    for error in branch:
        if error.validator == "required" and not error.relative_path and isinstance(error.schema, dict):
            for name in _missing(error):
                rule = error.schema.get("properties", {}).get(name, {})
                if "const" in rule or len(rule.get("enum", ())) == 1:
                    yield name


def _rule(error: ValidationError) -> Any:
    return error.validator_value


def _names(kind: str | list[str]) -> list[str]:
    return [kind] if isinstance(kind, str) else list(kind)


def _type_fault(path: Path, expected_types: list[str], value: Any) -> Fault:
    words = [_TYPE_WORDS.get(name, name) for name in expected_types]
    expected = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
    got = _TYPE_WORDS[json_type(value)]
    message = f"Invalid type for '{dotted(path) or 'body'}': expected {expected}, but got {got} instead."
    return Fault(path, message, "invalid_type")


def _value_fault(path: Path, allowed: Sequence[Any], value: Any) -> Fault:
    values = ", ".join(_format_value(item) for item in allowed)
    return Fault(path, f"Invalid value: {_format_value(value)}. Supported values are: {values}.", "invalid_value")


def _missing_fault(path: Path) -> Fault:
    return Fault(path, f"Missing required parameter: '{dotted(path)}'.", "missing_required_parameter")


def json_type(value: Any) -> str:
    """Return the JSON Schema name of a value's type, `integer` for a whole number."""
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def _format_value(value: Any) -> str:
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 80 else text[:79] + "…"
