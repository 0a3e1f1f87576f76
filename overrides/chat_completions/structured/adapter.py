"""What structured output needs to know of a type, and the errors for types that it cannot take."""

from __future__ import annotations

import re
import typing
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
        """Return the JSON Schema that the type's library exports, as an object of its own."""
        ...

    def load(self, text: str) -> Any:
        """Return the value that a JSON text says.

        Raises:
            Exception: The library's own error: it is no JSON, or no value of the type.
        """

    def load_value(self, value: Any) -> Any:
        """Return the value that a JSON value says; `load` for what is decoded already."""

    def partial(self, text: str) -> Any:
        """Return the plain JSON value that the beginning of a JSON text says; None while it says nothing."""

    def place(self, error: Exception) -> tuple[str | int, ...]:
        """Return the keys and indexes that lead to what an error of `load` complains about; none if it has none."""
        ...

    def wrapped(self) -> Adapter:
        """Return the adapter of the same type as the field `value` of an object, for a schema must be an object."""
        ...


def schema_name(kind: Any) -> str:
    """Return a name for a type's schema: 1 to 64 of `a-z A-Z 0-9 _ -`."""
    shown = re.sub(r"^[^a-zA-Z0-9_-]+|[^a-zA-Z0-9_-]+$", "", _shown(kind))
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", shown)[:_LONGEST_NAME] or "response"


def _shown(kind: Any) -> str:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _shown(arguments[0])
    own = "" if origin in (typing.Union, UnionType, typing.Literal) else getattr(origin or kind, "__name__", "")
    return "_".join(filter(None, [own, *map(_shown, arguments)]))


def missing(kind: Any, name: str, others: str = "") -> ImportError:
    """Return the error for a type that needs a library which is not installed."""
    return ImportError(
        f"{schema_name(kind)} needs the package {name!r} for its JSON Schema and its validation: "
        f"pip install 'chat-completions-client[{name}]'{others}",
        name=name,
    )


def unsupported(kind: Any, reason: object) -> TypeError:
    """Return the error for a type of which its library does not know the JSON Schema; `reason` is what it raised."""
    return TypeError(f"there is no JSON Schema for {schema_name(kind)} ({_said(reason)}); give {SUPPORTED}")


def _said(reason: object) -> str:
    """Return the first line of a message; the last one where the first only leads to a list of remedies."""
    lines = str(reason).strip().splitlines() or [type(reason).__name__]
    return lines[-1] if lines[0].endswith(":") else lines[0]
