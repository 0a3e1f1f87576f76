"""The regular expressions of a request: whether one matches a text, and a short text that it matches.

The parser supports what patterns in JSON schemas usually contain: literals, character classes, the escapes for digits,
words and whitespace, groups, alternatives, anchors, lookaround and repetition. Backreferences, flags, Unicode
properties, atomic groups and possessive quantifiers are refused. `re` decides what a valid pattern is, but it never
matches more than one character here: some patterns would make it run forever on short texts.
"""

from __future__ import annotations

import re

from .expressions import Alternatives, Character, Edge, InOrder, Look, NoMatchError, Part, Repeated, Text
from .work import spend

__all__ = ["MAX_PATTERN_LENGTH", "NoMatchError", "finds", "matching_text"]

MAX_PATTERN_LENGTH = 5_000  # characters
_ESCAPED = {"d": "1", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_EDGES = ("b", "B", "A", "Z")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_PRINTABLE = "a1A-_ " + "".join(map(chr, range(33, 127)))


def finds(pattern: str, text: str) -> bool:
    """Return whether a pattern matches somewhere in a text, as `re.search` does.

    Raises:
        NoMatchError: If the pattern is invalid or has parts that the parser does not support.
    """
    return _is_found(_parsed(pattern), text)


def matching_text(pattern: str, extra: int = 0) -> str:
    """Return a short text that a pattern matches.

    Args:
        pattern: A regular expression.
        extra: How many repetitions to add to each repeated part, within its limits.

    Raises:
        NoMatchError: If the pattern is invalid or not supported, or no text was found.
    """
    tree = _parsed(pattern)
    text = tree.text(extra)
    if not _is_found(tree, text):
        raise NoMatchError(f"no text was found for the pattern {pattern!r:.200}")
    return text


def _is_found(tree: Part, text: str) -> bool:
    positions = Text(text)
    return tree.positions(positions, positions.all, ahead=True) != 0


def _parsed(pattern: str) -> Part:
    spend(1 + len(pattern))
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise NoMatchError(f"a pattern is longer than {MAX_PATTERN_LENGTH:,} characters")
    try:
        re.compile(pattern)
        return _Parser(pattern).whole()
    except NoMatchError as error:
        raise NoMatchError(f"{error} (in the pattern {pattern!r:.200})") from error
    except (re.error, RecursionError, IndexError, OverflowError, Warning) as error:
        raise NoMatchError(f"the pattern {pattern!r:.200} is invalid or not supported") from error


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._rest = list(reversed(pattern))

    def whole(self) -> Part:
        tree = self._alternatives()
        if self._rest:
            raise NoMatchError("unbalanced parenthesis")
        return tree

    def _peek(self) -> str:
        return self._rest[-1] if self._rest else ""

    def _accept(self, text: str) -> bool:
        if "".join(reversed(self._rest[-len(text) :])) != text:
            return False
        del self._rest[-len(text) :]
        return True

    def _alternatives(self) -> Part:
        parts = [self._sequence()]
        while self._accept("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Alternatives(parts)

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self._rest and self._peek() not in "|)":
            part = self._atom()
            bounds = self._repetitions()
            parts.append(part if bounds is None else Repeated(part, *bounds))
        return InOrder(parts)

    def _atom(self) -> Part:
        sign = self._rest.pop()
        if sign in "^$":
            return Edge(sign)
        if sign == ".":
            return Character(".", "a")
        if sign == "[":
            return self._class()
        if sign == "\\":
            return self._escape(self._rest.pop())
        if sign != "(":
            return _literal(sign)
        for begin, ahead, is_met in (
            ("?=", True, True),
            ("?!", True, False),
            ("?<=", False, True),
            ("?<!", False, False),
        ):
            if self._accept(begin):
                return Look(self._group(), ahead, is_met)
        if self._accept("?P<"):
            while self._rest.pop() != ">":
                pass
        elif self._peek() == "?" and not self._accept("?:"):
            raise NoMatchError("flags, backreferences and atomic groups are not supported")
        return self._group()

    def _group(self) -> Part:
        part = self._alternatives()
        if not self._accept(")"):
            raise NoMatchError("unbalanced parenthesis")
        return part

    def _escape(self, sign: str) -> Part:
        if sign in _ESCAPED:
            return Character(f"\\{sign}", _ESCAPED[sign])
        if sign in _EDGES:
            return Edge(sign)
        if sign in "xu":
            digits = "".join(self._rest.pop() for _ in range(2 if sign == "x" else 4))
            try:
                return _literal(chr(int(digits, 16)))
            except ValueError as error:
                raise NoMatchError("invalid escape") from error
        if sign.isalnum() and sign not in _CONTROLS:
            raise NoMatchError(f"the escape \\{sign} is not supported")
        return _literal(_CONTROLS.get(sign, sign))

    def _class(self) -> Part:
        """Parse a class such as `[a-z_]`, and find an example by trying characters."""
        negated = "^" if self._accept("^") else ""
        inside: list[str] = []
        while not inside or self._peek() != "]":
            sign = self._rest.pop()
            inside.append(sign + self._rest.pop() if sign == "\\" else "\\[" if sign == "[" else sign)
        self._rest.pop()
        expression = f"[{negated}{''.join(inside)}]"
        one = re.compile(expression)
        # Prefer a readable character.
        for sign in _PRINTABLE + "".join(part[-1] for part in inside):
            if one.fullmatch(sign):
                return Character(expression, sign)
        raise NoMatchError("no character was found for a class")

    def _repetitions(self) -> tuple[int, int | None] | None:
        bounds: tuple[int, int | None] | None
        if self._accept("*"):
            bounds = 0, None
        elif self._accept("+"):
            bounds = 1, None
        elif self._accept("?"):
            bounds = 0, 1
        elif self._peek() != "{" or (bounds := self._bounds()) is None:
            return None
        if self._accept("+"):
            raise NoMatchError("possessive quantifiers are not supported")
        self._accept("?")  # lazy or greedy: the set of matches is the same
        return bounds

    def _bounds(self) -> tuple[int, int | None] | None:
        found = re.match(r"\{([0-9]{0,9})(,?)([0-9]{0,9})\}", "".join(reversed(self._rest[-21:])))
        if not found or found[0] == "{}":
            return None
        del self._rest[-found.end() :]
        low, high = int(found[1] or 0), int(found[3]) if found[3] else None
        return low, high if found[2] else low


def _literal(sign: str) -> Character:
    return Character(re.escape(sign), sign)
