"""Which operations of two documents are compared: each may have lost, renamed or never had some of our operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tools.document import pointer as pointers
from tools.schema.schemas import operation_name, operations
from tools.schema.slicing import OPERATIONS, slice_document


def operations_to_compare(
    base: dict[str, Any], upstream: dict[str, Any], ours: Sequence[str] = OPERATIONS
) -> tuple[list[str], list[str]]:
    """Return the operations to take from each of two documents.

    Our operations, or all if neither document has one of them. An operation with another name in one of the documents
    is recognized by its path and method.
    """
    left, right = _places(base), _places(upstream)
    wanted = [name for name in ours if name in left or name in right] or sorted(left.keys() | right.keys())
    return _named(wanted, left, right), _named(wanted, right, left)


def slice_of(document: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    """Return the slice of a document with some operations, or an empty one for none.

    Raises:
        ToolError: As `slice_document` does.
    """
    if wanted:
        return slice_document(document, wanted)
    return {"openapi": document["openapi"], "paths": {}}


def _named(wanted: list[str], here: dict[str, tuple[str, str]], there: dict[str, tuple[str, str]]) -> list[str]:
    by_place = {place: name for name, place in here.items()}
    return sorted({name if name in here else by_place.get(there[name], "") for name in wanted} - {""})


def _places(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    if not isinstance(document.get("paths"), dict):
        return {}
    found = operations({"paths": {path: _item(document, item) for path, item in document["paths"].items()}})
    return {operation_name(*place): place[:2] for place in found}


def _item(document: dict[str, Any], item: Any) -> Any:
    """Return what a path holds, with what its `$ref` leads to."""
    merged: dict[str, Any] = {}
    seen = set()
    while isinstance(item, dict):
        merged = {**item, **merged}
        reference = item.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#") or reference in seen:
            break
        seen.add(reference)
        try:
            item = pointers.find(document, pointers.split(reference))
        except LookupError:
            break
    return merged or item
