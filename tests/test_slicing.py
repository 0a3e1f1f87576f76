"""The slice holds all that its operations reach, the contract only, in an order that no input's order changes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.conftest import examples
from tools.document import document, yaml_reader, yaml_writer
from tools.errors import ToolError
from tools.schema.slicing import operation_names, slice_document


def spec(text: str) -> dict[str, Any]:
    """Return a document: these lines of YAML, and what every document needs."""
    value = yaml_reader.read(text.encode(), name="in.yaml")
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, **value}


def schema_spec(schema: str, components: str = "") -> dict[str, Any]:
    """Return a document whose operation `a` answers 200 with this schema, and these other components."""
    answer = f"{{content: {{application/json: {{schema: {schema}}}}}}}"
    return spec(
        f"paths: {{/a: {{get: {{operationId: a, responses: {{200: {answer}}}}}}}}}\ncomponents: {{{components}}}"
    )


def sliced_schema(schema: str, components: str = "") -> Any:
    """Return what becomes of a schema."""
    sliced = slice_document(schema_spec(schema, components), ["a"])
    return sliced["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]


SCHEMA_AT = "#/paths/~1a/get/responses/200/content/application~1json/schema"


# Operations


def test_operations_are_named_by_their_places_too() -> None:
    """One without an operationId is `METHOD /path`; one that has it can be named either way, or both."""
    none: dict[str, object] = {"responses": {}}
    named: dict[str, object] = {"operationId": "b", **none}
    upstream = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"get": none, "post": named, "put": none}, "/b": {"get": none}},
    }
    for wanted in (["GET /a", "b"], ["POST /a", "GET /a"], ["GET /a", "b", "POST /a"]):
        sliced = slice_document(upstream, wanted)
        assert sliced["paths"] == {"/a": {"get": none, "post": named}}
        assert operation_names(sliced) == ["GET /a", "b"]
        assert slice_document(sliced, operation_names(sliced)) == sliced
    with pytest.raises(ToolError, match="no operation GET /bb; the nearest is GET /b;"):
        slice_document(upstream, ["GET /bb"])


def test_only_the_wanted_operations_stay_with_what_their_path_says() -> None:
    """Other methods, other paths, unused components, webhooks and root extensions go."""
    sliced = slice_document(
        spec("""
        x-meta: {}
        externalDocs: {url: x}
        jsonSchemaDialect: https://example.com/dialect
        servers: [{url: https://a, description: prose, variables: {v: {default: b, enum: [c, b], description: p}}}]
        tags: [{name: T, description: prose}, {name: Other}, {name: A}]
        webhooks: {h: {post: {operationId: w}}}
        paths:
          x-paths: 1
          /z:
            summary: prose
            servers: [{url: https://z}]
            parameters: [{name: p, in: query, description: prose}]
            get: {operationId: a, tags: [T, Undeclared, A], responses: {}}
            post: {operationId: b}
          /b: {get: {operationId: c, parameters: [{$ref: '#/nowhere'}]}}
        components: {schemas: {Unused: {}}, x-c: {}}
        """),
        ["a"],
    )
    assert sliced == {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "jsonSchemaDialect": "https://example.com/dialect",
        "servers": [{"url": "https://a", "variables": {"v": {"enum": ["b", "c"], "default": "b"}}}],
        "tags": [{"name": "A"}, {"name": "T"}],
        "paths": {
            "/z": {
                "servers": [{"url": "https://z"}],
                "parameters": [{"name": "p", "in": "query"}],
                "get": {"operationId": "a", "tags": ["T", "Undeclared", "A"], "responses": {}},
            }
        },
    }


@pytest.mark.parametrize("reference", ["#/components/pathItems/P", "#/webhooks/hook", "#/x-shared/p%20q/0"])
def test_a_path_item_may_be_a_reference(reference: str) -> None:
    """It is put in place of the `$ref`, and what stands beside the `$ref` wins."""
    item = {"get": {"operationId": "a"}, "servers": [{"url": "far"}], "post": {"operationId": "b"}}
    value = spec(f"paths: {{/a: {{$ref: '{reference}', servers: [{{url: near}}]}}}}")
    value |= {"components": {"pathItems": {"P": item}}, "webhooks": {"hook": item}, "x-shared": {"p q": [item]}}
    sliced = slice_document(value, ["a"])
    assert sliced["paths"] == {"/a": {"servers": [{"url": "near"}], "get": {"operationId": "a"}}}
    assert "components" not in sliced


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("paths: {/x: {get: {operationId: lost}}}", "#/paths", "no operation wanted; the document has 1 others"),
        ("paths: {/x: {get: {operationId: wantd}}}", "#/paths", "no operation wanted; the nearest is wantd"),
        ("{paths: {}, webhooks: {h: {post: {operationId: wanted}}}}", "#/paths", "the webhook 'h' has that name"),
        ("paths: {/x: {$ref: other.yaml}}", "#/paths/~1x/$ref", "it may be behind this $ref, which cannot be read"),
        ("paths: {/x: {$ref: '#/paths/~1x'}}", "#/paths/~1x", "a $ref that leads back to itself"),
        ("paths: {/x: {get: {operationId: wanted}, put: {operationId: wanted}}}", "#/paths/~1x/put", "is also at #/"),
        ("paths: []", "#/paths", "expected a mapping, found a list; correct it"),
        ("{}", "#/paths", "expected a mapping, found nothing; correct it"),
        ("paths: {/x: 1}", "#/paths/~1x", "expected a mapping, found 1; correct it"),
        ("paths: {/x: {get: []}}", "#/paths/~1x/get", "expected a mapping, found a list; correct it"),
        ("{info: , paths: {}}", "#/info", "expected a mapping, found nothing; correct it"),
        ("{paths: {}, components: []}", "#/components", "expected a mapping, found a list; correct it"),
    ],
)
def test_an_operation_that_cannot_be_had(text: str, where: str, message: str) -> None:
    """The error names the operation and what is there instead."""
    with pytest.raises(ToolError) as caught:
        slice_document(spec(text), ["wanted"])
    assert (caught.value.where, message in caught.value.message) == (where, True), caught.value


def test_all_missing_operations_are_named() -> None:
    """One run tells all."""
    with pytest.raises(ToolError, match="no operation createChatCompletion and no operation listChatCompletions"):
        slice_document(spec("paths: {}"))


def test_security_schemes_are_those_in_force() -> None:
    """The root's requirements count only for an operation without its own; scopes are sets."""
    text = """
    security: [{Root: []}]
    paths:
      /a: {get: {operationId: own, security: [{Own: [w, r, w], Also: []}, {}]}, put: {operationId: inherits}}
      /b: {get: {operationId: open, security: []}}
    components:
      securitySchemes:
        Root: {type: http, scheme: bearer, bearerFormat: JWT, description: prose, x-a: 1}
        Own:
          type: oauth2
          flows: {implicit: {authorizationUrl: u, scopes: {w: prose, r: prose}, x-f: 1}, x-flows: 1}
        Also: {$ref: '#/components/securitySchemes/Key', description: prose}
        Key: {name: key, in: header, type: apiKey}
        Unused: {type: http, scheme: basic}
    """
    own = slice_document(spec(text), ["own"])
    assert "security" not in own
    assert own["paths"]["/a"]["get"]["security"] == [{"Also": [], "Own": ["r", "w"]}, {}]
    assert own["components"]["securitySchemes"] == {
        "Also": {"$ref": "#/components/securitySchemes/Key"},
        "Key": {"type": "apiKey", "name": "key", "in": "header"},
        "Own": {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "u", "scopes": {"r": "", "w": ""}}}},
    }
    inherits = slice_document(spec(text), ["open", "inherits"])
    assert inherits["security"] == [{"Root": []}]
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    assert inherits["components"]["securitySchemes"] == {"Root": scheme}
    with pytest.raises(ToolError, match=r"#/security/0/Root: .*names nothing in this document"):
        slice_document({**spec(text), "components": {}}, ["inherits"])


# Contract only


def test_prose_goes_and_names_that_look_like_prose_stay() -> None:
    """The place of a key decides: a property, pattern or definition may be called `description` or `x-foo`."""
    names = ["description", "title", "example", "examples", "default", "x-foo", "$ref", "$comment", "summary", "xml"]
    names += ["externalDocs", "comments"]
    value = schema_spec("{}")
    inner = {name: "prose" for name in names if name not in ("default", "$ref")}
    answer = value["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]
    maps = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
    answer["schema"] = {
        **inner,
        "type": "object",
        **{key: {n: {**inner, "type": "string"} for n in names} for key in maps},
    }
    cleaned = {n: {"type": "string"} for n in sorted(names)}
    sliced = slice_document(value, ["a"])["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]
    assert sliced["schema"] == {"type": "object", **dict.fromkeys(maps, cleaned)}


def test_values_are_never_cleaned() -> None:
    """What stands at default, enum and const is data of the API, also when its keys look like keywords."""
    data = {"$ref": "#/not/followed", "description": "data", "x-a": {"title": 1}}
    schema = {"default": data, "const": data, "enum": [data]}
    assert sliced_schema(json.dumps(schema)) == schema


KEPT = """
$id: i
$anchor: a
$recursiveAnchor: true
$recursiveRef: '#'
type: [object, string]
nullable: true
format: f
enum: [a]
const: a
default: a
deprecated: true
readOnly: true
writeOnly: true
pattern: p
minLength: 1
maxLength: 2
contentEncoding: base64
contentMediaType: a/b
contentSchema: {type: string}
multipleOf: 2
minimum: 1
exclusiveMinimum: 1
maximum: 2
exclusiveMaximum: 2
minItems: 1
maxItems: 2
uniqueItems: true
minContains: 1
maxContains: 2
prefixItems: [{type: string}, true]
items: {type: string}
unevaluatedItems: false
contains: {type: string}
minProperties: 1
maxProperties: 2
required: [a]
properties: {a: {type: string}}
patternProperties: {a: {type: string}}
additionalProperties: {type: string}
unevaluatedProperties: false
propertyNames: {type: string}
dependentRequired: {a: [b, c]}
dependentSchemas: {a: {type: string}}
allOf: [{type: string}]
anyOf: [{type: string}]
oneOf: [{type: string}]
discriminator: {propertyName: p, mapping: {}}
not: {type: string}
if: {type: string}
then: {type: string}
else: {type: string}
$defs: {a: {type: string}}
aKeywordOfTomorrow: {description: kept, x-kept: 1}
"""


def test_every_contract_keyword_of_a_schema_stays() -> None:
    """Also one that nobody knows yet."""
    schema = yaml_reader.read(KEPT.encode(), name="")
    with_prose = copy.deepcopy(schema)
    for holder in (with_prose, *with_prose["allOf"], with_prose["items"], with_prose["discriminator"]):
        holder.update({"x-extension": 1, "description": "prose"})
    assert sliced_schema(json.dumps(with_prose)) == schema


def test_parameters_bodies_and_responses_keep_their_contract() -> None:
    """Each object kind loses its prose, examples, links and callbacks, and a response keeps an empty description."""
    sliced = slice_document(
        spec("""
        paths:
          /a/{p}:
            post:
              operationId: a
              summary: prose
              description: prose
              externalDocs: {url: x}
              deprecated: false
              x-meta: {}
              callbacks: {c: {$ref: '#/nowhere'}}
              parameters:
                - {name: z, in: query, style: form, explode: true, allowReserved: true, allowEmptyValue: true,
                   deprecated: true, required: true, schema: {type: string, example: e}, example: e, examples: {},
                   description: prose, x-p: 1}
                - {name: b, in: query, content: {a/b: {schema: {type: string}, example: e}}}
              requestBody:
                description: prose
                required: true
                x-b: 1
                content:
                  multipart/form-data:
                    examples: {e: {$ref: '#/nowhere'}}
                    x-m: 1
                    schema: {type: object}
                    encoding:
                      x-file: {contentType: a/b, x-e: 1, style: form, explode: false, allowReserved: false,
                               headers: {X-H: {description: prose, schema: {type: string}}}}
              responses:
                x-responses: 1
                default: {description: prose, content: {}, links: {l: {operationId: gone}}}
                200:
                  headers: {x-request-id: {description: prose, required: true, schema: {type: string}, example: e}}
        """),
        ["a"],
    )
    assert sliced["paths"]["/a/{p}"]["post"] == {
        "operationId": "a",
        "deprecated": False,
        "parameters": [
            {"name": "b", "in": "query", "content": {"a/b": {"schema": {"type": "string"}}}},
            {
                "name": "z",
                "in": "query",
                "required": True,
                "deprecated": True,
                "allowEmptyValue": True,
                "style": "form",
                "explode": True,
                "allowReserved": True,
                "schema": {"type": "string"},
            },
        ],
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {"type": "object"},
                    "encoding": {
                        "x-file": {
                            "contentType": "a/b",
                            "style": "form",
                            "explode": False,
                            "allowReserved": False,
                            "headers": {"X-H": {"schema": {"type": "string"}}},
                        }
                    },
                }
            },
        },
        "responses": {
            "200": {"description": "", "headers": {"x-request-id": {"required": True, "schema": {"type": "string"}}}},
            "default": {"description": "", "content": {}},
        },
    }


# References


def test_every_kind_of_component_is_followed() -> None:
    """From each place where a `$ref` may stand, through other components, and nothing that nobody names comes along."""
    sliced = slice_document(
        spec("""
        paths:
          /a:
            parameters: [{$ref: '#/components/parameters/P', description: prose}]
            get:
              operationId: a
              requestBody: {$ref: '#/components/requestBodies/B'}
              responses: {200: {$ref: '#/components/responses/R'}}
        components:
          parameters: {P: {name: p, in: query, schema: {$ref: '#/components/schemas/InParameter'}}, Unused: {}}
          requestBodies: {B: {content: {a/b: {schema: {$ref: '#/components/schemas/InBody'}}}}, Unused: {}}
          responses: {R: {description: prose, headers: {H: {$ref: '#/components/headers/H'}}}, Unused: {}}
          headers: {H: {schema: {$ref: '#/components/schemas/InHeader'}}, Unused: {}}
          examples: {E: {}}
          schemas:
            InParameter: {type: string}
            InBody: {properties: {x: {items: {anyOf: [{not: {$ref: '#/components/schemas/Deep'}}]}}}}
            InHeader: {type: integer}
            Deep: {type: 'null'}
            Unused: {$ref: '#/nowhere'}
        """),
        ["a"],
    )
    found = {section: sorted(names) for section, names in sliced["components"].items()}
    assert found == {
        "schemas": ["Deep", "InBody", "InHeader", "InParameter"],
        "responses": ["R"],
        "parameters": ["P"],
        "requestBodies": ["B"],
        "headers": ["H"],
    }
    assert sliced["paths"]["/a"]["parameters"] == [{"$ref": "#/components/parameters/P"}]


PLACES_OF_SCHEMAS = [
    "{items: REF}",
    "{prefixItems: [{}, REF]}",
    "{properties: {a: REF}}",
    "{patternProperties: {a: REF}}",
    "{additionalProperties: REF}",
    "{unevaluatedProperties: REF}",
    "{unevaluatedItems: REF}",
    "{additionalItems: REF}",
    "{propertyNames: REF}",
    "{contains: REF}",
    "{contentSchema: REF}",
    "{dependentSchemas: {a: REF}}",
    "{$defs: {a: REF}}",
    "{definitions: {a: REF}}",
    "{allOf: [REF]}",
    "{anyOf: [REF]}",
    "{oneOf: [REF]}",
    "{not: REF}",
    "{if: REF}",
    "{then: REF}",
    "{else: REF}",
    "{properties: {$ref: REF}}",
    "{aKeywordOfTomorrow: [{b: REF}]}",
    "{discriminator: {propertyName: p, mapping: {v: '#/components/schemas/X'}}}",
    "{discriminator: {propertyName: p, defaultMapping: '#/components/schemas/X'}}",
]


@pytest.mark.parametrize("place", PLACES_OF_SCHEMAS)
def test_a_schema_is_found_wherever_it_is_named(place: str) -> None:
    """Each keyword that can hold a schema is followed, and a broken reference there is an error."""
    schema = place.replace("REF", "{$ref: '#/components/schemas/X'}")
    sliced = slice_document(schema_spec(schema, "schemas: {X: {type: string}}"), ["a"])
    assert sliced["components"] == {"schemas": {"X": {"type": "string"}}}
    with pytest.raises(ToolError, match="'#/components/schemas/X' names nothing"):
        slice_document(schema_spec(schema), ["a"])


def test_a_bare_name_in_a_discriminator_is_a_reference() -> None:
    """Both ways to name a schema come out as the same one."""
    schema = "{discriminator: {propertyName: p, mapping: {a: Cat, b: '#/components/schemas/Dog'}}}"
    value = schema_spec(schema, "schemas: {Cat: {}, Dog: {}}")
    sliced = slice_document(value, ["a"])
    assert list(sliced["components"]["schemas"]) == ["Cat", "Dog"]
    mapping = sliced_schema(schema, "schemas: {Cat: {}, Dog: {}}")["discriminator"]["mapping"]
    assert mapping == {"a": "#/components/schemas/Cat", "b": "#/components/schemas/Dog"}
    with pytest.raises(ToolError, match=r"discriminator/mapping/a: 'Cat' does not name a schema"):
        sliced_schema(schema, "schemas: {Dog: {}}")


def test_a_property_called_ref_is_no_reference() -> None:
    """Inside `properties`, `$ref` is a name."""
    schema = "{properties: {$ref: {type: string}}, required: [$ref]}"
    assert sliced_schema(schema) == {"required": ["$ref"], "properties": {"$ref": {"type": "string"}}}


def test_keywords_beside_a_ref_stay_in_schemas_only() -> None:
    """JSON Schema gives them meaning; beside any other `$ref` the specification says to ignore them."""
    schema = "{$ref: '#/components/schemas/X', nullable: true, description: prose, default: null}"
    expected = {"$ref": "#/components/schemas/X", "nullable": True, "default": None}
    assert sliced_schema(schema, "schemas: {X: {}}") == expected


def test_recursive_schemas_are_fine() -> None:
    """A schema may hold itself, directly and through others."""
    refs = {name: f"{{$ref: '#/components/schemas/{name}'}}" for name in "AB"}
    schemas = f"A: {{items: {refs['B']}}}, B: {{anyOf: [{refs['A']}, {{items: {refs['B']}}}]}}"
    sliced = slice_document(schema_spec(refs["A"], f"schemas: {{{schemas}}}"), ["a"])
    assert list(sliced["components"]["schemas"]) == ["A", "B"]


def test_escaped_references_are_followed_and_written_one_way() -> None:
    """Percent signs and `~` are taken away to look a name up, and put back where they are needed only."""
    variants = [f"{{$ref: '#/components/schemas/{name}'}}" for name in ("a~1b", "%61%7E1b", "c%20~0%25")]
    schema = f"{{anyOf: [{', '.join(variants)}]}}"
    sliced = slice_document(schema_spec(schema, "schemas: {a/b: {}, c ~%: {}}"), ["a"])
    assert list(sliced["components"]["schemas"]) == ["a/b", "c ~%"]
    references = [item["$ref"] for item in sliced_schema(schema, "schemas: {a/b: {}, c ~%: {}}")["anyOf"]]
    assert references == ["#/components/schemas/a~1b"] * 2 + ["#/components/schemas/c%20~0%25"]


def test_what_lies_outside_of_components_becomes_a_component() -> None:
    """A pointer deep into a component, into another path or to an extension keeps its target in the slice."""
    value = spec("""
    paths:
      /a:
        get:
          operationId: a
          parameters: [{$ref: '#/paths/~1b/get/parameters/1'}, {name: b, in: query}]
          responses:
            200: {content: {a/b: {schema: {anyOf: [{$ref: '#/components/schemas/Big/properties/in~1ner'},
                                                   {$ref: '#/components/schemas/Big/properties/in~1ner'},
                                                   {$ref: '#/components/responses/R/content/a~1b/schema'},
                                                   {$ref: '#/x-shared/S'}]}}}}
      /b: {get: {operationId: b, parameters: [{name: z, in: query}, {name: a, in: path, required: true}]}}
    x-shared: {S: {type: string, description: prose}}
    components:
      responses: {R: {content: {a/b: {schema: {type: integer}}}}}
      schemas:
        Big: {properties: {in/ner: {items: {$ref: '#/components/schemas/Big/properties/in~1ner'}}}}
        x-shared_S: {}
    """)
    sliced = slice_document(value, ["a"])
    operation = sliced["paths"]["/a"]["get"]
    parameter = "paths_b_get_parameters_1"
    assert operation["parameters"] == [{"$ref": f"#/components/parameters/{parameter}"}, {"name": "b", "in": "query"}]
    inner, again, response, shared = (
        item["$ref"].removeprefix("#/components/schemas/")
        for item in operation["responses"]["200"]["content"]["a/b"]["schema"]["anyOf"]
    )
    assert (inner, response) == (again, "R_content_a_b_schema") == ("Big_properties_in_ner", response)
    assert shared.startswith("x-shared_S_"), "the plain name belongs to another component"
    assert sliced["components"] == {
        "schemas": {
            inner: {"items": {"$ref": f"#/components/schemas/{inner}"}},
            response: {"type": "integer"},
            shared: {"type": "string"},
        },
        "parameters": {parameter: {"name": "a", "in": "path", "required": True}},
    }
    assert slice_document(sliced, ["a"]) == sliced


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("'#/components/schemas/Lost'", "$ref '#/components/schemas/Lost' names nothing in this document"),
        ("'#/components/schemas/A/anyOf/7'", "names nothing in this document"),
        ("'#/components/schemas/A/anyOf/-1'", "names nothing in this document"),
        ("'#/components/schemas/A/type/0'", "names nothing in this document"),
        ("other.yaml#/components/schemas/A", "$ref 'other.yaml#/components/schemas/A' leaves the file; bundle"),
        ("../A.json", "leaves the file"),
        ("https://example.com/api.json#/A", "leaves the file"),
        ("''", "leaves the file"),
        ("'#'", "$ref '#' is not a JSON pointer"),
        ("'#A'", "$ref '#A' is not a JSON pointer"),
        ("'#/components/responses/R'", "#/components/responses/R is not a schema, which this place needs; name one"),
        ("'#/components'", "#/components is not a schema, which this place needs; name one"),
        ("'#/components/schemas'", "#/components/schemas is not a schema, which this place needs; name one"),
        ("7", "expected a string, found 7; put it in quotes"),
        ("{type: string}", "expected a string, found a mapping"),
    ],
)
def test_a_bad_reference_is_an_error_at_its_pointer(reference: str, message: str) -> None:
    """The pointer is that of the `$ref`, so that its line can be shown."""
    value = schema_spec(
        f"{{items: {{$ref: {reference}}}}}", "schemas: {A: {type: string, anyOf: [{}]}}, responses: {R: {}}"
    )
    with pytest.raises(ToolError) as caught:
        slice_document(value, ["a"])
    assert caught.value.where == f"{SCHEMA_AT}/items/$ref"
    assert message in caught.value.message


def test_references_that_only_lead_to_each_other_are_an_error() -> None:
    """There is no object at the end of them."""
    schemas = "schemas: {A: {$ref: '#/components/schemas/B'}, B: {$ref: '#/components/schemas/A'}}"
    with pytest.raises(ToolError, match=r"^#/components/schemas/B: a \$ref that leads back to itself"):
        slice_document(schema_spec("{$ref: '#/components/schemas/B'}", schemas), ["a"])


@pytest.mark.parametrize(
    ("schema", "at", "message"),
    [
        ("[]", "", "expected a mapping, found a list; correct it"),
        ("{items: text}", "/items", 'expected a mapping, found "text"; correct it'),
        ("{additionalProperties: }", "/additionalProperties", "expected a mapping, found nothing; correct it"),
        ("{anyOf: {a: {}}}", "/anyOf", "expected a list, found a mapping; correct it"),
        ("{properties: {a: 1}}", "/properties/a", "expected a mapping, found 1; correct it"),
        ("{properties: true}", "/properties", "expected a mapping, found true; correct it"),
    ],
)
def test_an_object_of_the_wrong_type_is_an_error(schema: str, at: str, message: str) -> None:
    """The walk stops where the document is not what OpenAPI says."""
    with pytest.raises(ToolError) as caught:
        sliced_schema(schema)
    assert (caught.value.where, caught.value.message) == (SCHEMA_AT + at, message)


def test_depth_without_end_is_an_error() -> None:
    """Aliases can pile up more depth than a text has."""
    lines = ["a0: &a0 {}"] + [f"a{n}: &a{n} {'{items: ' * 100}*a{n - 1}{'}' * 100}" for n in range(1, 50)]
    schemas = yaml_reader.read("\n".join(lines).encode(), name="x")
    value = schema_spec("{$ref: '#/components/schemas/a49'}")
    with pytest.raises(ToolError, match="too deep"):
        slice_document({**value, "components": {"schemas": schemas}}, ["a"])


# Order


def test_sets_are_sorted_and_sequences_are_not() -> None:
    """Enum, required and type are sets; the order of variants, of servers and of requirements is kept."""
    schema = """{type: [string, 'null', integer], enum: [b, null, 10, a, 2, true, {z: 1, y: 2}, b, 2.5],
                 required: [b, a, b], dependentRequired: {a: [c, b]}, oneOf: [{type: string}, {type: integer}],
                 anyOf: [{const: b}, {const: a}], allOf: [{const: b}, {const: a}]}"""
    found = sliced_schema(schema)
    assert found["type"] == ["integer", "string", "null"]
    assert json.dumps(found["enum"]) == '[2, 2.5, 10, "a", "b", true, {"y": 2, "z": 1}, null]'
    assert found["required"] == ["a", "b"]
    assert found["dependentRequired"] == {"a": ["b", "c"]}
    assert [item["type"] for item in found["oneOf"]] == ["string", "integer"]
    assert [item["const"] for item in found["anyOf"]] == [item["const"] for item in found["allOf"]] == ["b", "a"]


def test_keys_stand_in_the_order_of_their_kind() -> None:
    """Known keys in the table's order, unknown ones after them by name, names by name."""
    schema = "{zz: 1, aa: 1, properties: {b: {format: f, type: string}, a: {}}, required: [b], enum: [], type: object}"
    assert json.dumps(sliced_schema(schema)) == (
        '{"type": "object", "enum": [], "required": ["b"], "properties": {"a": {}, "b": {"type": "string", "format": '
        '"f"}}, "aa": 1, "zz": 1}'
    )


def test_parameters_are_sorted_by_place_and_name() -> None:
    """Also where one is a `$ref` to a `$ref`."""
    value = spec("""
    paths:
      /a:
        get:
          operationId: a
          parameters:
            - {name: b, in: query}
            - $ref: '#/components/parameters/Z'
            - {name: a, in: query}
            - {name: z, in: header}
    components: {parameters: {Z: {$ref: '#/components/parameters/Y'}, Y: {name: aa, in: query}}}
    """)
    parameters = slice_document(value, ["a"])["paths"]["/a"]["get"]["parameters"]
    assert [parameter.get("name") for parameter in parameters] == ["z", "a", None, "b"]


def shuffled(value: Any, draw: Any) -> Any:
    """Return a copy with every mapping's keys in an order that is drawn."""
    if isinstance(value, dict):
        return {key: shuffled(value[key], draw) for key in draw(st.permutations(list(value)))}
    if isinstance(value, list):
        return [shuffled(item, draw) for item in value]
    return value


RICH = f"""
openapi: 3.0.3
info: {{version: '1', title: t, description: prose}}
security: [{{K: [], J: []}}]
servers: [{{url: b}}, {{url: a}}]
tags: [{{name: b}}, {{name: a}}]
paths:
  /b:
    post:
      tags: [b, a]
      operationId: b
      requestBody: {{content: {{b/b: {{schema: {{$ref: '#/components/schemas/S'}}}}, a/a: {{}}}}}}
      responses: {{201: {{$ref: '#/components/responses/R'}}, 200: {{headers: {{b: {{}}, a: {{}}}}}}}}
  /a:
    get:
      operationId: a
      parameters: [{{$ref: '#/paths/~1c/get/parameters/0'}}, {{in: query, name: a}}]
      responses: {{default: {{content: {{a/b: {{schema: {{$ref: '#/components/schemas/S/properties/deep'}}}}}}}}}}
  /c: {{get: {{operationId: c, parameters: [{{in: query, name: c, schema: {{$ref: '#/x-d'}}}}]}}}}
x-d: {{type: string}}
components:
  responses: {{R: {{content: {{a/b: {{schema: {{$ref: '#/components/schemas/S'}}}}}}}}}}
  securitySchemes: {{K: {{scheme: bearer, type: http}}, J: {{name: n, in: query, type: apiKey}}}}
  schemas:
    x-d: {{}}
    T:
      items: {{$ref: '#/components/schemas/S'}}
      default: {{b: 1, a: {{d: 1, c: 2}}}}
      enum: [{{b: 1, a: 2}}, {{a: 1}}]
    S:
      {KEPT.strip().replace(chr(10), chr(10) + "      ").replace("mapping: {}", "mapping: {z: T, a: S}")}
"""
RICH = RICH.replace("properties: {a: {type: string}}", "properties: {b: {}, a: {}, deep: {type: 'null', format: f}}", 1)


@examples(50, HealthCheck.data_too_large)
@given(st.data())
def test_no_order_of_keys_changes_the_slice(data: st.DataObject) -> None:
    """Any order of the keys of every mapping gives the same bytes, hoisted names included, and the input stays."""
    value = document.load(RICH.encode(), name="rich.yaml")
    expected = yaml_writer.write(slice_document(value, ["a", "b"]))
    mixed = shuffled(value, data.draw)
    before = json.dumps(mixed)
    assert yaml_writer.write(slice_document(mixed, ["b", "a"])) == expected
    assert json.dumps(mixed) == before


def test_slicing_a_slice_changes_nothing() -> None:
    """The slice of a slice is itself, byte by byte, after reading it back."""
    once = yaml_writer.write(slice_document(document.load(RICH.encode(), name="rich.yaml"), ["a", "b"]))
    again = yaml_writer.write(slice_document(document.load(once.encode(), name="once.yaml"), ["a", "b"]))
    assert again == once


def places(value: Any) -> Iterator[list[Any]]:
    """Yield the keys that lead to each place in a value."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield [key]
        yield from ([key, *keys] for keys in places(item))


ODD_VALUES = [None, 1, "x", "#/components", [], {}, [None], [["a"]], {"$ref": 1}, {"x": {"$ref": "#/components"}}]


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD_VALUES, ids=json.dumps)
def test_any_place_may_hold_anything(odd: Any) -> None:
    """Whatever stands wherever, the end is a slice that slicing leaves alone, or a ToolError."""
    rich = document.load(RICH.encode(), name="rich.yaml")
    for *keys, last in places(rich):
        value = copy.deepcopy(rich)
        holder = value
        for key in keys:
            holder = holder[key]
        holder[last] = odd
        try:
            sliced = slice_document(value, ["a", "b"])
        except ToolError:
            continue
        assert json.dumps(slice_document(sliced, ["a", "b"])) == json.dumps(sliced)


def references(value: Any) -> Iterator[str]:
    """Yield every `$ref` of a slice; none of the upstream slices has a property of that name."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


@pytest.mark.slow
def test_upstream_documents_slice_whole_and_stay_the_same() -> None:
    """Every document gives a closed slice, the same one again, and the same one with all keys turned around."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "upstream"
    documents = sorted(folder.glob("*.yaml.gz"))
    if not documents:
        pytest.skip("there are no upstream documents beside the repository")

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(item) for item in value] if isinstance(value, list) else value

    for path in documents:
        upstream = document.load(path.read_bytes(), name=path.name)
        sliced = slice_document(upstream)
        text = yaml_writer.write(sliced)
        assert yaml_writer.write(slice_document(document.load(text.encode(), name="slice"))) == text
        assert yaml_writer.write(slice_document(turned(upstream))) == text
        schemas = set(sliced["components"]["schemas"])
        named = {name.removeprefix("#/components/schemas/") for name in references(sliced) if "/schemas/" in name}
        assert named == schemas, "every schema is named, and every name is there"
        methods = [method for item in sliced["paths"].values() for method in item]
        assert methods == ["get", "post"]
