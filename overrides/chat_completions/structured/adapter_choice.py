"""The adapter of a Python type: which library exports its JSON Schema and reads its values from JSON.

    pydantic models and dataclasses         pydantic
    msgspec structs, attrs classes          msgspec
    dataclasses, TypedDicts, `list[...]`,   pydantic; msgspec where pydantic is not installed
    unions, `Annotated`, anything else      or does not know the type

The libraries are extras, and imported when a type needs them.
"""

from __future__ import annotations

import functools
import typing
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from chat_completions.structured.adapter import SUPPORTED, _first_line, missing, unsupported

if TYPE_CHECKING:
    from chat_completions.structured.adapter import Adapter


def adapter_for(kind: Any) -> Adapter:
    """Return the adapter of a type.

    Args:
        kind: The type, or a `pydantic.TypeAdapter`.

    Raises:
        ImportError: The type needs a library that is not installed; the message names the extra.
        TypeError: It is not a type, or no library can create a JSON Schema for it.
    """
    # Only classes are cached: equal unions may differ in order.
    return _class_adapter(kind) if isinstance(kind, type) and typing.get_origin(kind) is None else _adapter(kind)


@functools.lru_cache(maxsize=256)
def _class_adapter(kind: type) -> Adapter:
    return _adapter(kind)


def _adapter(kind: Any) -> Adapter:
    if hasattr(type(kind), "validate_json"):  # a pydantic.TypeAdapter
        return _pydantic_adapter(kind)
    if isinstance(kind, type):
        if hasattr(kind, "__pydantic_core_schema__"):
            return _pydantic_adapter(kind)
        if hasattr(kind, "__struct_config__") or hasattr(kind, "__attrs_attrs__"):
            return _msgspec_adapter(kind)
    elif typing.get_origin(kind) is None and type(kind).__name__ not in ("NewType", "TypeAliasType"):
        raise TypeError(f"{kind!r:.100} is not a type; pass {SUPPORTED}, or the response_format as a dict")
    return _either_adapter(kind)


def _either_adapter(kind: Any) -> Adapter:
    """Return the adapter of a type that belongs to no library: that of the first library that supports it."""
    names = [name for name in ("pydantic", "msgspec") if find_spec(name) is not None]
    if not names:
        raise missing(kind, "pydantic", " or 'chat-completions-client[msgspec]'")
    errors = []
    for name in names:
        try:
            return _pydantic_adapter(kind) if name == "pydantic" else _msgspec_adapter(kind)
        except TypeError as error:
            errors.append(error)
    reasons = (_first_line(error.__cause__) for error in errors)
    raise unsupported(kind, " / ".join(reasons)) from errors[-1].__cause__


def _pydantic_adapter(kind: Any) -> Adapter:
    try:
        from chat_completions.structured.with_pydantic import PydanticAdapter
    except ImportError as error:
        raise missing(kind, "pydantic") from error
    return PydanticAdapter(kind)


def _msgspec_adapter(kind: Any) -> Adapter:
    try:
        from chat_completions.structured.with_msgspec import MsgspecAdapter
    except ImportError as error:
        raise missing(kind, "msgspec") from error
    return MsgspecAdapter(kind)
