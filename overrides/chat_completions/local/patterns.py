"""Short texts that match a regular expression.

The parser knows what patterns in JSON schemas are made of: literals, classes, the escapes for digits, words and white
space, groups, alternatives, anchors and repetition. Look-around is read over, and the text then tried. Back references,
flags and Unicode properties are refused.
"""

from __future__ import annotations

import re

_LONGEST = 10_000
_ESCAPED = {"d": "1", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "b": "", "B": "", "A": "", "Z": "", "z": ""}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_PRINTABLE = "a1A-_ " + "".join(map(chr, range(33, 127)))


class NoMatchError(ValueError):
    """Say that no text was found for a pattern."""


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
    try:
        text = _Pattern(pattern, extra).text()
        found = re.search(pattern, text)
    except (re.error, RecursionError, IndexError, OverflowError, Warning) as error:
        raise NoMatchError(f"no sample for the pattern {pattern!r}") from error
    if not found:
        raise NoMatchError(f"no sample for the pattern {pattern!r}")
    return text


class _Pattern:
    def __init__(self, pattern: str, extra: int) -> None:
        self._rest = list(reversed(pattern))
        self._extra = extra

    def text(self) -> str:
        text = self._alternatives()
        if self._rest:
            raise NoMatchError("unbalanced parenthesis")
        return text

    def _next(self) -> str:
        return self._rest[-1] if self._rest else ""

    def _takes(self, text: str) -> bool:
        if "".join(reversed(self._rest[-len(text) :])) != text:
            return False
        del self._rest[-len(text) :]
        return True

    def _alternatives(self) -> str:
        """Return the text of the first alternative; the others are read over."""
        texts = [self._sequence()]
        while self._takes("|"):
            texts.append(self._sequence())
        return texts[0]

    def _sequence(self) -> str:
        parts: list[str] = []
        while self._rest and self._next() not in "|)":
            atom = self._atom()
            count = self._repetitions()
            if len(atom) * count > _LONGEST:
                raise NoMatchError("the pattern asks for too long a text")
            parts.append(atom * count)
        return "".join(parts)

    def _atom(self) -> str:
        sign = self._rest.pop()
        if sign in "^$":
            return ""
        if sign == ".":
            return "a"
        if sign == "[":
            return self._class()
        if sign == "\\":
            return self._escape(self._rest.pop())
        if sign != "(":
            return sign
        looks_around = any(self._takes(sign) for sign in ("?=", "?!", "?<=", "?<!"))
        if not looks_around and (self._takes("?P<") or self._takes("?<")):
            while self._rest.pop() != ">":
                pass
        elif not looks_around and self._next() == "?" and not self._takes("?:"):
            raise NoMatchError("flags are not known")
        text = self._alternatives()
        if not self._takes(")"):
            raise NoMatchError("unbalanced parenthesis")
        return "" if looks_around else text

    def _escape(self, sign: str) -> str:
        if sign in _ESCAPED:
            return _ESCAPED[sign]
        if sign in "xu":
            digits = "".join(self._rest.pop() for _ in range(2 if sign == "x" else 4))
            try:
                return chr(int(digits, 16))
            except ValueError as error:
                raise NoMatchError("a broken escape") from error
        if sign.isalnum() and sign not in _CONTROLS:
            raise NoMatchError(f"the escape \\{sign} is not known")
        return _CONTROLS.get(sign, sign)

    def _class(self) -> str:
        """Return one character of a class such as `[a-z_]`, found by trying."""
        negated = "^" if self._takes("^") else ""
        inside: list[str] = []
        while not inside or self._next() != "]":
            sign = self._rest.pop()
            inside.append(sign + self._rest.pop() if sign == "\\" else "\\[" if sign == "[" else sign)
        self._rest.pop()
        one = re.compile(f"[{negated}{''.join(inside)}]")
        # A readable character if there is one, else the first that the class names.
        for sign in _PRINTABLE + "".join(part[-1] for part in inside):
            if one.fullmatch(sign):
                return sign
        raise NoMatchError("no character for a class")

    def _repetitions(self) -> int:
        low, high = 1, 1
        if self._takes("*"):
            low, high = 0, _LONGEST
        elif self._takes("+"):
            low, high = 1, _LONGEST
        elif self._takes("?"):
            low, high = 0, 1
        elif self._next() == "{" and (bounds := self._bounds()):
            low, high = bounds
        else:
            return 1
        if self._next() in ("?", "+"):
            self._rest.pop()
        return min(low + self._extra, high)

    def _bounds(self) -> tuple[int, int] | None:
        found = re.match(r"\{([0-9]{1,5})(,?)([0-9]{0,5})\}", "".join(reversed(self._rest[-14:])))
        if not found:
            return None
        del self._rest[-found.end() :]
        low = int(found[1])
        return low, int(found[3]) if found[3] else (_LONGEST if found[2] else low)
