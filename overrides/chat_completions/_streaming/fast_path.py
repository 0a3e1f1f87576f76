"""Read most chunks of a long stream without parsing them: by comparing the text of each with an earlier one.

Takes the texts of events, and returns the objects that parsing them gives, added to the completion. The rules:

- A chunk is learned from if it added a piece to one text, and repeated all else. It costs as much as receiving
  ten chunks, so it is done late: a short stream never pays for it, and one that keeps changing its shape less and less.
- The places of what differs, the piece and the padding, are proven before they count: the text with other values in
  these places must parse to the same object with these values in it.
- A text that equals the learned one outside these places is read at the places alone. Any other text is parsed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chat_completions._contract.json_reader import scan_string
from chat_completions._streaming.accumulated_choice import OBFUSCATION

if TYPE_CHECKING:
    from chat_completions._streaming.accumulator import Accumulator, FastRule

# What stands in for the values that differ while their places are proven; no server can send it on purpose.
_PROBE = os.urandom(8).hex()
_FIRST_WAIT, _LONGEST_WAIT = 12, 1024  # chunks that could be learned from, of which the last one is


class FastPath:
    """Reads the chunks of one stream.

    Args:
        accumulator: What the chunks are added to.
    """

    def __init__(self, accumulator: Accumulator) -> None:
        self._accumulator = accumulator
        self._prefix: str | None = None  # the text up to the first place; None while nothing is known
        self._middle: str | None = None  # the text between the places; None if there is only one
        self._end = ""  # the text after the last place
        self._is_padding_first = False
        self._rule: FastRule
        self._make: Callable[[str, str], dict[str, Any]]
        self._wait = self._left = _FIRST_WAIT
        self._hits = 0  # chunks read without parsing since something was learned

    def read(self, text: str) -> dict[str, Any] | None:
        """Return the object of a chunk, which is added to the completion; None if it must be parsed."""
        prefix = self._prefix
        if prefix is None or not text.startswith(prefix):
            return None
        padding = ""
        try:
            piece, at = scan_string(text, len(prefix))
            if (middle := self._middle) is not None:
                if not text.startswith(middle, at):
                    return None
                padding, at = scan_string(text, at + len(middle))
                if self._is_padding_first:
                    piece, padding = padding, piece
        except ValueError:
            return None
        if text[at:] != self._end or not piece:
            return None
        self._hits += 1
        self._accumulator.chunks += 1
        self._accumulator.add_known(piece, self._rule)
        return self._make(piece, padding)

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
        self._wait = _FIRST_WAIT if self._hits > _FIRST_WAIT else min(2 * self._wait, _LONGEST_WAIT)
        self._left, self._hits, self._prefix = self._wait, 0, None
        [choice] = value["choices"]
        delta, last = choice["delta"], self._accumulator.piece
        key = next((key for key, piece in delta.items() if piece == last), "tool_calls")
        around = (*value.values(), *choice.values(), *delta.values())
        if sum(isinstance(part, (dict, list)) for part in around) > (3 if key == "tool_calls" else 2):
            return  # Chunks would share an object that the caller could change.
        places = [(*_place_of(text, "arguments" if key == "tool_calls" else key, last), True)]
        if OBFUSCATION in value:
            places.append((*_place_of(text, OBFUSCATION, value[OBFUSCATION]), False))
        if all(end for _, end, _ in places):
            self._keep(text, sorted(places), _maker(value, key), rule)

    def _keep(
        self, text: str, places: list[tuple[int, int, bool]], make: Callable[[str, str], dict[str, Any]], rule: FastRule
    ) -> None:
        """Keep what was learned if the places are proven: each with its start, its end, and if it is the piece's."""
        probed, at = "", 0
        for start, end, is_piece in places:
            probed += text[at:start] + ("piece " if is_piece else "padding ") + _PROBE + '"'
            at = end
        try:
            if json.loads(probed + text[at:]) != make(f"piece {_PROBE}", f"padding {_PROBE}"):
                return
        except (RecursionError, ValueError):
            return
        self._rule, self._make = rule, make
        (start, end, is_piece), (second, *_) = places[0], places[-1]
        self._is_padding_first = not is_piece
        self._prefix, self._middle, self._end = text[:start], text[end:second] if len(places) == 2 else None, text[at:]


def _maker(value: dict[str, Any], key: str) -> Callable[[str, str], dict[str, Any]]:
    """Return a function that makes the objects of chunks that differ in the piece and the padding.

    Args:
        value: The object of one of them.
        key: The field of the delta that has the piece; with `tool_calls`, the piece is the arguments of the only call.
    """
    [choice] = value["choices"]
    delta = choice["delta"]
    call = delta[key][0] if key == "tool_calls" else {}
    is_padded = OBFUSCATION in value

    def make(piece: str, padding: str) -> dict[str, Any]:
        made, made_choice, made_delta = value.copy(), choice.copy(), delta.copy()
        made_delta[key] = [{**call, "function": {**call["function"], "arguments": piece}}] if call else piece
        made_choice["delta"] = made_delta
        made["choices"] = [made_choice]
        if is_padded:
            made[OBFUSCATION] = padding
        return made

    return make


def _place_of(text: str, name: str, value: Any) -> tuple[int, int]:
    """Return where the last string of this name is, behind its opening quotation mark; (0, 0) if it is not this one."""
    places = [found.end() for found in re.finditer(f'"{re.escape(name)}"\\s*:\\s*"', text)]
    try:
        found, end = scan_string(text, places[-1])
    except (IndexError, ValueError):
        return 0, 0
    return (places[-1], end) if found == value else (0, 0)
