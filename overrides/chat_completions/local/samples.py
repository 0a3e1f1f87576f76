"""JSON schemas that come with a request: are they schemas, and what is valid against them."""

from __future__ import annotations

import itertools
import json
import re
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from .heeding import heeded
from .sampler import NoSampleError, Sampler

_TURNS = 4

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
    """
    return _problem(json.dumps(schema))


def sample_json(schema: Any) -> str:
    """Make a value that is valid against a schema; the same schema always gives the same value.

    Args:
        schema: A JSON schema; references are followed inside it only.

    Returns:
        The value as JSON text.

    Raises:
        NoSampleError: If no value was found: the schema allows none, or needs more than the sampler tries.
    """
    text = _sampled(json.dumps(schema))
    if text is None:
        raise NoSampleError("no sample was found for the schema")
    return text


def _dialect(schema: Any) -> type[Validator]:
    named = isinstance(schema, dict) and isinstance(schema.get("$schema"), str)
    return validator_for(schema, default=Draft202012Validator) if named else Draft202012Validator


@lru_cache(maxsize=256)
def _problem(text: str) -> str | None:
    schema = json.loads(text)
    try:
        _dialect(schema).check_schema(schema)
    except SchemaError as error:
        return error.message if len(error.message) <= 200 else error.message[:199] + "…"
    except RecursionError:
        return "it is nested too deeply"
    except Warning:  # a pattern that Python only warns of, where warnings are errors
        return None
    return None


@lru_cache(maxsize=256)
def _sampled(text: str) -> str | None:
    schema = json.loads(text)
    # An empty registry, so that a foreign $ref never goes out to the network.
    validator = _dialect(schema)(schema, registry=Registry())
    for source, optional in itertools.product((heeded(schema), schema), (True, False)):
        for turn in range(_TURNS):
            try:
                value = Sampler(source, turn, optional).value(source)
                if validator.is_valid(value):
                    return json.dumps(value, ensure_ascii=False)
            except _FAILURES:
                continue
    return None
