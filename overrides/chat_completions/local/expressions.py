"""What a regular expression is made of, and what each part of it matches.

To match never goes back: a set of places in the text goes in at one end of a part, and what comes out at the other end
is the set of places where a match may stop. The sets are the bits of whole numbers, so a text of some hundred signs
costs one operation for each part of the expression.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from .work import spend

_LONGEST = 10_000
_BITS_A_STEP = 4_096


class NoMatchError(ValueError):
    """Say that no text was found for a pattern, or that it is not known what it matches."""


class Text:
    """Hold a text, and at which of its places a character matches."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.all = (1 << len(text) + 1) - 1
        self._places: dict[str, int] = {}

    def where(self, character: str) -> int:
        """Return the places before a character that an expression for one character matches."""
        if character not in self._places:
            spend(1 + len(self.text) // 64)
            matches = re.compile(character).fullmatch
            bits = {ord(sign): "1" if matches(sign) else "0" for sign in set(self.text)}
            self._places[character] = int(self.text[::-1].translate(bits) or "0", 2)
        return self._places[character]

    def edges(self, kind: str) -> int:
        """Return the places where an anchor holds."""
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
    """A part of an expression."""

    @abstractmethod
    def text(self, extra: int) -> str:
        """Return a short text for it."""

    @abstractmethod
    def places(self, text: Text, begin: int, *, ahead: bool) -> int:
        """Return where matches end that begin at one of these places; not ahead, where those begin that end at one."""


@dataclass(frozen=True, slots=True)
class Character(Part):
    expression: str
    example: str

    def text(self, extra: int) -> str:
        return self.example

    def places(self, text: Text, begin: int, *, ahead: bool) -> int:
        spend(1 + len(text.text) // _BITS_A_STEP)
        where = text.where(self.expression)
        return (begin & where) << 1 if ahead else begin >> 1 & where


@dataclass(frozen=True, slots=True)
class Edge(Part):
    kind: str

    def text(self, extra: int) -> str:
        return ""

    def places(self, text: Text, begin: int, *, ahead: bool) -> int:
        spend(1 + len(text.text) // _BITS_A_STEP)
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
            if length > _LONGEST:
                raise NoMatchError("the pattern asks for too long a text")
        return "".join(made)

    def places(self, text: Text, begin: int, *, ahead: bool) -> int:
        for part in self.parts if ahead else reversed(self.parts):
            if not begin:
                break
            begin = part.places(text, begin, ahead=ahead)
        return begin


@dataclass(frozen=True, slots=True)
class Alternatives(Part):
    parts: Sequence[Part]

    def text(self, extra: int) -> str:
        return self.parts[0].text(extra)

    def places(self, text: Text, begin: int, *, ahead: bool) -> int:
        found = 0
        for part in self.parts:
            found |= part.places(text, begin, ahead=ahead)
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
        if len(made) * count > _LONGEST:
            raise NoMatchError("the pattern asks for too long a text")
        return made * count

    def places(self, text: Text, begin: int, *, ahead: bool) -> int:
        for _ in range(self.low):
            before, begin = begin, self.part.places(text, begin, ahead=ahead)
            if begin in (0, before):  # it stays so
                break
        found = new = begin
        left = None if self.high is None else self.high - self.low
        while new and left != 0:
            new = self.part.places(text, new, ahead=ahead) & ~found
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

    def places(self, text: Text, begin: int, *, ahead: bool) -> int:
        # Where a match of the part begins is where one can come from that goes back from any place, and vice versa.
        met = self.part.places(text, text.all, ahead=not self.ahead)
        return begin & met if self.is_met else begin & ~met
