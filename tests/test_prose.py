"""The prose checker finds what it is for, on the right line, and lets plain English pass."""

from __future__ import annotations

import ast

import pytest

from tests.prose import NOT_CLEAN, ROOT, Prose, passages, strings

TRANSLATED = """\
The request holds what JSON
has not. A list is no object,
and `code` is no `text`; it
goes on where the run ended, of which none is meant.

```python
x = "which is no object"  # of its own
```

Then the text is told what came. Never repeated is a quota.
"""


@pytest.fixture(scope="module")
def prose() -> Prose:
    return Prose()


def test_translated_phrases_are_found_where_they_are(prose: Prose) -> None:
    """Each with its line, across the ends of lines, and not in code."""
    assert [(line, finding.partition(": write ")[0]) for line, finding in prose.findings(TRANSLATED)] == [
        (2, "'has not'"),
        (2, "'is no object'"),
        (3, "'is no `text`'"),
        (4, "'goes on where'"),
        (4, "', of which'"),
        (4, "'of which none'"),
        (4, "'is meant'"),
        (10, "'is told'"),
        (10, "'what came'"),
        (10, "'. Never repeated is'"),
    ]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("This goes on " + "and on " * 20 + "until it stops.", "words long"),
        ("Read the the file.", "'the the'"),
        ("It is better then before.", "then"),
    ],
)
def test_rules_of_harper(prose: Prose, text: str, finding: str) -> None:
    assert finding in prose.findings(text, 7)[0][1] and prose.findings(text, 7)[0][0] == 7


def test_plain_english_passes(prose: Prose) -> None:
    """So do phrases near to those that are found."""
    assert not prose.findings(
        "Values that JSON can't represent raise `RequestValidationError`, which lists each location. "
        "There is no limit. A file that is no longer open has no lock, and needs no name."
    )


def test_prose_of_code() -> None:
    """Docstrings, help strings and messages of errors are prose, each with its line; other strings are not."""
    code = """'''One.

    Two.
    '''
add("not prose", help="Three words here.")
def f():
    raise ValueError(f"the value {x} is wrong")
"""
    assert sorted(strings(ast.parse(code))) == [
        (1, "One.\n\nTwo.\n"),
        (5, "Three words here."),
        (7, "the value `x` is wrong"),
    ]


def test_only_unreleased_changes_are_read() -> None:
    text = "# Changelog\n\n## [Unreleased]\n\n- New.\n\n## [0.1.0]\n\n- Old.\n"
    assert list(passages("CHANGELOG.md", text)) == [(3, "\n\n- New.\n")]


def test_files_left_out_exist() -> None:
    assert [name for name in NOT_CLEAN if not (ROOT / name).is_file()] == []
