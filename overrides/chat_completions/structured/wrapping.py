"""A list, a union or a number as the field `value` of an object: the API's schemas must be objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chat_completions.structured.adapter import Adapter


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
