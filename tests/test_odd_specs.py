"""Strange but legal documents come out as packages that import, type-check, decode everything and lose nothing."""

from __future__ import annotations

import ast
import copy
import datetime
import importlib
import inspect
import json
import pickle
import typing
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import examples
from tests.near import objects_near
from tests.specs import ROOT, Json, generate, importable, obj, ref, spec, type_errors

pytestmark = pytest.mark.slow

TEXT = {"type": "string"}
CACHE = ROOT / ".mypy_cache" / "tests"

ODD_PROPERTIES = [
    *("from_dict", "get", "items", "keys", "copy", "self", "cls", "value", "decoded", "known", "mro", "to_dict"),
    *(
        "_keys",
        "_extra",
        "_info",
        "_attributes",
        "_nested",
        "field_keys",
        "__init__",
        "__class__",
        "__dict__",
        "__slots__",
    ),
    *("additional_properties", "additional_keys", "_request_id", "__private", "_", "__"),
    *("class", "class_", "None", "def", "def_", "lambda", "match", "type", "id", "list", "dict", "str", "int", "print"),
    *("Any", "Literal", "Mapping", "ClassVar", "Self", "UNSET", "Model", "classmethod", "tuple", "datetime", "uuid"),
    *(
        "foo-bar",
        "foo_bar",
        "foo.bar",
        "fooBar",
        "FooBar",
        "1st",
        "@type",
        "$ref",
        "#",
        "",
        " ",
        "größe",
        "ﬁ",
        "fi",
        "🎉",
    ),
    *("a\nb", 'quote"s', "back\\slash", "a\u200bb", "\u2028", "{x}", "%s", "'", "x" * 200, "attr_dict", "NOTHING"),
]
COMPONENT_NAMES = [
    *("Model", "Any", "Literal", "Mapping", "Variants", "UNSET", "Unset", "Response", "Client", "Self", "Required"),
    *("TypedDict", "Union", "LazyModel", "UnknownVariant", "Sequence", "None", "Exception", "object", "str", "import"),
    *(
        "foo-bar.baz_v1",
        "FooBarBazV1",
        "lower",
        "3d",
        "HTTPError",
        "HttpError",
        "Größe",
        "用户",
        "class",
        "x" * 300,
        "ClassVariant",
        "_",
    ),
]

NAMES = spec(
    {
        "Odd": obj(dict.fromkeys(ODD_PROPERTIES, TEXT), required=["class", "foo-bar", "__private"]),
        **{name: obj({"a": TEXT, "again": ref(name), name: TEXT}) for name in COMPONENT_NAMES},
        "Modes": {"type": "string", "enum": ["a", "b"]},
        "OddHolder": obj({"modes": {"type": "string", "enum": ["x", "y"]}, "Modes": ref("Modes")}),
        "Odd_holder_modes": {"type": "integer", "enum": [1, 2]},
        "Root": obj(
            {
                "odd": ref("Odd"),
                "holder": ref("OddHolder"),
                "modes": ref("Odd_holder_modes"),
                **{name: ref(name) for name in COMPONENT_NAMES},
            }
        ),
    },
    body=ref("Root"),
)


def tagged(tag: str, *values: Any, **properties: Json) -> Json:
    return obj({tag: {"enum": [*values]}, **properties}, required=[tag])


def map_of(values: Json) -> Json:
    return {"type": "object", "additionalProperties": values}


UNIONS = spec(
    {
        "Node": obj(
            {
                "name": TEXT,
                "next": ref("Node"),
                "children": {"type": "array", "items": ref("Node")},
                "by_name": {"type": "object", "additionalProperties": ref("Node")},
                "either": {"anyOf": [ref("Node"), ref("Cat"), TEXT]},
            }
        ),
        "AFilter": {"oneOf": [ref("Compound"), ref("Simple")]},
        "Compound": tagged("type", "and", "or", filters={"type": "array", "items": ref("AFilter")}),
        "Simple": tagged("type", "eq", "ne", key=TEXT),
        "Json": {"anyOf": [TEXT, {"type": "null"}, {"type": "array", "items": ref("Json")}, map_of(ref("Json"))]},
        "Cat": tagged("kind", "cat", lives={"type": "integer"}),
        "Dog": tagged("kind", "dog", name=TEXT),
        "Fox": tagged("kind", "fox", "vixen"),
        "Loud": obj({"kind": {"const": "cat"}, "meow": TEXT}, required=["kind", "meow"]),
        "Open": obj({"kind": TEXT, "z": TEXT}, required=["kind"]),
        "A": obj({"a": TEXT}),
        "B": obj({"b": TEXT, "c": TEXT}),
        "One": tagged("n", 1),
        "Two": tagged("n", 2, 3),
        "Plain": obj({"petType": TEXT}),
        "Lizard": obj({"petType": TEXT, "rocks": {"type": "boolean"}}),
        "Inner": {"anyOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}},
        "Holder": obj(
            {
                "pet": {"anyOf": [ref("Cat"), ref("Dog"), ref("Fox"), {"type": "null"}]},
                "open": {"anyOf": [ref("Cat"), ref("Dog"), ref("Open")]},
                "cats": {"anyOf": [ref("Cat"), ref("Loud"), ref("Dog")]},
                "untagged": {"anyOf": [ref("A"), ref("B")]},
                "numbers": {"oneOf": [ref("One"), ref("Two")]},
                "mapped": {
                    "oneOf": [ref("Plain"), ref("Lizard")],
                    "discriminator": {
                        "propertyName": "petType",
                        "mapping": {"dragon": "Lizard", "x": ref("Plain")["$ref"]},
                    },
                },
                "implicit": {"oneOf": [ref("Plain"), ref("Lizard")], "discriminator": {"propertyName": "petType"}},
                "nested": {"type": "array", "items": {"anyOf": [ref("Inner"), ref("Fox")]}},
                "based": {
                    **obj({"id": TEXT}),
                    "oneOf": [obj({"x": TEXT}, required=["x"]), obj({"y": TEXT}, required=["y"])],
                },
                "object_or_map": {"anyOf": [ref("Loud"), {"type": "object", "additionalProperties": TEXT}]},
                "maps": {"anyOf": [map_of(ref("A")), map_of({"type": "integer"})]},
                "map_of_maps": map_of(map_of(ref("Inner"))),
                "grid": {
                    "type": "array",
                    "items": {"type": "array", "items": {"type": "array", "items": ref("Inner")}},
                },
                "arrays": {
                    "anyOf": [{"type": "array", "items": ref("Cat")}, {"type": "array", "items": ref("Dog")}, TEXT]
                },
                "json": ref("Json"),
                "filter": ref("AFilter"),
                "node": ref("Node"),
                "at": {"type": "string", "format": "date-time"},
                "ats": {"type": "array", "items": {"type": ["string", "null"], "format": "date-time"}},
                "on": {"type": "string", "format": "date"},
                "uuid": {"type": "string", "format": "uuid"},
                "when": {
                    "anyOf": [
                        {"type": "string", "format": "date"},
                        {"type": "string", "format": "date-time"},
                        {"type": "string", "format": "uuid"},
                        ref("A"),
                    ]
                },
                "mixed": {"enum": ["a", "b", 1, 2, None, True, 1.5]},
                "many": {"type": ["string", "integer", "object", "array", "null"], "properties": {"a": TEXT}},
                "optional_items": {"type": "array", "items": {"type": ["string", "null", "integer"]}},
                "tuple": {"type": "array", "prefixItems": [TEXT, ref("A")]},
                "anything": {},
            },
        ),
    },
    body=ref("Holder"),
)

PROSE = [
    'ends with "quote"',
    '"starts',
    "backslash \\",
    'three """ and "',
    "x" * 200 + " " + "\\" * 150 + '"',
    "{{ braces }} {% x %}",
    "line\n\n  indented\ttab\x00 \u2028 ünï 🎉",
    "\\N{DEGREE} \\u1234 \\x",
    '""',
    "",
]
VALUES = ["a b", "", 'with"quote', "back\\slash", "new\nline", "é", "{x}", "'", "🎉", "a", "A", "None", "1", "%s"]

WORDS = spec(
    {
        "Prosaic": obj(
            {f"p{i}": {"type": "string", "description": text, "default": text} for i, text in enumerate(PROSE)},
            description=PROSE[0],
        ),
        "Values": {"type": "string", "enum": VALUES, "description": PROSE[3]},
        "Numbers": {"type": "integer", "enum": [0, 1, -5, 10**30]},
        "Holder": obj(
            {"prosaic": ref("Prosaic"), "values": ref("Values"), "numbers": ref("Numbers")}, description=PROSE[4]
        ),
    },
    body=ref("Holder"),
)


def parameter(name: str, place: str = "query", schema: Json | None = None, **keywords: Any) -> Json:
    return {"name": name, "in": place, "schema": schema or TEXT, **keywords}


def response(schema: Json, media: str = "application/json") -> Json:
    return {"description": "", "content": {media: {"schema": schema}}}


TEXTS = {"type": "array", "items": TEXT}
TEXT_MAP = {"type": "object", "additionalProperties": TEXT}
CALLS = spec(
    {"A": obj({"a": TEXT}), "B": obj({"b": TEXT}, required=["b"])},
    paths={
        "/a/{threadId}/b{x-y}": {
            "parameters": [
                parameter("threadId", "path", required=True),
                parameter("shared", schema={"type": "integer"}),
            ],
            "get": {
                "operationId": "getThing",
                "tags": ["import"],
                "summary": 'Say "hello"',
                "description": PROSE[3],
                "parameters": [
                    parameter("x-y", "path", {"type": "array", "items": {"type": "integer"}}, required=True),
                    *(
                        parameter(name)
                        for name in ("client", "body", "headers", "params", "isinstance", "str", "threadId")
                    ),
                    parameter("class", schema={"type": "boolean"}, description=PROSE[0]),
                    parameter("from", schema={"type": "string", "format": "date-time"}),
                    parameter("dates", schema={"type": "array", "items": {"type": "string", "format": "date"}}),
                    parameter("ids", schema=TEXTS),
                    parameter("flags", schema={"type": ["array", "null"], "items": {"type": "boolean"}}, explode=False),
                    parameter("pipe", schema=TEXTS, style="pipeDelimited", explode=False),
                    parameter("deep{x}", schema=TEXT_MAP, style="deepObject"),
                    parameter("form", schema=TEXT_MAP),
                    parameter("flat", schema=TEXT_MAP, explode=False),
                    parameter("model", schema=ref("A")),
                    parameter("nullable", schema={"type": ["string", "null"]}, required=True),
                    parameter("kind", schema={"enum": ["a", "b"]}),
                    parameter("X-Flag", "header", {"type": "boolean"}, required=True),
                    parameter("X-List", "header", TEXTS),
                    parameter("Accept", "header"),
                ],
                "responses": {
                    "200": response({"anyOf": [ref("A"), ref("B")]}),
                    "201": response({"type": "array", "items": ref("A")}),
                    "202": response(TEXT),
                    "203": response(TEXT, "text/plain"),
                    "204": {"description": ""},
                    "205": response({}, "application/octet-stream"),
                    "206": response({"anyOf": [ref("A"), {"type": "null"}]}),
                    "4XX": response(ref("B"), "application/problem+json"),
                    "default": response({"type": "object", "additionalProperties": ref("A")}),
                },
            },
            "delete": {
                "operationId": "delete",
                "parameters": [parameter("x-y", "path", required=True)],
                "responses": {"204": {"description": ""}},
            },
            "put": {
                "operationId": "put-thing",
                "parameters": [parameter("x-y", "path", required=True)],
                "requestBody": {"content": {"application/json": {"schema": {"anyOf": [ref("A"), ref("B")]}}}},
                "responses": {"200": response({})},
            },
        }
    },
)
NOTHING = spec({}, paths={"/a": {"get": {"operationId": "doNothing", "responses": {"204": {"description": ""}}}}})

DOCUMENTS = {"names": NAMES, "unions": UNIONS, "words": WORDS, "calls": CALLS, "nothing": NOTHING}


class Packages:
    """The generated packages of all documents, importable as `odd_NAME`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lowered = {name: generate(document, folder / f"odd_{name}") for name, document in DOCUMENTS.items()}

    def module(self, name: str, path: str) -> Any:
        return importlib.import_module(f"odd_{name}.{path}")

    def model(self, name: str, class_name: str) -> Any:
        return getattr(self.module(name, "models"), class_name)

    def schemas(self, name: str) -> Json:
        schemas: Json = self.lowered[name]["components"]["schemas"]
        return schemas


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packages]:
    folder = tmp_path_factory.mktemp("odd")
    made = Packages(folder)
    with importable(folder):
        yield made


def test_they_type_check(packages: Packages) -> None:
    """The type checker, strict, has nothing to say about any of them."""
    targets = [f"odd_{name}" for name in DOCUMENTS]
    assert type_errors(packages.folder, *targets, cache=CACHE) == []


def test_everything_imports(packages: Packages) -> None:
    """Every model, every TypedDict and every endpoint."""
    for name in DOCUMENTS:
        models, params = packages.module(name, "models"), packages.module(name, "params")
        assert set(models.__all__) == set(packages.schemas(name))
        assert all(getattr(models, class_name) is not None for class_name in models.__all__)
        assert all(hasattr(params, class_name) for class_name in params.__all__)
        for module in (packages.folder / f"odd_{name}" / "api").rglob("*.py"):
            importlib.import_module(".".join(module.relative_to(packages.folder).with_suffix("").parts))


@pytest.mark.parametrize("name", ["names", "unions", "words"])
@examples(80)
@given(data=st.data())
def test_any_object_comes_back(name: str, packages: Packages, data: st.DataObject) -> None:
    """For every model: decoding never raises and loses nothing; the copies are equal."""
    schemas = packages.schemas(name)
    class_name = data.draw(st.sampled_from(sorted(n for n, schema in schemas.items() if "properties" in schema)))
    body = data.draw(objects_near(schemas, class_name))
    before = json.dumps(body)
    decoded = packages.model(name, class_name).from_dict(body)
    assert json.dumps(decoded.to_dict()) == before == json.dumps(body)
    assert decoded == copy.deepcopy(decoded) == pickle.loads(pickle.dumps(decoded))
    for key in body:
        assert key in decoded
        decoded[key]


# Names


def test_every_property_has_an_attribute_of_its_own(packages: Packages) -> None:
    """No two share one, each is what Python can write, and each reads its own value."""
    odd = packages.model("names", "Odd")
    assert set(odd._attributes) == set(ODD_PROPERTIES)
    assert len(set(odd._attributes.values())) == len(ODD_PROPERTIES)
    body = {name: f"<{name}>" for name in ODD_PROPERTIES}
    decoded = odd.from_dict(body)
    for name, attribute in odd._attributes.items():
        assert attribute.isidentifier()
        assert getattr(decoded, attribute) == decoded[name] == body[name]
    assert decoded.to_dict() == body
    assert odd(class__="c", foo_bar_="f", field__private="p", foo_bar="g").to_dict() == {
        "class": "c",
        "foo-bar": "f",
        "__private": "p",
        "foo_bar": "g",
    }


def test_names_stay_as_near_as_can_be(packages: Packages) -> None:
    """What Python can write is written so; who can have the plain name has it."""
    names = packages.model("names", "Odd")._attributes
    for same in ("items", "type", "id", "foo_bar", "fooBar", "FooBar", "größe", "fi", "value", "mro", "class_", "def_"):
        assert names[same] == same
    renamed = {"class": "class__", "get": "get_", "foo-bar": "foo_bar_", "$ref": "ref", "1st": "field_1st"}
    assert {key: names[key] for key in renamed} == renamed


def test_component_names(packages: Packages) -> None:
    """Each component is a class in a module of its own, and none hides what the modules use."""
    schemas = packages.schemas("names")
    root = packages.model("names", "Root")
    assert len(root._attributes) == len(COMPONENT_NAMES) + 3
    body = {name: {"a": "x", "again": {"a": name}} for name in COMPONENT_NAMES}
    decoded = root.from_dict(body)
    classes = {type(decoded[name]).__name__ for name in COMPONENT_NAMES}
    assert len(classes) == len(COMPONENT_NAMES) and classes <= set(schemas)
    assert not classes & {"Model", "Any", "Literal", "Mapping", "Variants", "UNSET", "None", "Exception", "Unset"}
    assert all(decoded[name].again["a"] == name for name in COMPONENT_NAMES)


def test_values_stand_in_the_order_of_the_document(packages: Packages) -> None:
    """Whatever is in them, and also where two differ in their case alone."""
    assert list(typing.get_args(packages.model("words", "Values"))) == VALUES
    assert list(typing.get_args(packages.model("words", "Numbers"))) == [0, 1, -5, 10**30]


def test_prose_arrives(packages: Packages) -> None:
    """Docstrings hold what the document says, as far as Python's sources can."""
    prosaic = packages.model("words", "Prosaic")
    assert prosaic.__doc__ == PROSE[0]
    source = (packages.folder / "odd_words" / "models" / "prosaic.py").read_text()
    found = [
        ast.literal_eval(ast.unparse(node)) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)
    ]
    words = " ".join(text for text in found if isinstance(text, str))
    for text in ('"starts', "backslash \\", 'three """ and "', "{{ braces }} {% x %}", "\\N{DEGREE} \\u1234 \\x"):
        assert text in words


# Unions


VARIANTS: list[tuple[str, Any, str]] = [
    ("pet", {"kind": "cat"}, "Cat"),
    ("pet", {"kind": "vixen"}, "Fox"),
    ("pet", {"kind": "emu"}, "UnknownVariant"),
    ("pet", {"kind": ["cat"]}, "Cat"),
    ("pet", {"name": "Rex"}, "Dog"),
    ("pet", {}, "Cat"),
    ("open", {"kind": "dog"}, "Dog"),
    ("open", {"kind": "emu"}, "Open"),
    ("cats", {"kind": "cat"}, "Cat"),
    ("cats", {"kind": "cat", "meow": "!"}, "Loud"),
    ("cats", {"kind": "dog", "meow": "!"}, "Dog"),
    ("untagged", {"a": "x"}, "A"),
    ("untagged", {"b": "x"}, "B"),
    ("untagged", {"a": 1, "b": 2, "c": 3}, "B"),
    ("untagged", {}, "A"),
    ("numbers", {"n": 1}, "One"),
    ("numbers", {"n": 3}, "Two"),
    ("numbers", {"n": 4}, "UnknownVariant"),
    ("mapped", {"petType": "dragon"}, "Lizard"),
    ("mapped", {"petType": "x"}, "Plain"),
    ("mapped", {"petType": "Lizard"}, "UnknownVariant"),
    ("implicit", {"petType": "Lizard"}, "Lizard"),
    ("based", {"x": "1"}, "HolderBasedWithX"),
    ("based", {"y": "1", "id": "2"}, "HolderBasedWithY"),
    ("based", {}, "UnknownVariant"),
    ("object_or_map", {"kind": "cat", "meow": "!"}, "Loud"),
    ("object_or_map", {"kind": "cat"}, "dict"),
    ("filter", {"type": "or", "filters": []}, "Compound"),
    ("pet", "text", "str"),
    ("pet", None, "NoneType"),
    ("pet", [{"kind": "cat"}], "list"),
]


@pytest.mark.parametrize(("field", "value", "class_name"), VARIANTS)
def test_variants(field: str, value: Any, class_name: str, packages: Packages) -> None:
    """The tag decides; without one, the keys; what is none of them is still an object with its fields."""
    decoded = packages.model("unions", "Holder").from_dict({field: value})
    assert type(decoded[field]).__name__ == class_name
    assert decoded.to_dict() == {field: value}


def test_models_inside_arrays_and_maps(packages: Packages) -> None:
    """However they are nested, objects are models, and the plain values between them stay."""
    cat = {"kind": "cat"}
    body = {
        "nested": [cat, {"kind": "vixen"}, None, "x"],
        "maps": {"a": {"a": "x"}, "b": 1},
        "map_of_maps": {"a": {"b": cat, "c": 1}, "d": None},
        "grid": [[[cat, 1], None], "x"],
        "arrays": [{"kind": "dog"}],
        "tuple": ["x", {"a": "y"}],
        "filter": {"type": "and", "filters": [{"type": "or", "filters": [{"type": "eq", "key": "k"}]}]},
        "node": {"children": [{"by_name": {"a": {"either": {"kind": "cat"}, "next": {"name": "n"}}}}]},
    }
    holder = packages.model("unions", "Holder").from_dict(body)
    assert holder.to_dict() == body
    names = [type(value).__name__ for value in holder.nested]
    assert names == ["Cat", "Fox", "NoneType", "str"]
    assert type(holder.maps["a"]).__name__ == "A" and holder.maps["b"] == 1
    assert type(holder.map_of_maps["a"]["b"]).__name__ == type(holder.grid[0][0][0]).__name__ == "Cat"
    assert type(holder.arrays[0]).__name__ == "Dog" and type(holder.tuple_[1]).__name__ == "A"
    assert holder.filter.filters[0].filters[0].key == "k"
    inner = holder.node.children[0].by_name["a"]
    assert type(inner.either).__name__ == "Cat" and inner.next.name == "n"


@pytest.mark.parametrize("field", ["next", "children", "by_name", "either"])
@pytest.mark.parametrize("depth", [100, 300, 400])
def test_recursive_objects_may_lie_deep(field: str, depth: int, packages: Packages) -> None:
    """Deeper than Python can follow, fields still read and nothing is lost."""
    body: Json = {"name": "leaf"}
    for _ in range(depth):
        body = {field: [body] if field == "children" else {"k": body} if field == "by_name" else body}
    text = json.dumps(body)
    node = packages.model("unions", "Node").from_dict(json.loads(text))
    assert json.dumps(node.to_dict()) == text
    value: Any = node
    for _ in range(depth):
        value = value[field]
        value = value[0] if field == "children" else value["k"] if field == "by_name" else value
    assert value["name"] == "leaf"


# Dates


MOMENTS = {
    "2024-01-02T03:04:05Z": datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
    "2024-01-02t03:04:05.123456789+01:00": datetime.datetime(2024, 1, 2, 2, 4, 5, 123456, tzinfo=datetime.UTC),
    "2024-01-02 03:04:05.5-00:00": datetime.datetime(2024, 1, 2, 3, 4, 5, 500000, tzinfo=datetime.UTC),
    "2024-01-02T03:04:05": datetime.datetime(2024, 1, 2, 3, 4, 5),
}


@pytest.mark.parametrize("text", MOMENTS)
def test_moments_are_written_back_as_they_came(text: str, packages: Packages) -> None:
    """They read as datetimes, compare, reckon, copy and pickle, and keep their spelling until they are replaced."""
    holder = packages.model("unions", "Holder").from_dict({"at": text, "ats": [text, None, "x"]})
    assert isinstance(holder.at, datetime.datetime) and holder.at == holder.ats[0] == MOMENTS[text]
    for moment in (holder.at, copy.copy(holder.at), copy.deepcopy(holder.at), pickle.loads(pickle.dumps(holder.at))):
        assert moment == MOMENTS[text]
        holder.at = moment
        assert holder.to_dict() == {"at": text, "ats": [text, None, "x"]}
    later = holder.at + datetime.timedelta(days=1)
    holder.at = later
    assert holder.to_dict()["at"] == later.isoformat()
    holder.at = later.replace(year=2030)
    assert holder.to_dict()["at"].startswith("2030-01-03")
    assert packages.module("unions", "types").encode_json({"at": later}) == f'{{"at":"{later.isoformat()}"}}'.encode()


@pytest.mark.parametrize(
    "text",
    ["2024", "2024-01-02", "", "now", "2024-13-02T00:00:00Z", "2016-12-31T23:59:60Z", "T" * 20, "2024-01-02T\ud800"],
)
def test_texts_that_are_no_moment_stay_texts(text: str, packages: Packages) -> None:
    """What RFC 3339 does not call a date-time, and what Python cannot hold, is the text that came."""
    holder = packages.model("unions", "Holder").from_dict({"at": text, "on": text, "uuid": text})
    assert holder.at == text and type(holder.at) is str
    assert holder.to_dict() == {"at": text, "on": text, "uuid": text}


def test_dates_and_uuids(packages: Packages) -> None:
    """They become objects only where these print as they came; in a union, each text finds its own."""
    holder = packages.model("unions", "Holder")
    identity = uuid.UUID(int=7)
    assert holder.from_dict({"on": "2024-01-02"}).on == datetime.date(2024, 1, 2)
    assert holder.from_dict({"on": "20240102"}).on == "20240102"
    assert holder.from_dict({"uuid": str(identity)}).uuid_ == identity
    assert holder.from_dict({"uuid": identity.hex}).uuid_ == identity.hex
    values = [datetime.date(2024, 1, 2), MOMENTS["2024-01-02T03:04:05Z"], identity]
    texts = ["2024-01-02", "2024-01-02T03:04:05Z", str(identity)]
    for text, value in zip(texts, values, strict=True):
        decoded = holder.from_dict({"when": text})
        assert decoded.when == value and isinstance(decoded.when, type(value))
        assert decoded.to_dict() == {"when": text}
        assert holder(when=value).to_dict()["when"] in (text, text.replace("Z", "+00:00"))
    for wrong in (1, True, None, [], {}, 1.5):
        assert holder.from_dict({"at": wrong, "on": wrong, "uuid": wrong}).to_dict() == {
            "at": wrong,
            "on": wrong,
            "uuid": wrong,
        }


def test_only_models_with_a_moment_mention_dateutil(packages: Packages) -> None:
    """Its decoder stands in the modules that need it, and is imported with the first moment."""
    models = packages.folder / "odd_unions" / "models"
    users = {path.stem for path in models.glob("*.py") if "decode_datetime" in path.read_text()}
    assert users == {"holder"}
    assert all("dateutil" not in path.read_text() for path in models.glob("*.py"))
    assert "isoparse" in (models.parent / "types.py").read_text()


# Calls


def test_parameters_go_where_they_belong(packages: Packages) -> None:
    """Path, query and header, in every style; what is reserved in the function has another name."""
    get_thing = packages.module("calls", "api.import_.get_thing")
    sent = get_thing._get_kwargs(
        "t/x",
        [1, 2],
        shared=3,
        client_="c",
        body_="b",
        headers_="h",
        params_="p",
        isinstance_="i",
        str_="s",
        thread_id_query="tq",
        class_=True,
        from_=datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC),
        dates=[datetime.date(2024, 1, 2)],
        ids=["x", "y"],
        flags=[True, False],
        pipe=["x", "y"],
        deep_x={"k": "v"},
        form={"f": "g"},
        flat={"m": "n"},
        model=packages.model("calls", "A")(a="1"),
        nullable=None,
        kind="a",
        x_flag=False,
        x_list=["u", "v"],
    )
    assert sent == {
        "method": "get",
        "url": "/a/t%2Fx/b1,2",
        "params": {
            "shared": 3,
            **{name: name[0] for name in ("client", "body", "headers", "params", "isinstance", "str")},
            "threadId": "tq",
            "class": True,
            "from": "2024-01-02T00:00:00+00:00",
            "dates": ["2024-01-02"],
            "ids": ["x", "y"],
            "flags": "true,false",
            "pipe": "x|y",
            "deep{x}[k]": "v",
            "f": "g",
            "flat": "m,n",
            "a": "1",
            "kind": "a",
        },
        "headers": {"X-Flag": "false", "X-List": "u,v"},
    }
    assert "accept" not in inspect.signature(get_thing._get_kwargs).parameters
    least = get_thing._get_kwargs("t", [], nullable="n", x_flag=True)
    assert least["params"] == {"nullable": "n"} and least["headers"] == {"X-Flag": "true"}


def answered(packages: Packages, status: int, content: bytes) -> Any:
    """Return what `getThing` makes of a response."""
    client = packages.module("calls", "client").Client(base_url="http://x")
    get_thing = packages.module("calls", "api.import_.get_thing")
    transport = httpx.MockTransport(lambda request: httpx.Response(status, content=content))
    client.set_httpx_client(httpx.Client(transport=transport, base_url="http://x"))
    return get_thing.sync("t", [1], client=client, nullable="n", x_flag=True)


def test_responses_by_status(packages: Packages) -> None:
    """Objects, arrays, texts, bytes, null and nothing; a range and a default."""
    assert type(answered(packages, 200, b'{"b": "x"}')).__name__ == "B"
    assert [type(value).__name__ for value in answered(packages, 201, b'[{"a": "x"}, 1]')] == ["A", "int"]
    assert answered(packages, 202, b'"text"') == "text"
    assert answered(packages, 203, b"text") == "text"
    assert answered(packages, 204, b"") is None
    assert answered(packages, 205, b"\x00\xff") == b"\x00\xff"
    assert answered(packages, 206, b"null") is None
    assert type(answered(packages, 418, b'{"b": "x"}')).__name__ == "B"
    assert type(answered(packages, 500, b'{"k": {"a": "x"}}')["k"]).__name__ == "A"
    errors = packages.module("calls", "errors")
    for status, content in ((200, b"<html>"), (201, b"{}"), (418, b"[]"), (500, b"1")):
        with pytest.raises(errors.UnexpectedContent):
            answered(packages, status, content)


def test_an_undocumented_status_is_never_silent(packages: Packages) -> None:
    """It raises, and with the client's leave not to, there is nothing to return."""
    delete = packages.module("calls", "api.default.delete")
    errors = packages.module("calls", "errors")
    for options in ({}, {"raise_on_unexpected_status": False}):
        client = packages.module("calls", "client").Client(base_url="http://x", **options)
        transport = httpx.MockTransport(lambda request: httpx.Response(int(request.url.path[-3:])))
        client.set_httpx_client(httpx.Client(transport=transport, base_url="http://x"))
        assert delete.sync("t", "204", client=client) is None
        with pytest.raises(errors.UnexpectedStatus) as failed:
            delete.sync("t", "529", client=client)
        assert failed.value.status_code == 529


def test_bodies_that_are_unions(packages: Packages) -> None:
    """An optional body may be left out; models and dicts are sent."""
    put = packages.module("calls", "api.default.put_thing")
    assert "content" not in put._get_kwargs("t", "x")
    assert put._get_kwargs("t", "x", body={"a": "1"})["content"] == b'{"a":"1"}'
    assert put._get_kwargs("t", "x", body=packages.model("calls", "B")(b="1"))["content"] == b'{"b":"1"}'
    assert set(packages.module("calls", "params").__all__) == {
        "AParam",
        "BParam",
        "DeleteParams",
        "GetThingParams",
        "PutThingParams",
    }
