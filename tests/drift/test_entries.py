"""What people read of findings: grouped, the worst first, in Python's names, after a paragraph for users."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from tests.drift.minis import NUMBER, compare, in_request
from tests.drift.reports import finding
from tests.specs import ROOT, Json
from tools.document import document as documents
from tools.drift.command import neutralized
from tools.drift.compare.collect import findings_of
from tools.drift.findings.entries import NEUTRALIZED, entries, verdict
from tools.drift.findings.findings import Acknowledgement, Finding, Report
from tools.drift.impact.symbols import Symbols

SLICE = documents.load((ROOT / "openapi.yaml").read_bytes(), name="openapi.yaml")
SYMBOLS = Symbols(ROOT, SLICE)
SCHEMAS = "#/components/schemas"


def texts(*values: str) -> Json:
    """Return an enum."""
    return {"type": "string", "enum": list(values)}


def named(*names: str, **more: Any) -> Finding:
    """Return a finding about something that Python has names for."""
    return finding(more.pop("level", "breaking"), names=names, what="Wire.word", sentence="`Wire.word` moved.", **more)


# Entries


def test_the_values_of_a_place_are_one_entry() -> None:
    """In one sentence, further ones as a number; the pointer is that of the list."""
    letters = "abcdefghijkl"
    (entry,) = entries(compare(in_request(texts("a")), in_request(texts(*letters))))
    assert len(entry.findings) == 11
    assert entry.sentence.endswith(".it` has new values: b, c, d, e, f, g, h, i and 3 more.")
    assert entry.pointer.endswith("/properties/it/enum")
    (entry,) = entries(compare(in_request(texts(*"abc")), in_request(texts("a"))))
    assert entry.sentence.endswith(".it` no longer has the values b and c.")


def test_what_differs_in_more_than_its_value_stays_apart() -> None:
    """Another place, another rule, another level, another row of acknowledgements: each has its own entry."""
    row = Acknowledgement("0" * 12, "x", date(2030, 1, 1), 3)
    value = {"rule": "enum-value-added", "old": None, "new": "x", "level": "risky"}
    found = [
        named("A.b", **value),
        named("A.b", **value),
        named("A.c", **value),
        named("A.b", **{**value, "rule": "known-value-added"}),
        named("A.b", **value, direction="request"),
        named("A.b", **value, acknowledged=row),
        named("A.b", **value, neutralized=True),
        named("A.b", level="risky", rule="format-changed"),
        named("A.b", level="risky", rule="format-changed"),
    ]
    assert sorted(len(entry.findings) for entry in entries(found)) == [1, 1, 1, 1, 1, 1, 1, 2]


def test_the_most_harmful_comes_first() -> None:
    """The level, then what nobody can avoid, then the rule."""
    found = [
        named("c", level="additive"),
        named("b2", rule="property-removed", direction="request"),
        named("b1", rule="type-changed", direction="response"),
        named("b0", rule="required-property-added", direction="request"),
        named("r", level="risky"),
    ]
    assert [entry.first.names[0] for entry in entries(found)] == ["b0", "b1", "b2", "r", "c"]


def test_a_sentence_has_the_first_name_and_the_number_of_the_others() -> None:
    """What is an argument is called one; without a name it is the document's word."""
    said = finding(what="W.x", sentence="The optional property `W.x` was added: string.", names=("create(x=)", "W.x"))
    assert entries([said])[0].sentence == "The optional argument `create(x=)` (and 1 more) was added: string."
    assert entries([named()])[0].sentence == "`Wire.word` moved."


# The first paragraph


@pytest.mark.parametrize(
    ("findings", "paragraph"),
    [
        ([], "No program breaks: nothing that is sent or read has to change."),
        ([named("A.b", level="neutral")], "No program breaks: nothing that is sent or read has to change."),
        ([named("A.b", level="additive")], "No program breaks. New to use: `A.b`."),
        (
            [named("A.b", level="risky", operations=("listChatCompletions",))],
            "No program has to fail. Some may receive something unexpected, or a different answer: "
            "calls of `list()` that return `A.b`.",
        ),
        (
            [named(name, direction="request") for name in ("create(a=)", "create(b=)")]
            + [named("C.d", direction="both")],
            "Programs that work today can fail: calls of `create()` that send or return `C.d`; "
            "calls of `create()` that send `a=` or `b=`.",
        ),
        (
            [named("A.b"), named("A.c", level="risky"), named("A.d", level="additive")],
            "Programs that work today can fail: calls of `create()` that return `A.b`. "
            "Others may receive something unexpected, or a different answer: calls of `create()` that return `A.c`. "
            "New to use: `A.d`.",
        ),
        (
            [named(f"A.{letter}") for letter in "bcdefgh"],
            "Programs that work today can fail: calls of `create()` that return `A.b`, `A.c`, `A.d`, `A.e` or 3 more.",
        ),
        ([named("create()", rule="operation-removed")], "Programs that work today can fail: calls of `create()`."),
        (
            [named("A.b", acknowledged=Acknowledgement("0" * 12, "x", date(2030, 1, 1), 3))],
            "No program breaks: nothing that is sent or read has to change.",
        ),
        (
            [named("A.b", level="neutral", neutralized=True)],
            "No program breaks: nothing that is sent or read has to change. "
            "The overlay makes up for 1 change of upstream.",
        ),
    ],
)
def test_the_paragraph_says_whether_programs_break(findings: list[Finding], paragraph: str) -> None:
    """And which calls do, with what they send or return; what is acknowledged does not count."""
    assert verdict(Report("a", "b", tuple(findings))) == paragraph


# Names


@pytest.mark.parametrize(
    ("place", "direction", "names"),
    [
        ("CreateChatCompletionResponse/properties/usage", "response", ["ChatCompletion.usage"]),
        ("CreateChatCompletionResponse/properties/region", "response", ["ChatCompletion.region"]),
        ("CreateChatCompletionResponse/properties/class", "response", ["ChatCompletion.class_"]),
        ("ModelResponseProperties/properties/temperature/maximum", "request", ["create(temperature=)"]),
        ("ModelResponseProperties/properties/latency_budget_ms", "request", ["create(latency_budget_ms=)"]),
        ("ChatCompletionRequestUserMessage/properties/mood", "request", ['ChatCompletionUserMessageParam["mood"]']),
        ("ChatCompletionStreamResponseDelta/properties/mood", "response", ["ChoiceDelta.mood"]),
        ("ServiceTier", "request", ["create(service_tier=)"]),
        ("ModelResponseProperties/properties/odd key", "request", ['create(**{"odd key": ...})']),
        ('FunctionObject/properties/a"b', "request", ['FunctionDefinitionParam["a\\"b"]']),
    ],
)
def test_a_place_has_the_name_that_users_write(place: str, direction: Any, names: list[str]) -> None:
    """Also if it is new; arguments of calls go before keys and fields where something is sent."""
    pointer = f"{SCHEMAS}/{place}"
    found = finding(pointer=pointer, place=pointer, direction=direction, symbols=SYMBOLS.of(pointer))
    assert list(SYMBOLS.names(found)) == names


def test_a_parameter_has_the_name_of_the_methods_argument() -> None:
    """Also a new one, of which only upstream's document knows the name."""
    at = "#/paths/~1chat~1completions/get/parameters"
    found = finding(pointer=f"{at}/0", operations=("listChatCompletions",), direction="request", symbols=SYMBOLS.of(at))
    assert SYMBOLS.names(found, "before") == ("list(before=)",)
    position = [p["name"] for p in SLICE["paths"]["/chat/completions"]["get"]["parameters"]].index("limit")
    known = f"{at}/{position}"
    found = finding(pointer=known, place=known, direction="request", symbols=SYMBOLS.of(known))
    assert SYMBOLS.names(found) == ("list(limit=)",)


def test_what_is_of_the_whole_operation_has_the_calls_name() -> None:
    """A status, a header, the operation itself."""
    found = finding(pointer="#/paths/~1chat~1completions/post/responses/418", symbols=())
    assert SYMBOLS.names(found) == ("create()",)


def test_what_stands_below_a_known_field_is_named_through_it() -> None:
    """An argument's value as a dict, a field's as attributes."""
    parts = SLICE["components"]["schemas"]["CreateChatCompletionRequest"]["allOf"]
    position = next(i for i, part in enumerate(parts) if "audio" in part.get("properties", {}))
    audio = f"{SCHEMAS}/CreateChatCompletionRequest/allOf/{position}/properties/audio"
    members = tuple(symbol for symbol in SYMBOLS.of(audio) if symbol.kind in ("field", "key"))
    found = finding(pointer=f"{audio}/properties/a/properties/b", direction="request", symbols=members)
    assert SYMBOLS.names(found) == ('create(audio={"a": {"b": ...}})',)
    usage = f"{SCHEMAS}/CreateChatCompletionResponse/properties/usage"
    members = tuple(symbol for symbol in SYMBOLS.of(usage) if symbol.kind == "field")
    found = finding(pointer=f"{usage}/properties/a", symbols=members)
    assert SYMBOLS.names(found) == ("ChatCompletion.usage.a",)


# Modules


@pytest.mark.parametrize(
    "place",
    [
        "ChatCompletionStreamResponseDelta/properties/synthetic_mood",
        "ChatCompletionMessageToolCallChunk/properties/synthetic_mood",
        "ChatCompletionMessageToolCallChunk/properties/function/properties/synthetic_mood",
    ],
)
def test_a_new_property_of_a_delta_names_the_accumulator(place: str) -> None:
    """What a stream sends in pieces is merged there; what comes whole is not."""
    modules = {symbol.name for symbol in SYMBOLS.of(f"{SCHEMAS}/{place}") if symbol.kind == "module"}
    assert modules == {"chat_completions._streaming.accumulator"}
    whole = SYMBOLS.of(f"{SCHEMAS}/CreateChatCompletionResponse/properties/synthetic_mood")
    assert not [symbol for symbol in whole if symbol.kind == "module"]


def test_without_modules_generated_code_is_left() -> None:
    """Endpoints are modules, too."""
    every = SYMBOLS.of("#/paths/~1chat~1completions/post")
    some = SYMBOLS.of("#/paths/~1chat~1completions/post", modules=False)
    assert set(every) - set(some) == {s for s in every if s.file.startswith("overrides/")} != set()
    assert "module" in {symbol.kind for symbol in some}


# The overlay


def test_what_the_overlay_makes_up_for_is_neutral() -> None:
    """It says so, keeps its fingerprint, and comes last; what is left of a change keeps its level."""
    response = SLICE["components"]["schemas"]["CreateChatCompletionResponse"]["properties"]
    other = copy.deepcopy(SLICE)
    changed = other["components"]["schemas"]["CreateChatCompletionResponse"]["properties"]
    changed["system_fingerprint"] = {**response["system_fingerprint"], "type": ["string", "null"]}
    changed["created"] = {**response["created"], "type": "string"}
    raw = findings_of(SLICE, other)
    assert [f.level for f in raw] == ["breaking", "breaking"]
    corrected = [f for f in raw if f.rule != "became-nullable"]
    kept, made_up = neutralized(raw, corrected)
    assert kept == corrected[0]
    assert (made_up.level, made_up.neutralized) == ("neutral", True) and made_up.sentence.endswith(NEUTRALIZED)
    assert {kept.fingerprint, made_up.fingerprint} == {f.fingerprint for f in raw}


def test_what_is_left_of_a_change_has_the_level_of_the_rest() -> None:
    """A required property that the overlay makes optional is a new property all the same."""
    old = in_request({"type": "object"})
    new, mended = ({"type": "object", "properties": {"n": NUMBER}, "required": names} for names in (["n"], []))
    raw, corrected = compare(old, in_request(new)), compare(old, in_request(mended))
    assert [f.level for f in raw] == ["breaking"]
    (left,) = neutralized(raw, corrected)
    assert (left.level, left.neutralized, left.rule) == ("additive", False, "required-property-added")
