"""Read the ordinary chunk without parsing it: the same text as the last one, but for the piece and the padding.

A stream consists of thousands of chunks whose JSON texts differ in one string, or in two. Once two of them have come,
the rest is compared as text, and only those strings are read. The positions are proven before they count: the text
with other strings in these places must parse to the same object with these strings in it. Where chunks have the log
probabilities of their piece, that is a third place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any

from chat_completions._folded import Entries
from chat_completions._json import raw_decode

if TYPE_CHECKING:
    from chat_completions._fold import Fold

# What stands in for the values that differ while their places are proven; nothing that a server sends.
_PIECE, _PADDING, _TOKENS = "piece \u0001 of a probe", "padding \u0002 of a probe", {"tokens \u0003": "of a probe"}
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
        self._gaps: list[tuple[str, str]] = []  # with log probabilities: the text before each place, and its name
        self._take: Callable[[Any], bool] | None = None  # takes the log probabilities; None where there are none
        self._chunk: dict[str, Any] = {}
        self._choice: dict[str, Any] = {}
        self._key = ""
        self._call: int | None = None  # the index of the tool call whose arguments grow
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
        if self._take is not None:
            return self._read_with_tokens(text)
        padding = None
        try:
            piece, at = raw_decode(text, len(prefix))
            if (middle := self._middle) is not None:
                if not text.startswith(middle, at):
                    return None
                padding, at = raw_decode(text, at + len(middle))
                if type(padding) is not str:
                    return None
        except (RecursionError, ValueError):
            return None
        if text[at:] != self._end or type(piece) is not str:
            return None
        chunk = self._chunk.copy()
        if padding is not None:
            if self._is_padding_first:
                piece, padding = padding, piece
            chunk["obfuscation"] = padding
        choice = self._choice.copy()
        choice["delta"] = self._delta(piece)
        chunk["choices"] = [choice]
        self.piece = piece
        return chunk

    def _read_with_tokens(self, text: str) -> dict[str, Any] | None:
        """Do so where each chunk has log probabilities, and have them taken."""
        found, at = {}, 0
        try:
            for gap, name in self._gaps:
                if not text.startswith(gap, at):
                    return None
                found[name], at = raw_decode(text, at + len(gap))
        except (RecursionError, ValueError):
            return None
        tokens, piece, padding = found["logprobs"], found[self._key], found.get("obfuscation", "")
        if text[at:] != self._end or type(piece) is not str or type(padding) is not str:
            return None
        if self._take is None or not self._take(tokens):
            return None
        chunk, choice = self._chunk.copy(), self._choice.copy()
        if "obfuscation" in found:
            chunk["obfuscation"] = padding
        choice["delta"], choice["logprobs"] = {self._key: piece}, tokens
        chunk["choices"] = [choice]
        self.piece = piece
        return chunk

    def learn(
        self, text: str, chunk: Mapping[str, Any], grows: StringIO, take: Callable[[Any], bool] | None = None
    ) -> None:
        """Learn from a chunk that is one piece of a text, or of a tool call's arguments, and tells nothing else.

        That costs as much as parsing it three times.

        Args:
            text: The chunk.
            chunk: Its object.
            grows: The text of the fold that it is a piece of.
            take: Has the fold take log probabilities, if it tells those as well; gives whether they are ordinary.
        """
        if self.piece:
            # What was learnt last was of use; if it is still known, the choices of this stream may take turns.
            self._pause, self._wait, self.piece = 1, 1, ""
            if self._prefix is not None:
                return
        self._wait -= 1
        if self._wait > 0:
            return
        self._pause = self._wait = min(self._pause * 2, _LONGEST_PAUSE)
        self._prefix, self.grows, self._take = None, grows, take
        [choice] = chunk["choices"]
        [(self._key, value)] = choice["delta"].items()
        around = [*choice.values(), *chunk.values()]
        if sum(isinstance(value, (dict, list)) for value in around) > (2 if take is None else 3):
            return  # Something beside the choices and the delta could be changed by whoever gets the chunk.
        self._call = value[0]["index"] if self._key == "tool_calls" else None
        probes: dict[str, Any] = {"arguments" if self._key == "tool_calls" else self._key: _PIECE}
        expected_choice = {**choice, "delta": self._delta(_PIECE)}
        expected = {**chunk, "choices": [expected_choice]}
        if "obfuscation" in chunk:
            expected["obfuscation"] = probes["obfuscation"] = _PADDING
        if take is not None:
            expected_choice["logprobs"] = probes["logprobs"] = _TOKENS
        spots = sorted((*_place_of(text, name, probe), name) for name, probe in probes.items())
        if not all(end for _, end, _ in spots):
            return
        probed, at, gaps = "", 0, []
        for start, end, name in spots:
            gaps.append((text[at:start], name))
            probed += text[at:start] + json.dumps(probes[name])
            at = end
        self._end = text[at:]
        try:
            if json.loads(probed + self._end) != expected:
                return
        except ValueError:
            return
        self._chunk, self._choice, self._gaps = dict(chunk), dict(choice), gaps
        self._is_padding_first = len(gaps) == 2 and gaps[0][1] == "obfuscation"
        self._middle = gaps[1][0] if len(gaps) == 2 else None
        self._prefix = gaps[0][0]

    def _delta(self, piece: str) -> dict[str, Any]:
        if self._key == "tool_calls":
            return {"tool_calls": [{"index": self._call, "function": {"arguments": piece}}]}
        return {self._key: piece}


def _place_of(text: str, name: str, like: Any) -> tuple[int, int]:
    """Give where the last value of this name is, if it is of the kind of another; (0, 0) if there is none."""
    opening = re.escape(json.dumps(like)[0])
    places = [found.end() for found in re.finditer(f"{re.escape(json.dumps(name))}\\s*:\\s*(?={opening})", text)]
    try:
        return (places[-1], raw_decode(text, places[-1])[1]) if places else (0, 0)
    except ValueError:
        return 0, 0


def arguments_grown(fold: Fold, chunk: Mapping[str, Any]) -> StringIO | None:
    """Give the arguments of a tool call, if the chunk that was folded last is a piece of them and nothing else."""
    match chunk.get("choices"):
        case [{"index": int(index), "delta": {"tool_calls": [{"function": {"arguments": str()}}]} as delta}]:
            state = fold.choices.get(index)
            calls = state.message.get("tool_calls") if state else None
            call = calls.named.get(None) if isinstance(calls, Entries) else None
            arguments = call["function"].get("arguments") if call else None
            if len(delta) == 1 and not fold.is_odd and isinstance(arguments, StringIO):
                return arguments
    return None
