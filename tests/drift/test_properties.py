"""What holds for the comparison of any two documents, over generated edits of the vendored slice."""

from __future__ import annotations

import copy
import json
import random
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conftest import examples
from tests.drift.edits import CHANGES, SOME_EDITS, SPELLINGS, Json, change_variants, edited, shuffled
from tests.drift.minis import small_document, tiny_document
from tests.specs import ROOT
from tools.document import document as documents
from tools.drift.compare.collect import findings_of as compare
from tools.drift.findings.findings import Finding
from tools.drift.findings.rules import RULES

pytestmark = pytest.mark.slow

SLICE = documents.load((ROOT / "openapi.yaml").read_bytes(), name="openapi.yaml")
SETTINGS = examples(15)
# The small ones have in few schemas what the slice has in many, so that chance edits one twice more often.
BASES = pytest.mark.parametrize("base", [SLICE, small_document(), tiny_document()], ids=["slice", "small", "tiny"])


def facts(findings: list[Finding], *, swapped: bool = False) -> list[str]:
    """Return what findings say, without their places; or what their mirrors would say."""
    return sorted(json.dumps([*_fact(each, swapped), each.direction, each.operation]) for each in findings)


def facts_apart(findings: list[Finding], *, swapped: bool = False) -> set[str]:
    """Return the same, however places that are one on one side only were gathered."""
    both = {"both": ("request", "response")}
    return {
        json.dumps([*_fact(each, swapped), direction])
        for each in findings
        for direction in both.get(each.direction, (each.direction,))
    }


def _fact(finding: Finding, swapped: bool) -> list[Any]:
    rule = RULES[finding.rule].mirror if swapped else finding.rule
    return [rule, finding.new, finding.old] if swapped else [rule, finding.old, finding.new]


def pointers(findings: list[Finding], edits: list[tuple[int, int]]) -> set[str]:
    """Return where findings are; where edits changed lists of variants, whatever the positions in these."""
    moved = any(CHANGES[position % len(CHANGES)] is change_variants for position, _ in edits)
    found = {finding.pointer for finding in findings}
    return {re.sub(r"(anyOf|oneOf)/\d+", r"\1/*", pointer) for pointer in found} if moved else found


@BASES
@SETTINGS
@given(edits=SOME_EDITS)
@example(edits=[(68, 979262), (28, 663464)])  # the values stood in the second variant, which went
@example(edits=[(8, 994753), (8, 117662), (45, 968184)])  # what changed in the second variant, once the first went
def test_back_mirrors_forth(base: Json, edits: list[tuple[int, int]]) -> None:
    """From A to B and from B to A: the same places, mirrored rules, swapped values."""
    other = edited(base, edits, CHANGES)
    forth, back = compare(base, other), compare(other, base)
    assert facts(back) == facts(forth, swapped=True)
    assert pointers(back, edits) == pointers(forth, edits)


@BASES
@SETTINGS
@given(edits=SOME_EDITS, others=SOME_EDITS)
@example(edits=[(0, 0), (23, 27975)], others=[(2, 477), (83, 0)])  # one property on the left is two on the right
def test_back_mirrors_forth_between_edited_documents(
    base: Json, edits: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    """Also where both sides were renamed, moved and respelled."""
    left = edited(edited(base, edits, CHANGES), others, SPELLINGS)
    right = edited(edited(base, others, CHANGES), edits, SPELLINGS)
    assert facts_apart(compare(right, left)) == facts_apart(compare(left, right), swapped=True)


@BASES
@SETTINGS
@given(edits=SOME_EDITS)
@example(edits=[(1, 0), (2, 5), (0, 573), (1, 0), (0, 574)])
def test_nothing_changed_is_nothing_found(base: Json, edits: list[tuple[int, int]]) -> None:
    """A document against itself, and against itself with other names, places and spellings."""
    document = edited(base, edits, CHANGES)
    assert compare(document, copy.deepcopy(document)) == []
    respelled = edited(document, edits, SPELLINGS)
    assert compare(document, respelled) == []
    assert compare(respelled, document) == []


@BASES
@SETTINGS
@given(edits=SOME_EDITS, seed=st.integers())
def test_order_means_nothing(base: Json, edits: list[tuple[int, int]], seed: int) -> None:
    """Neither for what is found nor for its fingerprint."""
    other = edited(base, edits, CHANGES)
    expected = compare(base, other)
    reordered: Json = shuffled(other, random.Random(seed))
    assert sorted(f.fingerprint for f in compare(base, reordered)) == sorted(f.fingerprint for f in expected)


def fingerprints(base: Json, edits: list[tuple[int, int]], *, respelled: list[tuple[int, int]]) -> set[str]:
    """Return what the edits are known by once something else was renamed, moved or respelled."""
    return {
        finding.fingerprint for finding in compare(base, edited(edited(base, edits, CHANGES), respelled, SPELLINGS))
    }


@BASES
@SETTINGS
@given(edits=SOME_EDITS, others=SOME_EDITS)
@example(edits=[(38, 323)] * 3, others=[(1, 29421)])  # twice the same variant, then one of them in other words
@example(edits=[(1, 24), (94, 236)], others=[(0, 0), (1, 0), (3, 0), (1, 0)])  # renamed, and null in other words
@example(edits=[(1, 0), (1, 446)], others=[(1, 0), (0, 0)])  # a variant without a property left, then renamed
def test_a_fingerprint_survives_unrelated_edits(
    base: Json, edits: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    """What is renamed, moved or respelled elsewhere, before upstream is looked at again, keeps every fingerprint."""
    assert fingerprints(base, edits, respelled=others) == fingerprints(base, edits, respelled=[])


def test_a_variant_whose_tag_got_another_value_is_known_by_the_old_one() -> None:
    """Renaming its component meanwhile does not make two findings of one."""
    assert fingerprints(SLICE, [(23, 474)], respelled=[(0, 922)]) == fingerprints(SLICE, [(23, 474)], respelled=[])


def test_null_beside_a_reference_is_the_change_of_a_place_whatever_the_component_is_called() -> None:
    """Not of the component, which others refer to as well."""
    for edits, others in (([(74, 412314)], [(40, 287743)]), ([(34, 665143)], [(29, 954257), (0, 591557)])):
        assert fingerprints(small_document(), edits, respelled=others) == (
            fingerprints(small_document(), edits, respelled=[])
        )


@BASES
@SETTINGS
@given(edits=SOME_EDITS)
def test_every_finding_is_whole(base: Json, edits: list[tuple[int, int]]) -> None:
    """Its rule is known, its sentence complete, its fingerprint its own, and its pointer leads somewhere."""
    other = edited(base, edits, CHANGES)
    findings = compare(base, other)
    assert len({finding.fingerprint for finding in findings}) == len(findings)
    for finding in findings:
        assert finding.rule in RULES and "{" not in finding.sentence.replace("{}", "")
        assert json.loads(json.dumps(finding.old)) == finding.old
