"""One choice of an accumulating completion, and how its parts grow."""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any

# How many characters longer than the whole message the text so far may be: servers strip white space at its ends.
REPEAT_SLACK = 64
# Strings in a delta that name something: sent once or with every delta, and meaningless if joined. The first five are
# the API's; `channel` is Groq's (gpt-oss), `format` is in OpenRouter's reasoning_details.
LABELS = frozenset({"id", "index", "name", "role", "type", "channel", "format"})
# Lists of which some servers send all entries with every chunk.
SENT_WHOLE = frozenset({"annotations", "images"})
REPEAT_LENGTH = 8  # characters; a shorter text may be followed by a piece that begins the same
_MAX_NESTED = 100  # lists and objects of a chunk that is parsed again, which must be possible wherever it is asked for
MAX_APART = 16  # entries under one index that a further one is compared with
_ADDRESSES = ("http://", "https://", "data:")
PLAIN = frozenset({str, int, float, bool, type(None)})
OBFUSCATION = "obfuscation"  # padding that hides the length of a piece on the wire; dropped
CHOICE_KEYS = frozenset({"index", "delta", "message", "finish_reason"})


class Entries(list[Any]):
    """A list that grows.

    An entry of log probabilities is kept in a form that is quick to make: if its list has no other, its chunk's text
    with the name of the list, else bytes of `marshal`.

    Attributes:
        named: The entries by index and by (index, type); tool calls by index, by id, and by None for the last one.
        slots: The indexes that tool calls have taken.
        highest: The highest of them.
        snapshots: The last piece of arguments by slot, of calls whose every piece has repeated the one before.
        left_out: The slots of calls that repeat another one.
        apart: Different entries that share an index, by index.
        texts: The JSON texts of entries without an index that are kept once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.named: dict[Any, dict[str, Any]] = {}
        self.slots: set[int] = set()
        self.highest = -1
        self.snapshots: dict[int, str] = {}
        self.left_out: set[int] = set()
        self.apart: dict[int, list[dict[str, Any]]] = {}
        self.texts: set[str] = set()


class AccumulatedChoice:
    """One choice so far; the strings of its message, except labels, are StringIO: compact, and linear to grow."""

    __slots__ = ("extras", "finish_reason", "index", "is_settled", "message", "notes", "seen")

    def __init__(self, index: int) -> None:
        self.index = index
        self.message: dict[str, Any] = {"role": None, "content": None, "refusal": None}
        self.extras: dict[str, Any] = {"logprobs": None}
        self.finish_reason: str | None = None
        self.notes: dict[str, list[Any]] = {}  # of the labels that deltas repeat
        self.is_settled = False  # whether what can only be judged at the end has been, since anything was added
        # What may stand beside a delta without changing anything. Empty after the finish, when text is an anomaly.
        self.seen: dict[str, Any] = {"index": index, "delta": None, "logprobs": None, "finish_reason": None}

    def texts(self) -> list[StringIO]:
        """Return the texts of the message and of its tool calls."""
        calls = self.message.get("tool_calls")
        functions = [call.get("function") for call in calls] if isinstance(calls, Entries) else []
        holders = [holder for holder in (self.message, *functions) if isinstance(holder, dict)]
        return [value for holder in holders for value in holder.values() if isinstance(value, StringIO)]

    def add_tokens(self, logprobs: Any, chunk: str | None) -> bool:
        """Add the log probabilities of further tokens to lists that have begun.

        Args:
            logprobs: The object that holds them.
            chunk: The JSON text of the chunk, if it has one choice and is at hand.

        Returns:
            Whether they were added. If the object holds anything else, nothing has changed.
        """
        if chunk is not None and chunk.count("[") + chunk.count("{") > _MAX_NESTED:
            chunk = None
        known = self.extras["logprobs"]
        if type(known) is not dict or type(logprobs) is not dict:
            return False
        additions = []
        for part, tokens in logprobs.items():
            if type(tokens) is list and type(entries := known.get(part)) is Entries:
                for token in tokens:
                    if type(token) is not dict or "index" in token:
                        return False
                try:
                    is_kept = chunk is not None and len(tokens) == 1
                    additions.append((entries, [(chunk, part)] if is_kept else list(map(marshal.dumps, tokens))))
                except ValueError:
                    return False
            elif tokens is not None or part not in known:
                return False
        for entries, packed in additions:
            entries += packed
        return True

    def to_dict(self) -> dict[str, Any]:
        """Return the choice so far as a new JSON object."""
        message = {**self.message, "role": self.message["role"] or "assistant"}
        parts = {"index": self.index, "message": message, **self.extras, "finish_reason": self.finish_reason}
        choice: dict[str, Any] = copied(parts)
        if isinstance(entries := message.get("tool_calls"), Entries):
            calls = [call for call in choice["message"]["tool_calls"] if call["index"] not in entries.left_out]
            choice["message"]["tool_calls"] = calls
            calls.sort(key=lambda call: call.pop("index"))
            for call in calls:
                if isinstance(function := call.get("function"), dict):
                    call["type"] = call.get("type") or "function"
                    function.setdefault("arguments", "")
        return choice


def drop_repeated(message: dict[str, Any], whole: Mapping[str, Any]) -> None:
    """Remove what a whole message repeats; text that does not begin with the text so far is only a piece of it."""
    for key, value in whole.items():
        old = message.get(key)
        if isinstance(old, StringIO) and isinstance(value, str):
            # The length first, so that many pieces take linear time.
            if old.tell() <= len(value) + REPEAT_SLACK and value.strip().startswith(old.getvalue().strip()):
                message[key] = None
        elif value and isinstance(value, (dict, list)):
            message[key] = None


def append_text(parts: Entries, text: str) -> None:
    """Add text to a content in parts: to its last part if that is text, else as a new one."""
    if text and not (parts and "text" in parts.named and parts[-1] is parts.named["text"]):
        parts.append({"type": "text", "text": StringIO()})
        parts.named["text"] = parts[-1]
    if text:
        parts[-1]["text"].write(text)


def grow_entry(entries: Entries, additions: list[Any]) -> bool:
    """Add a list of one entry that only adds to a text of the entry of its index and type, as `extend` would.

    Returns:
        Whether it was added; if it may be another one, or say more, nothing has changed.
    """
    if len(additions) != 1 or type(new := additions[0]) is not dict or type(index := new.get("index")) is not int:
        return False
    if (entry := entries.named.get(index)) is None or entry.get("type") != new.get("type"):
        return False
    text, piece = None, ""
    for key, value in new.items():
        if key not in entry:
            return False
        known = entry[key]
        if type(value) is str:
            if type(known) is StringIO:
                if value and (text is not None or value.startswith(_ADDRESSES) or known.tell() <= len(value)):
                    return False
                if value:
                    text, piece = known, value
            elif type(known) is not str or not known:
                return False
        elif value is not None and (type(value) is not int or value != known):
            return False
    if text is not None:
        text.write(piece)
    return True


def extend(
    entries: Entries, additions: list[Any], merge: Callable[[dict[str, Any], dict[str, Any], str], None], key: str
) -> bool:
    """Add entries to a list, or merge those that have an index into the entries that have the same one.

    An entry that was sent again is kept once; another one under the same index is kept as well.

    Returns:
        Whether there was such an entry.
    """
    is_repaired = False
    for new in additions:
        if not isinstance(new, dict) or type(index := new.get("index")) is not int:
            if key in SENT_WHOLE and isinstance(new, dict):
                if (text := json.dumps(new, sort_keys=True)) in entries.texts:
                    is_repaired = True
                    continue
                entries.texts.add(text)
            entries.append(copied(new))
            continue
        entry, type_ = entries.named.get(index), new.get("type")
        # Also by type: OpenRouter gives the plain and the encrypted form of a thought the same index.
        if entry is None or (type_ and entry.get("type") not in (None, type_)):
            entry = entries.named.get((index, str(type_)))
        if entry is not None and _is_another(entry, new):
            is_repaired = True
            apart = entries.apart.setdefault(index, [entry])
            entry = next((one for one in apart[-MAX_APART:] if not _is_another(one, new)), None)
            if entry is None:
                apart.append(entry := {})
                entries.append(entry)
        elif entry is None:
            entries.append(entry := {})
        entries.named[index] = entries.named[index, str(type_)] = entry
        if _is_repeated(entry, new):
            is_repaired = True
            _repeat(entry, new, merge)
        else:
            merge(entry, new, "")
    return is_repaired


def _shared_texts(entry: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[StringIO, str]]:
    """Yield the texts of an entry that a further one has as well, each with the further one's."""
    for key, value in new.items():
        old = entry.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            yield from _shared_texts(old, value)
        elif isinstance(value, str) and value and isinstance(old, StringIO) and old.tell():
            yield old, value


def _is_another(entry: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether two entries have different addresses, neither of which is a piece."""
    return any(
        value.startswith(_ADDRESSES)
        and (known := old.getvalue()).startswith(_ADDRESSES)
        and not (value.startswith(known) or known.startswith(value))
        for old, value in _shared_texts(entry, new)
    )


def _is_repeated(entry: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether an entry repeats the whole of a text that is too long to be a piece twice by chance."""
    return any(
        REPEAT_LENGTH <= old.tell() <= len(value) and value.startswith(old.getvalue())
        for old, value in _shared_texts(entry, new)
    )


def _repeat(
    entry: dict[str, Any], new: Mapping[str, Any], merge: Callable[[dict[str, Any], dict[str, Any], str], None]
) -> None:
    """Merge an entry that was sent again: what it repeats is replaced, other texts are pieces."""
    for key, value in new.items():
        old = entry.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            _repeat(old, value, merge)
            continue
        is_piece = isinstance(value, str) and isinstance(old, StringIO) and not value.startswith(old.getvalue())
        if isinstance(value, (str, list)) and isinstance(old, (StringIO, list)) and not is_piece:
            entry[key] = None
        merge(entry, {key: value}, "")


def text_in(content: Any, kind: str) -> str | None:
    """Join the parts of one type in a content; return None if there are none."""
    if not isinstance(content, list):
        text = joined(content.getvalue()) if isinstance(content, StringIO) else content
        return text if isinstance(text, str) else None
    found = [part.get(kind) for part in content if isinstance(part, dict) and part.get("type") == kind]
    # Reasoning consists of parts as well; a text that is not a string is left out.
    texts = [text_in(text, "text") for text in found if kind == "thinking" or not isinstance(text, list)]
    return "".join(text or "" for text in texts) if found else None


def is_half(character: str) -> bool:
    """Return whether a character is the first half of one beyond U+FFFF, whose second half is still to come."""
    return "\ud800" <= character < "\udc00"


def joined(text: str) -> str:
    """Return a text in which the two halves of a character, which arrived in two pieces, are one."""
    if text.isascii():
        return text
    try:
        text.encode()  # by far the quickest way to know that there are no halves
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text


def string_of(holder: Any, key: str) -> str:
    """Return the string under a key; empty if there is none."""
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else ""


def copied(value: Any) -> Any:
    """Return a value as plain JSON that shares no object with it."""
    if type(value) in PLAIN:
        return value
    try:
        return _copy(value)
    except RecursionError:
        return _deep_copy(value)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: child if type(child) in PLAIN else _copy(child) for key, child in value.items()}
    if isinstance(value, list):
        return [child if type(child) in PLAIN else _copy(child) for child in value]
    if isinstance(value, (bytes, tuple)):
        return _token_in(value)
    return joined(value.getvalue()) if isinstance(value, StringIO) else value


def _token_in(kept: Any) -> Any:
    """Return the entry of log probabilities that was kept."""
    if isinstance(kept, bytes):
        return marshal.loads(kept)
    chunk, part = kept
    return json.loads(chunk)["choices"][0]["logprobs"][part][0]


def _deep_copy(value: Any) -> Any:
    """Copy a value that is nested too deeply for recursion."""
    root = [value]
    unvisited: list[Any] = [root]
    while unvisited:
        node = unvisited.pop()
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(child, (bytes, tuple)):
                node[key] = _token_in(child)
            elif isinstance(child, StringIO):
                node[key] = joined(child.getvalue())
            elif isinstance(child, (dict, list)):
                node[key] = child = child.copy()
                unvisited.append(child)
    return root[0]
