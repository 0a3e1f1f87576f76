"""A fixed number of documents from fixed seeds, and what others were found with; `make fuzz` tries others."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from tests.drift.minis import in_request
from tests.hostile.documents import text
from tests.hostile.judging import Judge
from tests.specs import ref

pytestmark = pytest.mark.slow

_HEAD = b'openapi: 3.1.0\ninfo: {title: t, version: "1"}\npaths:\n /a: {get: {operationId: listChatCompletions}}\n'
_POST = (
    b" /b: {post: {operationId: createChatCompletion, tags: [a],"
    b" responses: {200: {content: {application/json: {schema: %s}}}}}}"
)
FOUND = {
    "half of a pair in a value": json.dumps(in_request({"enum": ["\ud800"]})).encode(),
    "half of a pair in a name": json.dumps(in_request({"properties": {"\ud800": {}}})).encode(),
    "a long number in base 16": _HEAD + _POST % (b"{maximum: 0x%s}" % (b"f" * 5000)),
    "3000 references in a row": json.dumps(
        in_request(ref("T0"), {f"T{i}": ref(f"T{i + 1}") for i in range(3000)} | {"T3000": {}})
    ).encode(),
    "a long position": _HEAD + _POST % (b"{$ref: '#/paths/~1b/post/tags/%s'}" % (b"1" * 5000)),
}


def test_whatever_a_document_holds_the_tools_say_so_or_do_their_work(tmp_path: Path) -> None:
    """No trace of Python's stack, nothing half written, no run without end; code is generated from some."""
    judge = Judge(tmp_path)
    for seed in range(60):
        data = text(Random(seed))
        problem = judge.problem(data, generating=seed % 30 == 0)
        assert problem is None, f"seed {seed}: {problem}\n\n{data[:3000]!r}"


@pytest.mark.parametrize("data", FOUND.values(), ids=FOUND)
def test_what_was_found_stays_mended(data: bytes, tmp_path: Path) -> None:
    assert Judge(tmp_path).problem(data) is None
