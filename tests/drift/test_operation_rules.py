"""Every rule about operations, parameters, bodies, responses, servers and security, with its mirror."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import pytest

from tests.drift import test_schema_rules
from tests.drift.minis import NUMBER, TEXT, Json, compare, document
from tools.drift.findings.rules import RULES

BREAKING, RISKY, ADDITIVE, NEUTRAL = "breaking", "risky", "additive", "neutral"
KEY = {"type": "http", "scheme": "bearer"}
OTHER = {"type": "apiKey", "in": "header", "name": "api-key"}


class Case(NamedTuple):
    """One change: both documents, the direction, the level, the mirror's level, and what the finding says."""

    old: Json
    new: Json
    direction: str
    level: str
    back: str
    was: Any = ...
    now: Any = ...
    at: str = "/post"


def parameter(name: str = "q", where: str = "query", **keywords: Any) -> Json:
    """Return a document whose operation has one parameter."""
    return document(parameters=[{"name": name, "in": where, "schema": TEXT, **keywords}])


def body(required: bool, *media_types: str) -> Json:
    """Return a document whose operation has a body."""
    content = {media_type: {"schema": TEXT} for media_type in media_types or ("application/json",)}
    return document(requestBody={"required": required, "content": content})


def answers(*statuses: str, media_types: tuple[str, ...] = ("application/json",)) -> Json:
    """Return a document whose operation has these responses."""
    content = {media_type: {"schema": TEXT} for media_type in media_types}
    return document(responses={status: {"description": "", "content": content} for status in statuses})


def header(**keywords: Any) -> Json:
    """Return a document with a response header."""
    headers = {"X-A": {"schema": NUMBER, **keywords}}
    return document(responses={"200": {"description": "", "headers": headers}})


def secured(*requirements: Json) -> Json:
    """Return a document that demands one of these credentials."""
    result = document()
    result["components"]["securitySchemes"] = {"Key": KEY, "Other": OTHER}
    result["security"] = list(requirements)
    return result


def served(*urls: str) -> Json:
    """Return a document with these servers."""
    return {**document(), "servers": [{"url": url} for url in urls]}


def without(document: Json, *place: str | int) -> Json:
    """Return a copy of a document without one part."""
    result = copy.deepcopy(document)
    holder: Any = result
    for key in place[:-1]:
        holder = holder[key]
    del holder[place[-1]]
    return result


def moved(method: str, path: str = "/chat/completions") -> Json:
    """Return the document with createChatCompletion elsewhere."""
    result = document()
    operation = result["paths"]["/chat/completions"].pop("post")
    result["paths"].setdefault(path, {})[method] = operation
    return result


NO_RESPONSE = document(responses={"200": {"description": ""}})
PATH = "/chat/completions"

CASES: dict[str, Case] = {
    "operation-removed": Case(
        document(), without(document(), "paths", PATH, "post"), "both", BREAKING, ADDITIVE, f"POST {PATH}", None
    ),
    "operation-moved": Case(document(), moved("put"), "request", BREAKING, BREAKING, f"POST {PATH}", f"PUT {PATH}"),
    "operation-tag-changed": Case(document(tags=["A"]), document(tags=["B"]), "request", RISKY, RISKY, "A", "B"),
    "deprecated": Case(document(), document(deprecated=True), "request", NEUTRAL, NEUTRAL, None, True),
    "server-added": Case(
        served("https://a"),
        served("https://a", "https://b"),
        "request",
        ADDITIVE,
        BREAKING,
        None,
        "https://b",
        "#/servers/1",
    ),
    "server-changed": Case(
        served("https://a"), served("https://b"), "request", BREAKING, BREAKING, "https://a", "https://b", "#/servers/0"
    ),
    "security-added": Case(
        secured(), secured({"Key": []}), "request", BREAKING, ADDITIVE, None, "http bearer", "/security"
    ),
    "security-changed": Case(
        secured({"Key": []}),
        secured({"Other": []}),
        "request",
        BREAKING,
        BREAKING,
        "http bearer",
        "apiKey header api-key",
        "/security",
    ),
    "security-alternative-added": Case(
        secured({"Key": []}),
        secured({"Key": []}, {"Other": []}),
        "request",
        ADDITIVE,
        BREAKING,
        None,
        "apiKey header api-key",
        "/security",
    ),
    "parameter-added": Case(document(), parameter(), "request", ADDITIVE, BREAKING, None, "string", "/parameters/0"),
    "required-parameter-added": Case(
        document(), parameter(required=True), "request", BREAKING, BREAKING, None, "string", "/parameters/0"
    ),
    "parameter-became-required": Case(
        parameter(), parameter(required=True), "request", BREAKING, ADDITIVE, at="/parameters/0"
    ),
    "parameter-location-changed": Case(
        parameter(), parameter(where="header"), "request", BREAKING, BREAKING, "query", "header", "/parameters/0"
    ),
    "parameter-style-changed": Case(
        parameter(), parameter(style="pipeDelimited"), "request", BREAKING, BREAKING, at="/parameters/0"
    ),
    "request-body-added": Case(
        document(), body(False), "request", ADDITIVE, BREAKING, None, "application/json", "/requestBody"
    ),
    "required-request-body-added": Case(
        document(), body(True), "request", BREAKING, BREAKING, None, "application/json", "/requestBody"
    ),
    "request-body-became-required": Case(body(False), body(True), "request", BREAKING, ADDITIVE, at="/requestBody"),
    "media-type-added": Case(
        body(True),
        body(True, "application/json", "text/csv"),
        "request",
        ADDITIVE,
        BREAKING,
        None,
        "text/csv",
        "/content/text~1csv",
    ),
    "success-status-added": Case(
        answers("200"), answers("200", "202"), "response", RISKY, BREAKING, None, "202", "/responses/202"
    ),
    "error-status-added": Case(
        answers("200"), answers("200", "429"), "response", ADDITIVE, NEUTRAL, None, "429", "/responses/429"
    ),
    "header-added": Case(NO_RESPONSE, header(), "response", ADDITIVE, RISKY, None, "integer", "/headers/X-A"),
    "required-header-added": Case(
        NO_RESPONSE, header(required=True), "response", ADDITIVE, BREAKING, None, "integer", "/headers/X-A"
    ),
    "header-became-required": Case(header(), header(required=True), "response", NEUTRAL, BREAKING, at="/headers/X-A"),
}


@pytest.mark.parametrize("rule", CASES)
def test_one_change_is_one_finding(rule: str) -> None:
    """Its rule, level, direction, place and values are the expected ones, and so are those of the way back."""
    case = CASES[rule]
    forth, back = compare(case.old, case.new), compare(case.new, case.old)
    assert [(f.rule, f.level, f.direction) for f in forth] == [(rule, case.level, case.direction)]
    assert [(f.rule, f.level, f.direction) for f in back] == [(RULES[rule].mirror, case.back, case.direction)]
    assert (back[0].old, back[0].new) == (forth[0].new, forth[0].old)
    assert case.was is ... or (forth[0].old, forth[0].new) == (case.was, case.now)
    assert forth[0].pointer.endswith(case.at)
    for finding in (*forth, *back):
        assert "{" not in finding.sentence and finding.sentence.endswith(".")


def test_media_types_of_responses() -> None:
    """They come and go as those of requests do, in the other direction."""
    old, new = answers("200"), answers("200", media_types=("application/json", "text/event-stream"))
    assert [(f.rule, f.level, f.direction) for f in compare(old, new)] == [("media-type-added", ADDITIVE, "response")]
    assert [(f.rule, f.level, f.direction) for f in compare(new, old)] == [("media-type-removed", BREAKING, "response")]


def test_a_renamed_operation_is_known_by_its_place() -> None:
    """By path and method, in both directions."""
    new = document()
    new["paths"][PATH]["post"]["operationId"] = "createCompletion"
    for left, right in ((document(), new), (new, document())):
        assert [(f.rule, f.level) for f in compare(left, right)] == [("operation-renamed", BREAKING)]


def test_other_documents_are_compared_whole() -> None:
    """Two documents that know none of our operations."""
    old, new = document(), document()
    for side in (old, new):
        for method, operation in side["paths"][PATH].items():
            operation["operationId"] = f"{method}Thing"
    new["paths"]["/x"] = {"get": {"operationId": "getX", "responses": {}}}
    assert [(f.rule, f.operation, f.new) for f in compare(old, new)] == [("operation-added", "getX", "GET /x")]


def test_parameters_and_headers_have_schemas() -> None:
    """A change inside of one is found where it is, in its direction."""
    found = compare(parameter(), parameter(schema={**TEXT, "maxLength": 3}))
    assert [(f.rule, f.direction, f.pointer) for f in found] == [
        ("max-length-added", "request", "#/paths/~1chat~1completions/post/parameters/0/schema/maxLength")
    ]
    found = compare(header(), header(schema=TEXT))
    assert [(f.rule, f.level, f.direction) for f in found] == [("type-changed", BREAKING, "response")]
    found = compare(header(), header(deprecated=True))
    assert [(f.rule, f.direction) for f in found] == [("deprecated", "response")]
    place = ("paths", PATH, "post", "parameters", 0, "schema")
    old = without(parameter(content={"application/json": {"schema": TEXT}}), *place)
    new = without(parameter(content={"application/json": {"schema": NUMBER}}), *place)
    assert [f.rule for f in compare(old, new)] == ["type-changed"]


def test_an_encoding_is_a_keyword() -> None:
    """How the parts of a form are written."""
    old, new = body(True, "multipart/form-data"), body(True, "multipart/form-data")
    new["paths"][PATH]["post"]["requestBody"]["content"]["multipart/form-data"]["encoding"] = {"it": {"explode": True}}
    assert [(f.rule, f.new) for f in compare(old, new)] == [("keyword-added", {"it": {"explode": True}})]
    assert [f.rule for f in compare(new, old)] == ["keyword-removed"]


def _through_components(document: Json, section: str, *place: str | int) -> Json:
    """Return a copy of a document where one object is a component."""
    result = copy.deepcopy(document)
    holder: Any = result
    for key in place[:-1]:
        holder = holder[key]
    result["components"][section] = {"Named": holder[place[-1]]}
    holder[place[-1]] = {"$ref": f"#/components/{section}/Named"}
    return result


POST = ("paths", PATH, "post")
SAME: dict[str, tuple[Json, Json]] = {
    "a parameter as a component": (parameter(), _through_components(parameter(), "parameters", *POST, "parameters", 0)),
    "a body as a component": (body(True), _through_components(body(True), "requestBodies", *POST, "requestBody")),
    "a response as a component": (
        answers("200"),
        _through_components(answers("200"), "responses", *POST, "responses", "200"),
    ),
    "a header as a component": (
        header(),
        _through_components(header(), "headers", *POST, "responses", "200", "headers", "X-A"),
    ),
    "a style that is the default": (parameter(), parameter(style="form", explode=True)),
    "a parameter of the path": (
        parameter(),
        {
            **document(),
            "paths": {
                PATH: {
                    "get": {"operationId": "listChatCompletions", "responses": {}},
                    "post": {
                        **document()["paths"][PATH]["post"],
                        "parameters": parameter()["paths"][PATH]["post"]["parameters"],
                    },
                }
            },
        },
    ),
    "a path item as a component": (
        document(),
        {
            **document(),
            "paths": {PATH: {"$ref": "#/components/pathItems/Named"}},
            "components": {"pathItems": {"Named": document()["paths"][PATH]}},
        },
    ),
    "how one text would be exploded": (parameter(), parameter(explode=False)),
    "a blank in a media type": (body(True, "text/csv;header=present"), body(True, "text/csv; header=present")),
    "a slash behind a server": (served("https://a/v1"), served("https://a/v1/")),
    "a header in other letters": (parameter("X-A", "header"), parameter("x-a", "header")),
    "a media type in other letters": (body(True), body(True, "Application/JSON")),
    "order of servers": (served("https://a", "https://b"), served("https://b", "https://a")),
    "servers of the path": (
        served("https://a"),
        {**document(), "paths": {PATH: {**document()["paths"][PATH], "servers": [{"url": "https://a"}]}}},
    ),
    "order of credentials": (secured({"Key": []}, {"Other": []}), secured({"Other": []}, {"Key": []})),
    "the version and the prose": (
        document(),
        {**document(description="d", summary="s"), "openapi": "3.1.1", "info": {"title": "u", "version": "2"}},
    ),
    "OpenAPI 3.0": (document(), {**document(), "openapi": "3.0.3"}),
    "not required, said": (parameter(), parameter(required=False)),
    "other operations": (
        document(),
        {**document(), "paths": {**document()["paths"], "/x": {"get": {"operationId": "x", "responses": {}}}}},
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_another_spelling_is_no_change(name: str) -> None:
    """In both directions."""
    left, right = SAME[name]
    assert compare(left, right) == []
    assert compare(right, left) == []


def test_a_renamed_security_scheme_is_no_change() -> None:
    """It is known by what it is."""
    new = secured({"Bearer": []})
    new["components"]["securitySchemes"] = {"Bearer": KEY}
    assert compare(secured({"Key": []}), new) == []


def test_what_a_security_scheme_is() -> None:
    """Neither the case of what has none nor scopes that nobody demands, but those that are demanded."""
    flows = {"clientCredentials": {"tokenUrl": "https://a", "scopes": {"r": "", "w": ""}}}
    old, same, more = secured({"Key": []}, {"Auth": ["r"]}), secured({"Key": []}, {"Auth": ["r"]}), secured()
    more["security"] = [{"Key": []}, {"Auth": ["r", "w"]}]
    wider = {"clientCredentials": {**flows["clientCredentials"], "scopes": {"r": "", "w": "", "x": ""}}}
    for side, scheme, declared in ((old, "bearer", flows), (same, "Bearer", wider), (more, "bearer", flows)):
        side["components"]["securitySchemes"] = {
            "Key": {"type": "http", "scheme": scheme},
            "Auth": {"type": "oauth2", "flows": declared},
        }
    assert compare(old, same) == []
    assert [(f.rule, f.old[:10], f.new[:12]) for f in compare(old, more)] == [
        ("security-changed", "oauth2 r w", "oauth2 r w w")
    ]


def test_a_parameter_of_the_path_counts() -> None:
    """What the path says for all of its operations is compared for each, and reported once."""
    old, new = document(), document()
    new["paths"][PATH]["parameters"] = [{"name": "q", "in": "query", "schema": TEXT}]
    found = compare(old, new)
    assert [(f.rule, f.operation) for f in found] == [("parameter-added", "createChatCompletion, listChatCompletions")]
    assert found[0].sentence == "The optional parameter `/chat/completions query:q` was added: string."


def test_the_two_tables_name_every_rule() -> None:
    """So no rule is without a mini spec, in either direction."""
    named = {*CASES, *test_schema_rules.CASES, "operation-renamed"}
    assert named | {RULES[rule].mirror for rule in named} == set(RULES)
