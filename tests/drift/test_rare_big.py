"""What holds for any two documents holds with the keywords that upstream does not use today."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.drift.edits import CHANGES, SOME_EDITS, SPELLINGS, Edit, Json, edited, schemas_of
from tests.drift.test_properties import SLICE, facts
from tools.drift.compare.collect import findings_of
from tools.drift.findings.rules import RULES

pytestmark = pytest.mark.slow

SETTINGS = settings(max_examples=600, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck))
TEXT = {"type": "string"}
KEYWORDS: list[tuple[str, Any]] = [
    ("readOnly", True),
    ("writeOnly", True),
    ("not", {"const": "x"}),
    ("not", {"required": ["x"]}),
    ("if", {"required": ["x"]}),
    ("then", {"required": ["y"]}),
    ("else", {"properties": {"z": TEXT}}),
    ("unevaluatedProperties", False),
    ("unevaluatedProperties", TEXT),
    ("unevaluatedItems", False),
    ("dependentRequired", {"x": ["y"]}),
    ("dependentRequired", {"x": ["y", "z"]}),
    ("dependentSchemas", {"x": {"required": ["y"]}}),
    ("propertyNames", {"maxLength": 9}),
    ("patternProperties", {"^x": TEXT}),
    ("contains", TEXT),
    ("minContains", 0),
    ("minContains", 2),
    ("maxContains", 3),
    ("minProperties", 1),
    ("contentEncoding", "base64"),
]


def change_keyword(document: Json, chance: random.Random) -> None:
    """Set a rare keyword, or take it away."""
    schema = chance.choice([one for one in schemas_of(document) if isinstance(one, dict)])
    keyword, value = chance.choice(KEYWORDS)
    if schema.get(keyword) == value:
        del schema[keyword]
    else:
        schema[keyword] = copy.deepcopy(value)


def drop_type(document: Json, chance: random.Random) -> None:
    """Let a schema say no type, or the type that its keywords are about."""
    schema = chance.choice([one for one in schemas_of(document) if isinstance(one, dict)])
    if schema.pop("type", None) is None:
        schema["type"] = "object" if "properties" in schema else "string"


RARE: list[Edit] = [change_keyword, change_keyword, drop_type, *CHANGES]


@SETTINGS
@given(SOME_EDITS, SOME_EDITS)
def test_back_mirrors_forth(edits: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    """The same places, mirrored rules, swapped values, however each side is spelled."""
    before = edited(SLICE, others, RARE)
    after = edited(edited(before, edits, RARE), others, SPELLINGS)
    forth, back = findings_of(before, after), findings_of(after, before)
    assert facts(back) == facts(forth, swapped=True)
    assert all(finding.rule in RULES and len(finding.fingerprint) == 12 for finding in forth)


@SETTINGS
@given(SOME_EDITS)
def test_nothing_changed_is_nothing_found(edits: list[tuple[int, int]]) -> None:
    """A document against itself, and against itself in another spelling."""
    document = edited(SLICE, edits, RARE)
    respelled = edited(document, edits, SPELLINGS)
    assert findings_of(document, copy.deepcopy(document)) == []
    assert findings_of(document, respelled) == findings_of(respelled, document) == []
