"""Parts of our code as users write them: `ChatCompletion.usage`, `create(temperature=)`, `ImageURLParam["url"]`."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Mapping, Sequence

from tools.drift.findings.findings import Direction, Symbol

_MEMBERS = ("field", "key", "parameter")
_WHOLES = ("union", "enum", "class", "typeddict")


def python_names(
    symbols: Sequence[Symbol], path: Sequence[str], direction: Direction, calls: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the names of a place, the ones that users write first.

    Args:
        symbols: The symbols of our code there, or nearest above it.
        path: The words that lead to the place from the outermost schema; the code may not have the last ones yet.
        direction: Whether the place is sent, received, or both.
        calls: The method of the client for each class and TypedDict that says what an operation takes.
    """
    sent: list[str] = []
    received: list[str] = []
    for symbol in (symbol for symbol in symbols if symbol.kind in _MEMBERS):
        owner, word = _parts(symbol)
        rest = path[len(path) - path[::-1].index(word) :] if word in path else ()
        # Generated functions have their arguments too; users write those of the hand-written methods.
        is_method = symbol.kind == "parameter" and ".Completions." in symbol.name
        if call := owner if is_method else calls.get(owner):
            sent.append(_argument(call, word, rest))
        elif symbol.kind == "key":
            sent.append(_key(owner, [word, *rest]))
        elif symbol.kind == "field":
            received.append(".".join([owner, word, *map(_attribute, rest)]))
    if not sent and not received:
        for symbol in sorted((s for s in symbols if s.kind in _WHOLES), key=lambda s: _WHOLES.index(s.kind)):
            owner, last = symbol.name.rpartition(".")[2], path[-1:]
            if call := calls.get(owner):
                sent.append(_argument(call, last[0], ()) if last else f"{call}()")
            elif symbol.kind == "typeddict":
                sent.append(_key(owner, last))
            else:
                received.append(".".join([owner, *map(_attribute, last)]))
    if direction == "request":
        # Who sends models instead of dicts finds the field under the same word.
        names = [name for name in sent if name.endswith(")")] or sent or received
    else:
        names = received + sent if direction == "both" else received or sent
    return tuple(dict.fromkeys(names))


def _parts(symbol: Symbol) -> tuple[str, str]:
    """Return the name of what holds a member, and the member's."""
    if symbol.kind == "key":
        owner, _, word = symbol.name.rstrip("]").partition("[")
        return owner.rpartition(".")[2], word
    owner, _, word = symbol.name.rpartition(".")
    return owner.rpartition(".")[2], word


def _argument(call: str, word: str, rest: Sequence[str]) -> str:
    value = "..." if rest else ""
    for key in reversed(rest):
        value = f"{{{_quoted(key)}: {value}}}"
    return f"{call}({word}={value})" if word.isidentifier() else f"{call}(**{{{_quoted(word)}: {value or '...'}}})"


def _key(owner: str, words: Sequence[str]) -> str:
    return owner + "".join(f"[{_quoted(word)}]" for word in words)


def _quoted(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)


def _attribute(word: str) -> str:
    name = re.sub(r"\W", "_", word)
    return f"{name}_" if keyword.iskeyword(name) else name
