"""The sampler: values that are valid against the schemas people write."""

import contextlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from chat_completions.local.patterns import NoMatchError, matching_text
from chat_completions.local.sample_maker import NoSampleError
from chat_completions.local.samples import sample_json, schema_problem
from tests.conftest import examples

NODE = {
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["value", "next"],
            "additionalProperties": False,
        }
    },
    "$ref": "#/$defs/node",
}
TREE = {
    "type": "object",
    "properties": {"children": {"type": "array", "items": {"$ref": "#"}}},
    "required": ["children"],
}
ALL_OF = {
    "allOf": [
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"properties": {"a": {"minLength": 8}, "b": {"type": "boolean"}}, "required": ["b"]},
    ]
}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        True,
        {"const": {"a": [1]}},
        {"enum": ["x", "y"]},
        {"type": "string", "minLength": 20},
        {"type": "string", "maxLength": 2},
        {"type": "string", "pattern": r"^\d{4}-[A-Z]{2}$"},
        {"type": "string", "pattern": "^(red|green)+[a-f]?$", "minLength": 6},
        {"type": "string", "format": "email"},
        {"type": "integer", "minimum": 7, "multipleOf": 5},
        {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5},
        {"type": "integer", "maximum": -3},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "number", "minimum": 0.3, "maximum": 0.4},
        {"type": "number", "multipleOf": 0.25, "minimum": 0.3},
        {"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True},
        {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
        {"type": "array", "items": {"type": "string"}, "maxItems": 0},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2},
        {"type": "array", "contains": {"const": 5}, "minItems": 2},
        {"type": ["null", "integer"]},
        {"type": "object", "required": ["x"]},
        {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
        {"type": "object", "patternProperties": {"^n_": {"type": "integer"}}, "required": ["n_a"]},
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "maxProperties": 1,
            "required": ["b"],
        },
        {"type": "object", "properties": {"a": False, "b": {}}},
        {"anyOf": [False, {"type": "integer"}]},
        {"oneOf": [{"type": "integer"}, {"type": "number"}]},
        {"not": {"type": "string"}, "anyOf": [{"type": "string"}, {"type": "integer"}]},
        {
            "properties": {"kind": {"const": "a"}},
            "required": ["kind"],
            "if": {"required": ["x"]},
            "then": {"required": ["y"]},
        },
        NODE,
        TREE,
        ALL_OF,
        {
            "$ref": "#/definitions/x",
            "definitions": {"x": {"type": "integer"}},
            "$schema": "http://json-schema.org/draft-07/schema#",
        },
        {"type": "array", "items": [{"type": "string"}], "$schema": "http://json-schema.org/draft-07/schema#"},
    ],
)
def test_a_sample_is_valid(schema):
    """For ordinary schemas the sample is valid, and always the same."""
    assert schema_problem(schema) is None
    text = sample_json(schema)
    assert sample_json(schema) == text
    if "$schema" not in (schema if isinstance(schema, dict) else {}):
        assert Draft202012Validator(schema).is_valid(json.loads(text))


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"$ref": "#"},
        {"$ref": "#/$defs/missing"},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "items": {}, "minItems": 10**9},
        {"type": "string", "pattern": r"^(?=x)y$"},
        {"type": "object", "properties": {"me": {"$ref": "#"}}, "required": ["me"]},
        {"enum": []},
    ],
)
def test_without_a_sample_it_says_so(schema):
    """An impossible, foreign or far too large schema is an error and never an endless walk."""
    with pytest.raises(NoSampleError):
        sample_json(schema)


@pytest.mark.parametrize("schema", [5, {"type": "any"}, {"required": True}, {"minimum": "1"}, {"pattern": "("}])
def test_what_is_no_schema_is_found_out(schema):
    """A value that the metaschema refuses has a problem."""
    assert schema_problem(schema)


def test_a_dense_recursive_schema_ends():
    """The walk has a budget, so that definitions that all refer to each other end soon."""
    names = [f"d{number}" for number in range(12)]
    properties = {name: {"$ref": f"#/$defs/{name}"} for name in names}
    schema = {"$defs": {name: {"type": "object", "properties": properties} for name in names}, "$ref": "#/$defs/d0"}
    assert isinstance(json.loads(sample_json(schema)), dict)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "^$",
        "a.c",
        "^[^a-z]+$",
        r"^\w+@\w+\.com$",
        "^(?:ab){2,3}$",
        "^(?P<y>x)?z$",
        "^x{3}$",
        r"^\+?\d{1,3}\s\S$",
        "a{,",
        "[]a]",
        r"^[\]\-]{2}$",
        r"\u0041\x42",
        "^a|b$",
    ],
)
def test_a_text_for_a_pattern(pattern):
    """The text for a pattern is found by the pattern."""
    assert re.search(pattern, matching_text(pattern)) is not None


@pytest.mark.parametrize(
    "pattern", ["(", "[", "(?<=a)b", r"(a)\1", "(?=a)", "x{99999}", "a)", "\\", "^[^\x00-\U0010ffff]$"]
)
def test_a_pattern_without_a_text(pattern):
    """What the small parser does not know is refused, and never hangs."""
    with pytest.raises(NoMatchError):
        matching_text(pattern)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab#$/", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "items",
                    "properties",
                    "anyOf",
                    "oneOf",
                    "allOf",
                    "$ref",
                    "enum",
                    "required",
                    "minItems",
                    "minLength",
                    "pattern",
                    "multipleOf",
                    "not",
                    "a",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@examples(150)
@given(JSON)
def test_any_value_as_a_schema_is_judged(schema):
    """Whatever comes as a schema, the sampler gives a valid value or says that it has none."""
    if isinstance(schema, dict) and schema_problem(schema) is None:
        with contextlib.suppress(NoSampleError):
            sample_json(schema)
