"""Which tool call a delta belongs to, and which reading of its arguments is used. No I/O.

Servers number all calls 0, cut names into pieces, repeat what they have sent, and begin with a placeholder:

- Under the index of a call, another name or another id begins another call, unless the name is a piece of a tool's name
  or the arguments so far are cut off, which only the next piece can complete.
- Where the joined arguments are not JSON, another reading of them may be: without the placeholder, one of equal copies,
  or the last piece if each has repeated the one before.
- Calls of one id and one name are one call if one of them has no arguments, or equal ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from io import StringIO
from typing import Any

from chat_completions._contract.json_reader import is_json, raw_decode
from chat_completions._streaming.accumulated_choice import Entries, joined, string_of

_space = re.compile(r"\s*")
_PLACEHOLDERS: tuple[Any, ...] = ({}, "", "{}", None)


def name_of(call: Mapping[str, Any]) -> str:
    """Return the name of a call's tool, of either kind; empty if there is none."""
    return string_of(call.get("function"), "name") or string_of(call.get("custom"), "name")


def arguments_of(call: Mapping[str, Any]) -> str:
    """Return the arguments of an accumulated call, or a custom tool's input; empty if there are none."""
    text = _buffer(call)
    return "" if text is None else joined(text.getvalue())


def grown_arguments(calls: Any, deltas: list[Any]) -> StringIO | None:
    """Return the arguments that deltas continue, if they do nothing else and the call is the last one."""
    match deltas:
        case [{"index": int(index), "function": {"arguments": str(piece)} as function} as new] if (
            piece and len(new) == 2 and len(function) == 1 and isinstance(calls, Entries)
        ):
            call = calls.named.get(None)
            # A call whose every piece has repeated the one before is not read by its pieces.
            if call is not None and call is calls.named.get(index) and call["index"] not in calls.snapshots:
                text = call["function"]["arguments"]
                return text if type(text) is StringIO and text.tell() else None
    return None


def has_begun(call: Mapping[str, Any]) -> bool:
    """Return whether a call has any arguments so far."""
    text = _buffer(call)
    return text is not None and text.tell() > 0


def piece_of(new: Mapping[str, Any]) -> str:
    """Return the piece of arguments in a delta."""
    function = new.get("function")
    piece = function.get("arguments") if isinstance(function, dict) else None
    return piece if isinstance(piece, str) else "" if piece is None else json.dumps(piece, ensure_ascii=False)


def reason_for_another(
    call: Mapping[str, Any], new: Mapping[str, Any], snapshot: str | None, tools: Collection[str]
) -> str:
    """Return why a delta with a name belongs to a new call, not the last one under its index; empty if it does not.

    Args:
        call: The accumulated call.
        new: The delta.
        snapshot: The call's last piece of arguments, if each of them has repeated the one before.
        tools: The names of the request's tools.
    """
    known, name, id_ = name_of(call), name_of(new), string_of(new, "id")
    has_other_id = bool(id_ and call.get("id") and call["id"] != id_)
    if name == known or not known:
        if has_other_id:
            return "" if known and _is_cut_off(call) else "another id"
        piece = piece_of(new)
        is_another = snapshot is not None and piece != snapshot and _is_whole(piece) and _is_whole(snapshot)
        return "other whole arguments" if is_another else ""
    if _is_whole(arguments_of(call)):
        return "another name after whole arguments"
    if known in tools and name in tools:
        return "the name of another tool"
    if tools:
        is_piece = _begins_one(name_with(known, name), tools)
    else:
        is_piece = not has_other_id and not has_begun(call)
    return "" if is_piece else "another name, which may be a piece of the first one"


def name_with(known: str, name: str) -> str:
    """Return the name with a further piece, which may repeat the name so far."""
    return name if name.startswith(known) else known + name


def read_arguments(text: str, snapshot: str | None = None) -> str | None:
    """Return the reading of arguments that is JSON, the text itself if it is; None if there is none.

    Args:
        text: All pieces, joined.
        snapshot: The last piece, if each of them has repeated the one before.
    """
    if is_json(text):
        return text
    if snapshot is not None and is_json(snapshot):
        return snapshot
    copies: list[tuple[str, Any]] = []
    at = 0
    try:
        while at < len(text):
            value, end = raw_decode(text, at)
            if not copies or copies[0][1] in _PLACEHOLDERS:
                copies = [(text[at:end], value)]
            elif json.dumps(value) != json.dumps(copies[0][1]):
                return None
            at = _space.match(text, end).end()  # type: ignore[union-attr]
    except (ValueError, RecursionError):
        return None
    return copies[0][0] if copies else None


def repeated_calls(calls: Entries) -> set[int]:
    """Return the places of calls that repeat another one: of one id and name, without arguments or with equal ones."""
    seen: set[tuple[str, str, str]] = set()
    empty: dict[tuple[str, str], int] = {}
    filled: set[tuple[str, str]] = set()
    repeated: set[int] = set()
    for call in calls:
        id_, name = string_of(call, "id"), name_of(call)
        if not (id_ and name):
            continue
        arguments = arguments_of(call).strip()
        is_empty = arguments in ("", "{}")
        if (id_, name, arguments) in seen or (is_empty and (id_, name) in empty):
            repeated.add(call["index"])
        elif is_empty:
            empty[id_, name] = call["index"]
        else:
            filled.add((id_, name))
        seen.add((id_, name, arguments))
    return repeated | {place for key, place in empty.items() if key in filled}


def _buffer(call: Mapping[str, Any]) -> StringIO | None:
    for kind, part in (("function", "arguments"), ("custom", "input")):
        holder = call.get(kind)
        if isinstance(holder, dict) and isinstance(text := holder.get(part), StringIO):
            return text
    return None


def _is_cut_off(call: Mapping[str, Any]) -> bool:
    """Return whether a call's arguments have begun and are not JSON yet."""
    text = _buffer(call)
    if text is None or not (end := text.tell()):
        return False
    text.seek(end - 1)
    # The last character first, so that a long row of pieces takes linear time.
    return text.read() != "}" or not is_json(text.getvalue())


def _is_whole(text: str) -> bool:
    """Return whether arguments are a JSON object and not a placeholder."""
    return text.rstrip().endswith("}") and text.strip() != "{}" and is_json(text)


def _begins_one(name: str, tools: Collection[str]) -> bool:
    return any(tool.startswith(name) for tool in tools)
