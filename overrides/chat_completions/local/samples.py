"""The JSON schemas of a request: whether they are valid schemas, and a sample value for each.

This ends for every schema: the work is limited, and a schema that needs more is reported as a problem or has no sample.

Strict mode does not support every keyword; the client moves those that it leaves out into the description, such as
`minLength: 3; format: "uri"`, for the model to follow. Samples follow them as well.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from referencing.exceptions import Unresolvable

from .counted_validators import schema_error, validator_for
from .sample_maker import NoSampleError, Sampler
from .work_limit import STEPS_PER_SCHEMA, TooMuchWork, bounded, spend

_TURNS = 4
_MAX_LENGTH = 2**19  # characters of JSON; the API accepts far less
_TOO_LONG = f"it is longer than {_MAX_LENGTH:,} characters"
_TOO_MUCH = "it takes more work than the local server allows for one schema; make it smaller"

# Any of these, raised by the sampler or the validator for an odd schema, means that this attempt has no sample.
_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    Unresolvable,
    ValueError,
    Warning,
    re.error,
)


def schema_problem(schema: Any) -> str | None:
    """Return what is wrong with a JSON schema, or None.

    Args:
        schema: The schema; its `$schema` chooses the dialect, 2020-12 by default.

    Raises:
        TooMuchWork: If the request has used up its steps.
    """
    text = json.dumps(schema)
    if len(text) > _MAX_LENGTH:
        return _TOO_LONG
    (_, problem), steps = _problem(text)
    spend(steps)
    return problem


def sample_json(schema: Any) -> str:
    """Return a value that is valid against a schema; the same schema always has the same sample.

    Args:
        schema: A JSON schema; only references inside it are followed.

    Returns:
        The value as JSON text.

    Raises:
        NoSampleError: If the schema allows no value, or the sampler did not find one.
        TooMuchWork: If the request has used up its steps.
    """
    text = json.dumps(schema)
    if len(text) > _MAX_LENGTH:
        raise NoSampleError(_TOO_LONG)
    (found, problem), steps = _sampled(text)
    spend(steps)
    if found is None:
        raise NoSampleError(problem or "no sample was found for the schema")
    return found


_Found = tuple[str | None, str | None]


def _within_bounds(work: Callable[[Any], _Found]) -> Callable[[str], tuple[_Found, int]]:
    """Limit a function of a schema; return a cached function from the schema's JSON to its result and steps."""

    @lru_cache(maxsize=64)
    def done(text: str) -> tuple[_Found, int]:
        with bounded(STEPS_PER_SCHEMA) as counting:
            try:
                return work(json.loads(text)), counting.spent
            except TooMuchWork:
                return (None, _TOO_MUCH), counting.spent

    return done


@_within_bounds
def _problem(schema: Any) -> _Found:
    try:
        error = schema_error(schema)
    except RecursionError:
        return None, "it is nested too deeply"
    except Warning:  # a pattern that Python only warns about, in a process that turns warnings into errors
        return None, None
    if error is None:
        return None, None
    return None, error.message if len(error.message) <= 200 else error.message[:199] + "…"


@_within_bounds
def _sampled(schema: Any) -> _Found:
    text = json.dumps(schema)
    if '"unevaluatedProperties": ' in text and '"patternProperties": ' in text:
        # See `counted_validators`.
        return None, "unevaluatedProperties together with patternProperties is not supported"
    validator = validator_for(schema)
    reason = None
    for source, optional in itertools.product((with_keywords(schema), schema), (True, False)):
        for turn in range(_TURNS):
            try:
                value = Sampler(source, turn, optional).value(source)
                if validator.is_valid(value):
                    return json.dumps(value, ensure_ascii=False), None
            except _FAILURES as error:
                reason = reason or (str(error) if isinstance(error, NoSampleError) else None)
    return None, reason


_KEYWORDS = {"in this order": "prefixItems"}
_PATTERN = re.compile(r"(?:^|[(;] ?)(minLength|maxLength|pattern|format|uniqueItems|contentEncoding|in this order): ")


def with_keywords(schema: Any) -> Any:
    """Return the schema with the keywords in its descriptions added; keywords that it already has win.

    Args:
        schema: A JSON schema; it is not changed.
    """
    if isinstance(schema, list):
        return [with_keywords(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    stated = {key: with_keywords(rule) for key, rule in schema.items()}
    description = stated.get("description")
    described = _described_keywords(description) if isinstance(description, str) else {}
    if "prefixItems" in described:
        stated.pop("items", None)
    return {**described, **stated}


def _described_keywords(description: str) -> dict[str, Any]:
    keywords = {}
    for found in _PATTERN.finditer(description):
        try:
            rule, _ = json.JSONDecoder().raw_decode(description, found.end())
        except ValueError:
            continue
        keywords[_KEYWORDS.get(found.group(1), found.group(1))] = rule
    return keywords
