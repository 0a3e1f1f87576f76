"""Read the ordinary chunk without parsing it: the same text as the last one, but for the piece and the padding.

A stream consists of thousands of chunks whose JSON texts differ in one string, or in two. Once two of them have come,
the rest is compared as text, and only those strings are read. The positions are proven before they count: the text
with other strings in these places must parse to the same object with these strings in it. Where chunks have the log
probabilities of their piece, that is a third place.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from io import StringIO
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from chat_completions._contract import json_reader
from chat_completions._contract.json_reader import scan, scan_string
from chat_completions._streaming.accumulated_choice import OBFUSCATION, Entries
from chat_completions._streaming.chunk_template import ChunkTemplate

if TYPE_CHECKING:
    from chat_completions._streaming.accumulator import Accumulator
    from chat_completions_api.models import ChatCompletionChunk

# What stands in for the values that differ while their places are proven; nothing that a server can send on purpose.
_PROBE = os.urandom(8).hex()
_PIECE, _PADDING, _TOKENS = f"piece {_PROBE}", f"padding {_PROBE}", {f"tokens {_PROBE}": ""}
# A stream that never looks the same for long is not to be looked at for ever: to learn must pay.
_LONGEST_PAUSE = 1024
_PAYS = 12  # chunks that are read for having learnt once


class _Gap(NamedTuple):
    """The text before a place, what the place has, and the text up to the next place."""

    before: str
    name: str
    after: str  # empty for the last


class FastPath:
    """What the ordinary chunk of one stream was learnt to look like, and what the last one read has of its own.

    Attributes:
        piece: The string that it adds to its choice.
        grows: The text that this is a piece of.
        padding: Its obfuscation; None where there is none.
        tokens: Its log probabilities; None where there are none.
    """

    def __init__(self) -> None:
        self._prefix: str | None = None  # the text up to the first place; None while nothing is known
        self._middle: str | None = None  # the text between the places; None if there is one only
        self._end = ""  # the text behind the last place
        self._is_padding_first = False
        self._gaps: list[_Gap] = []  # the same for any number of places
        self._key = ""  # the name of the piece
        self._take: Callable[[Any, str], bool] | None = None  # takes the log probabilities; None where there are none
        self._mould: ChunkTemplate
        self._loads = json_reader.reader()
        self._pause = self._wait = 1
        self._hits = 0
        self.piece = ""
        self.grows: StringIO
        self.padding: str | None = None
        self.tokens: Any = None

    def forget(self) -> None:
        """Record that a chunk came which is not ordinary."""
        self._prefix = None

    def read(self, text: str) -> bool:
        """Read a chunk that looks like the last one; gives False if it does not, or that is not known."""
        prefix = self._prefix
        if prefix is None or not text.startswith(prefix):
            return False
        if self._take is not None:
            return self._read_with_tokens(text)
        padding = None
        try:
            piece, at = scan_string(text, len(prefix))
            if (middle := self._middle) is not None:
                if not text.startswith(middle, at):
                    return False
                padding, at = scan_string(text, at + len(middle))
                if self._is_padding_first:
                    piece, padding = padding, piece
        except ValueError:
            return False
        if text[at:] != self._end:
            return False
        self._hits += 1
        self.piece, self.padding = piece, padding
        return True

    def _read_with_tokens(self, text: str) -> bool:
        """Do so where each chunk has log probabilities, and have them taken."""
        found: dict[str, Any] = {OBFUSCATION: None}
        at, written, tokens = 0, "", None
        try:
            for before, name, after in self._gaps:
                if not text.startswith(before, at):
                    return False
                at += len(before)
                if name == "logprobs":
                    tokens, end = self._scan_tokens(text, at, after)
                    written, at = text[at:end], end
                else:
                    found[name], at = scan_string(text, at)
        except (RecursionError, StopIteration, ValueError):
            return False
        if text[at:] != self._end or self._take is None or not self._take(tokens, written):
            return False
        self._hits += 1
        self.piece, self.padding, self.tokens = found[self._key], found[OBFUSCATION], tokens
        return True

    def _scan_tokens(self, text: str, at: int, after: str) -> tuple[Any, int]:
        """Read log probabilities, and give where they end.

        Raises:
            StopIteration, ValueError: They are no JSON.
            RecursionError: They are nested too deeply.
        """
        if self._loads is json_reader.loads:
            return scan(text, at)
        # Other readers read whole texts only. What is behind them tells where they end; or it is a part of them, and
        # what is before it is no JSON.
        end = text.rindex(after, at) if after else len(text) - len(self._end)
        return self._loads(text[at:end]), end

    def chunk(self) -> ChatCompletionChunk:
        """Make the chunk that was read last."""
        return self._mould.model(self.piece, self.padding, self.tokens)

    def value(self) -> dict[str, Any]:
        """Make its object."""
        return self._mould.value(self.piece, self.padding, self.tokens)

    def learn(
        self, text: str, chunk: Mapping[str, Any], grows: StringIO, take: Callable[[Any, str], bool] | None = None
    ) -> None:
        """Learn from a chunk that is one piece of a text, or of a tool call's arguments, and tells nothing else.

        That costs as much as receiving ten of them.

        Args:
            text: The chunk.
            chunk: Its object.
            grows: The text of the fold that it is a piece of.
            take: Has the fold take log probabilities, if it tells those as well, of their value and their text; gives
                whether they are ordinary.
        """
        if self.piece:
            self.piece = ""
            if self._hits >= _PAYS:
                self._pause = self._wait = 1
            if self._prefix is not None:
                return  # What was learnt last was of use, and still is: the choices of this stream may take turns.
        self._wait -= 1
        if self._wait > 0:
            return
        self._pause = self._wait = min(self._pause * 2, _LONGEST_PAUSE)
        self._prefix, self.grows, self._take, self.tokens, self._hits = None, grows, take, None, 0
        [choice] = chunk["choices"]
        [(key, piece)] = choice["delta"].items()
        around = [*choice.values(), *chunk.values()]
        if sum(isinstance(value, (dict, list)) for value in around) > (2 if take is None else 3):
            return  # Something beside the choices and the delta could be changed by whoever gets the chunk.
        self._key = key
        if key == "tool_calls":
            match piece:
                case [{"index": int() | None, "function": {"arguments": str(piece), **more_of_function}, **more}]:
                    if more or more_of_function:
                        return
                case _:
                    return
            self._key = "arguments"
        padding, tokens = chunk.get(OBFUSCATION), None if take is None else choice["logprobs"]
        probes: dict[str, Any] = {self._key: _PIECE}
        if OBFUSCATION in chunk:
            probes[OBFUSCATION] = _PADDING
        if take is not None:
            probes["logprobs"] = _TOKENS
        spots = sorted((*_place_of(text, name, probe), name) for name, probe in probes.items())
        if not all(end for _, end, _ in spots):
            return
        self._gaps, self._end = [], text[spots[-1][1] :]
        probed, at = "", 0
        for (start, end, name), after in zip_longest(spots, spots[1:]):
            self._gaps.append(_Gap(text[at:start], name, text[end : after[0]] if after else ""))
            probed += text[at:start] + json.dumps(probes[name]).removeprefix('"')
            at = end
        try:
            self._mould = ChunkTemplate(chunk, key)
            if json.loads(probed + self._end) != self._mould.value(
                _PIECE, probes.get(OBFUSCATION), probes.get("logprobs")
            ):
                return
            if self._mould.model(piece, padding, tokens).to_dict() != chunk:
                return
        except (RecursionError, ValueError):
            return
        self._is_padding_first = len(spots) == 2 and self._gaps[0].name == OBFUSCATION
        self._middle = self._gaps[0].after or None
        self._prefix = self._gaps[0].before


def _place_of(text: str, name: str, like: Any) -> tuple[int, int]:
    """Return where the last value of this name is, if it is of the kind of another; (0, 0) if there is none.

    The place of a string begins behind its first quotation mark.
    """
    opening = json.dumps(like)[0]
    pattern = f"{re.escape(json.dumps(name))}\\s*:\\s*(?={re.escape(opening)})"
    places = [found.end() for found in re.finditer(pattern, text)]
    try:
        return (places[-1] + (opening == '"'), scan(text, places[-1])[1]) if places else (0, 0)
    except (RecursionError, StopIteration, ValueError):
        return 0, 0


def arguments_grown(fold: Accumulator, chunk: Mapping[str, Any]) -> StringIO | None:
    """Return the arguments of a tool call, if the chunk that was folded last is a piece of them and nothing else."""
    match chunk.get("choices"):
        case [{"index": int(index), "delta": {"tool_calls": [{"function": {"arguments": str()}}]} as delta}]:
            state = fold.choices.get(index)
            calls = state.message.get("tool_calls") if state else None
            call = calls.named.get(None) if isinstance(calls, Entries) else None
            arguments = call["function"].get("arguments") if call else None
            is_ordinary = len(delta) == 1 and not fold.is_odd and state is not None and not state.finish_reason
            if is_ordinary and isinstance(arguments, StringIO):
                return arguments
    return None
