"""Any JSON Schema becomes one that strict mode takes, or is refused with the places that stand against it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from chat_completions import SchemaError, response_format_for, strict_schema
from chat_completions.local.samples import sample_json
from tests.conftest import examples
from tests.structured.kinds import WEATHERS, WRAPPED, Everything, EverythingOfMsgspec, Tree
from tests.structured.rules import broken_rules

TEXT = {"type": "string"}
NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "value": TEXT}}
CLOSED = {"additionalProperties": False}


def holding(part: Any, **more: Any) -> dict[str, Any]:
    """Return an object with a schema as the property `a`."""
    return {"type": "object", "properties": {"a": part}, **more}


def held(part: Any, **more: Any) -> dict[str, Any]:
    """Return the strict form of `holding`."""
    return {"type": "object", "properties": {"a": part}, "required": ["a"], **CLOSED, **more}


# What stands in the property `a`, and its strict form.
REWRITTEN: dict[str, tuple[Any, Any]] = {
    "nothing to do": (TEXT, TEXT),
    "a bound of a number": ({"type": "integer", "minimum": 1, "multipleOf": 2}, ...),
    "bounds of a list": ({"type": "array", "items": TEXT, "minItems": 1, "maxItems": 2}, ...),
    "a known format": ({"type": "string", "format": "uuid"}, ...),
    "a plain pattern": ({"type": "string", "pattern": "^a(?:b|c)$"}, ...),
    "null or text": ({"type": ["string", "null"]}, ...),
    "another format": ({"type": "string", "format": "uri"}, {**TEXT, "description": 'format: "uri"'}),
    "a pattern that looks around": (
        {"type": "string", "pattern": "(?<=a)b", "description": "A letter."},
        {**TEXT, "description": 'A letter. (pattern: "(?<=a)b")'},
    ),
    "lengths": (
        {"type": "string", "minLength": 1, "maxLength": 9}, {**TEXT, "description": "minLength: 1; maxLength: 9"}),
    "no repetitions": (
        {"type": "array", "items": TEXT, "uniqueItems": True},
        {"type": "array", "items": TEXT, "description": "uniqueItems: true"},
    ),
    "repetitions": ({"type": "array", "items": TEXT, "uniqueItems": False}, {"type": "array", "items": TEXT}),
    "not": ({"type": "string", "not": {"const": "x"}}, {**TEXT, "description": 'not: {"const": "x"}'}),
    "a default": ({"type": "string", "default": "ü"}, {**TEXT, "description": 'default: "ü"'}),
    "a default of false": ({"type": "boolean", "default": False}, {"type": "boolean", "description": "default: false"}),
    "a default of null": ({"type": ["string", "null"], "default": None}, {"type": ["string", "null"]}),
    "words of the library": (
        {"type": "string", "x-mine": 1, "deprecated": True, "$comment": "c", "readOnly": True, "xml": {}}, TEXT),
    "oneOf": (
        {"oneOf": [TEXT, {"type": "null"}], "discriminator": {"propertyName": "x"}},
        {"anyOf": [TEXT, {"type": "null"}]},
    ),
    "allOf of one": ({"allOf": [{"type": "string", "title": "T"}], "description": "D"},
                     {"type": "string", "title": "T", "description": "D"}),
    "allOf of a reference": ({"allOf": [{"$ref": "#/$defs/Text"}]}, {"$ref": "#/$defs/Text"}),
    "allOf of several objects": (
        {"allOf": [holding(TEXT), {"type": "object", "properties": {"b": TEXT}, "required": ["b"]}]},
        {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "required": ["a", "b"], **CLOSED},
    ),
    "allOf in allOf": (
        {"allOf": [{"allOf": [TEXT, {"minLength": 1}]}, {"allOf": [{"title": "T"}, TEXT]}, True]},
        {"type": "string", "title": "T", "description": "minLength: 1"},
    ),
    "allOf of references and more": (
        {"allOf": [{"$ref": "#/$defs/One"}, {"$ref": "#/$defs/Two"}], "properties": {"c": TEXT}, "title": "T"},
        {"type": "object", "properties": {"one": TEXT, "two": TEXT, "c": TEXT}, "required": ["one", "two", "c"],
         "title": "T", **CLOSED},
    ),
    "values without a type": ({"enum": ["a", "b"]}, {"enum": ["a", "b"], "type": "string"}),
    "values of several types": (
        {"enum": ["a", 1, None, True, 0.5]},
        {"enum": ["a", 1, None, True, 0.5], "type": ["string", "integer", "null", "boolean", "number"]},
    ),
    "a value without a type": ({"const": 1}, {"const": 1, "type": "integer"}),
    "an open object": (
        {"type": "object", "properties": {"b": TEXT}, "additionalProperties": True},
        {"type": "object", "properties": {"b": TEXT}, "required": ["b"], **CLOSED},
    ),
    "an object without a type": ({"properties": {}}, {"properties": {}, "type": "object", "required": [], **CLOSED}),
    "an object or null": (
        {"type": ["object", "null"], "properties": {"b": TEXT}},
        {"type": ["object", "null"], "properties": {"b": TEXT}, "required": ["b"], **CLOSED},
    ),
    "a tuple of equal places": (
        {"type": "array", "prefixItems": [TEXT, TEXT], "items": False},
        {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2},
    ),
    "a tuple": (
        {"type": "array", "prefixItems": [TEXT, {"type": "null"}], "minItems": 2, "maxItems": 2},
        {"type": "array", "items": {"anyOf": [TEXT, {"type": "null"}]}, "minItems": 2, "maxItems": 2,
         "description": 'in this order: [{"type": "string"}, {"type": "null"}]'},
    ),
    "a tuple that says fewer": (
        {"minItems": 0, "type": "array", "prefixItems": [TEXT], "maxItems": 9},
        {"minItems": 1, "type": "array", "items": TEXT, "maxItems": 1},
    ),
    "a tuple with a rest": (
        {"type": "array", "prefixItems": [TEXT], "items": {"type": "null"}},
        {"type": "array", "items": {"anyOf": [TEXT, {"type": "null"}]}, "minItems": 1,
         "description": 'in this order: [{"type": "string"}]'},
    ),
    "a reference": ({"$ref": "#/$defs/Text"}, ...),
    "a reference beside null": ({"$ref": "#/$defs/Text", "default": None}, {"$ref": "#/$defs/Text"}),
    "a described reference": (
        {"$ref": "#/$defs/Text", "description": "D"}, {"type": "string", "title": "Text", "description": "D"}),
    "a reference into the schema": ({"$ref": "#/$defs/Text/extra"}, {"type": "null"}),
    "a name that has to be escaped": ({"$ref": "#/$defs/a~1b"}, ...),
    "properties that are named as keywords": (
        {"type": "object", "properties": {"default": TEXT, "$ref": TEXT, "allOf": TEXT, "a/b": TEXT}},
        {"type": "object", "properties": {"default": TEXT, "$ref": TEXT, "allOf": TEXT, "a/b": TEXT},
         "required": ["default", "$ref", "allOf", "a/b"], **CLOSED},
    ),
}  # fmt: skip
DEFINITIONS = {
    "One": {"type": "object", "properties": {"one": TEXT}, "title": "One"},
    "Two": {"type": "object", "properties": {"two": TEXT}, "title": "Two"},
    "Text": {"type": "string", "title": "Text", "extra": {"type": "null"}},
    "a/b": {"type": "null"},
}


@pytest.mark.parametrize(("part", "strict"), REWRITTEN.values(), ids=REWRITTEN.keys())
@pytest.mark.parametrize("group", ["$defs", "definitions"])
def test_a_schema_is_rewritten_by_the_rules(part: Any, strict: Any, group: str) -> None:
    part = json.loads(json.dumps(part).replace("$defs", group))
    schema = holding(part, **{group: DEFINITIONS})
    before = copy.deepcopy(schema)
    found = strict_schema(schema)
    assert schema == before
    wanted = part if strict is ... else strict
    assert found["properties"]["a"] == json.loads(json.dumps(wanted).replace(group, "$defs"))
    assert not broken_rules(found)


def test_definitions_stay_if_something_refers_to_them() -> None:
    definitions = {"Unused": {"type": "object"}, "Used": {"type": "array", "items": {"$ref": "#/$defs/Inner"}}}
    definitions |= {"Inner": TEXT}
    found = strict_schema(holding({"$ref": "#/$defs/Used"}, **{"$defs": definitions}))
    # What nobody refers to may even be what strict mode has not.
    assert found["$defs"] == {"Used": definitions["Used"], "Inner": TEXT}


def test_a_root_that_is_a_reference_is_its_target() -> None:
    found = strict_schema({"$ref": "#/$defs/Node", "$defs": {"Node": NODE}, "description": "D"})
    node = {**NODE, "required": ["next", "value"], **CLOSED}
    assert found == {**node, "description": "D", "$defs": {"Node": node}}
    assert strict_schema({"$ref": "#/$defs/A", "$defs": {"A": holding(TEXT)}}) == held(TEXT)


RECURSIVE = {
    "by the root": holding({"type": "array", "items": {"$ref": "#"}}),
    "by a described root": holding({"type": "array", "items": {"$ref": "#", "description": "D"}}),
    "by a definition": holding({"$ref": "#/$defs/Node"}, **{"$defs": {"Node": NODE}}),
    "by described references": holding(
        {"$ref": "#/$defs/A", "title": "A"},
        **{
            "$defs": {
                "A": holding({"$ref": "#/$defs/B", "title": "B"}),
                "B": holding({"$ref": "#/$defs/A", "title": "C"}),
            }
        },
    ),
    "by allOf": holding(
        {"$ref": "#/$defs/A"}, **{"$defs": {"A": holding({"allOf": [{"$ref": "#/$defs/A"}], "description": "D"})}}
    ),
    "of pydantic": Tree.model_json_schema(),
}


@pytest.mark.parametrize("schema", RECURSIVE.values(), ids=RECURSIVE.keys())
def test_recursion_stays(schema: dict[str, Any]) -> None:
    found = strict_schema(schema)
    assert not broken_rules(found)
    Draft202012Validator.check_schema(found)
    assert '"$ref"' in json.dumps(found)


REFUSED: dict[str, tuple[Any, str, str]] = {
    "free names": ({"type": "object", "additionalProperties": {"type": "integer"}}, "/properties/a", "arbitrary keys"),
    "any object": ({"type": "object"}, "/properties/a", "arbitrary keys"),
    "an object or null": ({"type": ["object", "null"]}, "/properties/a", "arbitrary keys"),
    "names by patterns": (
        {"type": "object", "properties": {}, "patternProperties": {"^x": TEXT}},
        "/properties/a/patternProperties",
        "arbitrary keys",
    ),
    "anything": ({}, "/properties/a", "any JSON"),
    "anything, described": ({"title": "A", "description": "B", "minLength": 1}, "/properties/a", "any JSON"),
    "true": (True, "/properties/a", "any JSON"),
    "false": (False, "/properties/a", "no value"),
    "a list of anything": ({"type": "array"}, "/properties/a/items", "any JSON"),
    "a list of true": ({"type": "array", "items": True}, "/properties/a/items", "any JSON"),
    "a union with anything": ({"anyOf": [TEXT, {}]}, "/properties/a/anyOf/1", "any JSON"),
    "one of anything": ({"oneOf": [{}]}, "/properties/a/oneOf/0", "any JSON"),
    "a tuple of anything": ({"type": "array", "prefixItems": [{}]}, "/properties/a/prefixItems/0", "any JSON"),
    "a reference to nothing": ({"$ref": "#/$defs/None"}, "/properties/a", "'#/$defs/None' points to nothing"),
    "a reference to elsewhere": ({"$ref": "https://example.com/x"}, "/properties/a", "points to nothing"),
    "an anchor": ({"$ref": "#here"}, "/properties/a", "points to nothing"),
    "in a definition": ({"$ref": "#/$defs/Free"}, "/$defs/Free/properties/b~1c", "arbitrary keys"),
    "inlined from a definition": (
        {"$ref": "#/$defs/Free", "title": "T"}, "/$defs/Free/properties/b~1c", "arbitrary keys"),
    "types that exclude each other": (
        {"allOf": [{"type": "string"}, {"type": "integer"}]}, "/properties/a/allOf/1/type", "two values apply"),
    "a property twice": (
        {"allOf": [holding(TEXT), holding({"type": "null"})]}, "/properties/a/allOf/1/properties/a", "two schemas"),
    "two unions": ({"anyOf": [TEXT], "oneOf": [TEXT]}, "/properties/a", "both anyOf and oneOf"),
    "an empty tuple": ({"type": "array", "prefixItems": []}, "/properties/a", "always empty"),
    "a format that is none": (
        {"type": "string", "format": ["x"], "anyOf": [False]}, "/properties/a/anyOf/0", "no value"),
    "itself and more": ({"allOf": [TEXT, {"$ref": "#/properties/a"}]}, "/properties/a", "itself"),
    "itself by a pointer": ({"type": "array", "items": {"$ref": "#/properties/a"}}, "/properties/a", "itself"),
}  # fmt: skip


@pytest.mark.parametrize(("part", "pointer", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_strict_mode_does_not_support_is_refused_with_its_place(part: Any, pointer: str, reason: str) -> None:
    free = {"type": "object", "properties": {"b/c": {"type": "object"}}}
    schema = holding(part, **{"$defs": {"Free": free}})
    before = copy.deepcopy(schema)
    with pytest.raises(SchemaError) as caught:
        strict_schema(schema)
    assert schema == before
    assert any(found.startswith(pointer) and reason in what for found, what in caught.value.problems)
    assert pointer in str(caught.value)


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        (TEXT, '"string"'), ({"type": "array", "items": TEXT}, '"array"'), ({"anyOf": [NODE, NODE]}, "a union"),
        ({"type": ["object", "null"], "properties": {}}, '["object", "null"]'), ({"$ref": "#/$defs/A"}, '"string"'),
    ],
)  # fmt: skip
def test_a_root_that_is_no_object_is_refused(schema: Any, found: str) -> None:
    with pytest.raises(SchemaError) as caught:
        strict_schema({**schema, "$defs": {"A": TEXT, "Node": holding(TEXT)}})
    assert caught.value.problems == (("", f"is {found}; it must be one object: make it a field of a class"),)


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(SchemaError) as caught:
        strict_schema({"type": "object", "properties": {"a": {}, "b": {"type": "object"}, "c": False}})
    assert [pointer for pointer, _ in caught.value.problems] == ["/properties/a", "/properties/b", "/properties/c"]


KINDS = [*WEATHERS, *WRAPPED, Everything, EverythingOfMsgspec, Tree]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_the_libraries_export_keeps_the_rules(kind: Any) -> None:
    told = response_format_for(kind)["json_schema"]
    assert told["strict"] is True
    schema: Any = told["schema"]
    Draft202012Validator.check_schema(schema)
    assert not broken_rules(schema)


NAMES = st.text(st.sampled_from("ab/~$ü"), min_size=1, max_size=3)
WORDS = st.fixed_dictionaries({}, optional={"title": NAMES, "description": NAMES, "default": st.none() | NAMES})
LEAVES = st.sampled_from([
    TEXT, {"type": "integer", "minimum": 1}, {"type": ["boolean", "null"]}, {"enum": ["a", 1]}, {"const": None},
    {"type": "string", "format": "date"}, {"$ref": "#/$defs/D"}, {"$ref": "#"},
    {"type": "array", "items": {"$ref": "#/$defs/D"}},
])  # fmt: skip


def parts(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.dictionaries(NAMES, inner, max_size=3).flatmap(
        lambda properties: st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.just(properties)},
            optional={"required": st.just(sorted(properties)[:1]), "additionalProperties": st.booleans()},
        )
    )
    lists = st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"minItems": st.just(0)})
    unions = st.builds(
        lambda key, some: {key: some}, st.sampled_from(["anyOf", "oneOf"]), st.lists(inner, min_size=1, max_size=3)
    )
    return st.builds(lambda part, words: {**words, **part}, objects | lists | unions, WORDS)


@examples(80)
@given(
    st.dictionaries(NAMES, st.recursive(LEAVES, parts, max_leaves=8), max_size=3),
    st.recursive(LEAVES, parts, max_leaves=4),
)
def test_whatever_can_be_strict_is_and_allows_nothing_new(properties: Any, definition: Any) -> None:
    schema = {
        "type": "object",
        "properties": properties,
        "$defs": {"D": {"type": "object", "properties": {"x": definition}}},
    }
    before = copy.deepcopy(schema)
    found = strict_schema(schema)
    assert schema == before
    assert not broken_rules(found)
    assert list(found["properties"]) == list(properties)
    try:
        value = json.loads(sample_json(found))
    except ValueError:  # it never ends: each value holds another
        return
    unions_of_one = json.loads(json.dumps(schema).replace('"oneOf"', '"anyOf"'))
    assert Draft202012Validator(unions_of_one).is_valid(value)
