"""Reading documents exactly, saying what is wrong with bad ones, and writing YAML that reads back the same."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tools.document import document, yaml_reader, yaml_writer
from tools.errors import ToolError


def read(text: str) -> Any:
    return yaml_reader.read(text.encode(), name="in.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("'null'", "null"),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("off", "off"),
        ("0", 0),
        ("-12", -12),
        ("+1", 1),
        ("0x1F", 31),
        ("0o17", 15),
        ("0123", "0123"),
        ("-012", "-012"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("1.0", 1.0),
        (".5", 0.5),
        ("2.", 2.0),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        ("3.1.0", "3.1.0"),
        ("30m", "30m"),
        ("-", None),
        ("=", "="),
        ('"1"', "1"),
        ("!!str 200", "200"),
        ("!!int 7", 7),
        ("!!float 7", 7),
        ("!!null ''", None),
        ("!!map {a: 1}", {"a": 1}),
        ("!!seq [1]", [1]),
        ("|-\n    a\n    b", "a\nb"),
        (">-\n    a\n    b", "a b"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: Any) -> None:
    """What only YAML 1.1 takes for a boolean, a date or a number is a string."""
    expected = [value] if text == "-" else value
    found = read(f"a:\n  {text}\n")["a"]
    assert (found, type(found)) == (expected, type(expected))


def test_keys_are_strings() -> None:
    """A response's key `200` and a property's key `null` are names, however they look."""
    assert read("{200: a, 1.0: b, true: c, null: d, ~: e, on: f, '<<': g, !!int 5: h}") == dict(
        zip(["200", "1.0", "true", "null", "~", "on", "<<", "5"], "abcdefgh", strict=True)
    )


def test_anchors_may_be_defined_again() -> None:
    """An alias means the latest anchor of its name before it, inside of an anchored mapping too."""
    assert read("[&a 1, *a, &a {b: &a 2, c: *a}, *a]") == [1, 1, {"b": 2, "c": 2}, 2]


def test_what_an_alias_names_is_shared() -> None:
    """An alias costs no copy."""
    first, second = read("[&a {b: [1]}, *a]")
    assert first is second


def test_an_alias_of_a_string_may_be_a_key() -> None:
    """YAML allows it."""
    assert read("a: &name b\n*name : 1") == {"a": "b", "b": 1}


def test_merge_keys() -> None:
    """A mapping's own keys win over merged ones, wherever `<<` stands, and earlier sources over later ones."""
    text = (
        "- &a {x: 1, y: 1}\n- &b {y: 2, z: 2}\n- {<<: [*a, *b], z: 3}\n- {w: 0, <<: *a, x: 9}\n- {<<: {<<: *a, v: 5}}"
    )
    assert read(text)[2:] == [{"x": 1, "y": 1, "z": 3}, {"w": 0, "x": 9, "y": 1}, {"v": 5, "x": 1, "y": 1}]


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("a: 1\nb: 2\na: 3", "in.yaml:3", "the key 'a' appears twice in one mapping, first on line 1"),
        ("x:\n  - {b: 1,\n     b: 2}", "in.yaml:3", "the key 'b' appears twice in one mapping, first on line 2"),
        ("a: 1\n'a': 3", "in.yaml:2", "the key 'a' appears twice"),
        ("200: 1\n'200': 3", "in.yaml:2", "the key '200' appears twice"),
        ("a: &n b\n*n : 1\nb: 2", "in.yaml:3", "the key 'b' appears twice in one mapping, first on line 2"),
        ("a: &a {}\n<<: *a\n<<: *a", "in.yaml:3", "the key '<<' appears twice in one mapping, first on line 2"),
        ("a: &a\n  b: *a", "in.yaml:2", "the alias *a is inside the value that it names"),
        ("&a [[{b: *a}]]", "in.yaml:1", "the alias *a is inside the value that it names"),
        ("a: *b", "in.yaml:1", "the alias *b does not name an earlier anchor"),
        ("a: &a [1]\n*a : 1", "in.yaml:2", "the alias *a is a key, but does not name a string"),
        ("? [1]\n: 2", "in.yaml:1", "a key is a list or a mapping"),
        ("a:\n  <<: 1\nb: 2", "in.yaml:3", "`<<` in the mapping that ends here takes a mapping"),
        ("a: .nan", "in.yaml:1", ".nan is not a JSON number"),
        ("a: -.INF", "in.yaml:1", "-.INF is not a JSON number"),
        ("\na: 1e999", "in.yaml:2", "1e999 is not a JSON number"),
        (f"a: {'9' * 5000}", "in.yaml:1", "a number of 5000 digits"),
        ("a: !!binary aaaa", "in.yaml:1", "the tag tag:yaml.org,2002:binary is not one of JSON's types"),
        ("a: !!set {b}", "in.yaml:1", "the tag tag:yaml.org,2002:set is not one of JSON's types"),
        ("a: !own [b]", "in.yaml:1", "the tag !own is not one of JSON's types"),
        ("a: !!int x", "in.yaml:1", "'x' does not match its tag tag:yaml.org,2002:int"),
        ("a: 1\n--- \nb: 1", "in.yaml:2", "a second YAML document begins"),
        ("# nothing", "in.yaml", "the file has no document"),
        ("a: [1,\nb: 2", "in.yaml:3:1", "not valid YAML: did not find expected ',' or ']'"),
        ("a: 1\n b: 2", "in.yaml:2:3", "not valid YAML: mapping values are not allowed"),
        ("a: 1\n\tb: 2", "in.yaml:2:1", "not valid YAML: found a tab character"),
        ("a: 'b", "in.yaml:1:6", "found unexpected end of stream while scanning a quoted scalar that began at line 1"),
        ("a: 1\nb: \x01", "in.yaml:2", "not text: control characters are not allowed"),
    ],
)
def test_bad_yaml_is_one_error_with_its_line(text: str, where: str, message: str) -> None:
    """Every error names the line and what is there."""
    with pytest.raises(ToolError) as caught:
        read(text)
    assert caught.value.where == where
    assert caught.value.message.startswith(message) or message in caught.value.message
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_utf_8_are_one_error_with_their_line() -> None:
    """The line is counted up to the first bad byte."""
    with pytest.raises(ToolError, match=r"in\.yaml:2: not text: invalid leading UTF-8 octet"):
        yaml_reader.read(b"a: 1\nb: \xff", name="in.yaml")


def test_aliases_that_stand_for_terabytes_are_refused() -> None:
    """Ten lines of ten aliases each would otherwise fill the memory of whoever writes them out."""
    bomb = "a0: &a0 xxxxxxxxxx\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    with pytest.raises(ToolError, match="expand to too much"):
        read(bomb)


@pytest.mark.parametrize("text", ["[" * 100_000, "a: " + "{a: " * 5000, "- " * 5000])
def test_depth_without_end_is_an_error(text: str) -> None:
    """Neither the parser nor Python's stack gives way, and no time is lost."""
    with pytest.raises(ToolError, match=r"in\.yaml:1: lists and mappings are nested more than 200 deep"):
        read(text)


MINIMAL = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n"


@pytest.mark.parametrize(
    "data",
    [
        MINIMAL.encode(),
        b"\xef\xbb\xbf" + MINIMAL.encode(),
        MINIMAL.replace("\n", "\r\n").encode(),
        MINIMAL.encode("utf-16"),
        gzip.compress(MINIMAL.encode(), mtime=0),
        b'\n {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}',
        b'\xef\xbb\xbf{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}',
        b"{openapi: 3.1.0, info: {title: t, version: '1'}, paths: {}}",
    ],
)
def test_every_encoding_of_a_document_loads(data: bytes) -> None:
    """YAML, JSON, flow YAML, gzip, a byte order mark and UTF-16 are all the same document."""
    expected = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
    assert document.load(data, name="in.yaml") == expected


@pytest.mark.parametrize("version", ["3.0.0", "3.0.3", "3.1.1", "3.2.0", "3.1.0-rc1"])
def test_versions_that_load(version: str) -> None:
    """OpenAPI 3.0, 3.1 and 3.2."""
    assert document.load(f"openapi: {version}".encode(), name="x")["openapi"] == version


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "in.yaml: the file is empty"),
        (b" \n\t", "in.yaml: the file is empty"),
        (gzip.compress(b"", mtime=0), "in.yaml: the file is empty"),
        (b"<!DOCTYPE html><html>", "in.yaml: this is HTML or XML"),
        (b"\n<html>", "in.yaml: this is HTML or XML"),
        (b"- a", "in.yaml: the document is not a mapping"),
        (b"404: Not Found", "in.yaml: there is no `openapi` key"),
        (b"Not Found", "in.yaml: the document is not a mapping"),
        (b"swagger: '2.0'", "in.yaml: this is Swagger 2.0"),
        (b"openapi: 4.0.0", "in.yaml: cannot read OpenAPI version '4.0.0'"),
        (b"openapi: 3.1", "in.yaml: cannot read OpenAPI version 3.1"),
        (b"\x1f\x8bnonsense..", "in.yaml: cannot unpack the gzip file"),
        (gzip.compress(MINIMAL.encode(), mtime=0)[:-9], "in.yaml: cannot unpack the gzip file"),
        (b'{"openapi": "3.1.0",\n "a" 1}', "in.yaml:2:6: not valid JSON: Expecting ':' delimiter"),
        (
            b'{"openapi": "3.1.0",\n "a": 1,\n "a": 2}',
            "in.yaml:3: the key 'a' appears twice in one mapping, first on li",
        ),
        (b'{"openapi": "3.1.0", "a": NaN}', "in.yaml: cannot read the JSON: NaN is not a valid JSON number"),
        (b'{"openapi": "3.1.0", "a": 1e999}', "in.yaml: cannot read the JSON: 1e999 is not a valid JSON number"),
        (b'{"a": ' * 50_000, "in.yaml: cannot read the JSON"),
    ],
)
def test_what_is_no_openapi_document_is_one_error(data: bytes, message: str) -> None:
    """Each says what the file is instead."""
    with pytest.raises(ToolError) as caught:
        document.load(data, name="in.yaml")
    assert str(caught.value).startswith(message)


def test_a_document_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A packed file is not unpacked further than the limit."""
    monkeypatch.setattr(document, "MAX_DOCUMENT_BYTES", 1000)
    assert len(document.unpack(gzip.compress(b"x" * 1000), name="x")) == 1000
    for data in (b"x" * 1001, gzip.compress(b"x" * 10**7)):
        with pytest.raises(ToolError, match="larger than 1000 bytes"):
            document.unpack(data, name="x")


def test_lines_of_pointers() -> None:
    """A pointer's line is its key's; a place that is not there has the line of the nearest one above it."""
    data = gzip.compress(b"openapi: 3.1.0\npaths:\n  /a~b:\n    get:\n      tags:\n        - x\n        - y\n")
    lines = [
        document.line_of(data, at)
        for at in ("#", "#/paths", "#/paths/~1a~0b", "#/paths/%7E1a~0b/get/tags/1", "#/paths/~1a~0b/get/tags/7/z")
    ]
    assert lines == [None, 2, 3, 7, 5]
    assert document.line_of(b'{"a":\n {"b":\n  1}}', "#/a/b") == 2
    assert document.line_of(b"a: [", "#/a") is None


WORDS = r"""
yes No ~ null 1e5 0o17 0x1f 1_0 1:30 2024-01-01 << = - #a .inf a: a:b --- ... *a !x &x %x @x `x {a} [a] ? | > +1 -1.5
007 it's " \ + e5 1e+5 y .5 5. 0 0.0 1.0e+2 _1 a:[ a:{ //x $ref x{ x} :x x: http://x 200 /a/{b}
"""
TRICKY = [*WORDS.split(), "", " ", " a", "a ", "a: b", "a #b", "- a", "? a", "a, b", "key\n", "\na", "a\n\nb", "a\tb"]
TRICKY += ["\0", "\x85", "\xa0", "\u2028", "\ufeff", "\uffff", "\U0001f600", "\U0001ffff", "x" * 500, "é è", "a é"]
texts = st.text(max_size=20) | st.sampled_from(TRICKY)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(json_values.map(lambda value: {"root": value}))
def test_what_is_written_reads_back_the_same_everywhere(value: dict[str, Any]) -> None:
    """Our reader, PyYAML (YAML 1.1) and ruamel.yaml (YAML 1.2) all read the same value from the same text."""
    text = yaml_writer.write(value, comment="a comment")
    expected = json.dumps(value)
    assert json.dumps(read(text)) == expected
    assert json.dumps(yaml.load(text, Loader=yaml.CSafeLoader)) == expected
    assert json.dumps(YAML(typ="safe").load(text)) == expected


@given(json_values.filter(lambda value: isinstance(value, dict)))
def test_json_and_yaml_readers_agree(value: dict[str, Any]) -> None:
    """The same document as JSON and as YAML is the same value."""
    value = {"openapi": "3.1.0", **{f"x{key}": item for key, item in value.items()}}
    as_yaml = document.load(yaml_writer.write(value).encode(), name="x")
    assert json.dumps(document.load(json.dumps(value).encode(), name="x")) == json.dumps(as_yaml)


def test_how_written_yaml_looks() -> None:
    """Block style, two spaces, quotes only where a reader could mistake a string."""
    value = {"a": {"b": [], "c": {}}, "200": ["x y", [1, {"k": None, "l": [2]}], "off", "https://x/{y}"], "$ref": "#/a"}
    assert yaml_writer.write(value, comment="why") == (
        "# why\na:\n  b: []\n  c: {}\n'200':\n  - x y\n  - - 1\n    - k: null\n      l:\n        - 2\n"
        "  - 'off'\n  - https://x/{y}\n$ref: '#/a'\n"
    )


def test_a_long_key_is_marked_as_one() -> None:
    """YAML allows no more than 1,024 characters in front of a colon."""
    key = "k" * 1500
    value = {key: 1, "b": [{key: {"c": [2]}, "d": {key: {}}}, {key: [{key: "'"}]}], "é" * 1001: None}
    text = yaml_writer.write(value)
    assert text.startswith(f"? {key}\n: 1\n")
    assert yaml_reader.read(text.encode(), name="x") == value == yaml.safe_load(text)


def test_half_a_character_is_not_written() -> None:
    """JSON can hold a lone surrogate and UTF-8 cannot."""
    with pytest.raises(ToolError, match="surrogate"):
        yaml_writer.write({"a": "\ud800"})


@pytest.mark.slow
def test_an_upstream_document_reads_as_pyyaml_reads_it() -> None:
    """On a real document we differ from PyYAML's safe loader in dates, which we leave as strings, and in nothing."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "upstream"
    documents = sorted(folder.glob("*.yaml.gz"))
    if not documents:
        pytest.skip("there are no upstream documents beside the repository")

    class WithoutDates(yaml.CSafeLoader):
        yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
            for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
        }

    data = gzip.decompress(documents[-1].read_bytes())
    assert json.dumps(document.load(data, name="x")) == json.dumps(yaml.load(data, Loader=WithoutDates))
