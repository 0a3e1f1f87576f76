"""The regular expressions of a request: whether one matches a text, and a short text that it matches.

The parser supports what patterns in JSON schemas usually contain: literals, character classes, the escapes for digits,
words and whitespace, groups, alternatives, anchors, lookaround and repetition. Backreferences, flags, Unicode
properties, atomic groups and possessive quantifiers are refused. `re` decides what a valid pattern is, but it never
matches more than one character here: some patterns would make it run forever on short texts.

Matching is without backtracking: a part maps a set of positions in the text, where a match may start, to the set of
positions where it may end. The sets are the bits of integers, so for a text of some hundred characters each part costs
one operation.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from .work_limit import spend

_MAX_LENGTH = 10_000
_BITS_PER_STEP = 4_096


class NoMatchError(ValueError):
    """No text was found for a pattern, or the pattern is not supported."""


class Text:
    """A text, and the positions where each character expression matches."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.all = (1 << len(text) + 1) - 1
        self._positions: dict[str, int] = {}

    def where(self, character: str) -> int:
        """Return the positions before the characters that an expression for one character matches."""
        if character not in self._positions:
            spend(1 + len(self.text) // 64)
            matches = re.compile(character).fullmatch
            bits = {ord(sign): "1" if matches(sign) else "0" for sign in set(self.text)}
            self._positions[character] = int(self.text[::-1].translate(bits) or "0", 2)
        return self._positions[character]

    def edges(self, kind: str) -> int:
        """Return the positions where an anchor holds."""
        end = len(self.text)
        if kind in "^A":
            return 1
        if kind == "Z":
            return 1 << end
        if kind == "$":
            return 1 << end | (1 << end - 1 if self.text.endswith("\n") else 0)
        words = self.where(r"\w")
        between = words ^ (words << 1)
        return between if kind == "b" else self.all & ~between if self.text else 0


class Part(ABC):
    """A part of a regular expression."""

    @abstractmethod
    def text(self, extra: int) -> str:
        """Return a short text that it matches, each repetition having `extra` more."""

    @abstractmethod
    def positions(self, text: Text, begin: int, *, ahead: bool) -> int:
        """Return where the matches that begin at these positions end; if not `ahead`, match from right to left."""


@dataclass(frozen=True, slots=True)
class Character(Part):
    expression: str
    example: str

    def text(self, extra: int) -> str:
        return self.example

    def positions(self, text: Text, begin: int, *, ahead: bool) -> int:
        spend(1 + len(text.text) // _BITS_PER_STEP)
        where = text.where(self.expression)
        return (begin & where) << 1 if ahead else begin >> 1 & where


@dataclass(frozen=True, slots=True)
class Edge(Part):
    kind: str

    def text(self, extra: int) -> str:
        return ""

    def positions(self, text: Text, begin: int, *, ahead: bool) -> int:
        spend(1 + len(text.text) // _BITS_PER_STEP)
        return begin & text.edges(self.kind)


@dataclass(frozen=True, slots=True)
class InOrder(Part):
    parts: Sequence[Part]

    def text(self, extra: int) -> str:
        made: list[str] = []
        length = 0
        for part in self.parts:
            made.append(part.text(extra))
            length += len(made[-1])
            if length > _MAX_LENGTH:
                raise NoMatchError("the pattern needs too long a text")
        return "".join(made)

    def positions(self, text: Text, begin: int, *, ahead: bool) -> int:
        for part in self.parts if ahead else reversed(self.parts):
            if not begin:
                break
            begin = part.positions(text, begin, ahead=ahead)
        return begin


@dataclass(frozen=True, slots=True)
class Alternatives(Part):
    parts: Sequence[Part]

    def text(self, extra: int) -> str:
        return self.parts[0].text(extra)

    def positions(self, text: Text, begin: int, *, ahead: bool) -> int:
        found = 0
        for part in self.parts:
            found |= part.positions(text, begin, ahead=ahead)
        return found


@dataclass(frozen=True, slots=True)
class Repeated(Part):
    part: Part
    low: int
    high: int | None

    def text(self, extra: int) -> str:
        count = self.low + extra if self.high is None else min(self.low + extra, self.high)
        if not count:
            return ""
        made = self.part.text(extra)
        spend(1 + len(made))
        if len(made) * count > _MAX_LENGTH:
            raise NoMatchError("the pattern needs too long a text")
        return made * count

    def positions(self, text: Text, begin: int, *, ahead: bool) -> int:
        for _ in range(self.low):
            before, begin = begin, self.part.positions(text, begin, ahead=ahead)
            if begin in (0, before):  # it stays so
                break
        found = new = begin
        left = None if self.high is None else self.high - self.low
        while new and left != 0:
            new = self.part.positions(text, new, ahead=ahead) & ~found
            found |= new
            left = None if left is None else left - 1
        return found


@dataclass(frozen=True, slots=True)
class Look(Part):
    part: Part
    ahead: bool
    is_met: bool

    def text(self, extra: int) -> str:
        return ""

    def positions(self, text: Text, begin: int, *, ahead: bool) -> int:
        # A match begins wherever matching from right to left, from any position, can end; and vice versa.
        met = self.part.positions(text, text.all, ahead=not self.ahead)
        return begin & met if self.is_met else begin & ~met


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
