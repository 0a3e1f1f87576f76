"""Read most chunks of a long stream without parsing them: by comparing the text of each with an earlier one.

Takes the texts of events, and returns the objects that parsing them gives, added to the completion. The rules:

- A chunk is learned from if it added a piece to one text, and repeated all else, or changed only what chunks keep
  changing around it, such as an id or the usage. It costs as much as receiving ten chunks, so it is done late: a short
  stream never pays for it, and one that keeps changing its shape less and less.
- The places of what differs are proven before they count: the text with other values in these places must parse to
  the same object with these values in it.
- A text that equals the learned one outside these places is read at the places alone. Any other text is parsed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from chat_completions._contract.json_reader import scan, scan_string
from chat_completions._streaming.accumulated_choice import OBFUSCATION

if TYPE_CHECKING:
    from chat_completions._streaming.accumulator import Accumulator, FastRule

# What stands in for the values that differ while their places are proven; no server can send it on purpose.
_PROBE = os.urandom(8).hex()
_COLON = re.compile("[ \\t\\r\\n]*:[ \\t\\r\\n]*")
_FIRST_WAIT, _LONGEST_WAIT = 12, 1024  # chunks that could be learned from, of which the last one is

# A field of the chunk whose value differs, or None for the piece; what reads it; the text behind it.
_Place: TypeAlias = tuple[str | None, Callable[[str, int], tuple[Any, int]], str]
_Others: TypeAlias = Iterable[tuple[str, Any]]


class FastPath:
    """Reads the chunks of one stream.

    Args:
        accumulator: What the chunks are added to.

    Attributes:
        changes: Whether the last chunk may have said something new in addition to its piece.
    """

    def __init__(self, accumulator: Accumulator) -> None:
        self._accumulator = accumulator
        self._prefix: str | None = None  # the text up to the first place; None while nothing is known
        self._end = ""  # the text behind the piece, if nothing else differs
        self._places: list[_Place] = []  # of all that differs; none if only the piece does
        self.changes = False
        self._rule: FastRule
        self._make: Callable[[str, _Others], dict[str, Any]]
        self._wait = self._left = _FIRST_WAIT
        self._hits = 0  # chunks read without parsing since something was learned

    def read(self, text: str) -> dict[str, Any] | None:
        """Return the object of a chunk, which is added to the completion; None if it must be parsed."""
        prefix = self._prefix
        if prefix is None or not text.startswith(prefix):
            return None
        others: _Others = ()
        try:
            if places := self._places:
                at, others = len(prefix), []
                for name, scanned, after in places:
                    value, at = scanned(text, at)
                    if not text.startswith(after, at):
                        return None
                    at += len(after)
                    if name is None:
                        piece = value
                    elif value == "error":
                        return None  # `{"object": "error"}` reports a failure
                    else:
                        others.append((name, value))
                if at != len(text):
                    return None
            else:
                piece, at = scan_string(text, len(prefix))
                if text[at:] != self._end:
                    return None
        except (RecursionError, StopIteration, ValueError):
            return None
        if not piece:
            return None
        self._hits += 1
        made = self._make(piece, others)
        self._accumulator.chunks += 1
        if self.changes:
            self._accumulator.add_changes(made)
        self._accumulator.add_known(piece, self._rule)
        return made

    def forget(self) -> None:
        """Forget what was learned, because a chunk has said something new."""
        self._prefix = None

    def learn(self, text: str, value: dict[str, Any], rule: FastRule) -> None:
        """Learn, if it is time to, from a chunk that was parsed: it added a piece to a text, and repeated all else.

        Args:
            text: The chunk.
            value: Its object.
            rule: How it was added.
        """
        self._left -= 1
        if self._left > 0:
            return
        is_useful = self._hits > _FIRST_WAIT
        self._wait = _FIRST_WAIT if is_useful else min(2 * self._wait, _LONGEST_WAIT)
        self._left, self._hits = self._wait, 0
        if is_useful and self._prefix is not None:
            return
        self._prefix = None
        [choice] = value["choices"]
        delta, last = choice["delta"], self._accumulator.piece
        message = self._accumulator.choices[choice["index"]].message
        key = next((key for key in delta if message[key] is rule[0]), "tool_calls")
        changing = self._accumulator.changing
        names = [name for name in value if name in changing or name == OBFUSCATION]
        self.changes = not changing.keys().isdisjoint(names)
        same = {name: part for name, part in value.items() if name not in names}
        flat = [name for name, part in same.items() if type(part) is dict and not _inside(part.values())]
        around = (*same.values(), *choice.values(), *delta.values())
        if len(_inside(around)) - len(flat) > (3 if key == "tool_calls" else 2):
            return  # Chunks would share an object that the caller could change.
        spelled = "arguments" if key == "tool_calls" else key
        places: list[tuple[int, int, str | None]] = [(*_place_of(text, spelled, last, '"'), None)]
        places += [(*_place_of(text, name, value[name]), name) for name in names]
        if all(end for _, end, _ in places):
            self._keep(text, sorted(places, key=itemgetter(0)), _maker(value, key, flat), rule)

    def _keep(
        self,
        text: str,
        places: list[tuple[int, int, str | None]],
        make: Callable[[str, _Others], dict[str, Any]],
        rule: FastRule,
    ) -> None:
        """Keep what was learned if the places are proven: each with its start, its end, and its field."""
        probed, at = "", 0
        for start, end, name in places:
            probed += text[at:start] + (f'{_PROBE}"' if name is None else f'"{_PROBE}{name}"')
            at = end
        try:
            probes = [(name, f"{_PROBE}{name}") for _, _, name in places if name is not None]
            if json.loads(probed + text[at:]) != make(_PROBE, probes):
                return
        except (RecursionError, ValueError):
            return
        self._rule, self._make = rule, make
        self._prefix, self._end = text[: places[0][0]], text[at:]
        starts = [*(start for start, *_ in places[1:]), len(text)]
        self._places = [
            (name, scan_string if name is None else _scan_padding if name == OBFUSCATION else scan, text[end:start])
            for (_, end, name), start in zip(places, starts, strict=True)
            if len(places) > 1
        ]


def _maker(value: dict[str, Any], key: str, flat: list[str]) -> Callable[[str, _Others], dict[str, Any]]:
    """Return a function that makes the objects of chunks that differ in the piece and other fields.

    Args:
        value: The object of one of them.
        key: The field of the delta that has the piece; with `tool_calls`, the piece is the arguments of the only call.
        flat: The fields of the chunk that are objects without objects or lists in them.
    """
    [choice] = value["choices"]
    delta = choice["delta"]
    call = delta[key][0] if key == "tool_calls" else {}
    own = {name: value[name].copy() for name in flat}  # the caller may change what the chunk has

    def make(piece: str, others: _Others) -> dict[str, Any]:
        made, made_choice, made_delta = value.copy(), choice.copy(), delta.copy()
        made_delta[key] = [{**call, "function": {**call["function"], "arguments": piece}}] if call else piece
        made_choice["delta"] = made_delta
        made["choices"] = [made_choice]
        if own:
            for name, part in own.items():
                made[name] = part.copy()
        for name, part in others:
            made[name] = part
        return made

    return make


def _scan_padding(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != '"':
        raise ValueError
    return scan_string(text, at + 1)


def _inside(parts: Iterable[Any]) -> list[Any]:
    """Return the objects and lists among values."""
    return [part for part in parts if isinstance(part, (dict, list))]


def _place_of(text: str, name: str, value: Any, opening: str = "") -> tuple[int, int]:
    """Return where the last value of this name is, behind what opens it; (0, 0) if it is not this value."""
    at = text.rfind(f'"{name}"')
    colon = _COLON.match(text, at + len(name) + 2) if at >= 0 else None
    if colon is None or not text.startswith(opening, colon.end()):
        return 0, 0
    start = colon.end() + len(opening)
    try:
        found, end = (scan_string if opening else scan)(text, start)
    except (RecursionError, StopIteration, ValueError):
        return 0, 0
    return (start, end) if found == value else (0, 0)
