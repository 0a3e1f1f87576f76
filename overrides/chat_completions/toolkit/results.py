"""A tool's result as the text that is sent to the model."""

from __future__ import annotations

import datetime
import enum
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from chat_completions._contract import generated


def result_text(value: Any) -> str:
    """Return a tool's result as text: a str as it is, all else as JSON, with pydantic or msgspec for other types.

    Raises:
        TypeError: It holds a value that cannot be written as JSON.
        ValueError: It contains itself.
    """
    if isinstance(value, str):
        return str.__str__(value)  # of an enum that is a str, its value
    return as_json(value)


def as_json(value: Any) -> str:
    """Return a value as JSON text; see `result_text`."""
    try:
        return _json(value)
    except (TypeError, ValueError):
        return _json(_plain(value))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """Return the plain JSON value of objects."""
    try:
        from pydantic_core import to_jsonable_python
    except ImportError:
        pass
    else:
        return to_jsonable_python(value, by_alias=True, fallback=_parts, inf_nan_mode="null")
    try:
        from msgspec import to_builtins
    except ImportError:
        return json.loads(json.dumps(value, default=_parts))
    return to_builtins(value, str_keys=True, enc_hook=_parts)


def _parts(value: Any) -> Any:
    """Return the parts of an object that the serializing library does not know."""
    if isinstance(value, generated.Model):
        return value.to_dict()
    if hasattr(type(value), "__struct_config__"):
        import msgspec

        return msgspec.to_builtins(value, str_keys=True, enc_hook=_parts)
    if hasattr(type(value), "__attrs_attrs__"):
        import attrs

        return attrs.asdict(value, recurse=False)
    if hasattr(type(value), "__pydantic_serializer__"):
        from pydantic_core import to_jsonable_python

        return to_jsonable_python(value, by_alias=True, fallback=_parts, inf_nan_mode="null")
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, bytearray, memoryview)):
        return list(value)
    if type(value).__module__ in ("decimal", "uuid", "pathlib", "fractions", "ipaddress"):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be encoded as JSON; return a str or JSON values")
