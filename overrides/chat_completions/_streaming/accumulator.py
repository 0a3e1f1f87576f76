"""Chunks in, completion out: the completion that the API would have sent without streaming. No I/O.

How the values of a further chunk are merged:

    the chunk     id, created and model: the first that is not empty; all else: the last that is not null
    a choice      by its index, else its position; lists appended, objects merged, all else (finish_reason): the last
    a delta       strings joined, but the first of LABELS stays; lists appended, but entries with an index
                  merged by it, and what they repeat replaced; objects merged; numbers replaced; null ignored; what has
                  grown is not replaced by other types
    a tool call   by its index, else its id, else its position, else the last one; see `call_pieces`
    a message     (instead of a delta) is complete: what it repeats is replaced, never doubled

Nearly all chunks add one piece to one text and repeat everything else. They are recognized by comparison with what was
seen before, and only their piece is looked at. Repairs are recorded in `anomalies`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any, TypeAlias

from chat_completions._failures import FAILURE_SIGNS
from chat_completions._streaming.accumulated_choice import (
    CHOICE_KEYS,
    LABELS,
    OBFUSCATION,
    PLAIN,
    AccumulatedChoice,
    Entries,
    append_text,
    copied,
    drop_repeated,
    extend,
    grow_entry,
    joined,
    string_of,
)
from chat_completions._streaming.anomalies import COUNT, AnomalyLog, brief
from chat_completions._streaming.call_pieces import (
    arguments_of,
    grown_arguments,
    has_begun,
    name_of,
    name_with,
    piece_of,
    read_arguments,
    reason_for_another,
    repeated_calls,
)

if TYPE_CHECKING:
    from chat_completions._response_info import ResponseInfo
    from chat_completions_api.models import ChatCompletion

_TIDY_CHUNKS = 1024
_MAX_CHANGING = 8
_USUAL = ("chat.completion.chunk", "", None)  # values of `object`
_IGNORED = "ignored: the delta has content"  # of a whole message next to it
_NEWS = {"index", "delta", "message", "error", "usage"}  # a plain chunk has no other beside its delta
_REASONS = {"stop", "length", "tool_calls", "content_filter", "function_call"}
_PIECE_BYTES = 128  # of text for each piece that may stay apart, which itself takes about half as many

# What a chunk that repeats all but its piece has: the text that it is added to, the notes of repeated labels, and
# whether it is the only text.
FastRule: TypeAlias = tuple[StringIO, tuple[list[Any], ...], bool]
OTHER_RULE: FastRule = StringIO(), (), False  # for a chunk that has more


class Accumulator(AnomalyLog):
    """An accumulating completion: add each chunk, and read the completion at any time.

    Attributes:
        info: The response that the chunks come from; None without one.
        expected: How many choices the request asks for.
        finished: How many of them have a finish reason.
        changing: The last value of each field around the choices that chunks change, such as a new id each time.
        find_tools: Returns the names of the request's tools.
    """

    __slots__ = (
        "_choice_usage",
        "_seen",
        "_tidy_at",
        "_tools",
        "_top",
        "changing",
        "choices",
        "expected",
        "find_tools",
        "finished",
        "grown",
        "info",
        "piece",
    )

    def __init__(self) -> None:
        super().__init__()
        self.info: ResponseInfo | None = None
        self.choices: dict[int, AccumulatedChoice] = {}
        self.expected = 1
        self.finished = 0
        # The text that the last chunk added a piece to, and the piece, if its delta said nothing else.
        self.grown: StringIO | None = None
        self.piece = ""
        self._tidy_at = _TIDY_CHUNKS
        self.find_tools: Callable[[], Collection[str]] = tuple
        self._tools: Collection[str] | None = None  # found when a call has a second name
        self._choice_usage: Any = None  # that of a choice, where Moonshot's servers have it
        self._top: dict[str, Any] = {"id": None, "object": "chat.completion", "created": None, "model": None}
        # The last value of each field around the choices: a chunk that has no other needs no further look.
        self._seen: dict[str, Any] = {}
        self.changing: dict[str, Any] = {}

    @property
    def is_complete(self) -> bool:
        """Whether every choice has its finish reason: all that were requested, and all that arrived."""
        return self.finished >= self.expected and self.finished == len(self.choices)

    @property
    def usage(self) -> Any:
        """The usage that the server has reported; None if there is none."""
        return self._top.get("usage") or self._choice_usage

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Add the JSON object of one chunk, whatever it holds; it is not changed."""
        if self.add_plain(chunk) is None:
            self.add_other(chunk)

    def add_known(self, piece: str, rule: FastRule) -> None:
        """Add the delta of a chunk that was counted and is known to add a piece and otherwise follow the rule."""
        text, labels, is_alone = rule
        text.write(piece)
        if self.chunks >= self._tidy_at:
            self._tidy()
        for note in labels:
            note[COUNT] += 1
        self.grown, self.piece = (text if is_alone else None), piece

    def add_changes(self, chunk: Mapping[str, Any]) -> None:
        """Add what chunks keep changing around their choices, of one that repeats all else there."""
        try:
            changes = {key: value for key, value in chunk.items() if key in self.changing}
            if not changes.items() <= self.changing.items():
                self._add_top(changes)
        except RecursionError:
            self.record("too_deep", "accumulated in part", "/")

    def add_plain(self, chunk: Mapping[str, Any], as_text: str | None = None) -> FastRule | None:
        """Add a chunk that continues one text or finishes its choice.

        Its delta may also have null, labels, and entries, and the chunk the values of the last one, or others that
        replace them. Such a chunk reports no failure.

        Args:
            chunk: Its JSON object.
            as_text: Its JSON text, if that is at hand.

        Returns:
            How it was added; None for any other chunk, which changes nothing.
        """
        seen, changing = self._seen, self.changing
        try:
            seen["choices"] = choices = chunk["choices"]
            [choice] = choices
            index = choice["index"]
            state = self.choices[index]
            if OBFUSCATION in chunk:
                seen[OBFUSCATION] = chunk[OBFUSCATION]
            is_changed = False
            for key, last in changing.items():
                if (value := chunk.get(key, last)) != last:
                    if value == "error":
                        return None  # `{"object": "error"}` reports a failure
                    seen[key], is_changed = value, True
            is_same = chunk == seen or chunk.items() <= seen.items()  # mostly equal, which is known sooner
            beside = state.seen
            beside["delta"] = delta = choice["delta"]
            if (tokens := choice.get("logprobs")) is not None:
                beside["logprobs"] = tokens
            if has_message := type(whole := choice.get("message")) is dict:
                beside["message"] = whole
            news: list[str] = []
            is_last = False
            if not (choice == beside or choice.items() <= beside.items()):
                news = [key for key, value in choice.items() if key not in beside or value != beside[key]]
                is_last = "finish_reason" in news
            if tokens is not None:
                beside["logprobs"] = None
            if (
                index is not state.index  # because True equals 1 and is not an index
                or not (is_same or (FAILURE_SIGNS.isdisjoint(chunk) and chunk.get("object") != "error"))
                or (news and not _NEWS.isdisjoint(news))
                or (is_last and choice["finish_reason"] not in _REASONS)
            ):
                return None
            message = state.message
            text: StringIO | None = None
            written, is_alone = "", True
            labels: tuple[str, ...] = ()
            others: tuple[str, ...] = ()
            for key, piece in delta.items():
                known = message[key]
                if piece is None:
                    continue
                kind = type(piece)
                if kind is str:
                    if type(known) is StringIO:
                        if not piece:
                            is_alone = False
                        elif text is None:
                            text, written = known, piece
                        else:
                            return None
                    elif piece != known or type(known) is not str:
                        return None
                    elif piece:
                        labels = (*labels, key)
                elif kind is list and type(known) is Entries:
                    if key != "tool_calls":
                        if key == "content":
                            return None
                        others = (*others, key)
                    elif text is None and (text := grown_arguments(known, piece)) is not None:
                        written = piece[0]["function"]["arguments"]
                    else:
                        return None
                elif kind is int and type(known) is int:
                    others = (*others, key)
                else:
                    return None
            if text is None:
                if has_message or not is_last:
                    return None
                text = StringIO()
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            return None
        self.chunks += 1
        try:
            if not is_same:
                self._add_top(chunk)
            elif is_changed:
                self.add_changes(chunk)
            notes: tuple[list[Any], ...] = ()
            if labels:
                notes = tuple([state.notes.get(key) or self._note_repeat(state, key, delta[key]) for key in labels])
            # Log probabilities have events of their own.
            rule = text, notes, is_alone and tokens is None and not (has_message or is_last)
            self.add_known(written, rule)
            if is_same and not (news or others or has_message) and tokens is None:
                return rule
            for key in others:
                value = delta[key]
                if type(value) is int:
                    message[key] = value
                elif not grow_entry(message[key], value):
                    self._merge(message, {key: value}, "/choices/0/delta")
            if has_message:
                self.record("whole_message", _IGNORED, "/choices/0/message")
            for key in news:
                value = choice[key]
                if type(value) is str and type(state.extras.get(key)) is str:
                    state.extras[key] = beside[key] = value
                else:
                    self._add_beside(state, {key: value}, "/choices/0")
            if tokens is not None and not state.add_tokens(tokens, as_text):
                self._merge(state.extras, {"logprobs": tokens}, "")
            if is_last:
                self._finish(state, choice["finish_reason"], "/choices/0")
        except RecursionError:
            self.record("too_deep", "accumulated in part", "/")
        return OTHER_RULE

    def _note_repeat(self, state: AccumulatedChoice, key: str, label: str) -> list[Any]:
        """Return the note of a label that a delta repeats, in which such chunks are counted."""
        place = f"/choices/0/delta/{key}"
        self._record_repeat(label, label, place)
        note = state.notes[key] = self._notes.get(("repeated", place)) or [0] * 4
        note[COUNT] -= 1
        return note

    def _tidy(self) -> None:
        """Join the pieces of all texts, which CPython 3.11 keeps apart; rarely enough that the work stays linear."""
        texts = [text for state in self.choices.values() for text in state.texts()]
        self._tidy_at = self.chunks + max(_TIDY_CHUNKS, sum(len(text.getvalue()) for text in texts) // _PIECE_BYTES)

    def add_other(self, chunk: Mapping[str, Any]) -> None:
        """Add a chunk of any kind."""
        self.chunks += 1
        self.grown = None
        self._seen |= self.changing  # where a chunk that was not plain after all may have left its own
        self._seen["choices"] = choices = chunk.get("choices")
        if OBFUSCATION in chunk:
            self._seen[OBFUSCATION] = chunk[OBFUSCATION]
        try:
            if not chunk.items() <= self._seen.items():
                self._add_top(chunk)
            if isinstance(choices, list):
                for position, choice in enumerate(choices):
                    if isinstance(choice, dict):
                        self._add_choice(choice, position, f"/choices/{position}")
                    else:
                        self.record("wrong_type", brief(choice), f"/choices/{position}")
            else:
                self._record_bad_member(chunk, "choices", "")
        except RecursionError:
            self.record("too_deep", "accumulated in part", "/")

    def to_dict(self) -> dict[str, Any]:
        """Return the chat.completion so far as a new JSON object; required fields that are unknown are null."""
        choices = [state.to_dict() for _, state in sorted(self.choices.items())]
        usage = {"usage": copied(self._choice_usage)} if self._choice_usage and not self._top.get("usage") else {}
        return {**copied(self._top), **usage, "choices": choices}

    def completion(self) -> ChatCompletion | None:
        """Return the completion so far; None before the first chunk."""
        from chat_completions_api.models import ChatCompletion

        if not self.chunks:
            return None
        completion = ChatCompletion.from_dict(self.to_dict())
        completion._info = self.info
        return completion

    def finish(self) -> None:
        """Record that the server sent `[DONE]`."""
        for position, choice in self.choices.items():
            if not choice.is_settled:
                self._settle(choice)
            if choice.finish_reason is None:
                self.record("unfinished", "[DONE] arrived before its finish reason", f"/choices/{position}")
        if len(self.choices) < self.expected:
            self.record("missing", f"{len(self.choices)} of {self.expected} choices arrived before [DONE]", "/choices")

    def _add_top(self, values: Mapping[str, Any]) -> None:
        """Add values around the choices."""
        top, seen, changing = self._top, self._seen, self.changing
        for key, value in values.items():
            if key in seen and key not in changing:
                if (last := seen[key]) is value or last == value:  # NaN is not equal to itself
                    continue
                if len(changing) < _MAX_CHANGING and key not in FAILURE_SIGNS:
                    changing[key] = None
            if type(value) not in PLAIN:
                value = copied(value)
            if key in {"id", "created", "model"}:
                if not (known := top[key]):
                    top[key] = known if value is None else value
                elif value and value != known:
                    self._record_repeat(value, known, f"/{key}")
            elif key == "object":
                # Azure's first chunk has the prompt's filter results, and object, id and model are empty.
                if value not in _USUAL:
                    self.record("unknown_object", brief(value), "/object")
            elif value is not None:
                if key == "usage" and (known := top.get(key)) is not None:
                    self._record_repeat(value, known, "/usage")
                top[key] = value
            elif key != "usage":
                top.setdefault(key, None)
            seen[key] = value
            if key in changing:
                changing[key] = value

    def _add_choice(self, choice: dict[str, Any], position: int, place: str) -> None:
        if type(index := choice.get("index")) is not int:
            self._record_bad_member(choice, "index", place)
            index = position
        if (state := self.choices.get(index)) is None:
            if index != len(self.choices):
                self.record("out_of_order", f"{index}; expected {len(self.choices)}", f"{place}/index")
            state = self.choices[index] = AccumulatedChoice(index)

        delta, message = choice.get("delta"), choice.get("message")
        has_text = False
        if (state.finish_reason or message is not None) and isinstance(delta, dict):
            has_text = any(value for key, value in delta.items() if key not in LABELS)
        if has_text and state.finish_reason:
            self.record("after_finish", f"after {brief(state.finish_reason)}", f"{place}/delta")
            state.is_settled = False
        if isinstance(delta, dict):
            self._merge(state.message, delta, f"{place}/delta")
        elif "delta" in choice or message is None:
            self._record_bad_member(choice, "delta", place)
        if isinstance(message, dict):
            # Perplexity sends the message so far beside each delta, MiniMax the whole message after the last one.
            self.record("whole_message", _IGNORED if has_text else "accumulated", f"{place}/message")
            if not has_text:
                drop_repeated(state.message, message)
                self._merge(state.message, message, f"{place}/message")

        self._add_beside(state, choice, place)
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self._finish(state, reason, place)
        elif reason:
            self._record_bad_member(choice, "finish_reason", place)

    def _add_beside(self, state: AccumulatedChoice, choice: Mapping[str, Any], place: str) -> None:
        """Add what is next to the delta, except the finish reason."""
        seen, extras = state.seen, state.extras
        for key, value in choice.items():
            if key in CHOICE_KEYS or (value is None and key in extras):
                continue
            if key in seen and key != "logprobs" and seen[key] == value:
                continue  # these values were added last
            if key == "usage" and isinstance(value, dict):
                self.record("misplaced", "used only if the completion has no usage", f"{place}/usage")
                self._choice_usage = copied(value)
            # Lists have the new entries of each chunk, such as vLLM's token_ids.
            if key == "logprobs" or isinstance(value, list):
                if key == "logprobs" and state.add_tokens(value, None):
                    continue
                self._merge(extras, {key: value}, "")
            else:
                self._merge(extras, {key: value}, "", joins=False)
                seen[key] = copied(value)

    def _finish(self, state: AccumulatedChoice, reason: str, place: str) -> None:
        if state.finish_reason:
            self._record_repeat(reason, state.finish_reason, f"{place}/finish_reason")
        else:
            self.finished += 1
        state.finish_reason = reason
        state.seen.clear()
        self._settle(state)

    def _settle(self, state: AccumulatedChoice) -> None:
        """Judge what can only be judged once a choice is complete."""
        state.is_settled = True
        if any(joined(text) != text for text in map(StringIO.getvalue, state.texts())):
            self.record("split_character", "its halves were joined", f"/choices/{state.index}/message")
        if isinstance(calls := state.message.get("tool_calls"), Entries):
            self._settle_calls(calls, f"/choices/{state.index}/message/tool_calls")

    def _settle_calls(self, calls: Entries, place: str) -> None:
        for position, call in enumerate(calls):
            function, text = call.get("function"), arguments_of(call)
            reading = read_arguments(text, calls.snapshots.get(call["index"])) if text else text
            if isinstance(function, dict) and reading not in (None, text):
                self.record("reread", brief(text), f"{place}/{position}/function/arguments")
                function["arguments"] = StringIO()
                function["arguments"].write(reading)
        calls.left_out = repeated_calls(calls)
        for position, call in enumerate(calls):
            if call["index"] in calls.left_out:
                self.record("repeated", f"{brief(call.get('id'))} has two indexes", f"{place}/{position}")

    def _merge(self, target: dict[str, Any], source: Mapping[str, Any], place: str, *, joins: bool = True) -> None:
        """Merge a delta into an accumulated value. Without a place, as in list entries, anomalies are not recorded."""
        for key, value in source.items():
            old = target.get(key)
            if place and not isinstance(value, str):
                if key == "arguments":
                    self._record_bad_member(source, key, place)
                    value = "" if value is None else json.dumps(value, ensure_ascii=False)
                elif key == "tool_calls" and isinstance(value, dict):
                    self._record_bad_member(source, key, place)
                    value = [value] if value else []
                # Mistral's thinking models mix plain text with parts: text among parts is a part.
                elif key == "content" and isinstance(value, list) and isinstance(old, StringIO):
                    self._record_bad_member(source, key, place)
                    target[key] = parts = Entries()
                    append_text(parts, old.getvalue())
                    old = parts

            if value is None:
                target.setdefault(key, None)
            elif isinstance(value, str) and isinstance(old, StringIO):
                old.write(value)
            elif isinstance(value, str) and place and key == "content" and isinstance(old, Entries):
                append_text(old, value)
            elif isinstance(value, str) and joins and key not in LABELS and not isinstance(old, (str, dict, list)):
                if place and old is not None:
                    self.record("wrong_type", f"{brief(old)}, then text", f"{place}/{key}")
                target[key] = StringIO()
                target[key].write(value)
            elif isinstance(value, str) and joins and isinstance(old, str) and old:
                if value and place:
                    self._record_repeat(value, old, f"{place}/{key}")
            elif isinstance(value, dict) and (old is None or isinstance(old, dict)):
                target[key] = {} if old is None else old
                self._merge(target[key], value, place and f"{place}/{key}", joins=joins)
            elif isinstance(value, list) and joins and (old is None or isinstance(old, Entries)):
                target[key] = Entries() if old is None else old
                if key == "tool_calls" and place:
                    self._add_tool_calls(target[key], value, f"{place}/{key}")
                elif extend(target[key], value, self._merge, key) and place:
                    self.record("repeated", "an entry was sent again, or reuses an index", f"{place}/{key}")
            else:
                if place and old is not None and type(value) is not type(old):
                    self._record_bad_member(source, key, place)
                if not (joins and isinstance(old, (StringIO, dict, list))):
                    target[key] = copied(value)

    def _add_tool_calls(self, calls: Entries, deltas: list[Any], place: str) -> None:
        for position, new in enumerate(deltas):
            if not isinstance(new, dict):
                self.record("wrong_type", brief(new), f"{place}/{position}")
                continue
            index, id_, name = new.get("index"), string_of(new, "id"), name_of(new)
            slot = len(calls)
            if type(index) is int:
                call = calls.named.get((index, id_)) if id_ else None
                call = call or calls.named.get(index)
                if call is None and not name and (call := _call_without_name(calls, index, id_)):
                    self.record("changed", f"{index} for the call {call['index']}", f"{place}/{position}/index")
                if call is None and index != slot:
                    self.record("out_of_order", f"{index}; expected {slot}", f"{place}/{position}/index")
                    slot = index
            else:
                # By the specification, the calls of a whole message have no index.
                if "/delta/" in place:
                    self._record_bad_member(new, "index", f"{place}/{position}")
                index = None
                call = calls.named.get(id_) if id_ else None
                if call is None:
                    call = calls.named.get(None) if len(deltas) == 1 else calls[position] if position < slot else None
                    # An id may come late, but another id is another call.
                    if call and id_ and call.get("id"):
                        call = None
            # Gemini's endpoint numbers all calls 0. Another call has a name: some servers make an id for each delta.
            if call is not None and name:
                if reason := reason_for_another(call, new, calls.snapshots.get(call["index"]), self._names_of_tools()):
                    if index is not None:
                        self.record("reused_index", f"{index}: {reason}", f"{place}/{position}/index")
                    call = None
                elif (known := name_of(call)) not in ("", name):
                    new = self._with_whole_name(call, new, known, name, f"{place}/{position}")
            if call is None:
                if slot in calls.slots:
                    slot = calls.highest + 1
                calls.slots.add(slot)
                calls.highest = max(calls.highest, slot)
                call = {"index": slot}
                calls.append(call)
            calls.named[index] = calls.named[None] = call
            calls.named.setdefault(id_ or None, call)
            if id_:
                calls.named[index, id_] = call
            if piece := piece_of(new):
                known_piece = calls.snapshots.get(call["index"])
                if not has_begun(call) or (known_piece and piece.startswith(known_piece)):
                    calls.snapshots[call["index"]] = piece
                else:
                    calls.snapshots.pop(call["index"], None)
            self._merge(call, {**new, "index": call["index"]}, f"{place}/{position}")

    def _names_of_tools(self) -> Collection[str]:
        if self._tools is None:
            self._tools = self.find_tools()
        return self._tools

    def _with_whole_name(self, call: Any, new: Mapping[str, Any], known: str, name: str, place: str) -> dict[str, Any]:
        """Add a piece to a call's name, and return the delta without it."""
        holder = "function" if string_of(call.get("function"), "name") else "custom"
        kind = "function" if string_of(new.get("function"), "name") else "custom"
        call[holder]["name"] = name_with(known, name)
        self.record("split_name", f"{brief(known)} and {brief(name)}", f"{place}/{kind}/name")
        return {**new, kind: {key: value for key, value in new[kind].items() if key != "name"}}


def _call_without_name(calls: Entries, index: int, id_: str) -> dict[str, Any] | None:
    """Return the call that a delta without a name continues under a new index: by its id, or by its position."""
    return (calls.named.get(id_) if id_ else None) or next((call for call in calls if call["index"] == index), None)
