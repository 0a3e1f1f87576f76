"""The rules as a page of the documentation, `docs/drift-rules.md`."""

from __future__ import annotations

import re

from tools.drift.findings.rules import RULES

_HEAD = """\
# The rules of drift

Written by `python -m tools drift --rules`. [drift.md](drift.md) says what the levels mean. A change of what requests
and responses share has the worse of its two levels. The mirror of a rule is what the same change is called on the way
back.

| rule | in requests | in responses | mirror | what it says |
|---|---|---|---|---|
"""
_WORDS = {"what": "*it*", "old": "*old*", "new": "*new*", "a_old": "*old*", "a_new": "*new*", "keyword": "*keyword*"}


def rules_page() -> str:
    """Return the page, with one row for each rule."""
    rows = []
    for name, rule in RULES.items():
        sentence = re.sub(r"\{(\w+)\}", lambda match: _WORDS[match[1]], rule.sentence)
        mirror = "itself" if rule.mirror == name else f"`{rule.mirror}`"
        rows.append(f"| `{name}` | {rule.request or '-'} | {rule.response or '-'} | {mirror} | {sentence} |\n")
    return _HEAD + "".join(rows)
