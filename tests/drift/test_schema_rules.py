"""Every rule about schemas, in each direction, with its mirror: one mini spec, one change, one finding."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest

from tests.drift.minis import NUMBER, TEXT, Json, compare, in_both, in_request, in_response
from tools.drift.findings.rules import RULES, Rule

BREAKING, RISKY, ADDITIVE, NEUTRAL = "breaking", "risky", "additive", "neutral"


class Case(NamedTuple):
    """One change.

    Attributes:
        old: The schema of the property `it` before.
        new: And after.
        request: The level where it is sent.
        response: The level where it is received.
        back: The levels of the mirrored change.
        was: What the finding says there was; not checked if it is `...`.
        now: What it says there is.
        at: The end of the pointer.
    """

    old: Any
    new: Any
    request: str
    response: str
    back: tuple[str, str]
    was: Any = ...
    now: Any = ...
    at: str = "/it"


def obj(properties: Json | None = None, *required: str, **keywords: Any) -> Json:
    """Return an object schema."""
    return {"type": "object", "properties": properties or {}, "required": list(required), **keywords}


def tagged(tag: str, **properties: Json) -> Json:
    """Return an object schema whose `type` has one value."""
    return obj({"type": {"type": "string", "enum": [tag]}, **properties}, "type")


def texts(*values: str) -> Json:
    """Return an enum."""
    return {"type": "string", "enum": list(values)}


def one_of(*variants: Any, **keywords: Any) -> Json:
    """Return a union."""
    return {"oneOf": list(variants), **keywords}


A, B, C = ({"$ref": f"#/components/schemas/{name}"} for name in "ABC")
TAGS: Json = {"propertyName": "type", "mapping": {"a": A["$ref"], "b": B["$ref"]}}
SCHEMAS: Json = {"A": tagged("a"), "B": tagged("b"), "C": tagged("c")}
KNOWN = {"anyOf": [TEXT, texts("a")]}
NAMES = obj({"n": TEXT})
LIST: Json = {"type": "array"}

CASES: dict[str, Case] = {
    "property-added": Case(
        obj(), obj({"p": TEXT}), ADDITIVE, ADDITIVE, (BREAKING, BREAKING), None, "string", "/it/properties/p"
    ),
    "required-property-added": Case(
        obj(), obj({"p": NUMBER}, "p"), BREAKING, ADDITIVE, (BREAKING, BREAKING), None, "integer", "/it/properties/p"
    ),
    "property-became-required": Case(
        NAMES, {**NAMES, "required": ["n"]}, BREAKING, NEUTRAL, (ADDITIVE, BREAKING), at="/it/properties/n"
    ),
    "additional-properties-forbidden": Case(
        NAMES, {**NAMES, "additionalProperties": False}, BREAKING, NEUTRAL, (ADDITIVE, RISKY)
    ),
    "became-nullable": Case(
        TEXT, {"type": ["string", "null"]}, ADDITIVE, BREAKING, (BREAKING, NEUTRAL), "string", "string or null"
    ),
    "type-changed": Case(TEXT, NUMBER, BREAKING, BREAKING, (BREAKING, BREAKING), "string", "integer"),
    "type-widened": Case(NUMBER, {"type": "number"}, ADDITIVE, BREAKING, (BREAKING, NEUTRAL), "integer", "number"),
    "variant-added": Case(
        one_of(A, B),
        one_of(A, B, C),
        ADDITIVE,
        RISKY,
        (BREAKING, NEUTRAL),
        None,
        'object with type "c"',
        "/it/oneOf/2",
    ),
    "union-became-exclusive": Case(
        {"anyOf": [obj({"a": TEXT}, "a"), obj({"b": TEXT}, "b")]},
        one_of(obj({"a": TEXT}, "a"), obj({"b": TEXT}, "b")),
        NEUTRAL,
        NEUTRAL,
        (NEUTRAL, NEUTRAL),
    ),
    "discriminator-added": Case(
        one_of(A, B),
        one_of(A, B, discriminator={"propertyName": "type"}),
        NEUTRAL,
        NEUTRAL,
        (NEUTRAL, RISKY),
        None,
        "type",
        "/it/discriminator/propertyName",
    ),
    "discriminator-changed": Case(
        one_of(A, B, discriminator={"propertyName": "type"}),
        one_of(A, B, discriminator={"propertyName": "kind"}),
        BREAKING,
        BREAKING,
        (BREAKING, BREAKING),
        "type",
        "kind",
        "/it/discriminator/propertyName",
    ),
    "discriminator-mapping-added": Case(
        one_of(A, B, discriminator=TAGS),
        one_of(A, B, discriminator={**TAGS, "mapping": {**TAGS["mapping"], "b2": B["$ref"]}}),
        ADDITIVE,
        RISKY,
        (BREAKING, NEUTRAL),
        None,
        "b2",
        "/it/discriminator/mapping/b2",
    ),
    "discriminator-mapping-changed": Case(
        one_of(A, B, discriminator=TAGS),
        one_of(A, B, discriminator={**TAGS, "mapping": {"a": A["$ref"], "z": B["$ref"]}}),
        BREAKING,
        BREAKING,
        (BREAKING, BREAKING),
        "b",
        "z",
        "/it/discriminator/mapping/b",
    ),
    "enum-value-added": Case(
        texts("a", "b"), texts("a", "b", "c"), ADDITIVE, RISKY, (BREAKING, NEUTRAL), None, "c", "/it/enum/2"
    ),
    "const-changed": Case({"const": "a"}, texts("b"), BREAKING, BREAKING, (BREAKING, BREAKING), "a", "b"),
    "enum-added": Case(TEXT, texts("a", "b"), BREAKING, NEUTRAL, (ADDITIVE, RISKY), "string", ["a", "b"]),
    "enum-opened": Case(texts("a"), KNOWN, ADDITIVE, RISKY, (BREAKING, NEUTRAL)),
    "known-value-added": Case(
        KNOWN, {"anyOf": [TEXT, texts("a", "b")]}, ADDITIVE, ADDITIVE, (RISKY, NEUTRAL), None, "b", "/anyOf/1/enum/1"
    ),
    "known-values-added": Case(TEXT, KNOWN, ADDITIVE, ADDITIVE, (RISKY, NEUTRAL), "string", ["a"], "/it/anyOf/1"),
    "maximum-added": Case(NUMBER, {**NUMBER, "maximum": 9}, BREAKING, NEUTRAL, (ADDITIVE, RISKY), None, 9, "/maximum"),
    "maximum-decreased": Case(
        {"type": "number", "maximum": 9},
        {"type": "number", "exclusiveMaximum": 9},
        BREAKING,
        NEUTRAL,
        (ADDITIVE, RISKY),
        9,
        "less than 9",
        "/it/maximum",
    ),
    "minimum-added": Case(NUMBER, {**NUMBER, "minimum": 0}, BREAKING, NEUTRAL, (ADDITIVE, RISKY), None, 0, "/minimum"),
    "minimum-increased": Case(
        {**NUMBER, "minimum": 1}, {**NUMBER, "minimum": 2}, BREAKING, NEUTRAL, (ADDITIVE, RISKY), 1, 2, "/it/minimum"
    ),
    "multiple-of-added": Case(NUMBER, {**NUMBER, "multipleOf": 2}, BREAKING, NEUTRAL, (ADDITIVE, RISKY), None, 2, "Of"),
    "multiple-of-changed": Case(
        {**NUMBER, "multipleOf": 2}, {**NUMBER, "multipleOf": 3}, BREAKING, RISKY, (BREAKING, RISKY), 2, 3, "Of"
    ),
    "unique-items-added": Case(
        {"type": "array", "items": TEXT},
        {"type": "array", "items": TEXT, "uniqueItems": True},
        BREAKING,
        NEUTRAL,
        (ADDITIVE, RISKY),
        None,
        True,
        "/it/uniqueItems",
    ),
    "pattern-added": Case(
        TEXT, {**TEXT, "pattern": "^a"}, BREAKING, NEUTRAL, (ADDITIVE, RISKY), None, "^a", "/pattern"
    ),
    "pattern-changed": Case(
        {**TEXT, "pattern": "^a"}, {**TEXT, "pattern": "^b"}, RISKY, RISKY, (RISKY, RISKY), "^a", "^b", "/pattern"
    ),
    "format-added": Case(TEXT, {**TEXT, "format": "uri"}, RISKY, NEUTRAL, (ADDITIVE, RISKY), None, "uri", "/format"),
    "format-changed": Case(
        {**TEXT, "format": "uri"}, {**TEXT, "format": "email"}, RISKY, RISKY, (RISKY, RISKY), "uri", "email", "/format"
    ),
    "text-type-changed": Case(
        TEXT, {**TEXT, "format": "date-time"}, BREAKING, BREAKING, (BREAKING, BREAKING), None, "date-time", "/format"
    ),
    "default-added": Case(NUMBER, {**NUMBER, "default": 1}, RISKY, NEUTRAL, (RISKY, NEUTRAL), None, 1, "/it/default"),
    "default-changed": Case(
        {**NUMBER, "default": 1}, {**NUMBER, "default": 0}, RISKY, NEUTRAL, (RISKY, NEUTRAL), 1, 0, "/it/default"
    ),
    "deprecated": Case(TEXT, {**TEXT, "deprecated": True}, NEUTRAL, NEUTRAL, (NEUTRAL, NEUTRAL), at="/it/deprecated"),
    "became-read-only": Case(TEXT, {**TEXT, "readOnly": True}, BREAKING, NEUTRAL, (ADDITIVE, NEUTRAL), at="/readOnly"),
    "became-write-only": Case(TEXT, {**TEXT, "writeOnly": True}, NEUTRAL, BREAKING, (NEUTRAL, ADDITIVE), at="Only"),
    "restriction-added": Case(
        TEXT, {**TEXT, "not": {"const": "x"}}, BREAKING, NEUTRAL, (ADDITIVE, RISKY), None, {"const": "x"}, "/not"
    ),
    "restriction-changed": Case(
        {**TEXT, "not": {"const": "x"}}, {**TEXT, "not": {"const": "y"}}, RISKY, RISKY, (RISKY, RISKY), at="/not"
    ),
    "keyword-added": Case(
        TEXT, {**TEXT, "contentEncoding": "base64"}, RISKY, RISKY, (RISKY, RISKY), None, "base64", "/contentEncoding"
    ),
    "keyword-changed": Case(
        {**TEXT, "contentEncoding": "base64"},
        {**TEXT, "contentEncoding": "base32"},
        RISKY,
        RISKY,
        (RISKY, RISKY),
        "base64",
        "base32",
        "/contentEncoding",
    ),
}
for _keyword, _type in (("Length", "string"), ("Items", "array"), ("Properties", "object")):
    _bare, _name = {"type": _type}, _keyword.lower()
    CASES |= {
        f"max-{_name}-added": Case(
            _bare, {**_bare, f"max{_keyword}": 9}, BREAKING, NEUTRAL, (ADDITIVE, RISKY), None, 9, f"/max{_keyword}"
        ),
        f"max-{_name}-decreased": Case(
            {**_bare, f"max{_keyword}": 9}, {**_bare, f"max{_keyword}": 8}, BREAKING, NEUTRAL, (ADDITIVE, RISKY), 9, 8,
            f"/max{_keyword}",
        ),
        f"min-{_name}-added": Case(
            _bare, {**_bare, f"min{_keyword}": 1}, BREAKING, NEUTRAL, (ADDITIVE, RISKY), None, 1, f"/min{_keyword}"
        ),
        f"min-{_name}-increased": Case(
            {**_bare, f"min{_keyword}": 1}, {**_bare, f"min{_keyword}": 2}, BREAKING, NEUTRAL, (ADDITIVE, RISKY), 1, 2,
            f"/min{_keyword}",
        ),
    }  # fmt: skip
for _keyword, _change, _old, _new in (("max", "decreased", 9, 8), ("min", "increased", 2, 3)):
    _bare = {"type": "array", "contains": TEXT}
    CASES |= {
        f"{_keyword}-contains-added": Case(
            _bare, {**_bare, f"{_keyword}Contains": _old}, BREAKING, NEUTRAL, (ADDITIVE, RISKY), None, _old, "Contains"
        ),
        f"{_keyword}-contains-{_change}": Case(
            {**_bare, f"{_keyword}Contains": _old}, {**_bare, f"{_keyword}Contains": _new}, BREAKING, NEUTRAL,
            (ADDITIVE, RISKY), _old, _new, "Contains",
        ),
    }  # fmt: skip

WORSE = (BREAKING, RISKY, ADDITIVE, NEUTRAL)


@pytest.mark.parametrize("rule", CASES)
@pytest.mark.parametrize("direction", ["request", "response", "both"])
def test_one_change_is_one_finding(rule: str, direction: str) -> None:
    """Its rule, level, direction, place and values are the expected ones, and so are those of the way back."""
    case = CASES[rule]
    place = {"request": in_request, "response": in_response, "both": in_both}[direction]
    old, new = (place(schema, SCHEMAS) for schema in (case.old, case.new))
    forth, back = compare(old, new), compare(new, old)
    levels = {
        "request": (case.request, case.back[0]),
        "response": (case.response, case.back[1]),
        "both": (min(case.request, case.response, key=WORSE.index), min(*case.back, key=WORSE.index)),
    }[direction]
    mirror = RULES[rule].mirror
    assert [(f.rule, f.level, f.direction) for f in forth] == [(rule, levels[0], direction)]
    assert [(f.rule, f.level, f.direction) for f in back] == [(mirror, levels[1], direction)]
    assert (back[0].old, back[0].new) == (forth[0].new, forth[0].old)
    assert forth[0].operations == ("createChatCompletion",)
    assert case.was is ... or (forth[0].old, forth[0].new) == (case.was, case.now)
    if rule != "const-changed":
        assert forth[0].pointer.endswith(case.at)
    if rule.endswith(("-added", "-removed")):
        assert back[0].pointer == forth[0].pointer  # where it stands, on the side that has it
    for finding in (*forth, *back):
        assert not re.search(r"\{\w", finding.sentence) and finding.sentence.endswith(".") and ".it" in finding.sentence
        assert len(finding.fingerprint) == 12


IF = {"if": {"required": ["a"]}, "then": {"required": ["b"]}}
HAS_A = {**LIST, "contains": TEXT}

# Each keyword that narrows what a schema takes (JSON Schema 2020-12), and what it narrows.
NARROWED: dict[str, tuple[Json, Json]] = {
    "additionalProperties": (obj(), obj(additionalProperties=TEXT)),
    "allOf": (TEXT, {"allOf": [TEXT, {"minLength": 1}]}),
    "anyOf": ({}, {"anyOf": [TEXT, NUMBER]}),
    "const": (TEXT, {**TEXT, "const": "a"}),
    "contains": (LIST, HAS_A),
    "dependentRequired": (obj(), obj(dependentRequired={"a": ["b"]})),
    "dependentRequired, more": (obj(dependentRequired={"a": ["b"]}), obj(dependentRequired={"a": ["b", "c"]})),
    "dependentSchemas": (obj(), obj(dependentSchemas={"a": {"required": ["b"]}})),
    "else": ({"type": "object", **IF}, {"type": "object", **IF, "else": {"required": ["c"]}}),
    "enum": (TEXT, texts("a")),
    "exclusiveMaximum": (NUMBER, {**NUMBER, "exclusiveMaximum": 1}),
    "exclusiveMinimum": (NUMBER, {**NUMBER, "exclusiveMinimum": 1}),
    "if": (obj(), {"type": "object", **IF}),
    "items": (LIST, {**LIST, "items": TEXT}),
    "items after others": ({**LIST, "prefixItems": [TEXT]}, {**LIST, "prefixItems": [TEXT], "items": False}),
    "maxContains": (HAS_A, {**HAS_A, "maxContains": 2}),
    "maximum": (NUMBER, {**NUMBER, "maximum": 1}),
    "maxItems": (LIST, {**LIST, "maxItems": 1}),
    "maxLength": (TEXT, {**TEXT, "maxLength": 1}),
    "maxProperties": (obj(), obj(maxProperties=1)),
    "minContains": (HAS_A, {**HAS_A, "minContains": 2}),
    "minContains that was 0": ({**HAS_A, "minContains": 0}, HAS_A),
    "minimum": (NUMBER, {**NUMBER, "minimum": 1}),
    "minItems": (LIST, {**LIST, "minItems": 1}),
    "minLength": (TEXT, {**TEXT, "minLength": 1}),
    "minProperties": (obj(), obj(minProperties=1)),
    "multipleOf": (NUMBER, {**NUMBER, "multipleOf": 2}),
    "not": (TEXT, {**TEXT, "not": {"const": "a"}}),
    "oneOf": ({}, one_of(TEXT, NUMBER)),
    "pattern": (TEXT, {**TEXT, "pattern": "a"}),
    "patternProperties": (obj(), obj(patternProperties={"^a": TEXT})),
    "prefixItems": (LIST, {**LIST, "prefixItems": [TEXT]}),
    "properties": (obj({"a": {}}), obj({"a": TEXT})),
    "propertyNames": (obj(), obj(propertyNames={"pattern": "^a"})),
    "propertyNames, none": (obj(), obj(propertyNames=False)),
    "required": (obj({"a": TEXT}), obj({"a": TEXT}, "a")),
    "required, without properties": ({}, {"required": ["a"]}),
    "then": ({"type": "object", "if": IF["if"], "else": {}}, {"type": "object", **IF}),
    "then, narrower": ({"type": "object", **IF}, {"type": "object", **IF, "then": {"required": ["b", "c"]}}),
    "type": ({}, TEXT),
    "type of what has keywords": ({"minLength": 1}, {**TEXT, "minLength": 1}),
    "type of what has required": ({"required": ["a"]}, obj({"a": {}}, "a")),
    "type of what has two limits": (
        {"minLength": 1, "minimum": 1.5},
        {"type": ["string", "integer"], "minLength": 1, "minimum": 2},
    ),
    "type of what has another limit": ({"minLength": 1}, {**TEXT, "minLength": 2}),
    "unevaluatedItems": (LIST, {**LIST, "unevaluatedItems": TEXT}),
    "unevaluatedItems, none": (LIST, {**LIST, "unevaluatedItems": False}),
    "unevaluatedProperties": (obj(), obj(unevaluatedProperties=TEXT)),
    "unevaluatedProperties, none": (obj(), obj(unevaluatedProperties=False)),
    "unevaluatedProperties, narrower": (obj(unevaluatedProperties={}), obj(unevaluatedProperties={"type": "null"})),
    "uniqueItems": (LIST, {**LIST, "uniqueItems": True}),
}


@pytest.mark.parametrize("name", NARROWED)
def test_what_narrows_breaks_requests_alone(name: str) -> None:
    """The way back breaks no request, and no response breaks by becoming narrower."""
    wide, narrow = NARROWED[name]
    forth, back = (compare(in_request(one), in_request(other)) for one, other in ((wide, narrow), (narrow, wide)))
    assert {finding.level for finding in forth} == {BREAKING}
    gone = name in ("dependentSchemas", "then, narrower", "required, without properties")  # A property that was sent.
    assert {finding.level for finding in back} == {BREAKING if gone else ADDITIVE}
    assert [finding.rule for finding in back] == [RULES[finding.rule].mirror for finding in forth]
    answered = compare(in_response(wide), in_response(narrow))
    assert {finding.level for finding in answered} == {ADDITIVE if gone else NEUTRAL}


@pytest.mark.parametrize("name", NARROWED)
def test_what_narrows_is_found_in_the_part_of_an_allof(name: str) -> None:
    """And behind a reference."""
    wide, narrow = NARROWED[name]
    schemas = {"Wide": wide, "Narrow": narrow}
    inside = ({"allOf": [{"$ref": f"#/components/schemas/{part}"}]} for part in schemas)
    found, expected = (
        sorted(finding.rule for finding in compare(*documents))
        for documents in ([in_request(one, schemas) for one in inside], [in_request(wide), in_request(narrow)])
    )
    assert found == expected


# Where a property may say that it is only received, or only sent.
HIDING: dict[str, Json] = {
    "itself": {"here": True},
    "an allOf": {"allOf": [{"here": True}]},
    "a reference": {"$ref": "#/components/schemas/Hidden"},
    "a reference to an allOf": {"allOf": [{"$ref": "#/components/schemas/Hidden"}]},
    "a reference, beside it": {"$ref": "#/components/schemas/A", "here": True},
}


@pytest.mark.parametrize("where", HIDING)
@pytest.mark.parametrize(
    ("keyword", "place", "other"), [("readOnly", in_request, in_response), ("writeOnly", in_response, in_request)]
)
def test_a_property_that_goes_one_way_counts_one_way(keyword: str, place: Any, other: Any, where: str) -> None:
    """Neither that it is required, nor what is in it, nor that it comes or goes, matters where it may not be."""
    hiding = {keyword if key == "here" else key: value for key, value in HIDING[where].items()}
    hiding |= {"allOf": [{keyword: True}]} if where == "an allOf" else {}
    schemas = {**SCHEMAS, "Hidden": {keyword: True, "type": "object"}}
    inside = {"type": "object", **hiding}
    deep = {**inside, "properties": {"deep": obj({"n": TEXT})}}
    changed = {**inside, "properties": {"deep": obj({"n": NUMBER}, "n")}}
    changes = [
        (obj(), obj({"p": inside})),
        (obj(), obj({"p": inside}, "p")),
        (obj({"p": inside}), obj({"p": inside}, "p")),
        (obj({"p": deep}), obj({"p": changed})),
        ({"allOf": [obj({"p": inside}), obj({"p": {}})]}, {"allOf": [obj({"p": inside}), obj({"p": {}}, "p")]}),
    ]
    for old, new in changes:
        for one, another in ((old, new), (new, old)):
            assert compare(place(one, schemas), place(another, schemas)) == []
            found = compare(in_both(one, schemas), in_both(another, schemas))
            assert {f.direction for f in found} == {"response" if keyword == "readOnly" else "request"}
            alone = compare(other(one, schemas), other(another, schemas))
            assert [(f.rule, f.level) for f in found] == [(f.rule, f.level) for f in alone] != []


@pytest.mark.parametrize("holder", ["additionalProperties", "items", "patternProperties", "prefixItems"])
@pytest.mark.parametrize(
    ("keyword", "place", "other"), [("readOnly", in_request, in_response), ("writeOnly", in_response, in_request)]
)
def test_values_that_go_one_way_count_one_way(keyword: str, place: Any, other: Any, holder: str) -> None:
    """What maps, patterns and lists hold is like a property: it does not matter where it may not be."""

    def holding(schema: Json) -> Json:
        inner = {"patternProperties": {"^x": schema}, "prefixItems": [schema]}.get(holder, schema)
        return {"type": "array" if "tems" in holder else "object", holder: inner}

    old, new = holding({**TEXT, keyword: True}), holding({**NUMBER, keyword: True})
    assert compare(place(old), place(new)) == []
    assert [f.rule for f in compare(other(old), other(new))] == ["type-changed"]
    # That it goes this way alone is the one change of the other way.
    (found,) = compare(place(holding(NUMBER)), place(old))
    assert (found.rule, found.level) == (f"became-{keyword.removesuffix('Only')}-only", BREAKING)


def test_a_required_property_that_may_now_be_sent_has_to_be() -> None:
    """What was only received and is required must be sent once it can be."""
    old, new = ({"p": {**TEXT, "readOnly": flag}} for flag in (True, False))
    found = compare(in_request(obj(old, "p")), in_request(obj(new, "p")))
    assert [(f.rule, f.level) for f in found] == [
        ("property-became-required", BREAKING),
        ("became-not-read-only", ADDITIVE),
    ]
    assert [f.rule for f in compare(in_request(obj(old)), in_request(obj(new)))] == ["became-not-read-only"]


def test_what_is_inside_counts_from_where_a_property_can_be_sent() -> None:
    """A property that becomes read-only is one change of requests, whatever else happens to it."""
    old, new = obj({"p": TEXT}), obj({"p": {**NUMBER, "readOnly": True}})
    assert [f.rule for f in compare(in_request(old), in_request(new))] == ["became-read-only"]
    assert [f.rule for f in compare(in_response(old), in_response(new))] == ["type-changed", "became-read-only"]


def test_a_map_that_is_closed_is_one_change() -> None:
    """What its properties were does not count beside that there may be none."""
    old, new = (in_both(obj(additionalProperties=inner)) for inner in (TEXT, False))
    assert [f.rule for f in compare(old, new)] == ["additional-properties-forbidden"]
    assert [f.rule for f in compare(new, old)] == ["additional-properties-allowed"]


def test_every_rule_has_a_mirror() -> None:
    """And the mirror's mirror is the rule."""
    assert all(RULES[rule.mirror].mirror == name for name, rule in RULES.items())
    assert all(isinstance(rule, Rule) and (rule.request or rule.response) for rule in RULES.values())


# Two spellings of the same schema.
SAME: dict[str, tuple[Any, Any]] = {
    "nullable and a type": ({**TEXT, "nullable": True}, {"type": ["string", "null"]}),
    "nullable and a variant": ({**TEXT, "nullable": True}, {"anyOf": [TEXT, {"type": "null"}]}),
    "a null variant first": (one_of({"type": "null"}, TEXT), {"type": ["null", "string"]}),
    "null in an enum": ({**texts("a"), "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
    "a null const": (one_of(TEXT, {"const": None}), {"type": ["string", "null"]}),
    "a nullable reference": ({"$ref": A["$ref"], "nullable": True}, {"anyOf": [A, {"type": "null"}]}),
    "a nullable allOf": ({"allOf": [A], "nullable": True}, one_of(A, {"type": "null"})),
    "a nullable union": (one_of(A, B, nullable=True), one_of(A, B, {"type": "null"})),
    "null inside of a nested union": (one_of(A, one_of(B, {"type": "null"})), one_of(A, {"type": "null"}, B)),
    "const and enum": ({"type": "string", "const": "a"}, texts("a")),
    "an enum without a type": ({"enum": ["a", "b"]}, texts("b", "a")),
    "enums side by side": (one_of(texts("a"), {"const": "b"}), texts("a", "b")),
    "an open enum": ({"anyOf": [texts("a"), TEXT]}, {"anyOf": [TEXT, {"const": "a"}]}),
    "order of variants": (one_of(A, B), one_of(B, A)),
    "nested unions": (one_of(A, B, C), one_of(A, one_of(B, C))),
    "oneOf and anyOf, where no value fits two": (one_of(A, B, TEXT), {"anyOf": [A, B, TEXT]}),
    "the same variant twice": ({"anyOf": [NAMES, NAMES, NUMBER]}, {"anyOf": [NAMES, NUMBER]}),
    "a union of null alone": ({"anyOf": [{"type": "null"}]}, {"type": "null"}),
    "a looser limit beside": (
        {**TEXT, "minLength": 3, "maxLength": 5},
        {"allOf": [{**TEXT, "minLength": 3, "maxLength": 5}, {"minLength": 2, "maxLength": 6}]},
    ),
    "the same pattern twice": ({**TEXT, "pattern": "a"}, {"allOf": [{**TEXT, "pattern": "a"}, {"pattern": "a"}]}),
    "a list of types": ({"type": ["string", "integer"]}, {"anyOf": [TEXT, NUMBER]}),
    "a list of types with keywords": (
        {"type": ["string", "array"], "items": TEXT, "maxLength": 3},
        one_of({**TEXT, "maxLength": 3}, {"type": "array", "items": TEXT}),
    ),
    "an allOf of one": ({"allOf": [A]}, A),
    "a merged allOf": ({"allOf": [obj({"p": TEXT}), obj({"q": NUMBER}, "q")]}, obj({"p": TEXT, "q": NUMBER}, "q")),
    "limits of an allOf": ({"allOf": [{**NUMBER, "minimum": 1}, {"minimum": 0}]}, {**NUMBER, "minimum": 1}),
    "types of an allOf": ({"allOf": [NUMBER, {"type": "number"}]}, NUMBER),
    "required beside allOf": ({"allOf": [obj({"p": TEXT})], "required": ["p"]}, obj({"p": TEXT}, "p")),
    "a base beside a union": (
        {"type": "object", "properties": {"n": TEXT}, "oneOf": [tagged("a"), tagged("b")]},
        one_of(tagged("a", n=TEXT), tagged("b", n=TEXT)),
    ),
    "inline and named": (tagged("a"), A),
    "another name": (obj({"x": {"$ref": "#/components/schemas/A"}}), obj({"x": {"$ref": "#/components/schemas/A2"}})),
    "variants with other names": (one_of(A, B), one_of(B, {"$ref": "#/components/schemas/A2"})),
    "through two names": (A, {"$ref": "#/components/schemas/Alias"}),
    "prose": (TEXT, {**TEXT, "description": "d", "title": "t", "example": "e", "x-note": 1}),
    "keywords that say nothing": (
        obj({"t": TEXT, "a": {"type": "array"}}),
        obj(
            {"t": {**TEXT, "minLength": 0, "deprecated": False}, "a": {"type": "array", "uniqueItems": False}},
            additionalProperties=True,
        ),
    ),
    "no default": ({**TEXT, "nullable": True}, {**TEXT, "nullable": True, "default": None}),
    "limits of integers": ({**NUMBER, "exclusiveMinimum": 0}, {**NUMBER, "minimum": 1}),
    "limits of OpenAPI 3.0": (
        {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        {"type": "number", "exclusiveMinimum": 0},
    ),
    "a type that its keywords say": ({"properties": {"p": TEXT}}, obj({"p": TEXT})),
    "another type's keywords": (TEXT, {**TEXT, "items": NUMBER, "maximum": 3}),
    "anything": ({}, True),
    "anything, or null": ({}, {"nullable": True}),
    "1 and 1.0": (
        obj(
            {"n": {"type": "number", "minimum": 1, "default": 2}, "c": {"enum": [1, 2]}, "l": {**TEXT, "maxLength": 9}}
        ),
        obj(
            {
                "n": {"type": "number", "minimum": 1.0, "default": 2.0},
                "c": {"type": "number", "enum": [2.0, 1.0]},
                "l": {**TEXT, "maxLength": 9.0},
            }
        ),
    ),
    "integers among numbers": ({"anyOf": [NUMBER, {"type": "number"}]}, {"type": ["integer", "number"]}),
    "numbers": ({"type": ["integer", "number"]}, {"type": "number"}),
    "a limit that no integer has": ({**NUMBER, "minimum": 1.5}, {**NUMBER, "minimum": 2}),
    "both booleans": ({"type": "boolean"}, {"enum": [False, True]}),
    "null in an enum of strings": ({"type": "string", "enum": ["a", None]}, texts("a")),
    "no value": ({"type": "array", "items": False}, {"type": "array", "items": {"not": {}}}),
    "no other properties": ({**NAMES, "additionalProperties": False}, {**NAMES, "additionalProperties": {"not": {}}}),
    "no properties that nobody has looked at": (
        {**NAMES, "additionalProperties": False},
        {**NAMES, "unevaluatedProperties": False},
    ),
    "keywords without the one that they go with": (
        obj({"t": TEXT, "a": {"type": "array"}}),
        obj(
            {"t": {**TEXT, "if": {"minLength": 1}}, "a": {"type": "array", "minContains": 2}},
            dependentRequired={"t": []},
            propertyNames=TEXT,
            unevaluatedProperties={},
        ),
    ),
    "a condition of which nothing comes": (NAMES, {**NAMES, "if": {"required": ["n"]}, "then": True, "else": {}}),
    "items that need not be there": (LIST, {**LIST, "contains": TEXT, "minContains": 0}),
    "nothing that is forbidden": (TEXT, {**TEXT, "not": False}),
    "patterns that all hold": (
        {"allOf": [{**TEXT, "pattern": "^a"}, {"pattern": "b$"}]},
        {"allOf": [{"pattern": "b$"}, {**TEXT, "pattern": "^a"}]},
    ),
    "items behind the listed ones": (
        {"type": "array", "prefixItems": [TEXT], "items": NUMBER},
        {"type": "array", "prefixItems": [TEXT, NUMBER], "items": NUMBER},
    ),
    "a variant that stands twice": (
        {"anyOf": [A, B]},
        {"anyOf": [{"allOf": [A]}, B, {"type": ["object"], **{k: v for k, v in SCHEMAS["A"].items() if k != "type"}}]},
    ),
    "tags that a mapping only repeats": (
        one_of(A, B, discriminator={"propertyName": "type"}),
        one_of(A, B, discriminator=TAGS),
    ),
    "a tagged union with a type": (
        one_of(A, B, discriminator=TAGS),
        one_of(A, B, discriminator=TAGS, type="object"),
    ),
    "a union of itself": ({"$ref": "#/components/schemas/Loop"}, TEXT),
    "recursion under another name": (
        {"$ref": "#/components/schemas/Tree"},
        {"$ref": "#/components/schemas/Wood"},
    ),
    "recursion, unrolled once": (
        {"$ref": "#/components/schemas/Tree"},
        obj({"left": {"$ref": "#/components/schemas/Tree"}, "value": TEXT}),
    ),
    "untagged recursive unions": (
        {"$ref": "#/components/schemas/Filter"},
        {"$ref": "#/components/schemas/Sieve"},
    ),
}


def _tree(name: str) -> Json:
    return obj({"left": {"$ref": f"#/components/schemas/{name}"}, "value": TEXT})


def _filter(name: str) -> Json:
    inner = {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
    return {"anyOf": [obj({"key": TEXT}), obj({"filters": inner}), obj({"not": inner})]}


MORE: Json = {
    **SCHEMAS,
    "A2": SCHEMAS["A"],
    "Alias": A,
    "Loop": {"anyOf": [{"$ref": "#/components/schemas/Loop"}, TEXT]},
    "Tree": _tree("Tree"),
    "Wood": _tree("Wood"),
    "Filter": _filter("Filter"),
    "Sieve": _filter("Sieve"),
}


@pytest.mark.parametrize("name", SAME)
def test_another_spelling_is_no_change(name: str) -> None:
    """In a request, in a response and in both, in both directions."""
    for place in (in_request, in_response, in_both):
        left, right = (place(schema, MORE) for schema in SAME[name])
        assert compare(left, right) == []
        assert compare(right, left) == []
