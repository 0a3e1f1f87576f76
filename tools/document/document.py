"""Read one OpenAPI document, YAML or JSON, plain or packed, with exact errors."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import math
import re
import zlib
from collections.abc import Iterable
from typing import Any

from tools.document import pointer as pointers
from tools.document import yaml_reader
from tools.errors import ToolError

# Twenty times the largest document seen upstream; a packed file cannot fill the memory.
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024

_VERSION = re.compile(r"3\.[012]\.\d+(-.+)?")


def load(data: bytes, *, name: str) -> dict[str, Any]:
    """Return the OpenAPI document in `data`: YAML or JSON, plain or packed with gzip.

    Args:
        data: The whole file.
        name: What to call the file in an error.

    Raises:
        ToolError: The file is not one readable OpenAPI 3.0, 3.1 or 3.2 document.
    """
    data = unpack(data, name=name).removeprefix(codecs.BOM_UTF8)
    start = data.lstrip()[:1]
    if not start:
        raise ToolError("the file is empty; give an OpenAPI document", where=name)
    if start == b"<":
        raise ToolError("this is HTML or XML, not an OpenAPI document; give the raw file's address", where=name)
    document = _load_json(data, name) if start == b"{" else yaml_reader.read(data, name=name)
    if not isinstance(document, dict):
        raise ToolError("the document is not a mapping; give an OpenAPI document", where=name)
    if "openapi" not in document:
        if "swagger" in document:
            raise ToolError(f"this is Swagger {document['swagger']}; convert it to OpenAPI 3.0 or 3.1", where=name)
        raise ToolError("there is no `openapi` key; give an OpenAPI document", where=name)
    version = document["openapi"]
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise ToolError(f"cannot read OpenAPI version {version!r}; give a 3.0.x or 3.1.x document", where=name)
    return document


def unpack(data: bytes, *, name: str) -> bytes:
    """Return `data`, unpacked if it is gzip-compressed.

    Raises:
        ToolError: The packing is broken, or the content is larger than MAX_DOCUMENT_BYTES.
    """
    if data.startswith(b"\x1f\x8b"):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                data = packed.read(MAX_DOCUMENT_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise ToolError(f"cannot unpack the gzip file: {error}; fetch it again", where=name) from error
    if len(data) > MAX_DOCUMENT_BYTES:
        raise ToolError(f"the document is larger than {MAX_DOCUMENT_BYTES} bytes; is it the right file?", where=name)
    return data


def line_of(data: bytes, pointer: str) -> int | None:
    """Return the line, from 1, of what `pointer` names, or of the nearest place above it whose line is known."""
    return lines_of(data, [pointer]).get(pointer)


def lines_of(data: bytes, wanted: Iterable[str]) -> dict[str, int]:
    """Return the line, from 1, of each pointer; of the nearest place above it where it names nothing.

    Reads the document again, so that only a caller that needs lines pays for them. Empty if it is not YAML.
    """
    lines: yaml_reader.Lines = {}
    try:
        document = yaml_reader.read(unpack(data, name=""), name="", lines=lines)
    except ToolError:
        return {}
    result = {}
    for pointer in wanted:
        value, line = document, None
        for segment in pointers.split(pointer):
            line = lines.get(id(value), {}).get(segment, line)
            try:
                value = pointers.find(value, [segment])
            except LookupError:
                break
        if line is not None:
            result[pointer] = line
    return result


def located(error: ToolError, data: bytes, *, name: str) -> ToolError:
    """Return `error`, whose place is a JSON pointer, with the file and the line in front of the pointer."""
    line = line_of(data, error.where) if error.where.startswith("#") else None
    file = name if line is None else f"{name}:{line}"
    return ToolError(error.message, where=f"{file} ({error.where})" if error.where else file)


def _load_json(data: bytes, name: str) -> Any:
    try:
        return json.loads(data, object_pairs_hook=_json_object, parse_float=_json_number, parse_constant=_json_number)
    except json.JSONDecodeError as error:
        try:
            return yaml_reader.read(data, name=name)  # It may be a flow mapping: `{openapi: 3.1.0}`.
        except ToolError:
            place = f"{name}:{error.lineno}:{error.colno}"
            raise ToolError(f"not valid JSON: {error.msg}; fix the file", where=place) from error
    except _DuplicateKey as error:
        yaml_reader.read(data, name=name)  # Knows the lines, and JSON is YAML (YAML 1.2, section 1.3).
        raise ToolError(f"the key {error.args[0]!r} appears twice in one object; remove one", where=name) from error
    except (ValueError, RecursionError) as error:
        raise ToolError(f"cannot read the JSON: {error}; fix the file", where=name) from error


class _DuplicateKey(Exception):
    """The key in the first argument appears twice in one JSON object."""


def _json_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKey(next(key for key in keys if keys.count(key) > 1))
    return result


def _json_number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a valid JSON number")
    return value
