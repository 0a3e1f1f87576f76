"""An overlay's actions apply, or are noticed; the project's overlay gives every part of the slice its prose."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from tests.specs import ROOT, Json, obj, ref, spec
from tools.document import document as documents
from tools.document import yaml_reader
from tools.errors import ToolError
from tools.schema.overlay import Applied, apply_overlay
from tools.schema.prose import described_parts, without_prose

TEXT = {"type": "string"}


def apply(document: Json, *actions: Json, version: str = "1.0.0") -> Applied:
    """Apply actions that have a reason."""
    return apply_overlay(document, {"overlay": version, "actions": [{"description": "r", **a} for a in actions]})


def schemas_after(schemas: Json, *actions: Json) -> tuple[Json, list[str]]:
    """Return the component schemas after some actions, and what did not fit."""
    applied = apply(spec(schemas), *actions)
    return applied.document["components"]["schemas"], applied.unmatched


def test_actions_apply_in_order_to_a_copy() -> None:
    """Updates merge, removals remove, later actions see what earlier ones did; neither input changes."""
    document = spec({"A": obj({"x": TEXT, "y": TEXT}, required=["x", "y"])})
    actions = [
        {"target": "$.components.schemas.A.properties.x", "update": {"nullable": True}},
        {"target": "$.components.schemas.A.properties[?(@.nullable)]", "update": {"description": "d"}},
        {"target": "$.components.schemas.A.required[?(@ == 'x')]", "remove": True},
        {"target": "$.components.schemas.A.properties.y", "remove": True},
        {"target": "$.components.schemas.A", "update": {"properties": {"z": TEXT}, "required": ["z"]}},
        {"target": "$.paths['/things'].post", "update": {"summary": "s"}},
        {"target": "$.info", "update": {"title": "t"}},
    ]
    before = copy.deepcopy((document, actions))
    applied = apply(document, *actions)
    assert applied.unmatched == []
    assert applied.document["components"]["schemas"]["A"] == {
        "type": "object",
        "properties": {"x": {"type": "string", "nullable": True, "description": "d"}, "z": TEXT},
        "required": ["y", "z"],
    }
    assert applied.document["paths"]["/things"]["post"]["summary"] == "s"
    assert applied.document["info"]["title"] == "t"
    assert (document, actions) == before


def test_several_matches() -> None:
    """An action applies to everything that its target matches, also where removing one moves the next."""
    found, unmatched = schemas_after(
        {"A": {"enum": ["a", "b", "b", "c", "b"]}, "B": obj({"x": TEXT, "y": TEXT, "z": {"type": "integer"}})},
        {"target": "$.components.schemas.A.enum[?(@ == 'b')]", "remove": True},
        {"target": "$.components.schemas.B.properties[?(@.type == 'string')]", "update": {"minLength": 1}},
    )
    assert unmatched == []
    assert found["A"]["enum"] == ["a", "c"]
    assert [value.get("minLength") for value in found["B"]["properties"].values()] == [1, 1, None]


def test_what_matches_nothing_is_told() -> None:
    """Each such action has a line with its place and its target; the others apply."""
    found, unmatched = schemas_after(
        {"A": obj({"x": TEXT})},
        {"target": "$.components.schemas.Gone", "update": {"nullable": True}},
        {"target": "$.components.schemas.A.required[?(@ == 'x')]", "remove": True},
        {"target": "$.components.schemas.A", "update": {"deprecated": True}},
    )
    assert unmatched == [
        "overlay.yaml#/actions/0: $.components.schemas.Gone matches nothing",
        "overlay.yaml#/actions/1: $.components.schemas.A.required[?(@ == 'x')] matches nothing",
    ]
    assert found == {"A": {**obj({"x": TEXT}), "deprecated": True}}


@pytest.mark.parametrize(
    "ghost",
    [
        {"description": "d"},
        {"nullable": True},
        {"x-class-name": "N"},
        {"deprecated": True, "description": "d"},
        {"properties": {"y": {"description": "d"}}},
        {"items": {"x-param-name": "P"}},
        {"x-extensions": {"e": {"type": "string"}}},
    ],
)
def test_ghosts_are_told_and_not_made(ghost: Json) -> None:
    """Prose, a hint or a correction for a part that is gone does not create the part."""
    action = {
        "target": "$.components.schemas",
        "update": {"A": {"properties": {"a/b": ghost, "x": {"description": "d"}}}},
    }
    found, unmatched = schemas_after({"A": obj({"x": TEXT})}, action)
    assert unmatched == ["overlay.yaml#/actions/0: $.components.schemas has no /A/properties/a~1b"]
    assert found == {"A": obj({"x": {"type": "string", "description": "d"}})}


@pytest.mark.parametrize("addition", [TEXT, ref("A"), {"anyOf": [TEXT]}, {"enum": ["a"]}, {"x-parts": [TEXT]}])
def test_what_defines_itself_is_an_addition(addition: Json) -> None:
    """An update can add what the document lacks."""
    action = {"target": "$.components.schemas", "update": {"A": {"properties": {"new": addition}}, "New": addition}}
    found, unmatched = schemas_after({"A": obj({"x": TEXT})}, action)
    assert unmatched == []
    assert found["A"]["properties"]["new"] == found["New"] == addition


@pytest.mark.parametrize(
    ("schema", "update"),
    [
        ({"type": ["string", "null"]}, {"nullable": True}),
        ({"type": "string", "nullable": True}, {"nullable": True}),
        ({"anyOf": [TEXT, {"type": "null"}]}, {"nullable": True}),
        (ref("MaybeText"), {"nullable": True}),
        ({"type": "string", "deprecated": True}, {"deprecated": True}),
    ],
)
def test_what_the_document_says_itself_is_told(schema: Json, update: Json) -> None:
    """A correction that is not needed any more has a line; one that is needed elsewhere has none."""
    schemas = {"A": obj({"x": schema, "y": TEXT}), "MaybeText": {"type": ["string", "null"]}}
    properties = "$.components.schemas.A.properties"
    _, unmatched = schemas_after(schemas, {"target": properties, "update": {"x": update}})
    key = next(iter(update))
    assert unmatched == [f"overlay.yaml#/actions/0: {properties} has /x/{key}: True already"]
    assert schemas_after(schemas, {"target": properties, "update": {"y": update}})[1] == []
    assert schemas_after(schemas, {"target": f"{properties}.*", "update": update})[1] == []


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ({"actions": []}, "overlay.yaml: this is not an OpenAPI Overlay"),
        ({"overlay": "2.0.0", "actions": []}, "overlay.yaml: this is not an OpenAPI Overlay"),
        ([], "overlay.yaml: this is not an OpenAPI Overlay"),
        (
            {"overlay": "1.0.0", "actions": [{"target": "$.info", "update": {}}]},
            "actions/0: the action on $.info has no reason",
        ),
        (
            {"overlay": "1.0.0", "actions": [{"target": "$.info", "description": " ", "update": {}}]},
            "actions/0: the action on $.info has no reason",
        ),
        ({"overlay": "1.0.0", "actions": [{"description": "r", "update": {}}]}, "actions/0: this is not an action"),
        (
            {"overlay": "1.0.0", "actions": [{"description": "r", "target": "$.info"}]},
            "actions/0: this is not an action",
        ),
        ({"overlay": "1.0.0", "actions": ["x"]}, "actions/0: this is not an action"),
        (
            {"overlay": "1.0.0", "actions": [{"description": "r", "target": "$.a[", "remove": True}]},
            "actions/0: the target '$.a[' is not a JSONPath",
        ),
        (
            {"overlay": "1.0.0", "actions": [{"description": "r", "target": "$", "remove": True}]},
            "actions/0: the action on $ cannot be applied",
        ),
    ],
)
def test_overlays_that_are_none(overlay: Any, message: str) -> None:
    """What is wrong with an overlay is one line that names the action."""
    with pytest.raises(ToolError) as failed:
        apply_overlay(spec({}), overlay)
    assert message in str(failed.value)
    assert "\n" not in str(failed.value)


@pytest.fixture(scope="module")
def slice_with_prose() -> Json:
    """Return the vendored slice with the project's overlay applied; every action fits."""
    document = documents.load((ROOT / "openapi.yaml").read_bytes(), name="openapi.yaml")
    overlay = yaml_reader.read((ROOT / "overlay.yaml").read_bytes(), name="overlay.yaml")
    applied = apply_overlay(document, overlay)
    assert applied.unmatched == []
    return applied.document


def test_what_wants_prose_is_found() -> None:
    """Operations with their summaries, parameters, responses, component schemas, properties however deep."""
    schemas = {
        "A": obj({"x/y": {"anyOf": [obj({"deep": TEXT}), TEXT]}, "said": {"description": "d"}}, description="d"),
        "B": {"items": obj({"in": obj({"properties": TEXT})})},
    }
    document = spec(schemas)
    operation = document["paths"]["/things"]["post"]
    operation |= {"summary": "s", "parameters": [{"name": "p"}, {"name": "q", "description": "d"}]}
    operation["responses"]["404"] = ref("A")
    document["components"]["responses"] = {"Lost": {}}
    assert without_prose(document) == [
        "#/paths/~1things/post",
        "#/paths/~1things/post/parameters/0",
        "#/paths/~1things/post/responses/200",
        "#/components/responses/Lost",
        "#/components/schemas/A/properties/x~1y",
        "#/components/schemas/A/properties/x~1y/anyOf/0/properties/deep",
        "#/components/schemas/B",
        "#/components/schemas/B/items/properties/in",
        "#/components/schemas/B/items/properties/in/properties/properties",
    ]


def test_the_prose_has_one_form(slice_with_prose: Json) -> None:
    """Where there is prose it is one sentence, in ASCII."""
    prose = {at: text for at, text in described_parts(slice_with_prose) if text}
    one_sentence = re.compile(r"[A-Z0-9][ -~]*[^ .]\.")
    assert [(at, text) for at, text in prose.items() if not one_sentence.fullmatch(str(text))] == []
    assert [(at, text) for at, text in prose.items() if re.search(r"[.!?] [A-Z]", str(text))] == []
    assert [(at, text) for at, text in prose.items() if len(str(text)) > 160] == []


def test_the_slice_has_prose_everywhere(slice_with_prose: Json) -> None:
    """What upstream added since is listed and fails nobody; the rest of the slice has its prose."""
    wanting = without_prose(slice_with_prose)
    if wanting:
        pytest.skip(f"these want a sentence in overlay.yaml: {', '.join(wanting)}")


def test_every_correction_is_needed(slice_with_prose: Json) -> None:
    """Without any one of the actions, the document is another one."""
    document = documents.load((ROOT / "openapi.yaml").read_bytes(), name="openapi.yaml")
    overlay = yaml_reader.read((ROOT / "overlay.yaml").read_bytes(), name="overlay.yaml")
    for position in range(len(overlay["actions"])):
        actions = [action for i, action in enumerate(overlay["actions"]) if i != position]
        applied = apply_overlay(document, {**overlay, "actions": actions})
        assert applied.document != slice_with_prose, overlay["actions"][position]["target"]
