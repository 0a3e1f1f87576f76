"""Every spelling of "may be null" becomes one that JSON Schema 2020-12 knows, and nothing else changes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.specs import Json, obj, ref, spec
from tools.schema.nulls import accepts_null, null_unions

NULL = {"type": "null"}
SCHEMAS = {
    "Foo": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    "Soft": {"type": "object", "nullable": True, "properties": {"a": {"type": "string"}}},
    "Alias": {"$ref": "#/components/schemas/Soft"},
}

# A schema with `nullable: true`, and what it is in JSON Schema 2020-12.
SPELLINGS: dict[str, tuple[Json, Json]] = {
    "type": ({"type": "string"}, {"type": ["string", "null"]}),
    "type list": ({"type": ["string", "integer"]}, {"type": ["string", "integer", "null"]}),
    "type list with null": ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
    "limits stay": ({"type": "integer", "minimum": 1}, {"type": ["integer", "null"], "minimum": 1}),
    "typed enum": ({"type": "string", "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
    "enum that has null": ({"type": "string", "enum": [None, "a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
    "null type, enum without": (
        {"type": ["string", "null"], "enum": ["a"]},
        {"type": ["string", "null"], "enum": ["a", None]},
    ),
    "bare enum": ({"enum": ["a", 1]}, {"anyOf": [{"enum": ["a", 1]}, NULL]}),
    "typed const": ({"type": "string", "const": "a"}, {"type": ["string", "null"], "enum": ["a", None]}),
    "bare const": ({"const": "a"}, {"anyOf": [{"const": "a"}, NULL]}),
    "$ref": (ref("Foo"), {"anyOf": [ref("Foo"), NULL]}),
    "$ref with prose": ({**ref("Foo"), "description": "d"}, {"description": "d", "anyOf": [ref("Foo"), NULL]}),
    "$ref to what takes null": (ref("Soft"), ref("Soft")),
    "$ref over an alias": (ref("Alias"), ref("Alias")),
    "anyOf": ({"anyOf": [ref("Foo"), {"type": "string"}]}, {"anyOf": [ref("Foo"), {"type": "string"}, NULL]}),
    "anyOf with null": ({"anyOf": [ref("Foo"), NULL]}, {"anyOf": [ref("Foo"), NULL]}),
    "oneOf": ({"oneOf": [ref("Foo"), {"type": "string"}]}, {"oneOf": [ref("Foo"), {"type": "string"}, NULL]}),
    "oneOf with two nulls": (
        {"oneOf": [ref("Soft"), {"type": ["string", "null"]}]},
        {"anyOf": [{"oneOf": [ref("Soft"), {"type": ["string", "null"]}]}, NULL]},
    ),
    "allOf": ({"allOf": [ref("Foo")]}, {"anyOf": [{"allOf": [ref("Foo")]}, NULL]}),
    "allOf of what takes null": ({"allOf": [ref("Soft")]}, {"allOf": [ref("Soft")]}),
    "allOf with anything": ({"allOf": [True, ref("Foo")]}, {"anyOf": [{"allOf": [True, ref("Foo")]}, NULL]}),
    "type and anyOf": (
        {"type": "object", "anyOf": [ref("Foo")]},
        {"anyOf": [{"type": "object", "anyOf": [ref("Foo")]}, NULL]},
    ),
    "anyOf and oneOf": (
        {"anyOf": [ref("Foo")], "oneOf": [ref("Foo")]},
        {"anyOf": [{"anyOf": [ref("Foo")], "oneOf": [ref("Foo")]}, NULL]},
    ),
    "not": ({"not": NULL}, {"anyOf": [{"not": NULL}, NULL]}),
    "properties without type": ({"properties": {"a": {}}}, {"anyOf": [{"properties": {"a": {}}}, NULL]}),
    "anything": ({}, {}),
    "prose only": ({"description": "d"}, {"description": "d"}),
}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("name", SPELLINGS)
def test_spellings(name: str, version: str) -> None:
    """Each spelling, in both versions, wherever a schema can stand."""
    schema, expected = SPELLINGS[name]
    nullable = {**schema, "nullable": True}
    places = {
        "property": {"type": "object", "properties": {"a": nullable}},
        "items": {"type": "array", "items": nullable},
        "map": {"type": "object", "additionalProperties": nullable},
        "variant": {"anyOf": [{"type": "integer"}, nullable]},
        "part": {"allOf": [nullable]},
    }
    document = spec({**SCHEMAS, **places}, body=nullable, version=version)
    before = copy.deepcopy(document)
    changed = null_unions(document)
    found = changed["components"]["schemas"]
    assert found["property"]["properties"]["a"] == expected
    assert found["items"]["items"] == expected
    assert found["map"]["additionalProperties"] == expected
    assert found["variant"]["anyOf"][1] == expected
    assert found["part"]["allOf"] == [expected]
    body = changed["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == expected
    assert document == before
    assert changed["openapi"] == "3.1.0"


@pytest.mark.parametrize("name", SPELLINGS)
def test_null_is_valid_and_nothing_else_became_so(name: str) -> None:
    """What was valid is; null is, too."""
    schema, _ = SPELLINGS[name]
    document = null_unions(spec({**SCHEMAS, "It": {**schema, "nullable": True}, "Was": schema}))
    resolver = {"components": document["components"]}
    now = Draft202012Validator({**resolver, **ref("It")})
    was = Draft202012Validator({**resolver, **ref("Was")})
    assert now.is_valid(None)
    assert accepts_null(document["components"]["schemas"]["It"], document["components"]["schemas"])
    for instance in ("a", "b", 0, 1, 1.5, True, [], [1], {}, {"a": "x"}, {"a": 1}):
        assert now.is_valid(instance) == was.is_valid(instance), instance


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"properties": {"nullable": {"type": "string"}}}, {"properties": {"nullable": {"type": "string"}}}),
        ({"enum": ["nullable"], "default": {"nullable": True}}, {"enum": ["nullable"], "default": {"nullable": True}}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
        ({"exclusiveMinimum": 3}, {"exclusiveMinimum": 3}),
        (True, True),
        (False, False),
    ],
)
def test_what_is_not_about_null(schema: Any, expected: Any) -> None:
    """False is no null, a property called nullable is a property, and the boolean limits of 3.0 become numbers."""
    assert null_unions(spec({"It": schema}))["components"]["schemas"]["It"] == expected


def test_schemas_that_contain_themselves() -> None:
    """Recursion, even without end, is followed once."""
    schemas = {"A": ref("B"), "B": ref("A"), "N": obj({"n": {**ref("N"), "nullable": True}, "a": ref("A")})}
    found = null_unions(spec(schemas))["components"]["schemas"]
    assert found["N"]["properties"]["n"] == {"anyOf": [ref("N"), NULL]}
    assert not accepts_null(found["A"], found)
