"""Documents that are legal and rarely seen, and some that are not legal: found right, or refused with a place."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.drift.minis import NUMBER, TEXT, Json, compare, in_both, in_request, in_response
from tests.drift.test_schema_rules import A, B, obj, one_of, tagged, texts
from tools.drift.compare.compare import Comparison
from tools.drift.compare.locations import steps_to
from tools.drift.compare.select_operations import operations_to_compare
from tools.drift.findings.findings import Finding
from tools.errors import ToolError

ARRAY: Json = {"type": "array"}
CLOSED = obj({"n": TEXT}, additionalProperties=False)


def ref(name: str) -> Json:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def rules(old: Any, new: Any, old_schemas: Json | None = None, new_schemas: Json | None = None) -> list[str]:
    """Return the rules of the findings between two schemas in a request."""
    schemas = {"A": tagged("a"), "B": tagged("b")}
    left = in_request(old, {**schemas, **(old_schemas or {})})
    right = in_request(new, {**schemas, **(new_schemas or old_schemas or {})})
    return [finding.rule for finding in compare(left, right)]


def only(old: Json, new: Json) -> Finding:
    """Return the only finding between two documents."""
    (found,) = compare(old, new)
    return found


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (TEXT, False, "type-narrowed"),
        (True, {"enum": []}, "type-narrowed"),
        ({**ARRAY, "prefixItems": [TEXT]}, {**ARRAY, "prefixItems": [NUMBER]}, "type-changed"),
        ({**ARRAY, "items": False, "prefixItems": [TEXT]}, {**ARRAY, "items": False}, "type-narrowed"),
        (CLOSED, {**CLOSED, "patternProperties": {"^x": TEXT}}, "type-widened"),
        (obj(), {**obj(), "patternProperties": {"^x": TEXT}}, "type-narrowed"),
        ({"const": {"a": 1}}, {"const": {"a": 2}}, "const-changed"),
        ({"const": 1}, {"const": True}, "type-changed"),
        ({"type": ["integer", "string"]}, {"type": ["number", "string"]}, "type-widened"),
        ({"type": ["number", "string"]}, {"type": ["integer", "string"]}, "type-narrowed"),
        ({"not": {"const": "a"}}, {**TEXT, "not": {"const": "a"}}, "type-narrowed"),
        ({**TEXT, "not": {"const": "a"}}, {**TEXT, "not": {"const": "b"}}, "restriction-changed"),
        ({**TEXT, "if": TEXT, "then": texts("a")}, {**TEXT, "if": TEXT, "then": texts("b")}, "const-changed"),
        (obj(dependentRequired={"a": ["b"]}), obj(dependentRequired={"a": ["c"]}), "restriction-changed"),
        (obj({"$ref": TEXT, "allOf": TEXT}), obj({"$ref": TEXT, "allOf": NUMBER}), "type-changed"),
    ],
)
def test_one_change_is_one_finding(old: Any, new: Any, rule: str) -> None:
    """Also of rare keywords, and of properties that are called like keywords."""
    assert rules(old, new) == [rule]


def test_every_part_of_an_all_of_counts() -> None:
    """Where several say something of a kind, each change is found, whichever part it is in."""
    for keyword, values in {"pattern": ("^a", "b$", "c"), "not": (TEXT, {"const": 1}, {"const": 2})}.items():
        for place in (0, 1):
            old = [{keyword: values[0]}, {keyword: values[1]}]
            new = [*old]
            new[place] = {keyword: values[2]}
            found = only(in_both({"allOf": [TEXT, *old]}), in_both({"allOf": [TEXT, *new]}))
            assert (found.old, found.new) == (values[place], values[2])
            assert found.pointer.endswith(f"/allOf/{place + 1}/{keyword}")


def test_a_wider_number_with_a_tighter_limit_breaks() -> None:
    """The type hides nothing."""
    assert rules(NUMBER, {"type": "number", "maximum": 5}) == ["maximum-added", "type-widened"]


def test_a_new_limit_hides_no_lost_variant() -> None:
    """A type that takes all of another's values takes them only if it says nothing else."""
    assert rules(NUMBER, {"anyOf": [TEXT, {"type": "number", "multipleOf": 2}]}) == ["type-changed"]


def test_children_that_have_their_parent_as_a_part() -> None:
    """A union whose variants are made of the union itself, as class hierarchies are often written."""

    def schemas(meow: Json) -> Json:
        return {
            "Pet": {"type": "object", "properties": {"name": TEXT}, "oneOf": [ref("Dog"), ref("Cat")]},
            "Dog": {"allOf": [ref("Pet"), obj({"bark": TEXT})]},
            "Cat": {"allOf": [ref("Pet"), obj({"meow": meow})]},
        }

    assert rules(ref("Pet"), ref("Pet"), schemas(TEXT), schemas(TEXT)) == []
    assert rules(ref("Pet"), ref("Pet"), schemas(TEXT), schemas(NUMBER)) == ["type-changed"]


def test_a_property_that_two_parts_describe_by_their_whole() -> None:
    """Each step down would double the parts."""

    def schemas(kind: Json) -> Json:
        return {"X": {"allOf": [obj({"a": ref("X")}), obj({"a": ref("X"), "b": kind})]}}

    assert rules(ref("X"), ref("X"), schemas(TEXT), schemas(TEXT)) == []
    assert rules(ref("X"), ref("X"), schemas(TEXT), schemas(NUMBER)) == ["type-changed"]


def test_mutual_recursion_under_other_names() -> None:
    """Nothing is found but what is inside."""
    old = {"X": obj({"y": ref("Y")}), "Y": obj({"x": ref("X")})}
    new = {"P": obj({"q": ref("Q"), "y": ref("Q")}), "Q": obj({"x": ref("P")})}
    assert rules(ref("X"), ref("P"), old, {**new, "P": obj({"y": ref("Q")})}) == []
    assert rules(ref("X"), ref("P"), old, new) == ["property-added"]


def test_tags_come_from_the_mapping_or_from_the_variants() -> None:
    """A mapping that says another tag than the variant does is a change, one that says the same is none."""
    plain = one_of(A, B, discriminator={"propertyName": "type"})
    mapped = one_of(A, B, discriminator={"propertyName": "type", "mapping": {"a": "A", "z": "B"}})
    found = only(
        in_request(plain, {"A": tagged("a"), "B": tagged("b")}),
        in_request(mapped, {"A": tagged("a"), "B": tagged("b")}),
    )
    assert (found.rule, found.old, found.new) == ("discriminator-mapping-changed", "b", "z")
    assert found.pointer.endswith("/it/discriminator/propertyName")


def test_a_required_property_that_nobody_describes() -> None:
    """It is at the list that names it, and the sentence says its name."""
    found = only(in_request(obj()), in_request(obj({}, "a/b")))
    assert (found.rule, found.new) == ("required-property-added", "anything")
    assert found.pointer.endswith("/properties/it/required/0")
    assert found.sentence.startswith(
        "The required property `createChatCompletion body application/json.it.a/b` was added"
    )


def test_untagged_variants_are_paired_by_their_properties() -> None:
    """The same change in two of them is two findings, with fingerprints of their own, whatever the order."""
    old = one_of(obj({"a": TEXT, "b": TEXT}), obj({"a": TEXT, "c": TEXT}))
    new = one_of(obj({"a": NUMBER, "b": TEXT}), obj({"a": NUMBER, "c": TEXT}))
    turned = one_of(*reversed(new["oneOf"]))
    found = [compare(in_both(old), in_both(side)) for side in (new, turned)]
    assert [finding.rule for finding in found[0]] == ["type-changed", "type-changed"]
    assert len({finding.fingerprint for finding in found[0]}) == 2
    assert {f.fingerprint for f in found[0]} == {f.fingerprint for f in found[1]}


def test_a_fingerprint_knows_no_position() -> None:
    """Not even that of a variant which says neither its type nor its name."""
    untyped = {"properties": {"a": TEXT}, "required": ["a"]}
    changed = {"properties": {"a": NUMBER}, "required": ["a"]}
    forth = only(in_both({"anyOf": [untyped, ARRAY]}), in_both({"anyOf": [changed, ARRAY]}))
    turned = only(in_both({"anyOf": [ARRAY, untyped]}), in_both({"anyOf": [ARRAY, changed]}))
    assert forth.fingerprint == turned.fingerprint


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (obj(propertyNames={"pattern": "^x"}), obj(propertyNames={"pattern": "^y"}), ".it names` must now match ^y"),
        ({**TEXT, "contentSchema": TEXT}, {**TEXT, "contentSchema": NUMBER}, ".it content` is now an integer"),
        (obj(dependentSchemas={"a": TEXT}), obj(dependentSchemas={"a": NUMBER}), ".it with a` is now an integer"),
        (TEXT, {**TEXT, "format": "date"}, ".it` is now read as date; it was read as plain text."),
        (one_of(obj(), TEXT), NUMBER, ".it` is now an integer; it was an object or string."),
        ({"type": "array", "items": TEXT}, obj({}, "a"), "is now an object with a; it was an array of string."),
        ({**TEXT, "maxLength": 4}, TEXT, ".it` no longer has a greatest length; it was 4."),
        (obj({"a": NUMBER}), obj({}), ".it.a` was removed; it was an integer."),
    ],
)
def test_a_sentence_is_about_the_right_thing(old: Json, new: Json, words: str) -> None:
    """The names of properties, the content of a text: not the property that holds them."""
    assert words in only(in_response(old), in_response(new)).sentence


@pytest.mark.slow
def test_many_variants_are_compared() -> None:
    """A list of 1500 variants is no product of unions, and takes no square of its length."""
    values = {"oneOf": [{"const": f"v{i}"} for i in range(1500)]}
    objects = [tagged(f"t{i}") for i in range(1500)]
    start = time.thread_time()
    assert rules(values, {"oneOf": values["oneOf"][::-1]}) == []
    assert rules(one_of(*objects), one_of(*objects[:0:-1])) == ["variant-removed"]
    assert time.thread_time() - start < 20


def test_what_contains_itself_against_what_says_nothing() -> None:
    """There is no end to what is inside of it, on the one side; on the other, all of it is the same."""
    for keywords in ({"contains": ref("N")}, {"items": ref("N")}, {"additionalProperties": {"items": ref("N")}}):
        forth = rules(ref("N"), ref("N"), {"N": {}}, {"N": keywords})
        back = rules(ref("N"), ref("N"), {"N": keywords}, {"N": {}})
        assert len(forth) == len(back) <= 2, keywords


def test_a_pair_of_variants_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many places list them, and however like each other they are: what tells them apart is read first."""
    compared = 0

    def count(comparison: Comparison, old: Any, new: Any) -> Any:
        nonlocal compared
        compared += 1
        return content(comparison, old, new)

    content = Comparison._content
    monkeypatch.setattr(Comparison, "_content", count)
    near = [obj({"a": {"enum": [f"v{i}", "w"]}, "in": ref("Near")}) for i in range(30)]
    schemas = {"Near": {"anyOf": near}, "Tagged": one_of(*(tagged(f"t{i}") for i in range(30)))}
    changed = {"Near": {"anyOf": near[::-1]}, "Tagged": one_of(*(tagged(f"t{i}") for i in range(15, 45)))}
    holder = obj({f"p{i}": {"anyOf": [ref("Near"), ref("Tagged")]} for i in range(10)})
    assert set(rules(holder, holder, schemas, changed)) == {"variant-added", "variant-removed"}
    assert compared < 300, "2 lists of 30 variants, at 10 places; each with each would be 18,000"


@pytest.mark.parametrize(
    "around",
    [
        lambda schema: obj({"a": schema}),
        lambda schema: {"type": "array", "items": schema},
        lambda schema: obj(additionalProperties=schema),
        lambda schema: {"anyOf": [TEXT, obj({"a": schema})]},
    ],
)
def test_what_differs_deep_inside_is_told_apart_at_once(
    around: Callable[[Json], Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variants that differ in an object in an object are not compared each with each."""
    monkeypatch.setattr("tools.drift.compare.compare.MAX_STEPS", 300)
    variants = [around(around(around({"const": f"v{i}"}))) for i in range(40)]
    assert rules({"anyOf": variants}, {"anyOf": variants[::-1]}) == []
    assert set(rules({"anyOf": variants[2:]}, {"anyOf": variants[:-2]})) == {"variant-added", "variant-removed"}


@pytest.mark.parametrize(
    "variant",
    [
        lambda value: obj({"a": {"not": {"const": value}}}),
        lambda value: obj({"a": obj({"b": {"const": value}, "next": ref("Own")})}),
        lambda value: obj({"a": obj(patternProperties={"^x": {"const": value}})}),
    ],
)
def test_variants_that_only_a_comparison_of_each_with_each_tells_apart_are_refused(
    variant: Callable[[str], Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a sentence with the place, before it takes minutes."""
    monkeypatch.setattr("tools.drift.compare.compare.MAX_STEPS", 300)
    own = {"Own": obj({"next": ref("Own")})}
    old, new = [variant(f"v{i}") for i in range(20)], [variant(f"v{i}") for i in range(19, -1, -1)]
    assert rules({"anyOf": old[:9]}, {"anyOf": new[-9:]}, own, own) == []
    with pytest.raises(ToolError, match=r"/it/anyOf/\d+.*: telling variants apart takes more than 300 comparisons"):
        rules({"anyOf": old}, {"anyOf": new}, own, own)


@pytest.mark.parametrize(
    ("said", "spelled"),
    [
        (obj(additionalProperties=TEXT), obj(additionalProperties=TEXT, patternProperties={"^x": TEXT})),
        (obj({"b": TEXT}), obj({"b": TEXT}, patternProperties={"^x": True})),
        ({"type": "array", "items": TEXT}, {"type": "array", "items": TEXT, "prefixItems": [TEXT]}),
        ({"type": "array"}, {"type": "array", "contains": ref("Any")}),
        (obj({"b": TEXT}), obj({"b": TEXT}, propertyNames=ref("Any"))),
        (obj({"b": TEXT}), obj({"b": TEXT, "z": {**TEXT, "readOnly": True, "writeOnly": True}})),
        (obj({"b": obj({"c": TEXT})}), obj({"b": {"allOf": [obj({"c": TEXT})]}})),
    ],
)
def test_variants_with_the_same_inside_are_the_same_however_that_is_spelled(said: Json, spelled: Json) -> None:
    """Deep inside as well, where two differ in something else and nothing names them."""

    def variants(inside: Json) -> Json:
        return {"anyOf": [obj({"a": obj({"k": {"const": i}, "in": inside})}) for i in range(2)]}

    schemas: Json = {"Any": {}}
    assert rules(variants(said), variants(spelled), schemas) == []
    assert rules(variants(spelled), variants(said), schemas) == []


@pytest.mark.parametrize("length", [17, 18, 19, 20, 21, 22, 24, 30])
def test_the_order_of_variants_says_nothing_about_deep_ones(length: int) -> None:
    """Wherever one of them is met first."""
    chain = {f"C{i}": obj({"n": ref(f"C{i + 1}")}) for i in range(length)} | {f"C{length}": TEXT}
    variants = [obj({"a": ref("C0"), "k": {"const": i}}) for i in range(2)] + [obj({"a": ref(f"C{length - 5}")})]
    assert rules({"anyOf": variants}, {"anyOf": variants[::-1]}, chain) == []


@pytest.mark.parametrize(
    ("old", "new"), [(TEXT, {"type": "boolean"}), (TEXT, {"type": "array", "items": TEXT}), (obj({"q": TEXT}), TEXT)]
)
def test_a_named_variant_of_another_type_is_another_one(old: Json, new: Json) -> None:
    """What has the name of a text and is a boolean now no longer takes a text."""
    union = {"anyOf": [ref("X"), obj({"b": TEXT})]}
    assert set(rules(union, union, {"X": old}, {"X": new})) == {"variant-removed", "variant-added"}


def test_schemas_are_followed_once_to_see_that_they_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of many that refer to each other, and not all that it reaches again for each."""
    followed = 0

    def count(comparison: Comparison, old: Any, new: Any) -> Any:
        nonlocal followed
        followed += 1
        return pair(comparison, old, new)

    pair = Comparison._pair
    monkeypatch.setattr(Comparison, "_pair", count)
    ring = {f"R{i}": obj({"a": ref(f"R{(i + 1) % 20}"), "b": ref(f"R{(i + 7) % 20}")}) for i in range(20)}
    variants = [obj({"one": ref(f"R{i}"), f"v{i}": TEXT}) for i in range(20)]
    assert rules({"anyOf": variants}, {"anyOf": variants[::-1]}, ring) == []
    assert followed < 200, "20 variants that reach 20 schemas; each time again would be more than 400"


def test_variants_that_may_have_one_tag_of_many() -> None:
    """Many that share one are told apart by it no more; two that share one with nobody else are."""
    old, new, all_new = (
        [obj({"type": {"enum": [f"v{i}", shared]}, f"{name}{i}": TEXT}) for i in range(300)]
        for name, shared in (("p", "w"), ("q", "u"), ("q", "w"))
    )
    named = {"enum-value-removed", "enum-value-added", "property-removed", "property-added"}
    assert set(rules({"anyOf": old}, {"anyOf": new})) == named
    assert set(rules({"anyOf": old}, {"anyOf": all_new})) == {"variant-removed", "variant-added"}


def test_what_lies_too_deep_is_refused() -> None:
    """With an error, not with a trace of Python's stack."""
    schemas: Json = {
        f"T{i}": {"anyOf": [obj({"n": ref(f"T{i + 1}"), "q": TEXT}), obj({"m": ref(f"T{i + 1}")})]} for i in range(400)
    }
    with pytest.raises(ToolError, match="too deep"):
        compare(in_request(ref("T0"), {**schemas, "T400": TEXT}), in_request(ref("T0"), {**schemas, "T400": NUMBER}))


def test_paths_that_cannot_be_read_have_no_operations() -> None:
    """What is wrong with them is said by whoever slices the document."""
    assert operations_to_compare({"paths": []}, {"paths": {"/x": {"$ref": "#/nowhere"}, "/y": 5}}) == ([], [])


def test_a_variant_that_is_not_described_has_no_label() -> None:
    """Neither has one that is only a boolean."""
    assert steps_to({"schema": {"anyOf": [True, TEXT, A]}}, "#/schema/anyOf/0") == ["schema"]
    assert steps_to({"schema": {"anyOf": [True, TEXT, A]}}, "#/schema/anyOf/2") == ["schema", "[A]"]
