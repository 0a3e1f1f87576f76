"""The validators of jsonschema, with their work counted and without backtracking.

The keywords are the library's, except those that match patterns and `uniqueItems`, which compares all pairs. The
library's `unevaluatedProperties` matches the patterns of `patternProperties` with backtracking, so a schema that has
both must not be validated here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators
from jsonschema.protocols import Validator
from jsonschema_specifications import REGISTRY
from referencing import Registry
from referencing.jsonschema import specification_with

from .patterns import MAX_PATTERN_LENGTH, finds
from .work_limit import spend

_REFERENCE_STEPS = 32  # to follow a reference

_CHEAP = ("properties", "required", "type")  # their cost does not grow with what is absent

_Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


def _dialect_of(schema: Any) -> type[Validator]:
    """Return the library's validator for a schema's `$schema`; 2020-12 if it is missing or unknown."""
    named = isinstance(schema, dict) and isinstance(schema.get("$schema"), str)
    return validators.validator_for(schema, default=Draft202012Validator) if named else Draft202012Validator


def schema_error(schema: Any) -> ValidationError | None:
    """Return the first error that the metaschema finds in a schema, or None.

    Raises:
        TooMuchWork: If the schema is too large.
    """
    dialect = _dialect_of(schema)
    metaschema: Any = dialect.META_SCHEMA
    validator: Any = _counted(dialect, 8)(
        _without_dialects(metaschema), registry=_metaschemas(), format_checker=_PATTERN_FORMAT
    )
    return next(validator.iter_errors(schema), None)


def validator_for(schema: Any) -> Validator:
    """Return the validator for a schema; it never fetches a reference from the network.

    Its methods raise TooMuchWork once the steps are used up.
    """
    # The library searches the whole schema for each anchor, such as `#name`. The size is rounded up to a power of two,
    # so that few validator classes are made.
    counted = _counted(_dialect_of(schema), _REFERENCE_STEPS + (1 << (len(json.dumps(schema)) // 256).bit_length()))
    validator: Validator = counted(_without_dialects(schema), registry=_metaschemas())
    return validator


@lru_cache
def _counted(dialect: Any, anchor_steps: int) -> Any:
    extend: Any = validators.extend
    keywords = {
        **dialect.VALIDATORS,
        **{name: check for name, check in _REPLACED.items() if name in dialect.VALIDATORS},
    }
    return extend(dialect, {name: partial(_check, name, check, anchor_steps) for name, check in keywords.items()})


def _check(
    name: str, check: _Keyword, anchor_steps: int, validator: Any, rule: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    size = sum(len(value) for value in (rule, instance) if isinstance(value, (dict, list)))
    steps = 1 + (size // 16 if name in _CHEAP else size)
    if name in ("enum", "const"):
        steps += len(json.dumps(rule)) // 64
    elif name.startswith("unevaluated"):
        steps += steps * steps // 8  # the library searches a list of what it has evaluated
    elif name.startswith("$"):
        steps += _REFERENCE_STEPS if str(rule).startswith("#/") else anchor_steps
    spend(steps)
    for error in check(validator, rule, instance, schema) or ():
        spend(len(error.message) // 64)
        yield error


def _pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not finds(pattern, instance):
        yield ValidationError(f"{instance[:80]!r} does not match {pattern[:80]!r}")


def _pattern_properties(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for pattern, inner in rule.items():
            for key, value in instance.items():
                if finds(pattern, key):
                    yield from validator.descend(value, inner, path=key, schema_path=pattern)


def _additional_properties(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key, value in instance.items():
        if key not in known and not any(finds(pattern, key) for pattern in patterns):
            if rule is False:
                yield ValidationError(f"Additional properties are not allowed ({key[:80]!r} was unexpected)")
            elif isinstance(rule, dict):
                yield from validator.descend(value, rule, path=key)


def _unique_items(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if rule and isinstance(instance, list) and len(set(map(_comparable, instance))) < len(instance):
        yield ValidationError("the array has non-unique elements")


def _comparable(value: Any) -> Any:
    """Return a hashable value that is equal only for equal JSON values: 1 equals 1.0, and neither equals true."""
    spend()
    if isinstance(value, list):
        return "list", tuple(map(_comparable, value))
    if isinstance(value, dict):
        return "dict", frozenset((key, _comparable(inner)) for key, inner in value.items())
    return isinstance(value, bool), value


_REPLACED: Mapping[str, _Keyword] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
}

_PATTERN_FORMAT = FormatChecker(formats=())


@_PATTERN_FORMAT.checks("regex", raises=re.error)
def _is_pattern(value: object) -> bool:
    if isinstance(value, str) and len(value) <= MAX_PATTERN_LENGTH:
        spend(1 + len(value))
        re.compile(value)
    return True


@lru_cache
def _metaschemas() -> Registry[Any]:
    resources = []
    for address in REGISTRY:
        content: Any = REGISTRY.contents(address)
        specification = specification_with(content["$schema"])
        resources.append((address, specification.create_resource(_without_dialects(content))))
    return Registry().with_resources(resources).crawl()


def _without_dialects(schema: Any) -> Any:
    """Remove each `$schema`: for a part with one, the library would use a validator that does not count."""
    if isinstance(schema, list):
        return [_without_dialects(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_dialects(part) for key, part in schema.items() if key != "$schema" or not isinstance(part, str)
    }
