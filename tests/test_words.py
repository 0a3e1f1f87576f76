"""Words of a document with values of another kind than they take: vendor, generate and drift say the same of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.drift.minis import TEXT, Json, document, in_request
from tests.specs import obj, ref
from tools.__main__ import main
from tools.document import pointer as pointers
from tools.errors import ToolError
from tools.generate import build
from tools.schema import normalized
from tools.schema.slicing import slice_document

SCHEMA = "#/paths/~1chat~1completions/post/requestBody/content/application~1json/schema/properties/it"
POST = "#/paths/~1chat~1completions/post"


@pytest.mark.parametrize(
    ("word", "value", "below", "message"),
    [
        ("required", "abc", "", 'expected a list of strings, found "abc"'),
        ("required", ["a", None], "/1", "expected a string, found nothing"),
        ("required", True, "", "expected a list of strings, found true"),
        ("properties", ["a"], "", "expected a mapping, found a list"),
        ("properties", {"a": "string"}, "/a", 'expected a mapping, found "string"'),
        ("enum", {"a": 1}, "", "expected a list, found a mapping"),
        ("type", 5, "", "expected a type, or a list of types, found 5"),
        ("type", ["string", {}], "/1", "expected a string, found a mapping"),
        ("items", "x" * 50, "", f'expected a mapping, found "{"x" * 39}...'),
        ("allOf", {}, "", "expected a list, found a mapping"),
        ("anyOf", [None], "/0", "expected a mapping, found nothing"),
        ("$ref", 3, "", "expected a string, found 3; put it in quotes"),
        ("discriminator", "type", "", 'expected a mapping, found "type"'),
        ("discriminator", {"propertyName": 1.5}, "/propertyName", "expected a string, found 1.5; put it in quotes"),
        ("discriminator", {"propertyName": "a", "mapping": []}, "/mapping", "expected a mapping, found a list"),
        ("additionalProperties", "no", "", 'expected a mapping, found "no"'),
        ("minimum", "1", "", 'expected a number, found "1"'),
        ("maxLength", True, "", "expected a number, found true"),
        ("exclusiveMinimum", None, "", "expected a number, found nothing"),
        ("nullable", "true", "", 'expected true or false, found "true"'),
        ("format", ["a"], "", "expected a string, found a list"),
        ("pattern", 10**9, "", "expected a string, found 1000000000; put it in quotes"),
        ("dependentRequired", {"a": "b"}, "/a", 'expected a list of strings, found "b"'),
    ],
)  # fmt: skip
def test_a_word_of_a_schema(word: str, value: Any, below: str, message: str) -> None:
    error = error_of(in_request({word: value}))
    assert (error.where, error.message.removesuffix("; correct it")) == (f"{SCHEMA}/{word}{below}", message)


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        ({"parameters": {}}, "parameters", "expected a list, found a mapping"),
        ({"parameters": [{"in": "query"}]}, "parameters/0", "`name` is required here; add it"),
        ({"parameters": [{"name": "a", "in": 1}]}, "parameters/0/in", "expected a string, found 1; put it in quotes"),
        ({"requestBody": []}, "requestBody", "expected a mapping, found a list"),
        ({"requestBody": {"content": []}}, "requestBody/content", "expected a mapping, found a list"),
        ({"requestBody": {"required": "yes"}}, "requestBody/required", 'expected true or false, found "yes"'),
        ({"responses": [200]}, "responses", "expected a mapping, found a list"),
        ({"responses": {"200": None}}, "responses/200", "expected a mapping, found nothing"),
        ({"responses": {"200": {"headers": 5}}}, "responses/200/headers", "expected a mapping, found 5"),
        ({"tags": "chat"}, "tags", 'expected a list of strings, found "chat"'),
        ({"security": [{"key": None}]}, "security/0/key", "expected a list of strings, found nothing"),
        ({"servers": [{}]}, "servers/0", "`url` is required here; add it"),
    ],
)  # fmt: skip
def test_a_word_of_an_operation(change: Json, where: str, message: str) -> None:
    whole = document(**change)
    whole["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    error = error_of(whole)
    assert (error.where, error.message.removesuffix("; correct it")) == (f"{POST}/{where}", message)


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        ({"info": None}, "#/info", "expected a mapping, found nothing"),
        ({"info": {"title": "t"}}, "#/info", "`version` is required here; add it"),
        ({"info": {"title": "t", "version": 1.0}}, "#/info/version", "expected a string, found 1.0; put it in quotes"),
        ({"info": {"title": False, "version": ""}}, "#/info/title", "expected a string, found false; put it in quotes"),
        ({"paths": []}, "#/paths", "expected a mapping, found a list"),
        ({"components": []}, "#/components", "expected a mapping, found a list"),
        ({"components": {"schemas": 5}}, "#/components/schemas", "expected a mapping, found 5"),
        ({"tags": {}}, "#/tags", "expected a list, found a mapping"),
        ({"servers": "/"}, "#/servers", 'expected a list, found "/"'),
    ],
)  # fmt: skip
def test_a_word_of_the_document(change: Json, where: str, message: str) -> None:
    named = {"discriminator": {"propertyName": "a", "mapping": {"b": "B"}}}
    error = error_of({**in_request(named if "components" in change else {}), **change})
    assert (error.where, error.message.removesuffix("; correct it")) == (where, message)


def error_of(whole: Json) -> ToolError:
    """Return the error that slicing a document ends with."""
    with pytest.raises(ToolError) as caught:
        slice_document(whole)
    assert pointers.fragment(caught.value.where) == caught.value.where
    return caught.value


COMMANDS = {
    "vendor": (1, ["--upstream", "in.yaml"]),
    "generate": (1, ["--spec", "in.yaml", "--output", "out"]),
    "drift": (4, ["--upstream", "in.yaml"]),
}


def unions(count: int, size: int) -> Json:
    """Return an allOf of so many unions of so many objects."""
    return {"allOf": [{"anyOf": [obj({f"{i}-{j}": TEXT}) for j in range(size)]} for i in range(count)]}


def tree(depth: int, size: int) -> Json:
    """Return a union of so many unions, and so on, that come to objects."""
    return obj({}) if depth == 0 else {"anyOf": [tree(depth - 1, size) for _ in range(size)]}


def nested(depth: int) -> Json:
    """Return components of which each has the next one as a property."""
    return {f"T{i}": obj({"next": ref(f"T{i + 1}")}) for i in range(depth)} | {f"T{depth}": TEXT}


def doubled(depth: int, last: Json) -> Json:
    """Return components of which each is a union of the next one and the next one once more."""
    both = [{"oneOf": [{"allOf": [ref(f"T{i + 1}")]}] * 2} for i in range(depth)]
    return {f"T{i}": schema for i, schema in enumerate([*both, last])}


def crossed(depth: int) -> Json:
    """Return components that lead back to the first, of which each has the next one in two unions."""
    both = [
        {"allOf": [{"anyOf": [ref(f"T{i + 1}"), kind]} for kind in (TEXT, {"type": "integer"})]} for i in range(depth)
    ]
    return {f"T{i}": schema for i, schema in enumerate([*both, ref("T0")])}


def lists(depth: int) -> Json:
    """Return components that lead back to the first, each a list of two others."""
    return {
        f"T{i}": {"type": "array", "items": {"oneOf": [ref(f"T{(i + step) % depth}") for step in (1, 7)]}}
        for i in range(depth)
    }


TOO_DEEP = "schemas are nested too deeply; flatten them"
TOO_LONG = "more than 50 references form a chain; refer to its end directly"
TOO_WIDE = "expanding these unions takes more than 6000 steps; list only the variants that are meant"
TOO_BROAD = "these unions have more than 2000 alternatives together; list the intended ones"
TOO_UNNAMED = "there are more than 10000 lists and maps in lists and maps; make objects of some"
TOO_MANY = "these unions have more than 500 alternatives together; list the intended ones"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("whole", "where", "message"),
    [
        (in_request({"required": "abc"}), f":24 ({SCHEMA}/required)", 'expected a list of strings, found "abc"'),
        ({**document(), "info": {"title": "t", "version": 1.0}}, ":5 (#/info/version)", "expected a string, found 1.0"),
        (in_request({"$ref": "abc"}), f":24 ({SCHEMA}/$ref)", "$ref 'abc' leaves the file"),
        (in_request(unions(3, 8)), f":25 ({SCHEMA}/allOf/0)", TOO_MANY),
        (in_request(unions(8, 8)), f":25 ({SCHEMA}/allOf/0)", TOO_MANY),
        (in_request(tree(3, 13)), f":23 ({SCHEMA})", TOO_BROAD),
        (in_request(ref("T0"), nested(60)), ":", TOO_DEEP),
        (in_request(ref("T0"), nested(2000)), ":", TOO_DEEP),
        (in_request(ref("T0"), doubled(40, TEXT)), ":", TOO_BROAD),
        (in_request(ref("T0"), doubled(40, ref("T0"))), ":", TOO_WIDE),
        (in_request(ref("T0"), crossed(40)), ":", TOO_WIDE),
        (in_request(ref("T0"), lists(25)), ":", TOO_UNNAMED),
        (in_request(ref("T0"), {f"T{i}": ref(f"T{i + 1}") for i in range(60)} | {"T60": TEXT}), ":", TOO_LONG),
    ],
    ids=[
        "required",
        "version",
        "$ref",
        "3 unions",
        "8 unions",
        "tree",
        "deep",
        "deeper",
        "doubled",
        "circle",
        "crossed",
        "lists",
        "references",
    ],
)
def test_every_command_says_the_same(
    command: str,
    whole: Json,
    where: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each names the file, the line and the pointer, and writes nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(normalized, "MAX_STEPS", 6000)  # as many as there may be take seconds
    Path("in.yaml").write_text(json.dumps(whole, indent=1))
    code, arguments = COMMANDS[command]
    assert main([command, *arguments]) == code
    error = capsys.readouterr().err
    assert error.startswith(f"error: in.yaml{where}"), error
    assert message in error and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in.yaml"]


def test_what_stays_within_the_limits_is_generated(tmp_path: Path) -> None:
    """However many objects of the same name there are, each gets one that no file system refuses."""
    schema = {**unions(3, 7), "description": "Many."}
    spec = tmp_path / "in.json"
    spec.write_text(
        json.dumps(in_request({"type": "object", "properties": {"x" * 150: schema, "deep": ref("T0")}}, nested(45)))
    )
    names = build(spec, tmp_path / "package", None)
    assert len(names) > 7**3 and max(map(len, names)) < 255


def test_an_overlay_that_brings_a_word_of_the_wrong_kind(tmp_path: Path) -> None:
    spec, overlay = tmp_path / "in.json", tmp_path / "my.yaml"
    spec.write_text(json.dumps(in_request({"type": "object"})))
    action = {"target": "$..properties.it", "description": "A test.", "update": {"required": "abc"}}
    overlay.write_text(json.dumps({"overlay": "1.0.0", "actions": [action]}))
    with pytest.raises(ToolError) as caught:
        build(spec, tmp_path / "package", overlay)
    assert caught.value.where == "my.yaml"
    assert caught.value.message.startswith(f"once it is applied, {SCHEMA}/required: expected a list of strings")
