"""No schema and no pattern of a request hangs the server, or takes its memory; others are answered meanwhile."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_completions.local import LocalServer
from chat_completions.local.patterns import NoMatchError, finds
from chat_completions.local.sample_maker import NoSampleError
from chat_completions.local.samples import sample_json, schema_problem
from chat_completions.local.work_limit import STEPS_PER_REQUEST, STEPS_PER_SCHEMA, TooMuchWork, bounded, spend
from tests.conftest import examples

EVIL = r"^(\w+\s?)*!$"
VICTIM = "a" * 40


def chain(keyword, end):
    """Return a schema whose definitions double the work forty times."""
    both = [[{"$ref": f"#/$defs/d{number + 1}"}] * 2 for number in range(40)]
    return {"$defs": {**{f"d{number}": {keyword: pair} for number, pair in enumerate(both)}, "d40": end}}


MIXED = [item for number in range(9_000) for item in (number, f"a{number}")]
SCHEMAS = {
    "a pattern that goes back": {"type": "string", "pattern": EVIL, "enum": [VICTIM]},
    "in a property's name": {"patternProperties": {EVIL: {}}, "required": [VICTIM]},
    "in what is additional": {
        "patternProperties": {EVIL: {}},
        "additionalProperties": False,
        "required": [VICTIM],
    },
    "in names": {"propertyNames": {"pattern": EVIL}, "required": [VICTIM]},
    "in what is unevaluated": {
        "patternProperties": {EVIL: {}},
        "unevaluatedProperties": False,
        "required": [VICTIM],
    },
    "under another dialect": {
        "properties": {"a": {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": EVIL, "const": VICTIM}},
        "required": ["a"],
    },
    "told in words": {"description": f"pattern: {json.dumps(EVIL)}", "enum": [VICTIM]},
    "a bomb": {"type": "string", "pattern": "((a{1000}){1000}){1000}"},
    "a bomb to match": {"const": "b" * 3_000, "pattern": "((a?){1000}){1000}c"},
    "a long pattern": {"pattern": "(a|b)" * 40_000},
    "a deep pattern": {"pattern": "(" * 3_000 + "a" + ")" * 3_000},
    "many items": {"type": "array", "items": {}, "minItems": 10**9},
    "items of items": {"items": {"items": {"minItems": 1_000}, "minItems": 1_000}, "minItems": 1_000},
    "a long text": {"type": "string", "minLength": 10**9},
    "many long texts": {"type": "array", "items": {"type": "string", "minLength": 100_000}, "minItems": 10_000},
    "many long constants": {"type": "array", "items": {"const": "a" * 100_000}, "minItems": 10_000},
    "many properties": {"minProperties": 10**9},
    "many that are contained": {"contains": {"const": 1}, "minContains": 10**9},
    "unique lists": {"items": {"enum": [[n] for n in range(3_000)]}, "minItems": 3_000, "uniqueItems": True},
    "unique and mixed": {"$schema": "http://json-schema.org/draft-04/schema#", "enum": MIXED},
    "required and mixed": {"required": MIXED},
    "allOf": {**chain("allOf", {"type": "string"}), "$ref": "#/$defs/d0"},
    "allOf in not": {**chain("allOf", {"type": ["string", "object"]}), "not": {"not": {"$ref": "#/$defs/d0"}}},
    "anyOf": {**chain("anyOf", False), "$ref": "#/$defs/d0"},
    "oneOf in not": {**chain("oneOf", False), "not": {"$ref": "#/$defs/d0"}},
    "a loop": {
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
        "not": {"$ref": "#/$defs/a"},
    },
    "a long way": {
        "$defs": {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(3_000)},
        "not": {"$ref": "#/$defs/d0"},
    },
    "a name, often": {
        "type": "array",
        "minItems": 5_000,
        "items": {"not": {"$ref": "#far"}},
        "$defs": {"wide": {"enum": list(range(20_000))}, "far": {"$anchor": "far", "const": 5}},
    },
    "wide": {"allOf": [{}] * 60_000},
    "errors that show all": {"anyOf": [{"type": "string"}] * 5_000, "const": [[[list(range(20_000))]]]},
    "tiny steps": {"type": "number", "multipleOf": 1e-308, "minimum": 1e308},
    "large steps": {"type": "integer", "multipleOf": 10**4_000, "minimum": 10**4_001},
    "longer than any": {"description": "x" * 600_000},
}


def test_ordinary_schemas_are_far_from_the_bound():
    """As many properties as the API takes, nested and strict, with patterns and lists."""
    leaf = {"type": "string", "pattern": r"^[a-z]+(-[a-z]+)*$", "minLength": 20}
    plain = {f"p{n}": {"type": "string"} for n in range(49)}
    inner = {"type": "object", "properties": {**plain, "pattern": leaf}, "additionalProperties": False}
    inner["required"] = list(inner["properties"])
    schema = {
        "type": "object",
        "properties": {f"o{n}": inner for n in range(80)},
        "required": [f"o{n}" for n in range(80)],
    }
    assert schema_problem(schema) is None
    assert len(json.loads(sample_json(schema))) == 80
    rows = {"type": "array", "minItems": 1_000, "uniqueItems": True, "items": {"type": "integer"}}
    assert json.loads(sample_json(rows)) == list(range(1, 1_001))


def test_a_sample_says_why_there_is_none():
    for schema, reason in (
        ({"pattern": r"(a)\1"}, r"the escape \\1 is not supported"),
        ({"minLength": 10**9}, "the text would be too long"),
        ({"minItems": 10**9, "type": "array"}, "more work than the server allows"),
        ({"description": "x" * 600_000}, "longer than 524,288 characters"),
    ):
        with pytest.raises(NoSampleError, match=reason):
            sample_json(schema)


def test_equal_json_is_not_unique_and_other_is():
    for items, is_unique in (
        ([1, True, "1", [1], {"a": 1}, None, 0, False], True),
        ([1, 1.0], False),
        ([{"a": [1, 2], "b": 3}, {"b": 3, "a": [1.0, 2]}], False),
        ([[1, True], [1, 1]], True),
    ):
        if is_unique:
            assert json.loads(sample_json({"const": items, "uniqueItems": True})) == items
        else:
            with pytest.raises(NoSampleError):
                sample_json({"const": items, "uniqueItems": True})


@pytest.fixture(scope="module")
def bounds():
    """A server with a tenth of the ordinary limits, so that what hits them does so soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chat_completions.local.app.STEPS_PER_REQUEST", STEPS_PER_REQUEST // 10)
        for module in ("calls", "samples"):
            patch.setattr(f"chat_completions.local.{module}.STEPS_PER_SCHEMA", STEPS_PER_SCHEMA // 10)
        with LocalServer() as server:
            yield server


def asked(server, **fields):
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], **fields}
    return httpx.post(f"{server.base_url}/chat/completions", json=body, trust_env=False, timeout=200)


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_schema_hangs_the_server(bounds, name):
    """As a response format and as a tool's parameters: a sample, or 400 with the reason."""
    schema = SCHEMAS[name]
    wanted = {"type": "json_schema", "json_schema": {"name": "s", "schema": schema}}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    for fields in ({"response_format": wanted}, {"tools": [tool], "tool_choice": "required"}):
        response = asked(bounds, **fields)
        assert response.status_code in (200, 400), response.text
        assert len(response.content) < 2_000_000
        if response.status_code == 400:
            assert "schema" in response.json()["error"]["message"]


def test_others_are_answered_meanwhile(bounds):
    """While threads work on schemas, a plain request is answered."""
    heavy = {**chain("oneOf", False), "not": {"$ref": "#/$defs/d0"}}
    with ThreadPoolExecutor(3) as pool:
        jobs = []
        for number in range(3):  # each another schema, so that none is remembered
            wanted = {"type": "json_schema", "json_schema": {"name": "s", "schema": {**heavy, "title": str(number)}}}
            jobs.append(pool.submit(asked, bounds, response_format=wanted))
        answered = 0
        while not all(job.done() for job in jobs):
            assert asked(bounds).status_code == 200
            answered += 1
        assert answered >= 1
        for job in jobs:
            assert job.result().status_code == 400
            assert "more work than the local server allows" in job.result().json()["error"]["message"]


@pytest.mark.parametrize(
    "pattern", [EVIL, "((a{1000}){1000}){1000}", "(a|b)" * 5_000, "(" * 3_000 + ")" * 3_000, r"(a)\1"]
)
def test_no_grammar_hangs_the_server(bounds, pattern):
    grammar = {"type": "grammar", "grammar": {"syntax": "regex", "definition": pattern}}
    tool = {"type": "custom", "custom": {"name": "c", "format": grammar}}
    response = asked(bounds, tools=[tool], tool_choice="required")
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        error = response.json()["error"]
        assert error["code"] in ("invalid_grammar", "invalid_json") and len(error["message"]) < 500


def test_all_schemas_of_a_request_are_bounded_together(bounds):
    def tools(count):
        parameters = [{"title": str(n), "allOf": [{}] * 600} for n in range(count)]
        return [{"type": "function", "function": {"name": f"f{n}", "parameters": p}} for n, p in enumerate(parameters)]

    assert asked(bounds, tools=tools(1)).status_code == 200
    for _ in range(2):  # what is remembered does not change the answer
        error = asked(bounds, tools=tools(40)).json()["error"]
        assert error["code"] == "request_too_complex" and "fewer or smaller schemas" in error["message"]


def test_names_that_are_looked_for_are_bounded(bounds):
    """Many tools' names and many places where one may be asked for are not each tried with each."""
    names = ["n" * length for length in range(1, 3_000)]
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    content = "call x " * 100_000
    body = {"model": "m", "messages": [{"role": "user", "content": content}], "tools": tools}
    response = httpx.post(f"{bounds.base_url}/chat/completions", json=body, trust_env=False, timeout=200)
    assert response.status_code == 400 and response.json()["error"]["code"] == "request_too_complex"


# Patterns are matched as `re` matches them

ATOMS = [*"abc1", ".", r"\w", r"\d", r"\s", r"\W", "[ab]", "[^a]", r"\b", r"\B", "^", "$", r"\A", r"\Z", " ", "\n"]
COUNTS = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{,2}", "{1,}", "*?", "+?"])
BEHIND = st.sampled_from(["a", "ab", "[ab]c", r"\b", r"\w"])
PATTERNS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: (
        st.builds("{}{}".format, inner, inner)
        | st.builds("(?:{}|{})".format, inner, inner)
        | st.builds("({})".format, inner)
        | st.builds("(?={})".format, inner)
        | st.builds("(?!{})".format, inner)
        | st.builds("(?<={}){}".format, BEHIND, inner)
        | st.builds("(?<!{}){}".format, BEHIND, inner)
        | st.builds("(?:{}){}".format, inner, COUNTS)
    ),
    max_leaves=8,
)


@examples(250)
@given(PATTERNS, st.text("abc1 -\n", max_size=6))
def test_patterns_are_matched_as_python_matches_them(pattern, text):
    try:
        wanted = re.search(pattern, text) is not None
    except (re.error, FutureWarning):
        return
    assert finds(pattern, text) == wanted


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (EVIL, "a" * 5_000, False),
        (EVIL, "a" * 5_000 + "!", True),
        ("^(a+)+$", "a" * 5_000 + "b", False),
        ("^(((a*)*)*)*b$", "a" * 5_000, False),
        ("(a?){1000000000}b", "a" * 500, False),
        ("x{,2}$", "xx", True),
        ("a{}", "a{}", True),
        ("a{,", "a{,", True),
        ("^.$", "\n", False),
        ("^$", "\n", True),
        ("[^]a]", "]a", False),
        ("\ud800", "\ud800", True),
        ("\U0001f600+$", "\U0001f600" * 3, True),
    ],
)
def test_matching(pattern, text, found):
    assert finds(pattern, text) is found


@pytest.mark.parametrize(
    "pattern", ["(?i)a", r"(a)\1", "(?P<x>a)(?P=x)", "(?>a)", "a++", "(?(1)a)", r"\p{L}", "(?#x)", "a" * 6_000]
)
def test_what_is_not_known_is_said(pattern):
    with pytest.raises(NoMatchError):
        finds(pattern, "a")


def test_work_is_counted_where_it_is_bounded():
    spend(10**12)
    with bounded(10) as outer:
        spend(4)
        with bounded(5), pytest.raises(TooMuchWork):
            spend(6)
        assert outer.spent == 4
        with pytest.raises(TooMuchWork):
            spend(7)
