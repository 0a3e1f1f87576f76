"""Read the ordinary chunk without parsing it: the same text as the last one, but for the piece and the padding.

A stream consists of thousands of chunks whose JSON texts differ in one string, or in two. Once two of them have come,
the rest is compared as text, and only those strings are read. The positions are proven before they count: the text
with other strings in these places must parse to the same object with these strings in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

from chat_completions._json import raw_decode

# What stands in for the two strings while their places are proven; nothing that a server sends.
_PROBES = ("piece \u0001 of a probe", "padding \u0002 of a probe")
# A stream that never looks the same twice is not to be looked at for ever.
_LONGEST_PAUSE = 1024


class Ordinary:
    """What the ordinary chunk of one stream looks like.

    Attributes:
        piece: The string that the last chunk that was read adds to its choice.
        grows: The text that it is a piece of.
    """

    def __init__(self) -> None:
        self._prefix: str | None = None  # the text up to the first string that differs; None while nothing is known
        self._middle: str | None = None  # the text up to the other string; None if there is one string only
        self._end = ""  # the rest of the text
        self._is_padding_first = False
        self._chunk: dict[str, Any] = {}
        self._choice: dict[str, Any] = {}
        self._key = ""
        self._pause = self._wait = 1
        self.piece = ""
        self.grows: StringIO

    def forget(self) -> None:
        """Take note that a chunk came which is not ordinary."""
        self._prefix = None

    def read(self, text: str) -> dict[str, Any] | None:
        """Give the object of a chunk that looks like the last one; None if it does not, or that is not known."""
        prefix = self._prefix
        if prefix is None or not text.startswith(prefix):
            return None
        padding = None
        try:
            piece, at = raw_decode(text, len(prefix))
            if (middle := self._middle) is not None:
                if not text.startswith(middle, at):
                    return None
                padding, at = raw_decode(text, at + len(middle))
        except (RecursionError, ValueError):
            return None
        if text[at:] != self._end or type(piece) is not str:
            return None
        chunk = self._chunk.copy()
        if padding is not None:
            if type(padding) is not str:
                return None
            if self._is_padding_first:
                piece, padding = padding, piece
            chunk["obfuscation"] = padding
        choice = self._choice.copy()
        choice["delta"] = {self._key: piece}
        chunk["choices"] = [choice]
        self.piece = piece
        return chunk

    def learn(self, text: str, chunk: Mapping[str, Any], grows: StringIO) -> None:
        """Learn from a chunk that the fold took as an ordinary one; costs as much as parsing it three times.

        Args:
            text: The chunk.
            chunk: Its object.
            grows: The text of the fold that it is a piece of.
        """
        if self.piece:
            # What is known was of use since: the choices of this stream may take turns.
            self._pause, self._wait, self.piece = 1, 1, ""
            return
        self._wait -= 1
        if self._wait > 0:
            return
        self._pause = self._wait = min(self._pause * 2, _LONGEST_PAUSE)
        self._prefix, self.grows = None, grows
        [choice] = chunk["choices"]
        [self._key] = choice["delta"]
        around = [*choice.values(), *chunk.values()]
        if sum(isinstance(value, (dict, list)) for value in around) > 2:
            return  # Something beside the choices and the delta could be changed by whoever gets the chunk.
        names = [name for name in (self._key, "obfuscation") if name in choice["delta"] or name in chunk]
        spots = sorted((*_place_of(text, name), probe) for name, probe in zip(names, _PROBES, strict=False))
        if not all(spot[0] for spot in spots):
            return
        self._is_padding_first = len(spots) == 2 and spots[0][2] == _PROBES[1]
        probed, at, parts = "", 0, []
        for start, end, probe in spots:
            parts.append(text[at:start])
            probed += text[at:start] + json.dumps(probe)
            at = end
        self._end = text[at:]
        expected = {**chunk, "choices": [{**choice, "delta": {self._key: _PROBES[0]}}]}
        if "obfuscation" in chunk:
            expected["obfuscation"] = _PROBES[1]
        try:
            if json.loads(probed + self._end) != expected:
                return
        except ValueError:
            return
        self._chunk, self._choice = dict(chunk), dict(choice)
        self._middle = parts[1] if len(parts) == 2 else None
        self._prefix = parts[0]


def _place_of(text: str, name: str) -> tuple[int, int]:
    """Give where the last value of this name is, if it is a string; (0, 0) if there is none."""
    places = [found.end() for found in re.finditer(f'{re.escape(json.dumps(name))}\\s*:\\s*(?=")', text)]
    try:
        return (places[-1], raw_decode(text, places[-1])[1]) if places else (0, 0)
    except ValueError:
        return 0, 0
