"""How much a document may hold: vendor, generate and drift take what stays within these limits, and refuse the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tools.document import pointer as pointers
from tools.errors import ToolError
from tools.schema.normalized import Schemas
from tools.schema.schemas import map_document_schemas
from tools.schema.variants import Node, Spot

# How many schemas may lie inside of each other. Upstream's whole document has 11.
MAX_DEPTH = 50

# How many lists and maps may lie in lists and maps: as types they have no names, and each is written out at each place.
# Upstream's whole document has 5.
MAX_UNNAMED = 10_000

# How many schemas there may be, each place counted once. Upstream's whole document has 7,000.
MAX_SCHEMAS = 20_000


def check_limits(document: dict[str, Any]) -> None:
    """Read every schema of a slice, as comparing and generating do.

    Raises:
        ToolError: The slice holds more than these limits allow, more alternatives than those of `Schemas.view`, or a
            string that no file can hold.
    """
    _check_text(document)
    outermost: list[Node] = []

    def note(schema: Any, at: str) -> Any:
        outermost.append((Spot(schema, at),))
        return schema

    map_document_schemas(document, note)
    schemas = Schemas(document)
    waiting = [(node, 1) for node in reversed(outermost)]
    nodes: list[Node] = []
    seen = set()
    while waiting:
        node, depth = waiting.pop()
        key = schemas.key(node)
        if key in seen:
            continue
        seen.add(key)
        nodes.append(node)
        if depth > MAX_DEPTH:
            raise too_deep(key[0])
        if len(seen) > MAX_SCHEMAS:
            raise ToolError(f"there are more than {MAX_SCHEMAS} schemas; take fewer operations", where=key[0])
        try:
            variants = schemas.view(node).variants
        except RecursionError:
            raise too_deep(key[0]) from None
        inner = [node for variant in variants for node in (*variant.properties.values(), *variant.inside.values())]
        waiting += [(node, depth + 1) for node in reversed(inner)]
    _check_unnamed(schemas, nodes)


def _check_unnamed(schemas: Schemas, nodes: list[Node]) -> None:
    count = 0
    waiting: list[tuple[Node, frozenset[tuple[str, ...]]]] = [(node, frozenset()) for node in reversed(nodes)]
    while waiting:
        node, outer = waiting.pop()
        key = schemas.key(node)
        if key in outer:
            continue
        unnamed = [variant for variant in schemas.view(node).variants if variant.inside and not variant.properties]
        inner = [content for variant in unnamed for content in variant.inside.values()]
        count += len(inner) if outer else 0
        if count > MAX_UNNAMED:
            message = f"there are more than {MAX_UNNAMED} lists and maps in lists and maps; make objects of some"
            raise ToolError(message, where=key[0])
        waiting += [(content, outer | {key}) for content in inner]


def _check_text(document: dict[str, Any]) -> None:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        where = next(at for at, text in _strings(document, "#") if not _is_unicode(text))
        message = "this contains half of a surrogate pair, which UTF-8 cannot encode; correct the document"
        raise ToolError(message, where=where) from None


def _strings(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(key, str) and not _is_unicode(key):
                yield at, key
                return
            yield from _strings(inner, pointers.join(at, key))


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def too_deep(where: str) -> ToolError:
    """Return the error of schemas that nobody can follow."""
    return ToolError("schemas are nested too deeply; flatten them", where=where)
