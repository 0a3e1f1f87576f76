"""What a fold holds: a choice as far as it has come, and how its parts grow."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any

from chat_completions._contract.json_reader import reader

# By how much the text so far may exceed the whole message, for white space that the server has stripped meanwhile.
RETOLD_SLACK = 64
# Strings in a delta that name something: sent once or with every delta, and nonsense if joined. The first five are the
# API's own; `channel` is Groq's (gpt-oss), `format` is in OpenRouter's reasoning_details.
LABELS = frozenset({"id", "index", "name", "role", "type", "channel", "format"})
_PLAIN = frozenset({str, int, float, bool, type(None)})
OBFUSCATION = "obfuscation"  # of no use once it has arrived
CHOICE_KEYS = frozenset({"index", "delta", "message", "finish_reason"})


class Entries(list[Any]):
    """A list that grows, and its entries by name: (index, type); of tool calls index, id, and None for the last one.

    An entry of log probabilities is kept as what is quick to make, and small: packed in bytes by `marshal`, or the JSON
    text of an object, with the name of the list in it whose only entry it is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.named: dict[Any, dict[str, Any]] = {}
        # Of tool calls: the indexes that are taken, and the highest of them.
        self.slots: set[int] = set()
        self.highest = -1


class AccumulatedChoice:
    """One choice as far as it has come; the strings of its message, except labels, are StringIO: linear and compact."""

    __slots__ = ("extras", "finish_reason", "index", "message", "seen")

    def __init__(self, index: int) -> None:
        self.index = index
        self.message: dict[str, Any] = {"role": None, "content": None, "refusal": None}
        self.extras: dict[str, Any] = {"logprobs": None}
        self.finish_reason: str | None = None
        # What may stand beside a delta and changes nothing. Emptied at the finish, after which text is an anomaly.
        self.seen: dict[str, Any] = {"index": index, "delta": None, "logprobs": None, "finish_reason": None}

    def texts(self) -> Iterator[StringIO]:
        """Yield the texts that grow: of the message, and of its tool calls."""
        calls = self.message.get("tool_calls")
        functions = [call.get("function") for call in calls] if isinstance(calls, Entries) else []
        for holder in (self.message, *(function for function in functions if isinstance(function, dict))):
            yield from (value for value in holder.values() if isinstance(value, StringIO))

    def add_tokens(self, logprobs: Any, text: str = "") -> bool:
        """Add the log probabilities of further tokens to lists that have begun.

        Args:
            logprobs: The object.
            text: Its JSON text, if it is at hand.

        Returns:
            Whether it was done; if not, for they hold something else as well, nothing has changed.
        """
        known = self.extras["logprobs"]
        if type(known) is not dict or type(logprobs) is not dict:
            return False
        gained = []
        for part, tokens in logprobs.items():
            if type(tokens) is list and type(entries := known.get(part)) is Entries:
                for token in tokens:
                    if type(token) is not dict or "index" in token:
                        return False
                packed: list[Any]
                if text and len(tokens) == 1:
                    # In UTF-8 where a str would take two or four bytes for each character.
                    packed = [(text if text.isascii() else text.encode("utf-8", "surrogatepass"), part)]
                else:
                    try:
                        packed = list(map(marshal.dumps, tokens))
                    except ValueError:
                        return False
                gained.append((entries, packed))
            elif tokens is not None or part not in known:
                return False
        for entries, packed in gained:
            entries += packed
        return True

    def to_dict(self) -> dict[str, Any]:
        """Return the choice so far as a JSON object of its own."""
        message = {**self.message, "role": self.message["role"] or "assistant"}
        told = {"index": self.index, "message": message, **self.extras, "finish_reason": self.finish_reason}
        choice: dict[str, Any] = copied(told)
        if isinstance(message.get("tool_calls"), Entries):
            calls = choice["message"]["tool_calls"]
            calls.sort(key=lambda call: call.pop("index"))
            for call in calls:
                if isinstance(function := call.get("function"), dict):
                    call["type"] = call.get("type") or "function"
                    function.setdefault("arguments", "")
        return choice


def _unpacked(entry: bytes | tuple[str | bytes, str]) -> Any:
    """Return an entry of log probabilities."""
    if isinstance(entry, bytes):
        return marshal.loads(entry)
    text, part = entry
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogatepass")
    try:
        [token] = reader()(text)[part]
    except RecursionError:
        # Whoever has parsed it before was called from less deep.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as thread:
            [token] = thread.submit(reader(), text).result()[part]
    return token


def forget_retold(told: dict[str, Any], whole: Mapping[str, Any]) -> None:
    """Drop what a whole message tells again; text that does not begin with the text so far is only a piece."""
    for key, value in whole.items():
        old = told.get(key)
        if isinstance(old, StringIO) and isinstance(value, str):
            # The length first: pieces must stay linear.
            if old.tell() <= len(value) + RETOLD_SLACK and value.strip().startswith(old.getvalue().strip()):
                told[key] = None
        elif value and isinstance(value, (dict, list)):
            told[key] = None


def append_text(parts: Entries, text: str) -> None:
    if text and not (parts and "text" in parts.named and parts[-1] is parts.named["text"]):
        parts.append({"type": "text", "text": StringIO()})
        parts.named["text"] = parts[-1]
    if text:
        parts[-1]["text"].write(text)


def extend(entries: Entries, news: list[Any], merge: Callable[[dict[str, Any], dict[str, Any], str], None]) -> None:
    """Add entries to a list, or merge those that have an index into the ones that have the same."""
    for new in news:
        if not isinstance(new, dict) or type(index := new.get("index")) is not int:
            entries.append(copied(new))
            continue
        entry, type_ = entries.named.get(index), new.get("type")
        # By type, too: OpenRouter gives the plain and the encrypted form of a thought the same index.
        if entry is None or (type_ and entry.get("type") not in (None, type_)):
            entry = entries.named.get((index, str(type_)))
        if entry is None:
            entries.append(entry := {})
        entries.named[index] = entries.named[index, str(type_)] = entry
        merge(entry, new, "")


def string_of(holder: Any, key: str) -> str:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else ""


def copied(value: Any) -> Any:
    """Return a value as plain JSON that shares nothing with it."""
    try:
        return _copy(value)
    except RecursionError:
        return _deep_copy(value)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: child if type(child) in _PLAIN else _copy(child) for key, child in value.items()}
    if isinstance(value, list):
        return [child if type(child) in _PLAIN else _copy(child) for child in value]
    if isinstance(value, (bytes, tuple)):
        return _unpacked(value)
    return value.getvalue() if isinstance(value, StringIO) else value


def _deep_copy(value: Any) -> Any:
    """Do without recursion, for JSON may be nested deeply."""
    root = [value]
    unvisited: list[Any] = [root]
    while unvisited:
        node = unvisited.pop()
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(child, (bytes, tuple)):
                node[key] = _unpacked(child)
            elif isinstance(child, StringIO):
                node[key] = child.getvalue()
            elif isinstance(child, (dict, list)):
                node[key] = child = child.copy()
                unvisited.append(child)
    return root[0]
