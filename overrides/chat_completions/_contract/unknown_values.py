"""`on_unknown`: what servers send that the specification does not define, reported once per kind. No I/O.

    field     a name of an object that is described, which neither its properties nor additionalProperties know
    value     a text where every schema of texts has an enum or a const, and none of them has this text
    variant   a tag (the text by which the objects of a union differ) that no object of the union has, or a value of a
              JSON type that no schema takes there

A known field that is missing or null is not reported. Where several schemas describe a field (objects of a union that
have no tag, parts of an `allOf`), what one of them knows is known. A number is a number, whole or not.
The generator works the tables out and writes them as `known_fields.json`; `read_nodes` only loads them.
"""

from __future__ import annotations

import copy
import functools
import inspect
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from attrs import field, frozen

from chat_completions import _logging
from chat_completions._contract import generated
from chat_completions._failures import failure_of
from chat_completions._types import publish

if TYPE_CHECKING:
    from typing import TypeAlias

    OnUnknown: TypeAlias = Callable[["Unknown"], object]

MAX_KINDS = 1_000
MAX_NAME = 256  # characters; a server may send a name of any length

CREATE = "createChatCompletion"
LIST = "listChatCompletions"

Kind: TypeAlias = Literal["field", "value", "variant"]
# Where a value is: the steps down to it, the last one first; "[]" steps into a list, "*" to a key of a map.
Path: TypeAlias = "tuple[Path, str] | None"

JSON_TYPES = {list: "array", bool: "boolean", int: "number", float: "number", dict: "object", str: "string"}


class Found(NamedTuple):
    """Something that the specification does not know."""

    kind: Kind
    pointer: str
    name: str
    path: Path
    value: Any


class Node:
    """What one place of a body may hold.

    Attributes:
        pointer: The schema, as a JSON pointer into the packaged document.
        fine: The Python types whose every value is known.
        texts: The known texts, unless every text is known.
        items: What a list may hold, unless that is anything.
        fields: What the fields of an object may hold, if it is described.
        rest: What its other fields may hold; None if there are no others.
        tag: The field by which the objects of a union differ.
        variants: Those objects, by their tag.
    """

    __slots__ = ("fields", "fine", "items", "pointer", "rest", "tag", "texts", "variants")

    def __init__(self, pointer: str) -> None:
        self.pointer = pointer
        self.fine: frozenset[type] = frozenset({type(None)})
        self.texts: frozenset[str] = frozenset()
        self.items: Node | None = None
        self.fields: dict[str, Node] | None = None
        self.rest: Node | None = None
        self.tag: str | None = None
        self.variants: dict[str, Node] = {}


def find_unknown(node: Node, value: Any, path: Path, found: list[Found]) -> None:
    """Add to `found` what a JSON value has that the specification does not know.

    Raises:
        RecursionError: The value is nested too deeply; `found` has what was found before.
    """
    kind = type(value)
    if kind is dict and node.fields is not None:
        if node.tag is not None and type(tag := value.get(node.tag)) is str:
            if tag not in node.variants:
                found.append(Found("variant", node.pointer, tag, path, value))
                return
            node = node.variants[tag]
        fields: Any = node.fields
        for name, item in value.items():
            if name in fields:
                known = fields[name]
                if (kind := type(item)) not in known.fine and (kind is not str or item not in known.texts):
                    find_unknown(known, item, (path, name), found)
            elif node.rest is None:
                found.append(Found("field", node.pointer, name, (path, name), item))
            else:
                find_unknown(node.rest, item, (path, "*"), found)
    elif kind is list and node.items is not None:
        items, inside = node.items, (path, "[]")
        for item in value:
            if type(item) not in items.fine:
                find_unknown(items, item, inside, found)
    elif kind is str and node.texts:
        if value not in node.texts:
            found.append(Found("value", node.pointer, value, path, value))
    elif kind not in node.fine:
        found.append(Found("variant", node.pointer, JSON_TYPES.get(kind, kind.__name__), path, value))


def format_path(path: Path) -> str:
    """Return a path as people read it: `choices[].delta.content`."""
    steps: list[str] = []
    while path is not None:
        path, step = path
        steps.append(step if step == "[]" else f".{step[:MAX_NAME]}")
    return "".join(reversed(steps)).removeprefix(".")


def read_nodes(table: Mapping[str, Any]) -> dict[str, dict[str, Node]]:
    """Return the nodes of the bodies in a table that the generator wrote: by operation, then by media type."""
    rows = table["nodes"]
    nodes = [Node(row["pointer"]) for row in rows]
    for node, row in zip(nodes, rows, strict=True):
        known = row.get("types", ())
        node.fine |= {python for python, name in JSON_TYPES.items() if name in known}
        node.texts = frozenset(row.get("texts", ()))
        if "items" in row:
            node.items = nodes[row["items"]]
        if "fields" in row:
            node.fields = {name: nodes[number] for name, number in row["fields"].items()}
        if "rest" in row:
            node.rest = nodes[row["rest"]]
        node.tag = row.get("tag")
        node.variants = {value: nodes[number] for value, number in row.get("variants", {}).items()}
    return {
        operation: {media_type: nodes[number] for media_type, number in bodies.items()}
        for operation, bodies in table["bodies"].items()
    }


@publish()
@frozen
class Unknown:
    """Something in a reply that the specification does not know.

    Attributes:
        kind: "field", for a field that the object's schema does not name. "value", for a text that an enum does not
            list. "variant", for a tag that no object of a union has, or a JSON type that the schema does not allow.
        name: The field's name, the text, or the tag or JSON type; cut to 256 characters.
        pointer: The schema that does not know it: a JSON pointer into the packaged `openapi.json`.
        path: Where it is in the body, such as `choices[].delta.content`; a key of a map is `*`.
        operation: The operation: `createChatCompletion` or `listChatCompletions`.
        model: The model that the reply names; None for a listing.
        request_id: The id under which the server logged the request.
        value: What was sent, a copy of it. It may be a user's, so no repr shows it.
    """

    kind: Literal["field", "value", "variant"]
    name: str
    pointer: str
    path: str
    operation: str
    model: str | None
    request_id: str | None
    value: Any = field(repr=False)

    def __str__(self) -> str:
        return f"{self.operation} sent an unknown {self.kind} {self.name!r} at {self.path}, see {self.pointer}"


class UnknownReporter:
    """Looks at replies, and calls a function once for each kind of thing that the specification does not know.

    A kind is a kind of thing, a schema and a name; after MAX_KINDS of them nothing more is reported. Threads may share
    a reporter.

    Args:
        hook: The function.

    Raises:
        TypeError: It cannot be called, or it is async.
    """

    def __init__(self, hook: OnUnknown) -> None:
        if not callable(hook):
            raise TypeError(f"on_unknown must be a function that takes an Unknown, not {type(hook).__name__}")
        if inspect.iscoroutinefunction(hook) or inspect.iscoroutinefunction(getattr(hook, "__call__", None)):  # noqa: B004
            raise TypeError("on_unknown is an async function, which nothing would await; pass a sync one")
        self.hook = hook
        self._nulls = True
        self._reported: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()

    def __reduce__(self) -> Any:
        return UnknownReporter, (self.hook,)

    def with_nulls(self, nulls: bool) -> UnknownReporter:
        """Return a reporter with another setting for unknown fields that are null; it shares what was reported."""
        if nulls == self._nulls:
            return self
        other = object.__new__(UnknownReporter)
        vars(other).update(vars(self), _nulls=nulls)
        return other

    def completion(self, body: Mapping[str, Any], request_id: str | None) -> None:
        """Look at the JSON object of a completion."""
        if failure_of(body) is None:
            self._report_unknown(_body(CREATE, "application/json"), body, CREATE, request_id)

    def chunk(self, body: Mapping[str, Any], request_id: str | None) -> None:
        """Look at the JSON object of a stream's chunk."""
        self._report_unknown(_body(CREATE, "text/event-stream"), body, CREATE, request_id)

    def page(self, body: Mapping[str, Any], request_id: str | None) -> None:
        """Look at the JSON object of a page."""
        if body.get("data") or failure_of(body) is None:
            self._report_unknown(_body(LIST, "application/json"), body, LIST, request_id)

    def _report_unknown(
        self, node: Node | None, body: Mapping[str, Any], operation: str, request_id: str | None
    ) -> None:
        if node is None:
            return
        found: list[Found] = []
        try:  # noqa: SIM105 - `suppress` costs as much as a quarter of the walk
            find_unknown(node, body, None, found)
        except RecursionError:
            pass  # what was found before that counts
        for one in found:
            if one.value is None and not self._nulls:
                continue
            key = (one.kind, one.pointer, one.name[:MAX_NAME])
            if key not in self._reported and self._mark_reported(key):
                self._report(one, body, operation, request_id)

    def _mark_reported(self, key: tuple[str, str, str]) -> bool:
        with self._lock:
            if key in self._reported or len(self._reported) >= MAX_KINDS:
                return False
            self._reported.add(key)
            return True

    def _report(self, found: Found, body: Mapping[str, Any], operation: str, request_id: str | None) -> None:
        kind, pointer, name, path, value = found
        model = body.get("model")
        model = model if isinstance(model, str) else None
        with suppress(RecursionError):  # nested as deeply as that, the hook receives the value itself
            value = copy.deepcopy(value)
        unknown = Unknown(kind, name[:MAX_NAME], pointer, format_path(path), operation, model, request_id, value)
        try:
            self.hook(unknown)
        except Exception as error:
            # Watching must not cost a stream. The message may quote what was sent, so the type has to do.
            _logging.hook_failed("on_unknown", error)


@functools.cache
def _bodies() -> dict[str, dict[str, Node]]:
    return read_nodes(generated.known_fields())


def _body(operation: str, media_type: str) -> Node | None:
    return _bodies().get(operation, {}).get(media_type)
