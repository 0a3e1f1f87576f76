"""The way through a listing as a protocol: a page in, the next cursor or the end out. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chat_completions._settings import NotGiven
from chat_completions.errors import PaginationError

if TYPE_CHECKING:
    from chat_completions_api.models import ChatCompletion, ChatCompletionList


@dataclass(frozen=True)
class Listing:
    """Where a listing stands.

    Attributes:
        arguments: What `list` was called with.
        left: How many items may still be given; None for all.
        cursors: The cursors that were used so far: each leads to a page only once.
    """

    arguments: Mapping[str, Any]
    left: int | None = None
    cursors: frozenset[str] = field(default_factory=frozenset)

    def after(self, page: ChatCompletionList) -> Listing | None:
        """Give where the listing stands after a page, None at its end.

        Raises:
            PaginationError: The server says that there is more, and no way leads there, or only one already gone.
        """
        left = None if self.left is None else self.left - len(data_of(page))
        if not page.has_more or (left is not None and left <= 0):
            return None
        cursor = _cursor(page)
        if cursor is None:
            raise PaginationError(
                "the server says that there is more, but gave neither an item with an id nor a last_id to go on from",
                cursor=self.arguments.get("after"),
            )
        if cursor in self.cursors:
            raise PaginationError(
                f"the server leads back to {cursor!r}, after which this listing has already been", cursor=cursor
            )
        return replace(self, arguments={**self.arguments, "after": cursor}, left=left, cursors=self.cursors | {cursor})

    def items(self, page: ChatCompletionList) -> Iterator[ChatCompletion]:
        """Give the items of a page, as far as they may be given."""
        data = data_of(page)
        return iter(data if self.left is None else data[: self.left])

    def note(self, error: Exception) -> None:
        """Tell in an error where the listing may be resumed."""
        cursor = self.arguments.get("after")
        if cursor is not None:
            error.cursor = cursor  # type: ignore[attr-defined]
            error.add_note(f"the listing can be resumed with after={cursor!r}")


@dataclass(frozen=True)
class PageInfo:
    """How to get a page.

    Attributes:
        params: The arguments of `list` that differ from those of the page before: `after`.
    """

    params: Mapping[str, Any]


def start(arguments: Mapping[str, Any], max_items: int | None) -> Listing:
    """Give the listing that a call begins.

    Raises:
        ValueError: `max_items` is negative.
    """
    if max_items is not None and max_items < 0:
        raise ValueError(f"max_items is {max_items}; give 0 or more, or None for all")
    after = arguments.get("after")
    return Listing(arguments, max_items, frozenset() if after is None else frozenset({after}))


def data_of(page: ChatCompletionList) -> list[ChatCompletion]:
    """Return the items of a page; a server may send anything in their place."""
    return page.data if isinstance(page.data, list) else []


def _cursor(page: ChatCompletionList) -> str | None:
    last = data[-1] if (data := data_of(page)) else None
    cursor = getattr(last, "id", None) or page.last_id
    return cursor if isinstance(cursor, str) else None


def listing_of(arguments: Mapping[str, Any]) -> Listing:
    """Give the listing that the arguments of `list` begin."""
    rest = {name: value for name, value in arguments.items() if not isinstance(value, NotGiven)}
    max_items = rest.pop("max_items", None)
    return start(rest, max_items)
