"""YAML text to dicts, lists and scalars, straight from libyaml's events.

PyYAML's composer is bypassed: it refuses anchors that are defined again, which YAML 1.2 (section 7.1) allows and
upstream does; it lets duplicate keys through; and it spends most of its time on temporary node objects.

Scalars follow YAML 1.2's core schema, a superset of the JSON rules that OpenAPI requires: `yes`, `on`, `1:30` and
`2024-01-01` are strings. A number with a leading zero stays a string, because YAML 1.1 and 1.2 disagree about it.
Mapping keys are strings, always: `200:` is `"200"`.
"""

from __future__ import annotations

import gc
import re
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from tools.errors import ToolError

# What aliases may add to a document, their contents written out: a few lines of them can stand for terabytes.
MAX_ALIASED_CHARACTERS = 8 * 1024 * 1024

# Several times the depth of any document seen, so that code that walks the result may use recursion.
MAX_DEPTH = 200

# For each mapping or sequence, by id: the line, from 1, of each key or item.
Lines = dict[int, dict[str, int]]

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Every plain scalar that is not a string is empty or begins with one of these.
_MAY_RESOLVE = frozenset("+-.0123456789~nNtTfF")
_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_BASED_INT = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")

# The tags of the JSON schema (YAML 1.2, section 10.2), with the types that a tagged scalar may come to.
_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS = {
    f"{_TAG}null": (type(None),),
    f"{_TAG}bool": (bool,),
    f"{_TAG}int": (int,),
    f"{_TAG}float": (float, int),
}
_STRING_TAGS = ("!", f"{_TAG}str")
_COLLECTION_TAGS = {MappingStartEvent: (None, "!", f"{_TAG}map"), SequenceStartEvent: (None, "!", f"{_TAG}seq")}


class _DuplicateKey(Exception):
    """A key appears twice, found while no lines were recorded."""


# Stands in for the key `<<` until its mapping is complete.
_MERGE: Any = object()


def read(data: bytes, *, name: str, lines: Lines | None = None) -> Any:
    """Return the only document of a YAML stream; what an alias names is one shared object.

    Args:
        data: The stream, in UTF-8, or in UTF-16 with its mark.
        name: What to call the stream in an error.
        lines: If given, is filled with the places of all keys and items, which takes longer.

    Raises:
        ToolError: The text is not YAML, holds a key twice, holds what JSON cannot hold, or its aliases stand for
            more than MAX_ALIASED_CHARACTERS, or its depth is more than MAX_DEPTH.
    """
    collecting = gc.isenabled()
    gc.disable()  # Nothing made here is garbage, and looking for some costs a third of the time.
    try:
        return _build(data, name, lines)
    except _DuplicateKey:
        return _build(data, name, {})  # Raises again, now knowing both lines.
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        while_at = f" {error.context}" if error.context else ""
        if while_at and error.context_mark:
            while_at += f" that began at line {error.context_mark.line + 1}"
        raise ToolError(f"not valid YAML: {error.problem}{while_at}; fix the file", where=place) from error
    except yaml.YAMLError as error:
        position = getattr(error, "position", None)
        place = f"{name}:{data[:position].count(10) + 1}" if isinstance(position, int) else name
        raise ToolError(f"not text: {getattr(error, 'reason', error)}; give a UTF-8 file", where=place) from error
    finally:
        if collecting:
            gc.enable()


def _build(data: bytes, name: str, lines: Lines | None) -> Any:
    next_event = _Parser(data).get_event
    anchors: dict[str, Any] = {}
    resolved = dict(_CONSTANTS)
    merges: dict[int, Any] = {}
    documents: list[Any] = []
    container: Any = documents
    in_mapping = False
    key: Any = None  # In a mapping: None while the next node is a key.
    outer: list[tuple[Any, bool]] = []
    aliased = 0
    sizes: dict[int, tuple[int, Any]] = {}
    if lines is not None:
        lines[id(documents)] = {}

    while True:
        event = next_event()
        kind = type(event)
        if kind is ScalarEvent:
            value = event.value
            if in_mapping and key is None:
                if event.anchor is not None:
                    anchors[event.anchor] = value
                key = _MERGE if value == "<<" and event.implicit[0] else value
                _note_key(key, container, merges, event, name, lines)
                continue
            if event.implicit[0]:
                if not value or value[0] in _MAY_RESOLVE:
                    try:
                        value = resolved[value]
                    except KeyError:
                        value = resolved[value] = _resolve(value, event, name)
            elif event.tag is not None:
                value = _resolve_tagged(value, event, name)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            if id(container) in merges:
                _merge(container, merges.pop(id(container)), event, name)
            container, in_mapping = outer.pop()
            key = None
            continue
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            if event.tag not in _COLLECTION_TAGS[kind]:
                raise _failure(event, name, f"the tag {event.tag} is not one of JSON's types; remove it")
            if in_mapping and key is None:
                raise _failure(event, name, "a key is a list or a mapping; JSON's keys are strings")
            value = {} if kind is MappingStartEvent else []
            if lines is not None:
                lines[id(value)] = {}
        elif kind is AliasEvent:
            if event.anchor not in anchors:
                raise _failure(event, name, f"the alias *{event.anchor} does not name an earlier anchor")
            value = anchors[event.anchor]
            if value is container or any(value is enclosing for enclosing, _ in outer):
                raise _failure(event, name, f"the alias *{event.anchor} is inside the value that it names")
            aliased += _written_size(value, sizes)
            if aliased > MAX_ALIASED_CHARACTERS:
                raise _failure(event, name, f"aliases up to *{event.anchor} expand to too much; write out the values")
            if in_mapping and key is None:
                if type(value) is not str:
                    raise _failure(event, name, f"the alias *{event.anchor} is a key, but does not name a string")
                key = value
                _note_key(key, container, merges, event, name, lines)
                continue
        elif kind is StreamEndEvent:
            break
        elif kind is DocumentStartEvent and documents:
            raise _failure(event, name, "a second YAML document begins; give one document")
        else:
            continue

        if in_mapping:
            if key is _MERGE:
                merges[id(container)] = value
            else:
                container[key] = value
            key = None
        else:
            if lines is not None:
                lines[id(container)][str(len(container))] = event.start_mark.line + 1
            container.append(value)
        if kind is not AliasEvent:
            if event.anchor is not None:
                anchors[event.anchor] = value
            if kind is not ScalarEvent:
                outer.append((container, in_mapping))
                if len(outer) > MAX_DEPTH:
                    raise _failure(
                        event, name, f"lists and mappings are nested more than {MAX_DEPTH} deep; flatten them"
                    )
                container = value
                in_mapping = kind is MappingStartEvent

    if not documents:
        raise ToolError("the file has no document; give an OpenAPI document", where=name)
    return documents[0]


def _failure(event: Any, name: str, message: str) -> ToolError:
    return ToolError(message, where=f"{name}:{event.start_mark.line + 1}")


def _note_key(key: Any, container: Any, merges: dict[int, Any], event: Any, name: str, lines: Lines | None) -> None:
    twice = id(container) in merges if key is _MERGE else key in container
    if lines is None:
        if twice:
            raise _DuplicateKey
        return
    noted = lines[id(container)]
    shown = "<<" if key is _MERGE else key
    if twice:
        message = f"the key {shown!r} appears twice in one mapping, first on line {noted[shown]}; remove one"
        raise _failure(event, name, message)
    noted[shown] = event.start_mark.line + 1


def _written_size(value: Any, sizes: dict[int, tuple[int, Any]]) -> int:
    """Return about how many characters a value takes, aliases in it written out."""
    if not isinstance(value, dict | list):
        return len(value) if isinstance(value, str) else 1
    if id(value) not in sizes:
        items = value if isinstance(value, list) else [*value, *value.values()]
        sizes[id(value)] = 1 + sum(_written_size(item, sizes) for item in items), value
    return sizes[id(value)][0]


def _merge(container: dict[str, Any], merged: Any, event: Any, name: str) -> None:
    """Add what `<<` brings (yaml.org/type/merge): a mapping's own keys win, then earlier mappings over later ones."""
    for source in merged if isinstance(merged, list) else [merged]:
        if not isinstance(source, dict):
            raise _failure(event, name, "`<<` in the mapping that ends here takes a mapping or a list of mappings")
        for key, value in source.items():
            container.setdefault(key, value)


def _resolve(text: str, event: Any, name: str) -> Any:
    """Return the value of a plain scalar that is not one of the constants."""
    try:
        if _INT.fullmatch(text):
            return int(text)
        if _BASED_INT.fullmatch(text):
            number = int(text, 0)
            str(number)  # Fails where decimals of that length would.
            return number
    except ValueError as error:
        raise _failure(event, name, f"a number of {len(text)} digits; write a smaller one") from error
    if _FLOAT.fullmatch(text):
        value = float(text)
        if abs(value) != float("inf"):
            return value
    elif not _NOT_FINITE.fullmatch(text):
        return text
    raise _failure(event, name, f"{text} is not a JSON number; quote it if it is a string")


def _resolve_tagged(text: str, event: Any, name: str) -> Any:
    """Return the value of a scalar with an explicit tag, such as `!!str 200`."""
    if event.tag in _STRING_TAGS:
        return text
    types = _SCALAR_TAGS.get(event.tag)
    if types is None:
        raise _failure(event, name, f"the tag {event.tag} is not one of JSON's types; remove it")
    value = _CONSTANTS[text] if text in _CONSTANTS else _resolve(text, event, name)
    if type(value) not in types:
        raise _failure(event, name, f"{text!r} does not match its tag {event.tag}")
    return value
