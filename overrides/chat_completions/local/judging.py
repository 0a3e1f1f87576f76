"""Validators of jsonschema whose work is counted, and which match no pattern by going back.

Each keyword is the library's own but for those that match patterns, and `uniqueItems`, which compares each with each.
`unevaluatedProperties` is the library's too, and matches the patterns of `patternProperties` by going back: a schema
that has both is not to be judged here.
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

from .patterns import LONGEST_PATTERN, finds
from .work import spend

_A_REFERENCE = 32  # steps that it takes to follow one

_QUICK = ("properties", "required", "type")  # which only look at what is there

_Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


def dialect_of(schema: Any) -> type[Validator]:
    """Return the library's validator for a schema's `$schema`, that of 2020-12 if there is none or it is not known."""
    named = isinstance(schema, dict) and isinstance(schema.get("$schema"), str)
    return validators.validator_for(schema, default=Draft202012Validator) if named else Draft202012Validator


def schema_error(schema: Any) -> ValidationError | None:
    """Return what the metaschema has against a schema, or None.

    Raises:
        TooMuchWork: The schema is too large.
    """
    dialect = dialect_of(schema)
    metaschema: Any = dialect.META_SCHEMA
    judge: Any = _counted(dialect, 8)(_without_dialects(metaschema), registry=_metaschemas(), format_checker=_PATTERNS)
    return next(judge.iter_errors(schema), None)


def judge_of(schema: Any) -> Validator:
    """Return the validator for a schema; a foreign reference never goes out to the network.

    Its methods raise TooMuchWork if the work is too much.
    """
    # To find a name, as `#name`, the library looks through the whole schema each time; so many sizes and no more.
    counted = _counted(dialect_of(schema), _A_REFERENCE + (1 << (len(json.dumps(schema)) // 256).bit_length()))
    validator: Validator = counted(_without_dialects(schema), registry=_metaschemas())
    return validator


@lru_cache
def _counted(dialect: Any, a_name: int) -> Any:
    extend: Any = validators.extend
    keywords = {**dialect.VALIDATORS, **{name: own for name, own in _OWN.items() if name in dialect.VALIDATORS}}
    return extend(dialect, {name: partial(_check, name, check, a_name) for name, check in keywords.items()})


def _check(
    name: str, check: _Keyword, a_name: int, validator: Any, rule: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    size = sum(len(value) for value in (rule, instance) if isinstance(value, (dict, list)))
    steps = 1 + (size // 16 if name in _QUICK else size)
    if name in ("enum", "const"):
        steps += len(json.dumps(rule)) // 64
    elif name.startswith("unevaluated"):
        steps += steps * steps // 8  # the library keeps what it has seen in lists
    elif name.startswith("$"):
        steps += _A_REFERENCE if str(rule).startswith("#/") else a_name
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
    """Return what is equal for equal JSON values only, and can be in a set: 1 is 1.0, and neither is true."""
    spend()
    if isinstance(value, list):
        return "list", tuple(map(_comparable, value))
    if isinstance(value, dict):
        return "dict", frozenset((key, _comparable(inner)) for key, inner in value.items())
    return isinstance(value, bool), value


_OWN: Mapping[str, _Keyword] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
}

_PATTERNS = FormatChecker(formats=())


@_PATTERNS.checks("regex", raises=re.error)
def _is_pattern(value: object) -> bool:
    if isinstance(value, str) and len(value) <= LONGEST_PATTERN:
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
    """Return a schema whose parts are all judged by the validator that judges the whole.

    The library takes its own validator, which counts nothing, for a part with a `$schema`.
    """
    if isinstance(schema, list):
        return [_without_dialects(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_dialects(part) for key, part in schema.items() if key != "$schema" or not isinstance(part, str)
    }
