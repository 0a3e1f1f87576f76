"""Read most chunks without parsing them: by comparing the text of each with the last one.

In goes the text of an event; out comes the chunk, added to the completion: just what the parser given returns, faster.

A stream consists of thousands of chunks whose JSON texts differ in one string (the piece of text), or in two (the
obfuscation), or in the log probabilities of the piece as well. The rules:

- What the parser read is learned from if it was one piece of a text that had begun, and repeated all else.
- The places of what differs are proven before they count: the text with other values in these places must parse to the
  same object with these values in it.
- A text that equals the last one outside these places is read at the places alone. Any other text is parsed.
- Learning costs as much as receiving ten chunks, so it must pay: a stream that keeps changing its shape is looked at
  less and less often.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from io import StringIO
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from chat_completions._contract import generated, json_reader
from chat_completions._contract.json_reader import scan, scan_string
from chat_completions._streaming.accumulated_choice import OBFUSCATION, Entries
from chat_completions._streaming.received_chunk import ReceivedChunk

if TYPE_CHECKING:
    from chat_completions._streaming.accumulator import Accumulator
    from chat_completions_api.models import ChatCompletionChunk

# What stands in for the values that differ while their places are proven; no server can send it on purpose.
_PROBE = os.urandom(8).hex()
_PIECE, _OBFUSCATION, _TOKENS = f"piece {_PROBE}", f"obfuscation {_PROBE}", {f"tokens {_PROBE}": ""}
_MAX_PAUSE = 1024  # chunks between two attempts to learn
_WORTHWHILE = 12  # chunks read without parsing that make it worthwhile to have learned once


class _Gap(NamedTuple):
    """The text before a place, the name of the value there, and the text up to the next place."""

    before: str
    name: str
    after: str  # empty for the last


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
        self._is_obfuscation_first = False
        self._gaps: list[_Gap] = []  # the same for any number of places
        self._key = ""  # the name of the piece
        self._add_tokens: Callable[[Any, str], bool] | None = None  # None where there are no log probabilities
        self._text: StringIO
        self._chunk: ChunkTemplate
        self._load_json = json_reader.reader()
        self._pause = self._wait = 1
        self._hits = 0  # chunks read without parsing since the last attempt to learn
        self._checked_hits = 0  # those of them that had been counted when a chunk was parsed last

    def read(self, text: str, parse: Callable[[str], ReceivedChunk | None]) -> ReceivedChunk | None:
        """Read a chunk and add it to the completion.

        Args:
            text: The data of an event.
            parse: Reads any text: adds its chunk to the accumulator and returns it, or returns None if it has none.

        Returns:
            The chunk; None where `parse` returns None.
        """
        prefix = self._prefix
        if prefix is None or not text.startswith(prefix):
            return self._parse_and_learn(text, parse)
        if self._add_tokens is not None:
            return self._chunk if self._read_with_tokens(text) else self._parse_and_learn(text, parse)
        obfuscation = None
        try:
            piece, at = scan_string(text, len(prefix))
            if (middle := self._middle) is not None:
                if not text.startswith(middle, at):
                    return self._parse_and_learn(text, parse)
                obfuscation, at = scan_string(text, at + len(middle))
                if self._is_obfuscation_first:
                    piece, obfuscation = obfuscation, piece
        except ValueError:
            return self._parse_and_learn(text, parse)
        if text[at:] != self._end:
            return self._parse_and_learn(text, parse)
        self._hits += 1
        chunk = self._chunk
        chunk.piece, chunk.obfuscation = piece, obfuscation
        self._accumulator.add_piece(piece, self._text)
        return chunk

    def _read_with_tokens(self, text: str) -> bool:
        """Read a chunk with log probabilities; return False, with nothing added, if it does not look like the last."""
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
        if text[at:] != self._end or self._add_tokens is None or not self._add_tokens(tokens, written):
            return False
        self._hits += 1
        chunk = self._chunk
        chunk.piece, chunk.obfuscation, chunk.tokens = found[self._key], found[OBFUSCATION], tokens
        self._accumulator.add_piece(chunk.piece, self._text)
        return True

    def _scan_tokens(self, text: str, at: int, after: str) -> tuple[Any, int]:
        """Read log probabilities, and return them with where they end.

        Raises:
            StopIteration, ValueError: They are not JSON.
            RecursionError: They are nested too deeply.
        """
        if self._load_json is json_reader.loads:
            return scan(text, at)
        # Other readers read only whole texts. The text that follows says where the value ends. If that text also occurs
        # inside the value, the part before it is not JSON.
        end = text.rindex(after, at) if after else len(text) - len(self._end)
        return self._load_json(text[at:end]), end

    def _parse_and_learn(self, text: str, parse: Callable[[str], ReceivedChunk | None]) -> ReceivedChunk | None:
        chunk = parse(text)
        if chunk is None:
            return None
        value = chunk.value()
        grown, tokens = self._accumulator.grown, None
        if grown is not None:
            tokens = value["choices"][0].get("logprobs")
        if grown is None or tokens is not None:
            self._prefix = None
        if grown is None:
            grown = _grown_arguments(self._accumulator, value)
        if grown is not None:
            self._learn(text, value, grown, tokens)
        return chunk

    def _learn(self, text: str, value: Mapping[str, Any], grown: StringIO, tokens: Any) -> None:
        """Learn from a chunk that is one piece of a text, or of a tool call's arguments, and says nothing else new.

        Args:
            text: The chunk.
            value: Its object.
            grown: The accumulated text that it was added to.
            tokens: Its log probabilities; None where there are none.
        """
        if self._hits > self._checked_hits:
            self._checked_hits = self._hits
            if self._hits >= _WORTHWHILE:
                self._pause = self._wait = 1
            if self._prefix is not None:
                return  # What was learned last is still of use: the choices of this stream may take turns.
        self._wait -= 1
        if self._wait > 0:
            return
        self._pause = self._wait = min(self._pause * 2, _MAX_PAUSE)
        self._prefix, self._hits, self._checked_hits = None, 0, 0
        [choice] = value["choices"]
        [(key, piece)] = choice["delta"].items()
        around = [*choice.values(), *value.values()]
        if sum(isinstance(member, (dict, list)) for member in around) > (2 if tokens is None else 3):
            return  # Chunks would share an object that the caller could change.
        self._key = key
        if key == "tool_calls":
            match piece:
                case [{"index": int() | None, "function": {"arguments": str(piece), **more_of_function}, **more}]:
                    if more or more_of_function:
                        return
                case _:
                    return
            self._key = "arguments"
        probes: dict[str, Any] = {self._key: _PIECE}
        if OBFUSCATION in value:
            probes[OBFUSCATION] = _OBFUSCATION
        if tokens is not None:
            probes["logprobs"] = _TOKENS
        places = sorted((*_place_of(text, name, probe), name) for name, probe in probes.items())
        if not all(end for _, end, _ in places):
            return
        self._gaps, self._end = [], text[places[-1][1] :]
        probed, at = "", 0
        for (start, end, name), following in zip_longest(places, places[1:]):
            self._gaps.append(_Gap(text[at:start], name, text[end : following[0]] if following else ""))
            probed += text[at:start] + json.dumps(probes[name]).removeprefix('"')
            at = end
        try:
            chunk = self._chunk = ChunkTemplate(value, key)
            chunk.piece, chunk.obfuscation, chunk.tokens = _PIECE, probes.get(OBFUSCATION), probes.get("logprobs")
            if json.loads(probed + self._end) != chunk.value():
                return
            chunk.piece, chunk.obfuscation, chunk.tokens = piece, value.get(OBFUSCATION), tokens
            if chunk.model().to_dict() != value:
                return
        except (RecursionError, ValueError):
            return
        self._text = grown
        if tokens is None:
            self._add_tokens, chunk.text = None, grown
        else:
            self._add_tokens = self._accumulator.choices[choice["index"]].add_tokens
        self._is_obfuscation_first = len(places) == 2 and self._gaps[0].name == OBFUSCATION
        self._middle = self._gaps[0].after or None
        self._prefix = self._gaps[0].before


class ChunkTemplate(ReceivedChunk):
    """What the chunks read by comparison have in common, and what the last one of them has of its own.

    Copying models that are alike costs two thirds of decoding them. Chunks share only texts, numbers and null, so that
    a change to one cannot change another.

    Args:
        value: The object of one of them; beside its only choice, the delta and the log probabilities, it holds no list
            and no object.
        key: The field of the delta that has the piece. With `tool_calls`, the piece is the arguments of the only call,
            of which nothing else is said but its index.

    Attributes:
        obfuscation: The last chunk's obfuscation; None where there is none.
        tokens: Its log probabilities; None where there are none.

    Raises:
        ValueError: The models of such chunks cannot be made this way.
    """

    def __init__(self, value: Mapping[str, Any], key: str) -> None:
        [choice] = value["choices"]
        self._top, self._choice, self._key = dict(value), dict(choice), key
        self._call = choice["delta"][key][0] if key == "tool_calls" else {}
        self.obfuscation: str | None = value.get(OBFUSCATION)
        self.tokens: Any = choice.get("logprobs")
        self._new_call: Callable[[], Any] | None = None
        self._decode_tokens: Callable[[Any], Any] | None = None
        try:
            model: Any = generated.decode_chunk()(self.value())
            delta, tokens = model.choices[0].delta, model.choices[0].logprobs
            self._new_chunk = generated.shallow_copier(model)
            self._new_choice = generated.shallow_copier(model.choices[0])
            self._new_delta = generated.shallow_copier(delta)
            if key == "tool_calls":
                self._new_call = generated.shallow_copier(delta.tool_calls[0])
                self._new_function = generated.shallow_copier(delta.tool_calls[0].function)
            if tokens is not None:
                self._decode_tokens = tokens.from_dict
        except (AttributeError, LookupError, TypeError) as error:
            raise ValueError("a part of the chunk is not a model") from error
        self._attribute = generated.attribute_of(delta, key)
        self._obfuscation_attribute = generated.attribute_of(model, OBFUSCATION)

    def value(self) -> dict[str, Any]:
        """Return a new object of the last chunk."""
        value, choice = self._top.copy(), self._choice.copy()
        if self.obfuscation is not None:
            value[OBFUSCATION] = self.obfuscation
        if self.tokens is not None:
            choice["logprobs"] = self.tokens
        if self._key == "tool_calls":
            choice["delta"] = {"tool_calls": [{**self._call, "function": {"arguments": self.piece}}]}
        else:
            choice["delta"] = {self._key: self.piece}
        value["choices"] = [choice]
        return value

    def model(self) -> ChatCompletionChunk:
        """Return a new model of the last chunk."""
        chunk, choice, delta = self._new_chunk(), self._new_choice(), self._new_delta()
        if self._new_call is not None:
            call, function = self._new_call(), self._new_function()
            function.arguments = self.piece
            call.function = function
            delta.tool_calls = [call]
        elif self._attribute is not None:
            setattr(delta, self._attribute, self.piece)
        else:
            delta[self._key] = self.piece
        if self.obfuscation is not None:
            if self._obfuscation_attribute is not None:
                setattr(chunk, self._obfuscation_attribute, self.obfuscation)
            else:
                chunk[OBFUSCATION] = self.obfuscation
        if self._decode_tokens is not None:
            choice.logprobs = self._decode_tokens(self.tokens)
        choice.delta = delta
        chunk.choices = [choice]
        made: ChatCompletionChunk = chunk
        return made


def _place_of(text: str, name: str, like: Any) -> tuple[int, int]:
    """Return where the last value of this name is, if it is of the kind of another; (0, 0) if there is none.

    The place of a string begins after its opening quotation mark.
    """
    opening = json.dumps(like)[0]
    pattern = f"{re.escape(json.dumps(name))}\\s*:\\s*(?={re.escape(opening)})"
    places = [found.end() for found in re.finditer(pattern, text)]
    try:
        return (places[-1] + (opening == '"'), scan(text, places[-1])[1]) if places else (0, 0)
    except (RecursionError, StopIteration, ValueError):
        return 0, 0


def _grown_arguments(accumulator: Accumulator, chunk: Mapping[str, Any]) -> StringIO | None:
    """Return the arguments of a tool call, if the chunk added last is a piece of them and nothing else."""
    match chunk.get("choices"):
        case [{"index": int(index), "delta": {"tool_calls": [{"function": {"arguments": str()}}]} as delta}]:
            state = accumulator.choices.get(index)
            calls = state.message.get("tool_calls") if state else None
            if not isinstance(calls, Entries) or (call := calls.named.get(None)) is None:
                return None
            # A call whose every piece has repeated the one before is not read by its pieces.
            function = None if call["index"] in calls.snapshots else call.get("function")
            arguments = function.get("arguments") if isinstance(function, dict) else None
            is_plain = len(delta) == 1 and not accumulator.has_anomaly and state is not None and not state.finish_reason
            if is_plain and isinstance(arguments, StringIO):
                return arguments
    return None
