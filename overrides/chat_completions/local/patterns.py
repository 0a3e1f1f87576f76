"""Regular expressions of a request: does one find a match in a text, and what short text would it find one in.

The parser knows what patterns in JSON schemas are made of: literals, classes, the escapes for digits, words and white
space, groups, alternatives, anchors, look-around and repetition. Back references, flags, Unicode properties and what
forbids to go back are refused. What is a pattern at all, `re` decides; it is never asked to match more than one
character, for there are patterns and short texts for which it would not end.
"""

from __future__ import annotations

import re

from .expressions import Alternatives, Character, Edge, InOrder, Look, NoMatchError, Part, Repeated, Text
from .work import spend

__all__ = ["LONGEST_PATTERN", "NoMatchError", "finds", "matching_text"]

LONGEST_PATTERN = 5_000  # characters
_ESCAPED = {"d": "1", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_EDGES = ("b", "B", "A", "Z")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_PRINTABLE = "a1A-_ " + "".join(map(chr, range(33, 127)))


def finds(pattern: str, text: str) -> bool:
    """Return whether a pattern finds a match somewhere in a text, as `re.search` would.

    Args:
        pattern: A regular expression.
        text: Any text.

    Raises:
        NoMatchError: The pattern is broken, or has parts the parser does not know.
    """
    return _is_found(_parsed(pattern), text)


def matching_text(pattern: str, extra: int = 0) -> str:
    """Make a short text that a pattern finds a match in.

    Args:
        pattern: A regular expression.
        extra: How many repetitions to add to each repeated part, within its limits.

    Returns:
        The text.

    Raises:
        NoMatchError: If the pattern is broken, has parts the parser does not know, or matches nothing it makes.
    """
    tree = _parsed(pattern)
    text = tree.text(extra)
    if not _is_found(tree, text):
        raise NoMatchError(f"no text was found for the pattern {pattern!r:.200}")
    return text


def _is_found(tree: Part, text: str) -> bool:
    places = Text(text)
    return tree.places(places, places.all, ahead=True) != 0


def _parsed(pattern: str) -> Part:
    spend(1 + len(pattern))
    if len(pattern) > LONGEST_PATTERN:
        raise NoMatchError(f"a pattern is longer than {LONGEST_PATTERN:,} characters")
    try:
        re.compile(pattern)
        return _Parser(pattern).whole()
    except NoMatchError as error:
        raise NoMatchError(f"{error} (in the pattern {pattern!r:.200})") from error
    except (re.error, RecursionError, IndexError, OverflowError, Warning) as error:
        raise NoMatchError(f"the pattern {pattern!r:.200} is broken or not known") from error


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._rest = list(reversed(pattern))

    def whole(self) -> Part:
        tree = self._alternatives()
        if self._rest:
            raise NoMatchError("unbalanced parenthesis")
        return tree

    def _next(self) -> str:
        return self._rest[-1] if self._rest else ""

    def _takes(self, text: str) -> bool:
        if "".join(reversed(self._rest[-len(text) :])) != text:
            return False
        del self._rest[-len(text) :]
        return True

    def _alternatives(self) -> Part:
        parts = [self._sequence()]
        while self._takes("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Alternatives(parts)

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self._rest and self._next() not in "|)":
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
            if self._takes(begin):
                return Look(self._group(), ahead, is_met)
        if self._takes("?P<"):
            while self._rest.pop() != ">":
                pass
        elif self._next() == "?" and not self._takes("?:"):
            raise NoMatchError("flags, back references and groups that are not given back are not known")
        return self._group()

    def _group(self) -> Part:
        part = self._alternatives()
        if not self._takes(")"):
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
                raise NoMatchError("a broken escape") from error
        if sign.isalnum() and sign not in _CONTROLS:
            raise NoMatchError(f"the escape \\{sign} is not known")
        return _literal(_CONTROLS.get(sign, sign))

    def _class(self) -> Part:
        """Read a class such as `[a-z_]`; an example of its characters is found by trying."""
        negated = "^" if self._takes("^") else ""
        inside: list[str] = []
        while not inside or self._next() != "]":
            sign = self._rest.pop()
            inside.append(sign + self._rest.pop() if sign == "\\" else "\\[" if sign == "[" else sign)
        self._rest.pop()
        expression = f"[{negated}{''.join(inside)}]"
        one = re.compile(expression)
        # A readable character if there is one, else the first that the class names.
        for sign in _PRINTABLE + "".join(part[-1] for part in inside):
            if one.fullmatch(sign):
                return Character(expression, sign)
        raise NoMatchError("no character was found for a class")

    def _repetitions(self) -> tuple[int, int | None] | None:
        bounds: tuple[int, int | None] | None
        if self._takes("*"):
            bounds = 0, None
        elif self._takes("+"):
            bounds = 1, None
        elif self._takes("?"):
            bounds = 0, 1
        elif self._next() != "{" or (bounds := self._bounds()) is None:
            return None
        if self._takes("+"):
            raise NoMatchError("repetition that is not given back is not known")
        self._takes("?")  # the fewest or the most: which matches there are is the same
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
