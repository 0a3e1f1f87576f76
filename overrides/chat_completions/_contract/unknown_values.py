"""`on_unknown`: what servers send that the specification does not know, reported once per kind. No I/O."""

from __future__ import annotations

import copy
import functools
import inspect
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from attrs import field, frozen

from chat_completions import _logging
from chat_completions._contract import generated
from chat_completions._contract.schema_tables import MAX_NAME, Found, Node, find_unknown, format_path, read_nodes
from chat_completions._types import publish

if TYPE_CHECKING:
    from typing import TypeAlias

    OnUnknown: TypeAlias = Callable[["Unknown"], object]

MAX_KINDS = 1_000

CREATE = "createChatCompletion"
LIST = "listChatCompletions"


@frozen
class Unknown:
    """Something in a reply that the specification does not know.

    Attributes:
        kind: "field": an object has a field that its schema does not name; "value": a text is not one of those that
            an enum lists; "variant": an object has a tag that no object of a union has, or a value is of a JSON type
            that its schema does not allow.
        name: The field's name, the text, or the tag or JSON type; cut to 256 characters.
        pointer: The schema that does not know it: a JSON pointer into the packaged `openapi.json`.
        path: Where it is in the body, such as `choices[].delta.content`; a key of a map is `*`.
        operation: The operation: `createChatCompletion` or `listChatCompletions`.
        model: The model that the reply names; None for a listing.
        request_id: The id under which the server logged the request.
        value: What was sent, a copy of it. It may be a user's, so it shows in no repr.
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
            raise TypeError(f"on_unknown is a {type(hook).__name__}; give a function that takes an Unknown")
        if inspect.iscoroutinefunction(hook) or inspect.iscoroutinefunction(getattr(hook, "__call__", None)):  # noqa: B004
            raise TypeError("on_unknown is an async function, which nothing would await; give a plain one")
        self.hook = hook
        self._reported: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()

    def __reduce__(self) -> Any:
        return UnknownReporter, (self.hook,)

    def completion(self, body: Mapping[str, Any], request_id: str | None) -> None:
        """Look at the JSON object of a completion."""
        if not _is_error(body):
            self._report_unknown(_body(CREATE, "application/json"), body, CREATE, request_id)

    def chunk(self, body: Mapping[str, Any], request_id: str | None) -> None:
        """Look at the JSON object of a stream's chunk."""
        self._report_unknown(_body(CREATE, "text/event-stream"), body, CREATE, request_id)

    def page(self, body: Mapping[str, Any], request_id: str | None) -> None:
        """Look at the JSON object of a page."""
        if not _is_error(body):
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


def _is_error(body: Mapping[str, Any]) -> bool:
    """Return whether the body of a success reports an error, as some servers do."""
    return not (body.get("choices") or body.get("data")) and bool(body.get("error") or body.get("object") == "error")


@functools.cache
def _bodies() -> dict[str, dict[str, Node]]:
    return read_nodes(generated.known_fields())


def _body(operation: str, media_type: str) -> Node | None:
    return _bodies().get(operation, {}).get(media_type)


publish(Unknown)
