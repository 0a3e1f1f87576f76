"""JSON schemas that come with a request: are they schemas, and what is valid against them.

Whatever the schema, this ends: the work is bounded, and a schema that needs more has a problem, or no sample.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from referencing.exceptions import Unresolvable

from .heeding import heeded
from .judging import judge_of, schema_error
from .sampler import NoSampleError, Sampler
from .work import OF_A_SCHEMA, TooMuchWork, bounded, spend

_TURNS = 4
_LONGEST = 2**19  # characters of JSON; the API takes far less
_TOO_LONG = f"it is longer than {_LONGEST:,} characters"
_TOO_MUCH = "it takes more work than the local server does for a schema; make it smaller"

# Whatever the walk or the validator trips over in an odd schema means that this walk has no sample.
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
    """Find out whether a value is a JSON schema.

    Args:
        schema: What should be a schema; its `$schema` chooses the dialect, 2020-12 if there is none.

    Returns:
        What is wrong with it, or None.

    Raises:
        TooMuchWork: It is one schema too many for one request.
    """
    text = json.dumps(schema)
    if len(text) > _LONGEST:
        return _TOO_LONG
    (_, problem), steps = _problem(text)
    spend(steps)
    return problem


def sample_json(schema: Any) -> str:
    """Make a value that is valid against a schema; the same schema always gives the same value.

    Args:
        schema: A JSON schema; references are followed inside it only.

    Returns:
        The value as JSON text.

    Raises:
        NoSampleError: If no value was found: the schema allows none, or needs more than the sampler tries.
        TooMuchWork: It is one schema too many for one request.
    """
    text = json.dumps(schema)
    if len(text) > _LONGEST:
        raise NoSampleError(_TOO_LONG)
    (found, problem), steps = _sampled(text)
    spend(steps)
    if found is None:
        raise NoSampleError(problem or "no sample was found for the schema")
    return found


_Found = tuple[str | None, str | None]


def _within_bounds(work: Callable[[Any], _Found]) -> Callable[[str], tuple[_Found, int]]:
    """Do something with a schema, and return what came of it with the steps that it took; both are remembered."""

    @lru_cache(maxsize=64)
    def done(text: str) -> tuple[_Found, int]:
        with bounded(OF_A_SCHEMA) as counting:
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
    except Warning:  # a pattern that Python only warns of, where warnings are errors
        return None, None
    if error is None:
        return None, None
    return None, error.message if len(error.message) <= 200 else error.message[:199] + "…"


@_within_bounds
def _sampled(schema: Any) -> _Found:
    text = json.dumps(schema)
    if '"unevaluatedProperties": ' in text and '"patternProperties": ' in text:
        return None, "unevaluatedProperties together with patternProperties is not known here"  # see `judging`
    judge = judge_of(schema)
    reason = None
    for source, optional in itertools.product((heeded(schema), schema), (True, False)):
        for turn in range(_TURNS):
            try:
                value = Sampler(source, turn, optional).value(source)
                if judge.is_valid(value):
                    return json.dumps(value, ensure_ascii=False), None
            except _FAILURES as error:
                reason = reason or (str(error) if isinstance(error, NoSampleError) else None)
    return None, reason
