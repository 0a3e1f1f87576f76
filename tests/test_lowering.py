"""Every form of schema becomes one that the generator reads, with a name where it needs one, and nothing is lost."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.specs import Json, lowered, lowered_property, obj, ref, spec
from tools.errors import ToolError
from tools.lowering import unions
from tools.lowering.naming import class_name, identifier, module_name
from tools.rendering.shapes import Shapes
from tools.schema.schemas import canonical_json

NULL = {"type": "null"}
TEXT = {"type": "string"}


def tagged(tag: str, value: Any, **properties: Json) -> Json:
    """Return an object with a fixed tag."""
    return obj({tag: {"const": value}, **properties}, required=[tag])


SCHEMAS: Json = {
    "Foo": obj({"a": TEXT}),
    "Cat": tagged("kind", "cat", lives={"type": "integer"}),
    "Dog": tagged("kind", "dog", name=TEXT),
    "Pet": {"oneOf": [ref("Cat"), ref("Dog")]},
    "Color": {"type": "string", "enum": ["red", "green"]},
    "MaybeColor": {"enum": ["red", "green", None]},
    "ColorOrCode": {"enum": ["red", "green", 1, 2]},
    "Texts": {"type": "array", "items": TEXT},
    "Labels": {"type": "object", "additionalProperties": TEXT},
    "MaybeFoo": {"anyOf": [ref("Foo"), NULL]},
    "Plain": TEXT,
    "Renamed": ref("Foo"),
}

# What `Holder.it` is, and the annotation that it comes to.
FORMS: dict[str, tuple[Any, str]] = {
    # scalars
    "string": (TEXT, "str"),
    "number": ({"type": "number"}, "float"),
    "integer with format": ({"type": "integer", "format": "int64"}, "int"),
    "null": (NULL, "None"),
    "date-time": ({"type": "string", "format": "date-time"}, "datetime.datetime"),
    "date": ({"type": "string", "format": "date"}, "datetime.date"),
    "uuid": ({"type": "string", "format": "uuid"}, "uuid.UUID"),
    "unknown format": ({"type": "string", "format": "binary"}, "str"),
    "anything": ({}, "Any"),
    "true": (True, "Any"),
    "false": (False, "Any"),
    # null
    "nullable": ({"type": "string", "nullable": True}, "str | None"),
    "nullable beside $ref": ({**ref("Foo"), "nullable": True}, "Foo | None"),
    "nullable beside $ref to an enum": ({**ref("Color"), "nullable": True}, "Color | None"),
    "nullable beside enum": ({"enum": ["a", "b"], "type": "string", "nullable": True}, "HolderIt | None"),
    "nullable beside anyOf": ({"anyOf": [ref("Foo"), TEXT], "nullable": True}, "Foo | str | None"),
    "nullable beside oneOf": ({"oneOf": [ref("Foo"), TEXT], "nullable": True}, "Foo | str | None"),
    "nullable beside allOf": ({"allOf": [ref("Foo")], "nullable": True}, "Foo | None"),
    "nullable beside properties": ({"properties": {"x": TEXT}, "nullable": True}, "HolderIt | None"),
    "nullable items": ({"type": "array", "items": {"type": "string", "nullable": True}}, "list[str | None]"),
    "a component that may be null": (ref("MaybeFoo"), "Foo | None"),
    "type list": ({"type": ["string", "integer", "null"]}, "str | int | None"),
    "type list of one": ({"type": ["string"]}, "str"),
    "type list with all there is": (
        {"type": ["object", "array", "string", "null"], "properties": {"x": TEXT}, "items": {"type": "integer"}},
        "HolderIt | list[int] | str | None",
    ),
    # values
    "enum": ({"type": "string", "enum": ["a", "b"]}, "HolderIt"),
    "enum with null": ({"type": ["string", "null"], "enum": ["a", "b", None]}, "HolderIt | None"),
    "enum with null that its type forgets": ({"type": "string", "enum": ["a", "b", None]}, "HolderIt | None"),
    "enum of one": ({"type": "string", "enum": ["a"]}, "Literal['a']"),
    "enum of null": ({"enum": [None]}, "None"),
    "enum of one or null": ({"enum": ["a", None]}, "Literal['a'] | None"),
    "enum twice the same": ({"enum": ["a", "a"]}, "Literal['a']"),
    "mixed enum": ({"enum": ["a", "b", 1, 2, None]}, "HolderIt | HolderItValue | None"),
    "true and one": ({"enum": [True, 1]}, "Literal[1] | Literal[True]"),
    "enum of numbers": ({"enum": [1.5, 2.5]}, "float"),
    "enum of booleans": ({"enum": [True, False]}, "bool"),
    "enum of objects": ({"enum": [{"a": 1}, {"a": 2}]}, "Any"),
    "enum with values of another type": ({"type": "string", "enum": ["a", "b", 1]}, "HolderIt"),
    "whole numbers": ({"type": "integer", "enum": [1, -2]}, "HolderIt"),
    "const": ({"const": "a"}, "Literal['a']"),
    "const number": ({"const": 3}, "Literal[3]"),
    "const float": ({"const": 1.5}, "float"),
    "const null": ({"const": None}, "None"),
    "const object": ({"const": {"a": 1}}, "Any"),
    "known values of an open type": ({"anyOf": [TEXT, {"type": "string", "enum": ["a", "b"]}]}, "str | HolderItKnown"),
    # arrays and maps
    "array": ({"type": "array", "items": ref("Foo")}, "list[Foo]"),
    "array without items": ({"type": "array"}, "list[Any]"),
    "array without type": ({"items": TEXT}, "list[str]"),
    "array of arrays": (
        {"type": "array", "items": {"type": "array", "items": obj({"x": TEXT})}},
        "list[list[HolderIt]]",
    ),
    "tuple": ({"type": "array", "prefixItems": [TEXT, ref("Foo")]}, "list[str | Foo]"),
    "tuple with more": ({"type": "array", "prefixItems": [TEXT], "items": {"type": "integer"}}, "list[str | int]"),
    "tuple with anything more": ({"type": "array", "prefixItems": [TEXT], "items": True}, "list[Any]"),
    "map": ({"type": "object", "additionalProperties": TEXT}, "dict[str, str]"),
    "map of objects": ({"type": "object", "additionalProperties": obj({"x": TEXT})}, "dict[str, HolderIt]"),
    "free map": ({"type": "object"}, "dict[str, Any]"),
    "empty properties": ({"type": "object", "properties": {}, "additionalProperties": TEXT}, "dict[str, str]"),
    "closed map": ({"type": "object", "additionalProperties": False}, "dict[str, Any]"),
    "map without type": ({"additionalProperties": {"type": "integer"}}, "dict[str, int]"),
    "map by pattern": (
        {"type": "object", "patternProperties": {"^x": TEXT, "^y": ref("Foo")}, "additionalProperties": False},
        "dict[str, str | Foo]",
    ),
    "open map by pattern": ({"type": "object", "patternProperties": {"^x": TEXT}}, "dict[str, Any]"),
    # references
    "$ref to a class": (ref("Foo"), "Foo"),
    "$ref with prose": ({**ref("Foo"), "description": "d"}, "Foo"),
    "$ref with a limit": ({**ref("Foo"), "minProperties": 1}, "Foo"),
    "$ref to an alias": (ref("Renamed"), "Foo"),
    "$ref to a union": (ref("Pet"), "Cat | Dog"),
    "$ref to an array": (ref("Texts"), "list[str]"),
    "$ref to a map": (ref("Labels"), "dict[str, str]"),
    "$ref to a scalar": (ref("Plain"), "str"),
    "$ref to an enum": (ref("Color"), "Color"),
    "$ref to an enum with null": (ref("MaybeColor"), "MaybeColor | None"),
    "$ref to a mixed enum": (ref("ColorOrCode"), "ColorOrCode | ColorOrCodeValue"),
    # allOf
    "allOf of one": ({"allOf": [ref("Foo")]}, "Foo"),
    "allOf with prose": ({"allOf": [ref("Foo"), {"description": "d"}]}, "Foo"),
    "allOf with its type": ({"allOf": [ref("Foo"), {"type": "object"}]}, "Foo"),
    "allOf of two": ({"allOf": [ref("Foo"), obj({"b": TEXT})]}, "HolderIt"),
    "allOf of allOf": ({"allOf": [{"allOf": [ref("Foo")]}, {"allOf": [obj({"b": TEXT})]}]}, "HolderIt"),
    "allOf of int and int or null": ({"allOf": [{"type": "integer"}, {"type": ["integer", "null"]}]}, "int"),
    "allOf of a union": ({"allOf": [ref("Pet"), {"type": "object"}]}, "Cat | Dog"),
    "allOf of a union and more": ({"allOf": [ref("Pet"), obj({"x": TEXT})]}, "HolderItCat | HolderItDog"),
    # unions
    "union of one": ({"anyOf": [ref("Foo")]}, "Foo"),
    "union with anything": ({"anyOf": [ref("Foo"), {}]}, "Any"),
    "union with true": ({"anyOf": [ref("Foo"), True]}, "Any"),
    "union with false": ({"anyOf": [ref("Foo"), False]}, "Foo"),
    "the same twice": ({"anyOf": [TEXT, {"type": "string", "description": "d"}]}, "str"),
    "union of unions": ({"anyOf": [ref("Pet"), {"oneOf": [ref("Foo"), NULL]}]}, "Cat | Dog | Foo | None"),
    "null is last": ({"anyOf": [NULL, TEXT, ref("Foo")]}, "str | Foo | None"),
    "inline variants": (
        {"anyOf": [tagged("type", "text"), tagged("type", "image_url"), obj({"x": TEXT}, required=["x"])]},
        "HolderItText | HolderItImageUrl | HolderItWithX",
    ),
    "inline variants alike": (
        {"anyOf": [tagged("type", "a"), tagged("type", "a", b=TEXT)]},
        "HolderItA | HolderItAValue",
    ),
    "variants that only require": (
        {**obj({"a": TEXT, "b": TEXT}), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        "HolderIt",
    ),
    "a variant that only requires": (
        {**obj({"a": TEXT}), "anyOf": [{"required": ["a"]}, obj({"b": TEXT}, required=["b"])]},
        "HolderItWithA | HolderItWithB",
    ),
    "inline enums": (
        {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "integer", "enum": [1, 2]}]},
        "HolderItKnown | HolderItKnownValue",
    ),
    "an inline enum and an inline object": (
        {"anyOf": [{"enum": ["a", "b", None]}, obj({"x": TEXT}, required=["x"])]},
        "HolderItKnown | HolderItWithX | None",
    ),
    "variants that only exclude": (
        {**obj({"a": TEXT}), "oneOf": [{"not": {"required": ["a"]}}, {"maxProperties": 1}]},
        "HolderIt",
    ),
    "properties and oneOf": (
        {**obj({"id": TEXT}), "oneOf": [obj({"x": TEXT}, required=["x"]), obj({"y": TEXT}, required=["y"])]},
        "HolderItWithX | HolderItWithY",
    ),
    "type and oneOf": ({"type": "object", "oneOf": [ref("Cat"), ref("Dog")]}, "Cat | Dog"),
    "variants that cannot be": ({"type": "object", "oneOf": [ref("Cat"), TEXT]}, "Cat"),
    "string or array of objects": (
        {"oneOf": [TEXT, {"type": "array", "items": obj({"x": TEXT})}]},
        "str | list[HolderIt]",
    ),
}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str, version: str) -> None:
    """Each form, in both versions of OpenAPI, comes to its type; what it refers to is there; the input stays."""
    schema, annotation = FORMS[name]
    document = spec({**SCHEMAS, "Holder": obj({"it": schema})}, version=version)
    before = copy.deepcopy(document)
    core = lowered(document)
    shapes = Shapes(core)
    assert shapes.annotation(core["components"]["schemas"]["Holder"]["properties"]["it"]) == annotation
    assert document == before
    assert core["x-clashes"] == []
    assert_closed(core)


def assert_closed(core: Json) -> None:
    """See that every reference of a lowered document leads to a class, and that only the known forms are left."""
    text = json.dumps(
        {key: value for key, value in core.items() if key not in ("x-clashes", "x-param-sources", "x-sources")}
    )
    assert "x-later" not in text
    for keyword in ("allOf", "oneOf", "nullable", "patternProperties", "prefixItems"):
        assert f'"{keyword}":' not in text
    for name in (part.split('"')[0] for part in text.split("#/components/schemas/")[1:]):
        assert name in core["components"]["schemas"]


def test_prose_and_hints_stay_where_they_belong() -> None:
    """A property keeps its own prose, an inline class gets it, and a default becomes documentation."""
    schema = {**obj({"x": TEXT}), "description": "Use.", "default": {"x": "y"}, "deprecated": True}
    core = lowered(spec({"Holder": obj({"it": schema, "ref": {**ref("Foo"), "description": "Mine."}}), **SCHEMAS}))
    holder = core["components"]["schemas"]["Holder"]["properties"]
    assert holder["it"] == {
        "$ref": "#/components/schemas/HolderIt",
        "description": "Use.",
        "deprecated": True,
        "x-default": {"x": "y"},
    }
    assert core["components"]["schemas"]["HolderIt"]["description"] == "Use."
    assert holder["ref"] == {**ref("Foo"), "description": "Mine."}
    assert "description" not in core["components"]["schemas"]["Foo"]


def test_variants_are_bare() -> None:
    """What documents a variant is no part of a union's type."""
    union = {"anyOf": [{**TEXT, "description": "d"}, {**ref("Foo"), "deprecated": True}, {**NULL, "default": 1}]}
    assert lowered_property({**union, "description": "Mine."}, SCHEMAS) == {
        "anyOf": [TEXT, ref("Foo"), NULL],
        "description": "Mine.",
    }


def test_each_variant_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it stands in a union twice takes no comparison with each of the others."""
    read: list[str] = []
    monkeypatch.setattr(unions, "canonical_json", lambda shape: read.append(canonical_json(shape)) or read[-1])
    variants = [{"const": i % 30} for i in range(40)]
    assert unions.union_of(variants) == {"anyOf": variants[:30]}
    assert len(read) == 40


def test_required_properties_that_nobody_describes() -> None:
    """What is required is a property, of any type."""
    core = lowered(spec({"It": obj({"a": TEXT}, required=["b", "a"])}))["components"]["schemas"]["It"]
    assert core["properties"] == {"a": TEXT, "b": {}}
    assert core["required"] == ["a", "b"]


RECURSIONS: dict[str, tuple[Json, dict[str, str]]] = {
    "object": (
        {
            "Node": obj(
                {
                    "next": ref("Node"),
                    "children": {"type": "array", "items": ref("Node")},
                    "by_name": {"type": "object", "additionalProperties": ref("Node")},
                    "either": {"anyOf": [ref("Node"), TEXT]},
                }
            )
        },
        {
            "Node.next": "Node",
            "Node.children": "list[Node]",
            "Node.by_name": "dict[str, Node]",
            "Node.either": "Node | str",
        },
    ),
    "object or null": ({"Node": {**obj({"next": ref("Node")}), "nullable": True}}, {"Node.next": "Node | None"}),
    "two objects": ({"A": obj({"b": ref("B")}), "B": obj({"a": ref("A")})}, {"A.b": "B", "B.a": "A"}),
    "union before its objects": (
        {
            "AFilter": {"oneOf": [ref("Compound"), ref("Simple")]},
            "Compound": obj({"filters": {"type": "array", "items": ref("AFilter")}}),
            "Simple": obj({"key": TEXT}),
        },
        {"Compound.filters": "list[Compound | Simple]"},
    ),
    "union after its objects": (
        {
            "Compound": obj({"filters": {"type": "array", "items": ref("Filter")}}),
            "Filter": {"oneOf": [ref("Compound"), ref("Simple")]},
            "Simple": obj({"key": TEXT}),
        },
        {"Compound.filters": "list[Compound | Simple]"},
    ),
    "union of itself": (
        {
            "U": {"anyOf": [TEXT, ref("V")]},
            "V": {"anyOf": [{"type": "integer"}, ref("U")]},
            "H": obj({"u": ref("U"), "v": ref("V")}),
        },
        {"H.u": "str | int", "H.v": "int | str"},
    ),
    "any JSON": (
        {
            "Json": {
                "anyOf": [
                    TEXT,
                    NULL,
                    {"type": "array", "items": ref("Json")},
                    {"type": "object", "additionalProperties": ref("Json")},
                ]
            },
            "H": obj({"json": ref("Json")}),
        },
        {"H.json": "str | list[Any] | dict[str, Any] | None"},
    ),
    "array of itself": (
        {"L": {"type": "array", "items": ref("L")}, "H": obj({"l": ref("L")})},
        {"H.l": "list[list[Any]]"},
    ),
    "nothing but itself": ({"A": ref("B"), "B": ref("A"), "H": obj({"a": ref("A")})}, {"H.a": "Any"}),
    "allOf": (
        {"Base": obj({"next": ref("Base")}), "Node": {"allOf": [ref("Base"), obj({"next": ref("Node"), "b": TEXT})]}},
        {"Base.next": "Base", "Node.next": "Node"},
    ),
    "allOf that never ends": (
        {
            "Base": obj({"next": ref("Base")}),
            "Other": obj({"next": ref("Other"), "b": TEXT}),
            "Node": {"allOf": [ref("Base"), ref("Other")]},
        },
        {"Node.next": "Node"},
    ),
    "properties and a union with what holds them": (
        {"A": obj({"b": {**obj({"x": TEXT}), "oneOf": [ref("A")]}})},
        {"A.b": "AB", "AB.b": "AB", "AB.x": "str"},
    ),
    "allOf over itself": (
        {"Tree": {"allOf": [obj({"left": ref("Tree"), "right": {"allOf": [ref("Tree"), {"description": "d"}]}})]}},
        {"Tree.left": "Tree", "Tree.right": "Tree"},
    ),
}


@pytest.mark.parametrize("name", RECURSIONS)
def test_recursion(name: str) -> None:
    """What contains itself has the types that it has, in whatever order it is met."""
    schemas, expected = RECURSIONS[name]
    for order in (list(schemas), list(reversed(schemas))):
        core = lowered(spec({component: schemas[component] for component in order}))
        shapes = Shapes(core)
        found = {
            f"{class_name}.{key}": shapes.annotation(value)
            for class_name, schema in core["components"]["schemas"].items()
            for key, value in schema.get("properties", {}).items()
        }
        assert {key: found[key] for key in expected} == expected
        assert_closed(core)


def test_names_of_inline_schemas() -> None:
    """An inline class is called after its place, in the singular inside of arrays, and the overlay can name it."""
    holder = obj(
        {
            "choices": {"type": "array", "items": obj({"logprobs": {**obj({"x": TEXT}), "nullable": True}})},
            "named": {**obj({"x": TEXT}), "x-class-name": "Chosen"},
            "boxes": {"type": "array", "items": obj({"y": TEXT}), "x-class-name": "Box"},
        }
    )
    core = lowered(spec({"Holder": holder, "Maybe": {"anyOf": [obj({"z": TEXT}), NULL]}}))
    names = {"Holder", "HolderChoice", "HolderChoiceLogprobs", "Chosen", "Box", "Maybe"}
    assert set(core["components"]["schemas"]) == names


def test_inline_schemas_of_operations_are_named_after_them() -> None:
    """Bodies, responses and parameters have their operation's name."""
    content = {"application/json": {"schema": obj({"x": TEXT})}}
    parameters = [{"name": "order", "in": "query", "schema": {"type": "string", "enum": ["asc", "desc"]}}]
    operation = {
        "operationId": "makeThing",
        "parameters": parameters,
        "requestBody": {"content": content},
        "responses": {"200": {"description": "", "content": content}},
    }
    core = lowered(spec({}, paths={"/a": {"post": operation}}))
    names = {"MakeThingBody", "MakeThingResponse200", "MakeThingOrder"}
    assert set(core["components"]["schemas"]) == names


def test_the_same_inline_schema_is_one_class_only_under_one_name() -> None:
    """A name that the overlay gives twice is one class if both mean the same; if not, one is named after its place."""
    same = {**obj({"x": TEXT}), "x-class-name": "Chosen"}
    other = {**obj({"y": TEXT}), "x-class-name": "Chosen"}
    core = lowered(spec({"Holder": obj({"a": same, "b": {**same, "description": "d"}, "c": other})}))
    holder = core["components"]["schemas"]["Holder"]["properties"]
    assert [holder[key]["$ref"].rsplit("/", 1)[1] for key in "abc"] == ["Chosen", "Chosen", "HolderC"]
    assert len(core["x-clashes"]) == 1 and "#/components/schemas/Holder/properties/c" in core["x-clashes"][0]


def test_an_extension_that_became_a_property_is_told_of_and_left_out() -> None:
    """Of a component and of what is inline; the others stay."""
    extended = {**obj({"x": TEXT}), "x-extensions": {"x": {"type": "object"}, "e": {"type": "array"}}}
    core = lowered(spec({"Holder": {**extended, "properties": {"x": TEXT, "inline": extended}}}))
    schemas = core["components"]["schemas"]
    assert [schemas[name]["x-extensions"] for name in ("Holder", "HolderInline")] == [{"e": {"type": "array"}}] * 2
    assert sorted(core["x-clashes"]) == [
        "#/components/schemas/Holder/properties/inline/x-extensions/x is a property now",
        "#/components/schemas/Holder/x-extensions/x is a property now",
    ]


def test_inline_names_that_a_component_has() -> None:
    """An inline class steps back before a component's name, and before a name that would share its module."""
    core = lowered(spec({"Foo": obj({"bar": obj({"x": TEXT}), "BAR": obj({"y": TEXT})}), "FooBar": obj({"z": TEXT})}))
    foo = core["components"]["schemas"]["Foo"]["properties"]
    names = [foo[key]["$ref"].rsplit("/", 1)[1] for key in ("bar", "BAR")]
    assert len({module_name(name) for name in (*names, "FooBar")}) == 3
    assert set(core["components"]["schemas"]["FooBar"]["properties"]) == {"z"}


COLLIDING = {
    "FooBar": ["foo-bar", "foo_bar", "FooBar", "foo.bar"],
    "HTTPError": ["HTTPError", "HttpError"],
    "Version1": ["Version1", "version_1"],
}


@pytest.mark.parametrize("kept", COLLIDING)
def test_component_names_that_come_to_the_same_word(kept: str) -> None:
    """All become classes, in modules of their own; who needs no change keeps its name; each other is reported."""
    names = COLLIDING[kept]
    schemas = {name: obj({f"of_{i}": TEXT}) for i, name in enumerate(names)}
    core = lowered(spec(schemas))
    classes = core["components"]["schemas"]
    assert len(classes) == len(names) == len({module_name(name) for name in classes})
    assert len(core["x-clashes"]) == len(names) - 1
    if kept in names:
        assert set(classes[kept]["properties"]) == {f"of_{names.index(kept)}"}
    assert lowered(spec(dict(reversed(schemas.items()))))["components"]["schemas"] == classes


def test_two_components_cannot_be_given_one_name() -> None:
    """The configuration's names are not numbered behind its back."""
    with pytest.raises(ToolError, match=r"class_overrides/B: two schemas would be the class Same"):
        lowered(spec({"A": obj({"a": TEXT}), "B": obj({"b": TEXT})}), {"A": "Same", "B": "Same"})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ChatCompletion", "ChatCompletion"),
        ("chat.completion-chunk_v1", "ChatCompletionChunkV1"),
        ("AnnotationURLCitation", "AnnotationURLCitation"),
        ("3d", "Field3D"),
        ("None", "NoneSchema"),
        ("Exception", "ExceptionSchema"),
        ("Model", "ModelSchema"),
        ("literal", "LiteralSchema"),
        ("class", "Class"),
        ("ﬁle", "File"),
        ("用户", "Schema用户"),
        ("class variant", "SchemaClassVariant"),
        ("!!", "Field"),
    ],
)
def test_class_names(words: str, expected: str) -> None:
    """A class name is one that Python and the generator read, and hides nothing that generated modules use."""
    assert class_name(words) == expected
    assert class_name(expected) == expected or expected.endswith("Schema")


@pytest.mark.parametrize("words", ["Größe", "ǅ", "İx", "a" * 400, "名" * 400, "Ünïcödé Wörds", "\u0345", "x²"])
def test_class_names_of_odd_words(words: str) -> None:
    """Whatever the words: an identifier, the same for itself, and a module name that file systems take."""
    name = class_name(words)
    assert name.isidentifier() and module_name(name).isidentifier()
    assert class_name(name) == name
    assert len(module_name(name).encode()) <= 200


DISCRIMINATORS: dict[str, tuple[Json, Json]] = {
    "mapping": (
        {"propertyName": "kind", "mapping": {"katze": "#/components/schemas/Cat", "hund": "Dog"}},
        {"propertyName": "kind", "mapping": {"katze": "Cat", "hund": "Dog"}, "implicit": {}},
    ),
    "no mapping": (
        {"propertyName": "kind"},
        {"propertyName": "kind", "mapping": {}, "implicit": {"Cat": "Cat", "Dog": "Dog"}},
    ),
    "half a mapping": (
        {"propertyName": "kind", "mapping": {"katze": "#/components/schemas/Cat"}},
        {"propertyName": "kind", "mapping": {"katze": "Cat"}, "implicit": {"Dog": "Dog"}},
    ),
    "mapping that leads nowhere": (
        {"propertyName": "kind", "mapping": {"x": "#/components/schemas/Nothing"}},
        {"propertyName": "kind", "mapping": {}, "implicit": {"Cat": "Cat", "Dog": "Dog"}},
    ),
}


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_discriminators(name: str) -> None:
    """A discriminator names classes by the tag's values, through unions of unions and whatever the classes' names."""
    declared, expected = DISCRIMINATORS[name]
    union = {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": declared}
    assert lowered_property(union, SCHEMAS)["discriminator"] == expected
    assert lowered_property({"anyOf": [ref("Pets"), TEXT]}, {**SCHEMAS, "Pets": union})["discriminator"] == expected
    renamed = lowered(spec({**SCHEMAS, "Holder": obj({"it": union})}), {"Cat": "Feline"})
    found = renamed["components"]["schemas"]["Holder"]["properties"]["it"]["discriminator"]
    assert "Feline" in {*found["mapping"].values(), *found["implicit"].values()}


def test_a_union_inside_of_one_with_another_tag_keeps_its_own_to_itself() -> None:
    """The outer discriminator counts: a tag that only some variants have tells nothing of the others."""
    pets = {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}}
    things = {"oneOf": [ref("Pets"), ref("Foo")], "discriminator": {"propertyName": "type"}}
    found = lowered_property(things, {**SCHEMAS, "Pets": pets})["discriminator"]
    assert found == {"propertyName": "type", "mapping": {}, "implicit": {"Foo": "Foo"}}


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("a b", "a_b"),
        ("class", "class_"),
        ("_private", "field_private"),
        ("1st", "field_1st"),
        ("+", "field_"),
        ("a\U00010107", "a"),
    ],
)
def test_identifiers(wire: str, expected: str) -> None:
    """The same word wherever Python allows it, never one that a class body would mangle."""
    assert identifier(wire) == expected


FAILURES: dict[str, tuple[Any, str]] = {
    "unknown type": ({"type": "strin"}, "#/components/schemas/Holder/properties/it: type 'strin'"),
    "unknown type in a list": (
        {"type": ["string", "file"]},
        "#/components/schemas/Holder/properties/it/type/1: type 'file'",
    ),
    "contradiction": ({"allOf": [TEXT, {"type": "integer"}]}, "#/components/schemas/Holder/properties/it: the parts"),
    "contradiction inside": (
        {"type": "array", "items": obj({"a/b": {"allOf": [ref("Foo"), TEXT]}})},
        "#/components/schemas/Holder/properties/it/items/properties/a~1b: the parts",
    ),
    "no variant": ({**TEXT, "anyOf": [ref("Foo")]}, "#/components/schemas/Holder/properties/it: the parts"),
    "enum of another type": ({"type": "integer", "enum": ["a"]}, "#/components/schemas/Holder/properties/it: no value"),
    "dangling": (ref("Nothing"), "#/components/schemas/Nothing: this schema does not exist"),
    "a union of itself and more": (ref("Endless"), "#/components/schemas/Holder: schemas are nested too deeply"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures(name: str) -> None:
    """What cannot be lowered is an error with the pointer to it."""
    schema, message = FAILURES[name]
    schemas = {**SCHEMAS, "Endless": {"type": "object", "anyOf": [ref("Endless"), obj({"x": TEXT})]}}
    with pytest.raises(ToolError) as failed:
        lowered_property(schema, schemas if name.startswith("a union") else SCHEMAS)
    assert message in str(failed.value)
