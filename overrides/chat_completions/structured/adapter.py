"""The interface through which structured output uses a type, and the errors for types that are not supported."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from types import UnionType
from typing import Any, Protocol

SUPPORTED = (
    "a pydantic model or dataclass, a msgspec Struct, an attrs class, a dataclass, a TypedDict, or list[...], "
    "Annotated[...] or a union of these"
)
_LONGEST_NAME = 64


class Adapter(Protocol):
    """Reads values of a type from JSON, and exports its JSON Schema.

    Attributes:
        kind: The type.
        name: A name for its schema that the API accepts: 1 to 64 of `a-z A-Z 0-9 _ -`.
    """

    kind: Any
    name: str

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema that the type's library exports, as a new object."""
        ...

    def load(self, text: str) -> Any:
        """Return the value of a JSON text.

        Raises:
            Exception: The library's own error: the text is not JSON, or not a value of the type.
        """

    def load_value(self, value: Any) -> Any:
        """Return the value of JSON that is already decoded."""

    def partial(self, text: str) -> Any:
        """Return the plain JSON value of a JSON text so far; None while there is none."""

    def place(self, error: Exception) -> tuple[str | int, ...]:
        """Return the keys and indexes that lead to the fault in an error of `load`; empty if it has none."""
        ...

    def wrapped(self) -> Adapter:
        """Return the adapter of the same type as the field `value` of an object, as response schemas must be."""
        ...


def schema_name(kind: Any) -> str:
    """Return a name for a type's schema: 1 to 64 of `a-z A-Z 0-9 _ -`."""
    name = re.sub(r"^[^a-zA-Z0-9_-]+|[^a-zA-Z0-9_-]+$", "", _type_name(kind))
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", name)[:_LONGEST_NAME] or "response"


def _type_name(kind: Any) -> str:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _type_name(arguments[0])
    own = "" if origin in (typing.Union, UnionType, typing.Literal) else getattr(origin or kind, "__name__", "")
    return "_".join(filter(None, [own, *map(_type_name, arguments)]))


def missing(kind: Any, name: str, others: str = "") -> ImportError:
    """Return the error for a type whose library is not installed."""
    return ImportError(
        f"{schema_name(kind)} needs the package {name!r}: pip install 'chat-completions-client[{name}]'{others}",
        name=name,
    )


def unsupported(kind: Any, reason: object) -> TypeError:
    """Return the error for a type whose library cannot create a JSON Schema; `reason` is what it raised."""
    return TypeError(f"cannot create a JSON Schema for {schema_name(kind)} ({_first_line(reason)}); pass {SUPPORTED}")


def _first_line(reason: object) -> str:
    """Return the first line of a message; the last one if the first only introduces a list of remedies."""
    lines = str(reason).strip().splitlines() or [type(reason).__name__]
    return lines[-1] if lines[0].endswith(":") else lines[0]


class ValueWrapper:
    """See `Adapter`.

    Args:
        kind: The type.
        holder: The adapter of an object with the type as its field `value`.
    """

    def __init__(self, kind: Any, holder: Adapter) -> None:
        self.kind = kind
        self.name = holder.name
        self._holder = holder

    def schema(self) -> dict[str, Any]:
        return self._holder.schema()

    def load(self, text: str) -> Any:
        return self._holder.load(text).value

    def load_value(self, value: Any) -> Any:
        return self._holder.load_value(value).value

    def partial(self, text: str) -> Any:
        so_far = self._holder.partial(text)
        return so_far.get("value") if isinstance(so_far, Mapping) else None

    def place(self, error: Exception) -> tuple[str | int, ...]:
        return self._holder.place(error)

    def wrapped(self) -> Adapter:
        return self
