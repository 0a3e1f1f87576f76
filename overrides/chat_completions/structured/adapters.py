"""A Python type as the library that it comes from sees it: its JSON Schema, and its values from JSON.

    pydantic models and dataclasses         pydantic
    msgspec structs, attrs classes          msgspec
    dataclasses, TypedDicts, `list[...]`,   pydantic; msgspec where pydantic is not installed
    unions, `Annotated`, anything else      or does not know the type

The libraries are extras, and imported when a type needs them.
"""

from __future__ import annotations

import functools
import re
import typing
from importlib.util import find_spec
from types import UnionType
from typing import Any, Protocol

SUPPORTED = (
    "a pydantic model or dataclass, a msgspec Struct, an attrs class, a dataclass, a TypedDict, or list[...], "
    "Annotated[...] or a union of such"
)
_LONGEST_NAME = 64


class Adapter(Protocol):
    """What structured output needs to know of a type.

    Attributes:
        kind: The type.
        name: A name for its schema that the API takes: 1 to 64 of `a-z A-Z 0-9 _ -`.
    """

    kind: Any
    name: str

    def schema(self) -> dict[str, Any]:
        """Give the JSON Schema that the type's library exports, as an object of its own."""
        ...

    def load(self, text: str) -> Any:
        """Give the value that a JSON text says.

        Raises:
            Exception: The library's own error: it is no JSON, or no value of the type.
        """

    def load_value(self, value: Any) -> Any:
        """Give the value that a JSON value says; `load` for what is decoded already."""

    def partial(self, text: str) -> Any:
        """Give the plain JSON value that the beginning of a JSON text says; None while it says nothing."""

    def place(self, error: Exception) -> tuple[str | int, ...]:
        """Give the keys and indexes that lead to what an error of `load` complains about; none if it does not tell."""
        ...

    def wrapped(self) -> Adapter:
        """Give the adapter of the same type as the field `value` of an object, for a schema must be an object."""
        ...


def adapter_for(kind: Any) -> Adapter:
    """Give the adapter of a type.

    Args:
        kind: The type, or a `pydantic.TypeAdapter`.

    Raises:
        ImportError: The type needs a library that is not installed; the message names the extra.
        TypeError: It is no type, or one of which no library knows the JSON Schema.
    """
    # Only classes are kept: of two unions that are equal, the order may differ.
    return _class_adapter(kind) if isinstance(kind, type) and typing.get_origin(kind) is None else _adapter(kind)


def schema_name(kind: Any) -> str:
    """Give a name for a type's schema: 1 to 64 of `a-z A-Z 0-9 _ -`."""
    shown = re.sub(r"^[^a-zA-Z0-9_-]+|[^a-zA-Z0-9_-]+$", "", _shown(kind))
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", shown)[:_LONGEST_NAME] or "response"


def _shown(kind: Any) -> str:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _shown(arguments[0])
    own = "" if origin in (typing.Union, UnionType, typing.Literal) else getattr(origin or kind, "__name__", "")
    return "_".join(filter(None, [own, *map(_shown, arguments)]))


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
        raise TypeError(f"{kind!r:.100} is no type; give {SUPPORTED}, or the response_format as a dict")
    return _either_adapter(kind)


def _either_adapter(kind: Any) -> Adapter:
    """Give the adapter of a type that is no library's own: of the first library that knows it."""
    names = [name for name in ("pydantic", "msgspec") if find_spec(name) is not None]
    if not names:
        raise missing(kind, "pydantic", " or 'chat-completions-client[msgspec]'")
    errors = []
    for name in names:
        try:
            return _pydantic_adapter(kind) if name == "pydantic" else _msgspec_adapter(kind)
        except TypeError as error:
            errors.append(error)
    reasons = (_said(error.__cause__) for error in errors)
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


def missing(kind: Any, name: str, others: str = "") -> ImportError:
    """Give the error for a type that needs a library which is not installed."""
    return ImportError(
        f"{schema_name(kind)} needs the package {name!r} for its JSON Schema and its validation: "
        f"pip install 'chat-completions-client[{name}]'{others}",
        name=name,
    )


def unsupported(kind: Any, reason: object) -> TypeError:
    """Give the error for a type of which its library does not know the JSON Schema; `reason` is what it raised."""
    return TypeError(f"there is no JSON Schema for {schema_name(kind)} ({_said(reason)}); give {SUPPORTED}")


def _said(reason: object) -> str:
    """Give the first line of a message; the last one where the first only leads to a list of remedies."""
    lines = str(reason).strip().splitlines() or [type(reason).__name__]
    return lines[-1] if lines[0].endswith(":") else lines[0]
