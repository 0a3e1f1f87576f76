"""The parts of an allOf become one schema that says the same, or an error that says where they cannot."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.specs import Json, obj, ref
from tools.errors import ToolError
from tools.schema.merging import merge_all_of

AT = "#/components/schemas/It"
COMPONENTS: Json = {
    "Named": obj({"name": {"type": "string"}}, required=["name"]),
    "Counted": obj({"count": {"type": "integer"}}),
    "Both": {"allOf": [ref("Named"), ref("Counted")]},
    "Text": {"type": "string"},
    "MaybeText": {"type": ["string", "null"]},
    "Either": {"anyOf": [ref("Named"), ref("Text")]},
    "Never": {"allOf": [ref("Text"), ref("Counted")]},
    "Loop": {"allOf": [ref("Loop"), {"type": "object"}]},
    "Ping": {"allOf": [ref("Pong"), {"minProperties": 1}]},
    "Pong": {"allOf": [ref("Ping"), {"maxProperties": 2}]},
}

# Parts, and what they merge into.
MERGES: dict[str, tuple[list[Any], Json]] = {
    "objects": (
        [obj({"a": {"type": "string"}}, required=["a"]), obj({"b": {}}, required=["b", "a"])],
        obj({"a": {"type": "string"}, "b": {}}, required=["a", "b"]),
    ),
    "refs": (
        [ref("Named"), ref("Counted")],
        obj({"name": {"type": "string"}, "count": {"type": "integer"}}, required=["name"]),
    ),
    "a ref that has it all": ([ref("Both"), ref("Named")], ref("Both")),
    "a ref and prose": ([ref("Named"), {"description": "d"}], {**ref("Named"), "description": "d"}),
    "a ref and its own type": ([ref("Named"), {"type": "object"}], ref("Named")),
    "a ref and more": (
        [ref("Counted"), {"required": ["count"]}],
        obj({"count": {"type": "integer"}}, required=["count"]),
    ),
    "nested": (
        [{"allOf": [{"type": "string"}, {"minLength": 1}]}, {"maxLength": 2}],
        {"type": "string", "minLength": 1, "maxLength": 2},
    ),
    "int and int or null": ([{"type": ["integer", "null"]}, {"type": "integer"}], {"type": "integer"}),
    "both or null": ([{"type": ["integer", "null"]}, {"type": ["null", "integer"]}], {"type": ["integer", "null"]}),
    "integer is a number": ([{"type": "number"}, {"type": "integer"}], {"type": "integer"}),
    "number lists": ([{"type": ["string", "integer"]}, {"type": ["number"]}], {"type": "integer"}),
    "limits": (
        [{"minimum": 1, "maximum": 9, "minItems": 2}, {"minimum": 3, "maximum": 5, "minItems": 1}],
        {"minimum": 3, "maximum": 5, "minItems": 2},
    ),
    "enums": ([{"enum": ["a", "b", 1, True]}, {"enum": ["b", 1, "c"]}], {"enum": ["b", 1]}),
    "enum and const": ([{"enum": ["a", "b"]}, {"const": "b"}], {"const": "b"}),
    "property twice, same": (
        [obj({"a": {"type": "string"}}), obj({"a": {"type": "string"}})],
        obj({"a": {"type": "string"}}),
    ),
    "property twice": (
        [obj({"a": {"type": "string"}}), obj({"a": {"minLength": 1}})],
        obj({"a": {"allOf": [{"type": "string"}, {"minLength": 1}]}}),
    ),
    "property three times": (
        [obj({"a": ref("Text")}), obj({"a": ref("MaybeText")}), obj({"a": ref("Text")})],
        obj({"a": {"allOf": [ref("Text"), ref("MaybeText")]}}),
    ),
    "items": (
        [{"items": ref("Named")}, {"items": ref("Counted")}],
        {"items": {"allOf": [ref("Named"), ref("Counted")]}},
    ),
    "tuples": (
        [{"prefixItems": [{"type": "string"}]}, {"prefixItems": [{}, {"type": "integer"}]}],
        {"prefixItems": [{"type": "string"}, {"type": "integer"}]},
    ),
    "closed": (
        [{"additionalProperties": False}, {"additionalProperties": ref("Text")}],
        {"additionalProperties": False},
    ),
    "open": (
        [{"additionalProperties": True}, {"additionalProperties": ref("Text")}],
        {"additionalProperties": ref("Text")},
    ),
    "true and empty": ([True, {}, {"type": "string"}], {"type": "string"}),
    "union and an object": (
        [{"anyOf": [ref("Named"), ref("Counted")]}, {"required": ["x"]}],
        {
            "anyOf": [
                obj({"name": {"type": "string"}}, required=["name", "x"]),
                obj({"count": {"type": "integer"}}, required=["x"]),
            ]
        },
    ),
    "union and its own type": (
        [{"oneOf": [ref("Named"), ref("Counted")]}, {"type": "object"}],
        {"anyOf": [ref("Named"), ref("Counted")]},
    ),
    "variants that cannot hold": ([ref("Either"), {"type": "string"}], ref("Text")),
    "a variant that contradicts itself": ([{"anyOf": [ref("Never"), ref("Text")]}, {"type": "string"}], ref("Text")),
    "two unions": (
        [{"anyOf": [{"type": "string"}, {"type": "null"}]}, {"oneOf": [{"type": "string"}, {"type": "integer"}]}],
        {"type": "string"},
    ),
    "deprecated": (
        [{"type": "string", "deprecated": True}, {"deprecated": False}],
        {"type": "string", "deprecated": True},
    ),
}

# Parts, and a word of the message that tells that they exclude each other.
CONTRADICTIONS: dict[str, tuple[list[Any], str]] = {
    "types": ([{"type": "string"}, {"type": "integer"}], "'string' against 'integer'"),
    "refs": ([ref("Text"), ref("Named")], "'string' against 'object'"),
    "enums": ([{"enum": ["a"]}, {"enum": ["b"]}], "['a'] against ['b']"),
    "one is not true": ([{"enum": [1]}, {"enum": [True]}], "[1] against [True]"),
    "consts": ([{"const": "a"}, {"const": "b"}], "'a' against 'b'"),
    "const and enum": ([{"const": "a"}, {"enum": ["b"]}], "'a' against enum ['b']"),
    "const and type": ([{"const": "a"}, {"type": "integer"}], "'a' against type 'integer'"),
    "enum and type": ([{"enum": ["a"]}, {"type": "integer"}], "['a'] against type 'integer'"),
    "false": ([{"type": "string"}, False], "false"),
    "every variant": ([{"type": "string"}, {"anyOf": [{"type": "integer"}, {"type": "null"}, False]}], "no variant"),
    "itself": ([ref("Loop")], "Loop contains itself"),
    "each other": ([ref("Ping")], "contains itself"),
}


@pytest.mark.parametrize("name", MERGES)
def test_merges(name: str) -> None:
    """The parts in any order give the same, and neither they nor the components change."""
    parts, expected = MERGES[name]
    before = copy.deepcopy((parts, COMPONENTS))
    assert merge_all_of({"allOf": parts}, COMPONENTS, AT) == expected
    assert (parts, COMPONENTS) == before
    for order in itertools.permutations(parts):
        merged = merge_all_of({"allOf": list(order)}, COMPONENTS, AT)
        assert_same_instances(merged, parts)


@pytest.mark.parametrize("name", MERGES)
def test_keywords_beside_are_one_more_part(name: str) -> None:
    """An allOf beside other keywords, and a $ref beside an allOf, mean the same as a list of all of them."""
    parts, _ = MERGES[name]
    for beside in (part for part in parts if isinstance(part, dict) and "allOf" not in part):
        rest = [part for part in parts if part is not beside]
        merged = merge_all_of({"allOf": rest, **beside}, COMPONENTS, AT)
        assert_same_instances(merged, parts)


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions(name: str) -> None:
    """What nothing can satisfy is an error with the place and the reason."""
    parts, reason = CONTRADICTIONS[name]
    with pytest.raises(ToolError) as failed:
        merge_all_of({"allOf": parts}, COMPONENTS, AT)
    assert failed.value.where == AT
    assert reason in str(failed.value)


INSTANCES: list[Any] = [None, True, False, 0, 1, 3, 5, 9, 1.5, "", "a", "b", "c", "abc", [], [1, 2], [1], {}, {"a": 1}]
INSTANCES += [
    {"a": "x"},
    {"a": ""},
    {"a": None},
    {"name": "n"},
    {"name": "n", "count": 1},
    {"count": 1},
    {"count": "x"},
]
INSTANCES += [{"name": "n", "x": 1}, {"count": 1, "x": 1}, {"x": 1}, {"a": "x", "b": 1}, {"zz": 1}, {"zz": "t"}]
INSTANCES += [[{"name": "n"}], [{"name": "n"}, {"count": "1"}], [{"name": "n", "count": 1}, {"name": "n"}]]


def assert_same_instances(merged: Json, parts: list[Any]) -> None:
    # A union may become a plain one where it was exclusive: which types there are stays the same.
    parts = json.loads(json.dumps(parts).replace('"oneOf"', '"anyOf"'))
    for instance in INSTANCES:
        assert valid(merged, instance) == valid({"allOf": parts}, instance), instance


def valid(schema: Json, instance: Any) -> bool:
    return bool(Draft202012Validator({**schema, "components": {"schemas": COMPONENTS}}).is_valid(instance))
