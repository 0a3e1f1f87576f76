"""Reports for the tests of what reads them: a small one of every kind, and arbitrary ones."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args, get_type_hints

from hypothesis import strategies as st

from tools.drift.findings.findings import LEVELS, Acknowledgement, Direction, Finding, Report, Symbol
from tools.drift.findings.rules import RULES

KINDS = get_args(get_type_hints(Symbol)["kind"])

USAGE = Symbol("field", "chat_completions_api.models.Reply.usage", "generated/chat_completions_api/models/reply.py", 12)
FOLD = Symbol(
    "module", "chat_completions._streaming.accumulator", "overrides/chat_completions/_streaming/accumulator.py", 3
)
ROW = Acknowledgement("2123456789ab", "Nobody reads it.", date(2026, 12, 31), 4)


def finding(level: Any = "breaking", digits: str = "0123456789ab", **what: Any) -> Finding:
    """Return a finding, of which everything can be chosen."""
    chosen: dict[str, Any] = {
        "rule": "property-removed",
        "direction": "response",
        "operations": ("createChatCompletion",),
        "pointer": "#/components/schemas/Reply/properties/usage",
        "old": {"type": "integer"},
        "new": None,
        "sentence": "The property `usage` of Reply is gone.",
        **what,
    }
    return Finding(level=level, fingerprint=digits, **chosen)


SOME = Report(
    base="openapi.yaml",
    upstream="https://example.com/openapi.yaml",
    findings=(
        finding(
            line=12,
            symbols=(USAGE, FOLD),
            what="Reply.usage",
            names=("Completion.usage", "Chunk.usage", "Other.usage"),
            sentence="The optional property `Reply.usage` was removed; it was an integer.",
            old="integer",
        ),
        finding("risky", "1123456789ab", rule="enum-value-added", old=None, new="later", direction="both"),
        finding("risky", "2123456789ab", rule="default-changed", old=1, new=2, line=40, acknowledged=ROW),
        finding("additive", "3123456789ab", rule="property-added", old=None, direction="request", sentence="New."),
        finding("neutral", "4123456789ab", rule="title-changed", old="a", new="b", operations=()),
        finding("neutral", "6123456789ab", rule="property-removed", sentence="It went.", neutralized=True),
    ),
    stopped=("overlay.yaml#/actions/2: $.x matches nothing",),
    notices=("drift-ack.yaml:9: 5123456789ab matches no finding",),
    base_sha256="0" * 64,
    upstream_sha256="1" * 64,
)
NONE = Report("openapi.yaml", "HEAD:openapi.yaml")

# Mostly what could break a format; Hypothesis adds the rest of Unicode.
_MARKS = ["|", "`", "``a`", "\\|", "*a*", "_a_", "$x$", "<b>", "&amp;", "]]>", ":", "::error::x", "%0A", ",title=x"]
_LINKS = ["@someone", "#12", "GH-7", "http://a.b", "www.a.b"]
_INVISIBLE = ["\n", "\r\n", "\x00", "\x1b[31m", "\ud800", "\u202e", "\ufffe"]
_NASTY = st.sampled_from([*_MARKS, *_LINKS, *_INVISIBLE])
TEXTS = st.lists(_NASTY | st.text(max_size=8), max_size=4).map("".join)
_LINES = st.integers(1, 10_000)
_FINGERPRINTS = st.text("0123456789abcdef", min_size=12, max_size=12)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
_SYMBOLS = st.builds(Symbol, st.sampled_from(KINDS), TEXTS, TEXTS, _LINES)
_FINDINGS = st.builds(
    Finding,
    rule=st.from_regex(r"[a-z]{1,8}(-[a-z]{1,8}){0,2}", fullmatch=True) | st.sampled_from([*RULES]),
    level=st.sampled_from(LEVELS),
    direction=st.sampled_from(get_args(Direction)),
    operations=st.lists(TEXTS, max_size=2).map(tuple),
    pointer=TEXTS,
    old=_VALUES,
    new=_VALUES,
    sentence=TEXTS,
    fingerprint=_FINGERPRINTS,
    symbols=st.lists(_SYMBOLS, max_size=3).map(tuple),
    line=st.none() | _LINES,
    what=TEXTS,
    names=st.lists(TEXTS, max_size=3).map(tuple),
    neutralized=st.booleans(),
    acknowledged=st.none() | st.builds(Acknowledgement, _FINGERPRINTS, TEXTS, st.dates(), _LINES),
)
REPORTS = st.builds(
    Report,
    base=TEXTS,
    upstream=TEXTS,
    findings=st.lists(_FINDINGS, max_size=4).map(
        lambda found: tuple(sorted(found, key=lambda one: LEVELS.index(one.level)))
    ),
    stopped=st.lists(TEXTS, max_size=2).map(tuple),
    notices=st.lists(TEXTS, max_size=2).map(tuple),
)
