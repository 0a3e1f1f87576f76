"""The record of what an accumulator had to repair. The kinds of anomalies, of replies as well, are:

missing, null   a required member is absent or null; it was guessed
wrong_type      a value has the wrong type; it was converted if that makes sense, else the text so far stays
misplaced       the usage is inside a choice; it is used if the completion has no other
split_character the halves of a character arrived in two pieces; they were joined
unknown_object  an object is not a chat.completion.chunk; it was accumulated as if it were
repeated        a label, finish reason, usage, tool call or entry of a list was sent again; it counts once
changed         the same with another value; the first label stays, and the last of anything else
out_of_order    an index is not the next one; the result is sorted
reused_index    a new tool call has the index of another one; both stay
split_name      the name of a tool arrived in pieces; they were joined
reread          the joined arguments of a tool call are not JSON, but another reading is; it is used
after_finish    text or tool calls arrived after the finish reason; they stay
whole_message   a message is sent with the delta or instead of it
unfinished      [DONE] arrived before a choice had its finish reason
no_done         all choices had finished, but [DONE] never arrived, and the body did not end; the stream is complete
no_usage        it ended that way before the usage that was requested
no_field        an event is JSON without a data field; it was read as if it had one
too_deep        a value is nested deeper than Python's recursion limit; it was accumulated in part
fenced          a reply that has a type is JSON in a Markdown code fence; it was taken out (`structured.fence`)
control_character  a string contains an unescaped control character, which JSON forbids; it was kept
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_completions._response_info import Anomaly

MAX_ANOMALIES = 256
COUNT = 3  # its place in a note


class AnomalyLog:
    """What was repaired in the chunks so far.

    Attributes:
        chunks: How many chunks have been added.
    """

    __slots__ = ("_notes", "chunks")

    def __init__(self) -> None:
        self.chunks = 0
        self._notes: dict[tuple[str, str], list[Any]] = {}

    @property
    def anomalies(self) -> list[Anomaly]:
        """Each kind of repair once for each place, in order of appearance; at most MAX_ANOMALIES of them."""
        return [Anomaly(*note) for note in self._notes.values()]

    def record(self, kind: str, detail: str, place: str = "") -> None:
        """Record a repair of the last chunk, or of what followed it."""
        # The key has no chunk number, so that what all chunks of a long stream have is one anomaly with a count.
        if note := self._notes.get((kind, place)):
            note[COUNT] += 1
        elif len(self._notes) < MAX_ANOMALIES:
            self._notes[kind, place] = [kind, f"/{max(self.chunks - 1, 0)}{place}", detail, 1]

    def _record_bad_member(self, holder: Mapping[str, Any], key: str, place: str) -> None:
        kind = "missing" if key not in holder else "null" if holder[key] is None else "wrong_type"
        self.record(kind, brief(holder.get(key)), f"{place}/{key}")

    def _record_repeat(self, value: Any, known: Any, place: str) -> None:
        kind = "repeated" if value == known else "changed"
        if note := self._notes.get((kind, place)):
            note[COUNT] += 1  # as with every chunk of some servers
        else:
            self.record(kind, f"{brief(value)} after {brief(known)}", place)


def brief(value: Any) -> str:
    """Return a short description of a value."""
    return type(value).__name__ if isinstance(value, (dict, list)) else f"{value!r:.80}"
