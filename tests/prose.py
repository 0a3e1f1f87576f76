"""Check the project's prose: Harper's grammar rules, and a small style of our own.

Run it with `python -m tests.prose [FILE ...]`. It reads README.md, docs/, the unreleased changes in CHANGELOG.md,
and the docstrings, help strings, and error messages of hand-written code, but no code blocks. Given files, it checks
just those, listed in prose_not_clean.txt or not.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from harper import Lint, Linter

ROOT = Path(__file__).parent.parent
PAGES = ("*.md", "examples/README.md", "docs/**/*.md")
CODE = ("overrides/**/*.py", "tools/**/*.py", "examples/*.py")

# Files whose prose is not clean yet, one a line: take them out as they become so, and add none.
NOT_CLEAN = Path(__file__).with_name("prose_not_clean.txt").read_text(encoding="utf-8").split()

# What reads as translated, as a regular expression, and what to write instead.
STYLE = {
    r"\b(?:has|had|have) not(?=[.,;:)]|$)": "'does not have'",
    r"(?<!there\s)\b(?:is|are|was|were) no (?!longer|more|less|fewer|different)[a-z~]+": "'is not a ...'",
    r"(?<!there\s)\b(?:is|are) (?-i:none)\b": "'is missing', 'there are none', 'is not one'",
    r"\bwhat came\b": "'the response', 'what arrived'",
    r"\b(?:as it|that) came\b": "'as received'",
    r"\b(?:is|are|was|were) told\b": "'receives', 'is notified'",
    r"\btells? (?:of|what|which|who|where)\b": "'shows', 'describes', 'explains'",
    r"\bof (?:its|their) own\b": "'its own ...', 'separate'",
    r"\bof (?:ours|theirs|yours|mine)\b": "'our ...', 'your ...'",
    r"\bof these no\b": "say what is invalid",
    r"\b(?:goes|go|went|going) on (?:where|with|from|after|in|at)\b": "'continues', 'resumes'",
    r", of (?:which|whom)\b": "start a new sentence",
    r"\bof (?:which|whom) (?:no|none|each|one|some|any|all|a|the)\b": "'whose ...', 'where each ...'",
    r"\b(?:has|have|had) ended\b": "'is complete', 'ended'",
    r"\bis ended\b": "'ends', 'stops'",
    r"\banew\b": "'again', 'from the start'",
    r"\bonce more\b": "'again'",
    r"\bfrom (?:there|then|here) on\b": "'after that'",
    r"\b(?:holds?|knows?|takes?|names?|says?|bears?|gives?|makes?) no (?!longer|more)[a-z~]+": "'does not have'",
    r"\bin vain\b": "'without success'",
    r"\b(?:is|are|be|been|was) (?:had|meant)\b(?! to\b)": "say it directly: 'available', 'refers to', 'missing'",
    r"\b(?:is|are|was) there(?=[.,;]|$)": "'exists', 'is installed'",
    r"\b(?:lies?|lay|stands?|stood) (?:in|at|on|under|above|below|beside|before|behind|there)\b": "'is in', 'is under'",
    r"\b(?:thereby|wherein|whereby|thereof|hereby|whereof|therein|thereupon|whence|thence)\b": "a plain word",
    r"\bwhosoever|whoever\b": "'anyone who'",
    r"\b(?:such a|such an) [a-z]+ as\b": "'a ... like'",
    r"\bso many\b": "name the number: 'that many'",
    r"\bso that it (?:may|can) be\b": "'so it can be', or name who does it",
    r"\bbeside(?! the point)\b": "'next to', 'as well as'",
    r"(?:^|[.;:] )(?:Never|Not|Also|Only|Always|Thus|So) [a-z]+ed (?:is|are)\b": "put the subject first",
    r"(?:^|\. )What [^.?!,:]{1,60}? (?:is|are) [a-z]+ed\b(?![,:])": "active: say who does it",
}

# The rules of Harper that are checked. All 900 would take 20 seconds, and stumble over names of code.
RULES = (
    "AdjectiveOfA", "AsOpposedTo", "DespiteOf", "DidPast", "DiscourseMarkers", "DoubleModal",
    "DoubleNegative", "FillerWords", "Hedging", "ItsContraction", "ItsPossessive", "LongSentences", "ModalOf",
    "NotOnlyInversion", "PronounVerbAgreement", "RedundantAdditiveAdverbs", "RepeatedWords", "SingleBe",
    "SimplePastToPastParticiple", "ThenThan", "ThereIsAgreement", "ToTo", "WhomSubjectOfVerb", "WrongApostrophe",
)  # fmt: skip

CODE_OF_A_PAGE = re.compile(r"^( *)(```+|~~~+).*?^\1\2|`[^`]+`|\]\([^)]*\)|<!--.*?-->", re.DOTALL | re.MULTILINE)
ROW = re.compile(r"[^ ].* {2,}.*(?<!\.)$")  # of a table or a tree, which is read as a sentence
MESSAGES = {"help", "description", "epilog", "message"}


def main(*names: str) -> int:
    """Print every finding in all files or in these as `file:line: what: write this`, and return 1 if there are any."""
    checker, found = Prose(), []
    for path in sorted({path for glob in names or (*PAGES, *CODE) for path in ROOT.glob(glob)}):
        name = path.relative_to(ROOT).as_posix()
        findings = [
            f"{name}:{line}: {finding}"
            for start, text in passages(name, path.read_text(encoding="utf-8"))
            for line, finding in checker.findings(text, start)
        ]
        if name in NOT_CLEAN and not names:
            findings = [] if findings else [f"{name}: is clean now: take it out of tests/prose_not_clean.txt"]
        found += findings
    print(*found, sep="\n", end="\n" if found else "")
    return bool(found)


class Prose:
    """What is wrong with a text: by the rules of Harper that are not off, and by the style."""

    def __init__(self) -> None:
        """Load Harper's dictionary, which takes half a second."""
        self._harper = Linter()
        self._harper.set_lint_config({rule: rule in RULES for rule in self._harper.get_lint_config()})
        self._style = {
            re.compile(words.replace(" ", r"\s+"), re.IGNORECASE | re.MULTILINE): better
            for words, better in STYLE.items()
        }

    def findings(self, text: str, start: int = 1) -> list[tuple[int, str]]:
        """Return the findings in a text of Markdown, each with its line, the first of which is `start`."""
        found = [(lint.span.start, shown(lint)) for lint in self._harper.lint(text)]
        plain = CODE_OF_A_PAGE.sub(lambda code: re.sub(r"[^\n]", "~", code[0]), text)
        found += [
            (match.start(), f"{' '.join(text[slice(*match.span())].split())!r}: write {better}")
            for words, better in self._style.items()
            for match in words.finditer(plain)
        ]
        return [(start + text.count("\n", 0, at), finding) for at, finding in sorted(found)]


def shown(lint: Lint) -> str:
    """Return what Harper says, and what it would write."""
    better = [suggestion.replacement_text for suggestion in lint.suggestions if suggestion.replacement_text.strip()]
    words = " ".join(lint.problem_text.split())
    return f"{words[:60]!r}: {lint.message}" + (f" Write {' or '.join(map(repr, better))}." if better else "")


def passages(name: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield the prose of a file, each with the number of its first line."""
    if name == "CHANGELOG.md":
        before, _, text = text.partition("## [Unreleased]")
        yield before.count("\n") + 1, text.partition("\n## [")[0]
    elif name.endswith(".md"):
        yield 1, text
    else:
        yield from strings(ast.parse(text))


def strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the docstrings, the help and the messages of errors in code, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if ast.get_docstring(node, clean=False) is not None:
                first = node.body[0]
                assert isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
                yield (
                    first.lineno,
                    "\n".join(ROW.sub(r"\g<0>.", line.strip()) for line in str(first.value.value).splitlines()),
                )
        elif isinstance(node, ast.Call):
            raised = str(getattr(node.func, "id", getattr(node.func, "attr", ""))).endswith("Error")
            for value in [*node.args, *(k.value for k in node.keywords if raised or k.arg in MESSAGES)]:
                if isinstance(value, ast.Constant | ast.JoinedStr) and (raised or value not in node.args):
                    words = "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "`x`"
                        for part in (value.values if isinstance(value, ast.JoinedStr) else [value])
                    )
                    if " " in words:
                        yield value.lineno, words


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
