"""The parts of a regular expression, matched without backtracking.

Matching a part maps a set of positions in the text, where a match may start, to the set of positions where it may end.
The sets are the bits of integers, so for a text of some hundred characters each part costs one operation.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from .work import spend

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
